# The program, built from package-lock.json. The lock file names no registry (each machine has its own), and Nix wants an address
# for every package: it is put together here from the package's name, its version and the registry that npm itself defaults to.
# Evaluating this therefore reads a file of nodejs (import from derivation).
{ lib, buildNpmPackage, importNpmLock, nodejs_24 }:

let
  manifest = lib.importJSON ../package.json;
  lock = lib.importJSON ../package-lock.json;

  definitions = builtins.readFile
    "${nodejs_24}/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js";
  # … registry: new Definition('registry', { default: 'https://…/', …
  afterName = builtins.elemAt (builtins.split "new Definition\\('registry', \\{" definitions) 2;
  registry = builtins.elemAt (builtins.split "'" afterName) 2;

  # "node_modules/a/node_modules/@b/c" -> "@b/c"
  nameOf = path: lib.last (lib.splitString "node_modules/" path);
  addressOf = name: version: "${registry}${name}/-/${baseNameOf name}-${version}.tgz";

  # What has no checksum is another platform's binary; npm leaves it out, and so do we.
  located = path: entry:
    if entry ? integrity then entry // { resolved = addressOf (nameOf path) entry.version; } else entry;
in
buildNpmPackage {
  pname = "bepository";
  inherit (manifest) version;

  src = lib.cleanSource ../.;
  nodejs = nodejs_24;

  npmDeps = importNpmLock {
    npmRoot = ../.;
    packageLock = lock // { packages = builtins.mapAttrs located lock.packages; };
  };
  npmConfigHook = importNpmLock.npmConfigHook;
  # The one script that matters in a build would download a Node; here there is one already.
  npmRebuildFlags = [ "--ignore-scripts" ];

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mpl20;
    mainProgram = "bepository";
  };
}
