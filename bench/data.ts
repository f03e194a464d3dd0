/**
 * Data for the benchmarks: an AES key stream, so incompressible and the same on every machine. Made once, under
 * `.cache/bench-data` (or BEPOSITORY_BENCH_DATA), about 2.1 GiB for all sets.
 */
import { createCipheriv } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"

const MiB = 1024 * 1024

export const root = process.env.BEPOSITORY_BENCH_DATA ?? Path.resolve(import.meta.dirname, "../.cache/bench-data")

/** An endless stream of bytes that depends on the seed alone. */
const stream = (seed: number): (size: number) => Buffer => {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(seed >>> 0, 0)
  const cipher = createCipheriv("aes-128-ctr", "bepository-bench", iv)
  return (size) => cipher.update(Buffer.alloc(size))
}

const file = (name: string, size: number, seed: number): void => {
  const next = stream(seed)
  const descriptor = Fs.openSync(name, "w")
  for (let left = size; left > 0; left -= MiB) Fs.writeSync(descriptor, next(Math.min(MiB, left)))
  Fs.closeSync(descriptor)
}

const makers = {
  "64 × 16 MiB": (directory: string) => {
    for (let i = 0; i < 64; i++) file(Path.join(directory, `f${String(i).padStart(3, "0")}.bin`), 16 * MiB, 1000 + i)
  },
  "1 × 1 GiB": (directory: string) => file(Path.join(directory, "one.bin"), 1024 * MiB, 7),
  "20,000 × 1–8 KiB": (directory: string) => {
    const next = stream(11)
    for (let i = 0; i < 20_000; i++) {
      const inside = Path.join(directory, `d${String(i % 200).padStart(3, "0")}`)
      if (i < 200) Fs.mkdirSync(inside)
      const size = 1024 + next(4).readUInt32BE(0) % 7169
      Fs.writeFileSync(Path.join(inside, `s${String(i).padStart(5, "0")}.dat`), next(size))
    }
  },
  "quick: 16 × 4 MiB": (directory: string) => {
    for (let i = 0; i < 16; i++) file(Path.join(directory, `q${i}.bin`), 4 * MiB, 2000 + i)
  }
}

export type Name = keyof typeof makers

export interface Set {
  readonly name: Name
  readonly directory: string
  readonly files: number
  readonly bytes: number
}

/** The three that the targets speak of. */
export const standard: ReadonlyArray<Name> = ["64 × 16 MiB", "1 × 1 GiB", "20,000 × 1–8 KiB"]

export const isName = (text: string): text is Name => text in makers

/** The set's directory, made if it is not there whole. */
export const make = (name: Name): Set => {
  const directory = Path.join(root, name.replaceAll(/[^\w]+/g, "-"))
  const done = `${directory}.done`
  if (!Fs.existsSync(done)) {
    Fs.rmSync(directory, { recursive: true, force: true })
    Fs.mkdirSync(directory, { recursive: true })
    makers[name](directory)
    Fs.writeFileSync(done, "")
  }
  let files = 0
  let bytes = 0
  for (const entry of Fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files++
    bytes += Fs.statSync(Path.join(entry.parentPath, entry.name)).size
  }
  return { name, directory, files, bytes }
}
