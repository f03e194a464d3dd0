/**
 * A disk with sectors that cannot be read, as the kernel shows it: a read that meets one ends before it, and one that begins
 * in it fails with EIO. Put below Node's `fs.read`, for this process, while the scope lasts.
 */
import { Effect } from "effect"
import Fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"

export interface BadSectors {
  /** By path: offsets that cannot be read; with each of them its sector. Infinity: nothing can. */
  readonly bad: Map<string, number>
  /** How often the disk fails before it reads them after all. */
  failures: number
  /** Reads that failed. */
  failed: number
  /** Told of each read before it is done. */
  before: ((path: string) => void) | undefined
}

const sector = 4096

type Answer = (error: Error | null, count?: number) => void

export const make = Effect.acquireRelease(
  Effect.sync(() => {
    const disk: BadSectors = { bad: new Map(), failures: Infinity, failed: 0, before: undefined }
    const original = Fs.read
    const read = (file: number, bytes: Uint8Array, offset: number, length: number, start: number, answer: Answer) => {
      const path = Fs.readlinkSync(`/proc/self/fd/${file}`)
      disk.before?.(path)
      const at = disk.bad.get(path)
      const from = at === undefined ? Infinity : at === Infinity ? 0 : Math.floor(at / sector) * sector
      const to = at === Infinity ? Infinity : from + sector
      if (disk.failed >= disk.failures || start + length <= from || start >= to) {
        return original(file, bytes, offset, length, start, answer)
      }
      if (start < from) return original(file, bytes, offset, from - start, start, answer)
      disk.failed++
      setImmediate(() => answer(Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" })))
    }
    Fs.read = read as unknown as typeof Fs.read
    syncBuiltinESMExports()
    return { disk, original }
  }),
  ({ original }) =>
    Effect.sync(() => {
      Fs.read = original
      syncBuiltinESMExports()
    })
).pipe(Effect.map(({ disk }) => disk))
