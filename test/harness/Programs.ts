/**
 * The real programs that interop tests drive, and the Debian package that brings each. A suite that lacks one is skipped
 * (`Suite.ts`), never silently: its title carries `[needs …]`, which the closing report reads back here.
 */
import { existsSync } from "node:fs"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "../..")

/** Where `test/harness/install-syncthing-1.29.sh` unpacks the newer Syncthing. */
export const syncthing129 = (): string =>
  process.env.BEPOSITORY_TEST_SYNCTHING_129 ?? Path.join(root, ".cache/syncthing-1.29/usr/bin/syncthing")

const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? "").split(":").concat("/usr/sbin", "/sbin")
    .map((directory) => Path.join(directory, name))
    .find((file) => existsSync(file))

const file = (path: string): string | undefined => existsSync(path) ? path : undefined

interface Program {
  /** Absolute path, or undefined when the machine lacks it. */
  readonly find: () => string | undefined
  /** What would bring it, as a person would type it. */
  readonly from: string
}

const debian = (name: string, from: string): Program => ({ find: () => onPath(name), from: `apt-get install ${from}` })

export const programs = {
  syncthing: debian("syncthing", "syncthing"),
  "syncthing-1.29": { find: () => file(syncthing129()), from: "test/harness/install-syncthing-1.29.sh" },
  curl: debian("curl", "curl"),
  rclone: debian("rclone", "rclone"),
  davfs2: debian("mount.davfs", "davfs2"),
  fusermount3: debian("fusermount3", "fuse3"),
  cadaver: debian("cadaver", "cadaver"),
  gio: debian("gio", "libglib2.0-bin gvfs gvfs-backends gvfs-fuse dbus dbus-x11"),
  litmus: debian("litmus", "litmus"),
  chromium: debian("chromium", "chromium"),
  sshd: debian("sshd", "openssh-server openssh-client"),
  radosgw: debian("radosgw", "radosgw"),
  "ceph-mon": debian("ceph-mon", "ceph-mon"),
  "ceph-osd": debian("ceph-osd", "ceph-osd"),
  ceph: debian("ceph", "ceph-common"),
  strace: debian("strace", "strace"),
  shellcheck: debian("shellcheck", "shellcheck"),
  nix: debian("nix-instantiate", "nix-bin"),
  "systemd-analyze": debian("systemd-analyze", "systemd")
} satisfies Record<string, Program>

export type Need = keyof typeof programs

export const has = (need: Need): boolean => programs[need].find() !== undefined

/** Absolute path of a program that the suite declared as a need. */
export const path = (need: Need): string => {
  const found = programs[need].find()
  if (found === undefined) throw new Error(`${need} is not installed: ${programs[need].from}`)
  return found
}

/** The needs written in a test's full name that this machine lacks. */
export const missing = (fullName: string): ReadonlyArray<Need> =>
  [...fullName.matchAll(/\[needs ([^\]]*)\]/g)]
    .flatMap((match) => (match[1] ?? "").split(", "))
    .filter((name): name is Need => name in programs && !has(name as Need))
