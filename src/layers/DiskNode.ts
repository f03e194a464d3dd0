/** The file systems of this machine, by Node. */
import { Effect, Layer, Result } from "effect"
import * as CallbackFs from "node:fs"
import * as Fs from "node:fs/promises"
import * as Parts from "../domain/Parts.ts"
import { Disk, type Errno, errno, type OpenFile, type Stats } from "../services/Disk.ts"

/** Bytes of one write. Of large ones Linux makes large pages, which cost a virtual machine ten times the CPU of small ones. */
const writeAtOnce = 256 * 1024

const errnoOf = (cause: unknown): Errno => errno((cause as NodeJS.ErrnoException).code ?? String(cause))

const io = <A>(run: () => Promise<A>): Effect.Effect<A, Errno> => Effect.tryPromise({ try: run, catch: errnoOf })

const statsOf = (stats: CallbackFs.Stats): Stats => ({
  kind: stats.isDirectory() ? "directory" : stats.isFile() ? "file" : "other",
  size: stats.size,
  modified: stats.mtimeMs,
  born: stats.birthtimeMs,
  device: stats.dev,
  inode: stats.ino
})

const writeAll = Effect.fnUntraced(function*(handle: Fs.FileHandle, body: ReadonlyArray<Uint8Array>) {
  let left: ReadonlyArray<Uint8Array> = body.filter((part) => part.length > 0)
  while (left.length > 0) {
    const parts = Parts.take(left, writeAtOnce)
    const { bytesWritten } = yield* io(() => handle.writev(parts))
    if (bytesWritten === 0) return yield* Effect.fail(errno("EIO"))
    left = Parts.drop(left, bytesWritten)
  }
})

const openFile = (handle: Fs.FileHandle): OpenFile => ({
  write: (body) => writeAll(handle, body),
  sync: io(() => handle.sync()),
  stat: Effect.map(io(() => handle.stat()), statsOf),
  close: io(() => handle.close())
})

/** Only what may wait for the disk goes through the thread pool, where each trip costs more than a small read. */
const read: Disk["Service"]["read"] = (path, range, into) =>
  Effect.callback((resume) => {
    const fail = (error: unknown) => resume(Effect.fail(errnoOf(error)))
    // A link is not an object, and opening a pipe must not wait for its other end.
    CallbackFs.open(
      path,
      CallbackFs.constants.O_RDONLY | CallbackFs.constants.O_NOFOLLOW | CallbackFs.constants.O_NONBLOCK,
      (error, file) => {
        if (error !== null) return fail(error)
        const end = (answer: () => void) => {
          Result.try(() => CallbackFs.closeSync(file))
          answer()
        }
        const stats = Result.try(() => CallbackFs.fstatSync(file))
        if (Result.isFailure(stats)) return end(() => fail(stats.failure))
        if (stats.success.isDirectory()) return end(() => resume(Effect.undefined))
        if (!stats.success.isFile()) return end(() => resume(Effect.fail(errno("ENXIO"))))
        const { size } = stats.success
        const start = Math.min(range?.start ?? 0, size)
        const length = Math.max(start, Math.min(range?.end ?? size, size)) - start
        const bytes = into !== undefined && into.length >= length
          ? into.subarray(0, length)
          : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
        const readFrom = (filled: number): void => {
          if (filled === length) return end(() => resume(Effect.succeed(bytes)))
          CallbackFs.read(file, bytes, filled, length - filled, start + filled, (error, count) => {
            if (error !== null) end(() => resume(Effect.fail({ ...errnoOf(error), reading: true })))
            else if (count === 0) end(() => resume(Effect.fail(errno("the file shrank while it was read"))))
            else readFrom(filled + count)
          })
        }
        readFrom(0)
      }
    )
  })

const { O_DIRECTORY, O_RDONLY } = CallbackFs.constants

export const layer: Layer.Layer<Disk> = Layer.succeed(
  Disk,
  Disk.of({
    read,
    create: (path) => Effect.map(io(() => Fs.open(path, "wx", 0o600)), openFile),
    link: (from, to) =>
      // What the link call of Linux says of a file system that has none.
      Effect.mapError(io(() => Fs.link(from, to)), (error) => error.code === "EPERM" ? errno("ENOTSUP") : error),
    unlink: (path) => io(() => Fs.unlink(path)),
    mkdir: (path) => io(() => Fs.mkdir(path, 0o700)),
    stat: (path) => Effect.map(io(() => Fs.stat(path)), statsOf),
    lstat: (path) => Effect.map(io(() => Fs.lstat(path)), statsOf),
    list: (path) =>
      Effect.map(
        io(() => Fs.readdir(path, { withFileTypes: true })),
        (found) => found.map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
      ),
    syncDirectory: (path) =>
      Effect.acquireUseRelease(
        io(() => Fs.open(path, O_RDONLY | O_DIRECTORY)),
        (handle) => io(() => handle.sync()),
        (handle) => Effect.ignore(io(() => handle.close()))
      )
  })
)
