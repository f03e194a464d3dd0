/**
 * A session of SFTP as requests over ssh2: each is answered or fails with its connection. Who is interrupted leaves what was
 * sent to be done or not; a handle that comes for nobody is closed.
 */
import { Effect } from "effect"
import type { FileEntry, SFTPWrapper } from "ssh2"
import type { Reply, SftpAnswers } from "../domain/store/SftpAnswers.ts"
import * as SftpAttributes from "../domain/store/SftpAttributes.ts"
import * as SftpBody from "../domain/store/SftpBody.ts"
import * as SftpExtensions from "../domain/store/SftpExtensions.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as SftpPump from "../domain/store/SftpPump.ts"
import type { Attributes, DirectoryEntry, Handle, SftpError, SftpSession } from "./Sftp.ts"

/** Fields of ssh2's SFTP that its types do not show. */
interface Hidden {
  readonly _extensions?: Readonly<Record<string, string>>
  readonly _maxReadLen?: number
  readonly _maxWriteLen?: number
}

/** Bytes of one read or write, and of all that are under way on one file. */
const largestChunk = 255 * 1024
const underWay = 16 * largestChunk
const mostRequests = 64

export const make = (wire: SFTPWrapper & Hidden, answers: SftpAnswers): SftpSession => {
  const chunk = (limit: number | undefined) => Math.max(1024, Math.min(largestChunk, limit ?? 32 * 1024))
  const depth = (size: number) => Math.min(mostRequests, Math.ceil(underWay / size))
  const readSize = chunk(wire._maxReadLen)
  const writeSize = chunk(wire._maxWriteLen)

  const request = <A>(send: (reply: Reply<A>) => void): Effect.Effect<A, SftpError> =>
    Effect.callback((resume) =>
      answers.ask<A>(
        send,
        (error, value) => resume(error === undefined ? Effect.succeed(value as A) : Effect.fail(error))
      )
    )

  const closeLater = (handle: Handle) => answers.ask<void>((reply) => wire.close(bufferOf(handle), reply), () => {})

  /** A handle that comes when nobody wants it any more is closed. */
  const opening = (send: (reply: Reply<Buffer>) => void): Effect.Effect<Handle, SftpError> =>
    Effect.callback((resume) => {
      let wanted = true
      answers.ask<Handle>(send, (error, handle) => {
        if (error !== undefined || handle === undefined) {
          return resume(Effect.fail(error ?? { _tag: "SftpLost", reason: "no handle" }))
        }
        if (wanted) resume(Effect.succeed(handle))
        else closeLater(handle)
      })
      return Effect.sync(() => {
        wanted = false
      })
    })

  const list = Effect.fnUntraced(function*(path: string) {
    const found: Array<DirectoryEntry> = []
    const handle = yield* opening((reply) => wire.opendir(path, reply))
    const next = Effect.catchIf(
      request<ReadonlyArray<FileEntry>>((reply) => wire.readdir(bufferOf(handle), reply)),
      SftpFailure.isEnd,
      () => Effect.undefined
    )
    const whole = Effect.gen(function*() {
      // Two questions at a time: the second is most often only told that there is no more.
      for (let more = true; more;) {
        const [first, second] = yield* Effect.all([next, next], { concurrency: 2 })
        more = first !== undefined && second !== undefined
        for (const { attrs, filename: name } of [...first ?? [], ...second ?? []]) {
          const { kind, ...rest } = SftpAttributes.fromFields(attrs)
          if (kind === undefined) return yield* Effect.fail(SftpFailure.untyped)
          if (name !== "." && name !== "..") found.push({ name, kind, ...rest })
        }
      }
      return found
    })
    return yield* Effect.ensuring(whole, Effect.sync(() => closeLater(handle)))
  })

  const attributes = (send: (reply: Reply<SftpAttributes.Fields>) => void): Effect.Effect<Attributes, SftpError> =>
    Effect.map(request(send), SftpAttributes.fromFields)

  const offers = SftpExtensions.usable(wire._extensions)
  return {
    offers,
    open: (path, how) =>
      opening((reply) => wire.open(path, how === "read" ? "r" : "wx", how === "read" ? {} : { mode: 0o600 }, reply)),
    write: (handle, body) =>
      Effect.callback((resume) => {
        const stop = SftpPump.writing<SftpError>(
          SftpBody.pieces(body, writeSize),
          depth(writeSize),
          ({ at, bytes }, reply) =>
            answers.ask<number>(
              (reply) => wire.write(bufferOf(handle), bufferOf(bytes), 0, bytes.length, at, reply),
              reply
            ),
          (error) => resume(error === undefined ? Effect.void : Effect.fail(error))
        )
        return Effect.sync(stop)
      }),
    read: (handle, start, into) =>
      Effect.callback((resume) => {
        const buffer = bufferOf(into)
        const stop = SftpPump.reading<SftpError>(
          into.length,
          readSize,
          depth(readSize),
          ({ at, length }, reply) =>
            answers.ask<number>(
              (reply) => wire.read(bufferOf(handle), buffer, at, length, start + at, reply),
              (error, count) => reply(error, count ?? 0)
            ),
          (error, filled) => resume(error === undefined ? Effect.succeed(filled) : Effect.fail(error))
        )
        return Effect.sync(stop)
      }),
    fstat: (handle) => attributes((reply) => wire.fstat(bufferOf(handle), reply)),
    lstat: (path) => attributes((reply) => wire.lstat(path, reply)),
    stat: (path) => attributes((reply) => wire.stat(path, reply)),
    list,
    mkdir: (path) => request((reply) => wire.mkdir(path, { mode: 0o700 }, reply)),
    unlink: (path) => request((reply) => wire.unlink(path, reply)),
    rmdir: (path) => request((reply) => wire.rmdir(path, reply)),
    fsync: (handle) => request((reply) => wire.ext_openssh_fsync(bufferOf(handle), reply)),
    link: (from, to) => request((reply) => wire.ext_openssh_hardlink(from, to, reply)),
    space: (path) =>
      offers.has("statvfs@openssh.com")
        ? Effect.map(
          request<SftpAttributes.Statvfs>((reply) => wire.ext_openssh_statvfs(path, reply)),
          SftpAttributes.spaceOf
        )
        : Effect.succeed(undefined),
    closeLater,
    unlinkLater: (path) => answers.ask<void>((reply) => wire.unlink(path, reply), () => {})
  }
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
