/**
 * Trees of real files: makes the one that holds every kind of entry we must get right, and compares two trees by what
 * Syncthing promises to carry (type, content, permission bits, a file's mtime to the nanosecond, a link's target).
 */
import { Effect } from "effect"
import { createCipheriv, createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "./Process.ts"

/** Incompressible bytes, the same for the same seed on every machine. */
export const bytes = (size: number, seed: number): Buffer => {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(seed >>> 0, 0)
  return createCipheriv("aes-128-ctr", "bepository-tests", iv).update(Buffer.alloc(size))
}

export const write = (root: string, name: string, content: string | Uint8Array, mode = 0o644): string => {
  const file = Path.join(root, name)
  Fs.mkdirSync(Path.dirname(file), { recursive: true })
  Fs.writeFileSync(file, content)
  Fs.chmodSync(file, mode)
  return file
}

/** Holes but for three islands; `size` bytes. */
export const sparse = (root: string, name: string, size: number): void => {
  const file = Fs.openSync(Path.join(root, name), "w")
  Fs.ftruncateSync(file, size)
  for (const [island, at] of [0, Math.floor(size / 2), size - 1000].entries()) {
    Fs.writeSync(file, bytes(1000, 77 + island), 0, 1000, at)
  }
  Fs.closeSync(file)
}

/** Sets mtimes to the nanosecond, which Node's numbers cannot carry. `time` as `touch -d` reads it; links are not followed. */
export const touch = (
  root: string,
  times: Readonly<Record<string, string>>
): Effect.Effect<void, Process.HarnessError> =>
  Effect.forEach(
    Object.entries(times),
    ([name, time]) => Process.run("touch", ["-h", "-d", time, "--", Path.join(root, name)]),
    { discard: true }
  )

/** 15 nested directories and a file: a relative path of 3,000 bytes. */
export const longPath: string = [...Array.from({ length: 15 }, (_, i) => `${i}`.padStart(2, "0") + "d".repeat(185)), ""]
  .join("/")
  .padEnd(3000, "f")

export const sparseSize = 270_000_000

/** Names that have broken programs before; each becomes a small file of its own. */
export const oddNames: ReadonlyArray<string> = [
  "příliš žluťoučký kůň.txt",
  "ελληνικά/日本語/العربية.txt",
  "decomposed e\u0301 n\u0303.txt",
  "😀 emoji 👩‍👩‍👧‍👦.txt",
  "x".repeat(251) + ".txt",
  "é".repeat(127) + "x",
  ".leading-dot",
  "-leading-dash",
  "--help",
  " leading and trailing space ",
  "back\\slash\\file.txt",
  "tab\tand\nnewline",
  "quote'\"`$(x);&|<>*?.txt",
  "percent%20and%2Fslash#fragment?query",
  "trailing dot.",
  "...",
  "CON",
  "nul.txt"
]

/** Everything "Input it must get right" names, under `root`. Deterministic. */
export const make = Effect.fnUntraced(function*(root: string, options: { readonly sparse?: boolean } = {}) {
  Fs.mkdirSync(root, { recursive: true })
  write(root, "empty", "")
  write(root, "one byte", "1")
  write(root, "block", bytes(131_072, 1))
  write(root, "block and one", bytes(131_073, 2))
  write(root, "three blocks.bin", bytes(300_000, 3))
  write(root, "copy of three blocks.bin", bytes(300_000, 3))
  write(root, "zeros", Buffer.alloc(400_000))
  write(root, "several megabytes.bin", bytes(5_000_000, 4))
  if (options.sparse !== false) sparse(root, "sparse.img", sparseSize)
  write(root, "nested/a/b/c/d/e/deep.txt", "deep\n")
  for (const empty of ["empty directory", "nested/empty", "modes/closed"]) {
    Fs.mkdirSync(Path.join(root, empty), { recursive: true })
  }
  write(root, "target.txt", "target\n")
  Fs.symlinkSync("target.txt", Path.join(root, "relative link"))
  Fs.symlinkSync("../target.txt", Path.join(root, "nested/relative link up"))
  Fs.symlinkSync("/etc/hostname", Path.join(root, "absolute link"))
  Fs.symlinkSync("no such file", Path.join(root, "dangling link"))
  Fs.symlinkSync("nested", Path.join(root, "directory link"))
  write(root, "modes/script.sh", "#!/bin/sh\nexit 0\n", 0o755)
  write(root, "modes/read only", "r", 0o444)
  write(root, "modes/private", "p", 0o600)
  write(root, "modes/group", "g", 0o664)
  Fs.chmodSync(Path.join(root, "modes/closed"), 0o700)
  write(root, "times/old", "old")
  write(root, "times/new", "new")
  write(root, "times/before 1970", "before")
  write(root, "times/far", "far")
  for (const [at, name] of oddNames.entries()) write(root, Path.join("names", name), `${at} ${name}\n`)
  write(root, longPath, "a long way down\n")
  for (let i = 0; i < 300; i++) write(root, `many/${i % 10}/${i}.txt`, bytes(1 + i * 27 % 8000, 1000 + i))
  yield* touch(root, {
    "times/old": "2001-02-03 04:05:06.123456789 UTC",
    "times/new": "2024-02-29 23:59:59.999999999 UTC",
    "times/before 1970": "1969-07-20 20:17:40.000000001 UTC",
    "times/far": "2100-01-01 00:00:00.000000001 UTC",
    "one byte": "2020-01-01 00:00:00.1 UTC"
  })
})

export interface Entry {
  readonly kind: "file" | "directory" | "symlink" | "other"
  readonly mode: number
  readonly size: number
  /** Nanoseconds since 1970; 0 for what is not a file. */
  readonly mtime: bigint
  /** SHA-256 of a file, target of a link. */
  readonly content: string
}

/** What Syncthing keeps for itself. */
const isOwn = (name: string) =>
  /^(\.stfolder|\.stignore|\.stversions)(\/|$)/.test(name) || /(^|\/)[.~]syncthing[.~].*\.tmp$/.test(name)

const digest = (file: string): string => {
  const hash = createHash("sha256")
  const descriptor = Fs.openSync(file, "r")
  try {
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let read = 1; read > 0;) {
      read = Fs.readSync(descriptor, buffer)
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    Fs.closeSync(descriptor)
  }
  return hash.digest("hex")
}

const look = (file: string): Entry => {
  const stat = Fs.lstatSync(file, { bigint: true })
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "symlink" : "other"
  return {
    kind,
    mode: kind === "symlink" ? 0 : Number(stat.mode & 0o777n),
    size: kind === "file" ? Number(stat.size) : 0,
    mtime: kind === "file" ? stat.mtimeNs : 0n,
    content: kind === "file" ? digest(file) : kind === "symlink" ? Fs.readlinkSync(file) : ""
  }
}

/** What reading an entry says that went, or became something else, since it was listed. */
const movedOn = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EINVAL"])

/** `read`'s answer, or undefined if its entry went meanwhile: a Syncthing renames while its tree is read. */
const unlessMoved = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch (error) {
    if (movedOn.has((error as NodeJS.ErrnoException).code ?? "")) return undefined
    throw error
  }
}

