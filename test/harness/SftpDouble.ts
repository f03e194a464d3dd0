/**
 * An SFTP server without a wire: a directory of this machine, answering with the codes that OpenSSH's server has. Every request
 * is noted, and may be made to fail before it is done, or after.
 */
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as SftpAttributes from "../../src/domain/store/SftpAttributes.ts"
import { Sftp, type SftpError, type SftpSession } from "../../src/services/Sftp.ts"

export interface Call {
  readonly name:
    | "open"
    | "create"
    | "write"
    | "read"
    | "fsync"
    | "link"
    | "unlink"
    | "rmdir"
    | "mkdir"
    | "lstat"
    | "stat"
    | "list"
  /** Of an open file, the path it was opened by. */
  readonly path: string
  /** Where a link leads from. */
  readonly from?: string
}

export interface SftpDouble {
  readonly layer: Layer.Layer<Sftp>
  readonly calls: Array<Call>
  /** Paths of the files that are open. */
  readonly open: () => ReadonlyArray<string>
  /** From now on there is another session. */
  readonly reconnect: () => void
  /** Whether the request is never answered, and never done. */
  hold: ((call: Call) => boolean) | undefined
  /** Undefined lets the request be. */
  before: ((call: Call) => SftpError | undefined) | undefined
  after: ((call: Call) => SftpError | undefined) | undefined
  offers: ReadonlySet<string>
  /** What the file system is said to have left. */
  space: { bytes: number; files: number; readOnly: boolean; id: number } | undefined
}

export const status = (code: number, text = "Failure"): SftpError => ({ _tag: "SftpStatus", code, text })
export const lost: SftpError = { _tag: "SftpLost", reason: "the connection was cut" }

const codes: Readonly<Record<string, number>> = {
  ENOENT: 2,
  ENOTDIR: 2,
  ELOOP: 2,
  EBADF: 2,
  EPERM: 3,
  EACCES: 3,
  EINVAL: 5
}

export const make = (): SftpDouble => {
  const paths = new Map<number, string>()
  const double: SftpDouble = {
    layer: Layer.suspend(() =>
      Layer.succeed(Sftp, Sftp.of({ host: "double", port: 22, session: Effect.sync(() => current) }))
    ),
    calls: [],
    open: () => [...paths.values()],
    reconnect: () => {
      current = Object.create(session) as SftpSession
    },
    hold: undefined,
    before: undefined,
    after: undefined,
    offers: new Set(["hardlink@openssh.com", "fsync@openssh.com", "statvfs@openssh.com"]),
    space: { bytes: 1e12, files: 1e6, readOnly: false, id: 1 }
  }
  const fileOf = (handle: Uint8Array) => new DataView(handle.buffer, handle.byteOffset).getInt32(0)

  const request = <A>(call: Call, act: () => A): Effect.Effect<A, SftpError> =>
    // A turn of the event loop, as any answer takes.
    Effect.andThen(
      Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void))),
      Effect.suspend(() => {
        double.calls.push(call)
        if (double.hold?.(call) === true) return Effect.never
        const refused = double.before?.(call)
        if (refused !== undefined) return Effect.fail(refused)
        const done = Effect.try({
          try: act,
          catch: (cause) => status(codes[(cause as NodeJS.ErrnoException).code ?? ""] ?? 4)
        })
        return Effect.flatMap(Effect.exit(done), (answer) => {
          const failed = double.after?.(call)
          return failed === undefined ? answer : Effect.fail(failed)
        })
      })
    )

  const attributes = (stats: Fs.Stats) =>
    SftpAttributes.fromFields({ mode: stats.mode, size: stats.size, mtime: Math.floor(stats.mtimeMs / 1000) })

  const open = (path: string, flags: string) => () => {
    const file = Fs.openSync(path, flags, 0o600)
    paths.set(file, path)
    const handle = Buffer.alloc(4)
    handle.writeInt32BE(file)
    return new Uint8Array(handle)
  }
  const pathOf = (handle: Uint8Array) => paths.get(fileOf(handle)) ?? "closed"

  const session: SftpSession = {
    get offers() {
      return double.offers
    },
    open: (path, how) =>
      request({ name: how === "read" ? "open" : "create", path }, open(path, how === "read" ? "r" : "wx")),
    write: (handle, body) =>
      request(
        { name: "write", path: pathOf(handle) },
        () => void Fs.writevSync(fileOf(handle), [new Uint8Array(0), ...body])
      ),
    read: (handle, start, into) =>
      request(
        { name: "read", path: pathOf(handle) },
        () => Fs.readSync(fileOf(handle), into, 0, into.length, start)
      ),
    fstat: (handle) => request({ name: "stat", path: pathOf(handle) }, () => attributes(Fs.fstatSync(fileOf(handle)))),
    lstat: (path) => request({ name: "lstat", path }, () => attributes(Fs.lstatSync(path))),
    stat: (path) => request({ name: "stat", path }, () => attributes(Fs.statSync(path))),
    list: (path) =>
      request({ name: "list", path }, () =>
        Fs.readdirSync(path).map((name) => {
          const { kind, modified, size } = attributes(Fs.lstatSync(`${path}/${name}`))
          return { name, kind: kind ?? "other", modified, size }
        })),
    mkdir: (path) => request({ name: "mkdir", path }, () => Fs.mkdirSync(path, 0o700)),
    unlink: (path) => request({ name: "unlink", path }, () => Fs.unlinkSync(path)),
    rmdir: (path) => request({ name: "rmdir", path }, () => Fs.rmdirSync(path)),
    fsync: (handle) => request({ name: "fsync", path: pathOf(handle) }, () => Fs.fsyncSync(fileOf(handle))),
    link: (from, to) => request({ name: "link", path: to, from }, () => Fs.linkSync(from, to)),
    space: () => Effect.sync(() => double.space),
    closeLater: (handle) => {
      paths.delete(fileOf(handle))
      Fs.closeSync(fileOf(handle))
    },
    unlinkLater: (path) => Fs.rmSync(path, { force: true })
  }
  let current = session
  return double
}
