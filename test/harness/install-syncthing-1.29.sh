#!/usr/bin/env bash
# Puts Syncthing 1.29.5 into .cache/syncthing-1.29 for the interop tests: Debian trixie's package, fetched through a private
# sources list derived from the machine's own Debian mirror and unpacked. Nothing is installed into the system.
# Does nothing when it is there already. Needs apt (any Debian-like machine).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=$root/.cache/syncthing-1.29
if [[ -x $target/usr/bin/syncthing ]]; then
  "$target/usr/bin/syncthing" --version
  exit 0
fi

mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Created-By: Packages" "Origin: Debian" "Component: main" |
  grep -v security | head -n 1 || true)
if [[ -z $mirror ]]; then
  # No index was fetched yet: take the first source whose path ends in /debian.
  mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -v '/archive/' | head -n 1 | tr -d ' ')
fi
if [[ -z $mirror ]]; then
  echo "install-syncthing-1.29: this machine has no Debian mirror in its apt sources" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial"
chmod 755 "$work"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror%/} trixie main" >"$work/trixie.list"
apt=(apt-get -q
  -o "Dir::Etc::sourcelist=$work/trixie.list" -o "Dir::Etc::sourceparts=-" -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache::archives=$work/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache="
  -o "APT::Sandbox::User=root" -o "DPkg::Lock::Timeout=600" -o "Acquire::Retries=3")
"${apt[@]}" update
(cd "$work" && "${apt[@]}" download syncthing)
mkdir -p "$root/.cache"
rm -rf "$target.new"
dpkg-deb -x "$work"/syncthing_*.deb "$target.new"
rm -rf "$target"
mv "$target.new" "$target"
"$target/usr/bin/syncthing" --version