/** Every entry below `root` by relative path, without Syncthing's own and what went meanwhile. */
export const read = (root: string): ReadonlyMap<string, Entry> => {
  const entries = new Map<string, Entry>()
  const walk = (directory: string, bases: ReadonlyArray<string>) => {
    for (const base of bases.toSorted()) {
      const name = directory === "" ? base : `${directory}/${base}`
      if (isOwn(name)) continue
      const entry = unlessMoved(() => look(Path.join(root, name)))
      if (entry === undefined) continue
      entries.set(name, entry)
      if (entry.kind === "directory") walk(name, unlessMoved(() => Fs.readdirSync(Path.join(root, name))) ?? [])
    }
  }
  walk("", Fs.readdirSync(root))
  return entries
}

const show = (name: string) => {
  const text = JSON.stringify(name)
  return text.length > 120 ? `${text.slice(0, 60)}…${text.slice(-40)} (${Buffer.byteLength(name)} bytes)` : text
}

/** One readable line per difference; empty when the trees are the same. */
export const differences = (
  expected: ReadonlyMap<string, Entry>,
  actual: ReadonlyMap<string, Entry>
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const [name, want] of expected) {
    const got = actual.get(name)
    if (got === undefined) {
      lines.push(`missing: ${want.kind} ${show(name)}`)
      continue
    }
    const wrong = (["kind", "size", "content", "mode", "mtime"] as const)
      .filter((aspect) => want[aspect] !== got[aspect])
      .map((aspect) =>
        aspect === "mode"
          ? `mode ${want.mode.toString(8)} is ${got.mode.toString(8)}`
          : `${aspect} ${want[aspect]} is ${got[aspect]}`
      )
    if (wrong.length > 0) lines.push(`differs: ${show(name)}: ${wrong.join(", ")}`)
  }
  for (const [name, got] of actual) if (!expected.has(name)) lines.push(`too much: ${got.kind} ${show(name)}`)
  return lines
}

/** Fails, naming up to twenty differences. */
export const assertSame = (
  expected: ReadonlyMap<string, Entry>,
  actual: ReadonlyMap<string, Entry>
): Effect.Effect<void, Process.HarnessError> => {
  const lines = differences(expected, actual)
  return lines.length === 0 ? Effect.void : Effect.fail(
    new Process.HarnessError({
      message: [`${lines.length} differences between the trees:`, ...lines.slice(0, 20)].join("\n")
    })
  )
}
