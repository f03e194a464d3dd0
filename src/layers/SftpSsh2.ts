/**
 * SFTP over npm's ssh2. One connection, made when it is needed and again after it was lost; a server that falls silent is
 * given up, one that is not needed is left. Nothing is sent to a host before its key was found right.
 */
import { Cause, Clock, Deferred, Effect, Exit, Layer, Redacted, Result } from "effect"
import { createRequire } from "node:module"
import * as Net from "node:net"
import Ssh2 from "ssh2"
import * as KnownHosts from "../domain/store/KnownHosts.ts"
import * as SftpAttributes from "../domain/store/SftpAttributes.ts"
import * as SftpBody from "../domain/store/SftpBody.ts"
import * as SftpExtensions from "../domain/store/SftpExtensions.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as SftpPump from "../domain/store/SftpPump.ts"
import * as SftpTrust from "../domain/store/SftpTrust.ts"
import * as SshKeys from "../domain/store/SshKeys.ts"
import * as SshWindow from "../domain/store/SshWindow.ts"
import * as UriSftp from "../domain/store/UriSftp.ts"
import { type StoreError, StoreRefused, StoreUnavailable } from "../services/ObjectStore.ts"
import {
  type Attributes,
  type DirectoryEntry,
  type Handle,
  Sftp,
  type SftpError,
  type SftpLost,
  type SftpSession
} from "../services/Sftp.ts"
import { SftpLogin } from "../services/SftpLogin.ts"

export interface Options {
  readonly host: string
  readonly port: number
  /** Only for messages. */
  readonly path: string
}

/** Milliseconds. */
export interface Patience {
  /** From the first packet to a session. */
  readonly connect: number
  /** Between signs of life that we ask of the server. */
  readonly ping: number
  /** Without a byte from the server while an answer is due: it is gone. */
  readonly silence: number
  /** Without any answer while one is due, although the machine lives: its disk hangs. */
  readonly reply: number
  /** Without a request, after which the connection is closed. */
  readonly idle: number
}

export const defaults: Patience = { connect: 20_000, ping: 15_000, silence: 45_000, reply: 120_000, idle: 120_000 }

export const layer = (options: Options): Layer.Layer<Sftp, StoreError, SftpLogin> => layerWith(options, defaults)

export const layerWith = (options: Options, patience: Patience): Layer.Layer<Sftp, StoreError, SftpLogin> =>
  Layer.effect(Sftp, make(options, patience))

/** Whether ssh2 found its native part (docs/decisions/0016). It does not say so itself, and does without. */
const native = (): boolean =>
  (createRequire(import.meta.url)("ssh2/lib/protocol/crypto.js") as Record<string, unknown>)["bindingAvailable"] ===
    true

const make = Effect.fnUntraced(function*(options: Options, patience: Patience) {
  const scope = yield* Effect.scope
  const location = UriSftp.location({ _tag: "Sftp", ...options })
  const refuse = (reason: string, mend: string) => new StoreRefused({ operation: "open", location, reason, mend })
  const login = yield* SftpLogin
  const proofs = yield* Effect.mapError(
    Effect.fromResult(proofsOf(login)),
    ([reason, mend]) => refuse(reason, mend)
  )
  if (SftpTrust.isThisMachine(options.host)) {
    yield* Effect.logWarning("the store's address means another machine on every host; all must reach the same server")
      .pipe(Effect.annotateLogs({ peer: options.host }))
  }

  yield* Effect.logDebug(
    native() ? "ssh2 encrypts natively" : "ssh2 encrypts in JavaScript: its native part is not built"
  )

  let current: Deferred.Deferred<SftpSession, StoreError> | undefined

  /** One connection, from the first packet until it is lost and everything of it is gone. */
  const live = Effect.fnUntraced(
    function*(mine: Deferred.Deferred<SftpSession, StoreError>, forget: () => void) {
      const connection = yield* openConnection(options, proofs, yield* login.trust, patience, forget)
      yield* Deferred.succeed(mine, connection.session)
      yield* connection.lost
    },
    Effect.mapError((error) => storeError(error, refuse)),
    Effect.scoped
  )

  /** However it ends, and even if it never began, nobody waits for it any more. */
  const connect = (mine: Deferred.Deferred<SftpSession, StoreError>) => {
    const forget = () => {
      if (current === mine) current = undefined
    }
    return Effect.map(Effect.forkIn(live(mine, forget), scope), (fiber) =>
      fiber.addObserver((exit) => {
        forget()
        const over = Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
        Deferred.doneUnsafe(mine, over ? Effect.fail(gone) : Effect.failCause(exit.cause))
      }))
  }

  const session = Effect.uninterruptibleMask((restore) => {
    if (current !== undefined) return restore(Deferred.await(current))
    const mine = current = Deferred.makeUnsafe<SftpSession, StoreError>()
    return Effect.andThen(connect(mine), restore(Deferred.await(mine)))
  })

  return Sftp.of({ host: options.host, port: options.port, session })
})

const gone = new StoreUnavailable({ operation: "connect", key: "", reason: "the store was closed" })

const storeError = (
  error: SftpFailure.Meaning | StoreRefused,
  refuse: (reason: string, mend: string) => StoreRefused
): StoreError => {
  if (error instanceof StoreRefused) return error
  if (error._tag === "Refused") return refuse(error.reason, error.mend)
  return new StoreUnavailable({
    operation: "connect",
    key: "",
    reason: error._tag === "Unavailable" ? error.reason : "the server is full"
  })
}

/** One way to be let in; the label is for messages. */
interface Proof {
  readonly label: string
  readonly method: Ssh2.AnyAuthMethod
}

interface Proofs {
  readonly user: string
  readonly usable: ReadonlyArray<Proof>
  /** What cannot be shown, and why. */
  readonly skipped: ReadonlyArray<string>
}

/** Fails with a reason and a remedy when a key that the operator named is of no use. */
const proofsOf = (login: SftpLogin["Service"]): Result.Result<Proofs, readonly [reason: string, mend: string]> => {
  const username = login.user
  const usable: Array<Proof> = []
  const skipped: Array<string> = []
  const passphrase = login.passphrase === undefined ? undefined : Redacted.value(login.passphrase)
  for (const { bytes, file, named } of login.keys) {
    const parsed = Ssh2.utils.parseKey(Buffer.from(Redacted.value(bytes)), passphrase)
    const key = Array.isArray(parsed) ? parsed[0] : parsed
    if (!(key instanceof Error) && key?.isPrivateKey() === true) {
      const label = `the key ${file} (${key.type} ${KnownHosts.fingerprint(key.getPublicSSH())})`
      usable.push({ label, method: { type: "publickey", username, key } })
      continue
    }
    const trouble = SftpFailure.key(file, key instanceof Error ? key.message : "", named)
    if (trouble._tag === "Refused") return Result.fail([trouble.reason, trouble.mend])
    skipped.push(trouble.reason)
  }
  if (login.agent === undefined) skipped.push("an agent (SSH_AUTH_SOCK is not set)")
  else usable.push({ label: "the keys of the agent", method: { type: "agent", username, agent: login.agent } })
  if (login.password !== undefined) {
    const password = Redacted.value(login.password)
    usable.push({ label: "the password", method: { type: "password", username, password } })
    usable.push({
      label: "the password, as an answer",
      method: {
        type: "keyboard-interactive",
        username,
        // Only the one question that hides its answer is for the password.
        prompt: (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map((prompt) => prompts.length === 1 && prompt.echo !== true ? password : ""))
      }
    })
  }
  return Result.succeed({ user: username, usable, skipped })
}

/** What a connection shares with the requests on it. */
interface Link {
  readonly now: () => number
  /** When an answer came, or began to be waited for. */
  answered: number
  /** Set once, when no answer will come any more. */
  dead: SftpLost | undefined
  readonly waiting: Set<(error: SftpError) => void>
}

const openConnection = Effect.fnUntraced(function*(
  options: Options,
  proofs: Proofs,
  trust: SftpTrust.Trust,
  patience: Patience,
  onLost: () => void
) {
  const clock = yield* Clock.Clock
  const link: Link = { now: () => clock.currentTimeMillisUnsafe(), answered: 0, dead: undefined, waiting: new Set() }
  const ended = yield* Deferred.make<void>()
  const client = new Ssh2.Client()
  const die = (reason: string) => {
    if (link.dead !== undefined) return
    link.dead = { _tag: "SftpLost", reason }
    // First, so that whoever fails now and tries again gets another session.
    onLost()
    for (const fail of link.waiting) fail(link.dead)
    Deferred.doneUnsafe(ended, Effect.void)
  }
  const socket = yield* Effect.acquireRelease(
    // Until the handshake listens, an error would be nobody's, and end the process.
    Effect.sync(() => new Net.Socket().setNoDelay(true).on("error", () => {})),
    (socket) =>
      Effect.callback<void>((resume) => {
        die("the connection was closed")
        if (socket.closed) return resume(Effect.void)
        socket.once("close", () => resume(Effect.void))
        // One that was never begun cannot be ended.
        Result.try(() => client.end())
        socket.destroy()
      })
  )
  const { host, port } = options
  yield* Effect.try({ try: () => socket.connect({ host, port }), catch: SftpFailure.unbegun })
  const sftp = yield* handshake(client, socket, options, proofs, trust, patience, die).pipe(
    Effect.timeoutOrElse({
      duration: patience.connect,
      orElse: () => Effect.fail<SftpFailure.Meaning>({ _tag: "Unavailable", reason: "the host does not answer" })
    })
  )
  SshWindow.widen(sftp as SshWindow.Channel)
  for (const event of ["end", "close"] as const) sftp.on(event, () => die("the server ended the session"))
  sftp.on("error", (error: Error) => die(SftpFailure.plain(error.message)))

  /** Gives up a server that answers nothing, and leaves one that is not asked anything. */
  const watch = Effect.gen(function*() {
    let heard = link.now()
    let bytes = -1
    while (link.dead === undefined) {
      yield* Effect.sleep(patience.ping / 3)
      const now = link.now()
      if (socket.bytesRead !== bytes) {
        bytes = socket.bytesRead
        heard = now
      }
      if (link.waiting.size === 0) {
        if (now - link.answered > patience.idle) die("it was not used")
      } else if (now - Math.max(heard, link.answered) > patience.silence) die("the server fell silent")
      else if (now - link.answered > patience.reply) die("the server does not answer")
    }
  })
  link.answered = link.now()
  const session = makeSession(sftp, link)
  return { session, lost: Effect.raceFirst(watch, Deferred.await(ended)) }
})

/** A session of SFTP over a secure connection with the right host, after it let us in. */
const handshake = (
  client: Ssh2.Client,
  socket: Net.Socket,
  options: Options,
  proofs: Proofs,
  trust: SftpTrust.Trust,
  patience: Patience,
  die: (reason: string) => void
): Effect.Effect<Ssh2.SFTPWrapper, SftpFailure.Meaning> =>
  Effect.callback((resume) => {
    const place = { host: options.host, port: options.port }
    const left = [...proofs.usable]
    const tried: Array<string> = []
    let accepts: ReadonlyArray<string> = []
    let distrust: SftpTrust.Distrust | undefined
    const fail = (error: Error & { readonly level?: string; readonly code?: string | number }) => {
      // The agent's own trouble: the next proof may do.
      if (error.level === "agent") return
      die(SftpFailure.plain(error.message))
      const problem = { level: error.level, code: error.code, message: error.message }
      resume(Effect.fail(
        distrust === undefined
          ? SftpFailure.connecting(problem, { user: proofs.user, tried, skipped: proofs.skipped, accepts })
          : { _tag: "Refused" as const, ...distrust }
      ))
    }
    client.on("error", fail)
    client.on("close", () => fail(new Error("the connection was closed")))
    client.on("handshake", () => SshKeys.known((client as Ssh2.Client & { readonly _protocol?: object })._protocol))
    client.on("ready", () =>
      client.sftp((error, sftp) => error === undefined ? resume(Effect.succeed(sftp)) : fail(error)))
    const config: Ssh2.ConnectConfig = {
      sock: socket,
      username: proofs.user,
      readyTimeout: 0,
      // Only asked for so that a living server is heard; who is silent is found out by the watch.
      keepaliveInterval: patience.ping,
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
      algorithms: {
        cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr"],
        serverHostKey: SftpTrust.preference(place, trust)
      },
      hostVerifier: (key: Buffer) => {
        distrust = SftpTrust.problem(place, trust, key)
        return distrust === undefined
      },
      // The first question, with nothing to show, tells what the server takes.
      authHandler: (takes: ReadonlyArray<string> | null, _partial, next) => {
        if (takes === null) {
          return next({ type: "none", username: proofs.user })
        }
        accepts = takes
        const at = left.findIndex(({ method: { type } }) =>
          takes.includes(type === "agent" ? "publickey" : type)
        )
        if (at < 0) return (next as (method: unknown) => void)(false)
        const [proof] = left.splice(0, at + 1).slice(-1)
        tried.push(proof!.label)
        next(proof!.method)
      }
    }
    const begun = Result.try({ try: () => client.connect(config), catch: SftpFailure.unbegun })
    if (Result.isFailure(begun)) resume(Effect.fail(begun.failure))
  })

/** Fields of ssh2's SFTP that its types do not show. */
interface Hidden {
  readonly _extensions?: Readonly<Record<string, string>>
  readonly _maxReadLen?: number
  readonly _maxWriteLen?: number
}

type Reply<A> = (error: (Error & { readonly code?: unknown }) | null | undefined, value?: A) => void

/** Bytes of one read or write, and of all that are under way on one file. */
const largestChunk = 255 * 1024
const underWay = 16 * largestChunk
const mostRequests = 64

const makeSession = (wire: Ssh2.SFTPWrapper & Hidden, link: Link): SftpSession => {
  const chunk = (limit: number | undefined) => Math.max(1024, Math.min(largestChunk, limit ?? 32 * 1024))
  const depth = (size: number) => Math.min(mostRequests, Math.ceil(underWay / size))
  const readSize = chunk(wire._maxReadLen)
  const writeSize = chunk(wire._maxWriteLen)

  /** Sends, and calls `done` once: with the answer, or when none will come. */
  const ask = <A>(
    send: (reply: Reply<A>) => void,
    done: (error: SftpError | undefined, value: A | undefined) => void
  ) => {
    if (link.dead !== undefined) return done(link.dead, undefined)
    const fail = (error: SftpError) => {
      link.waiting.delete(fail)
      done(error, undefined)
    }
    if (link.waiting.size === 0) link.answered = link.now()
    link.waiting.add(fail)
    send((error, value) => {
      if (!link.waiting.delete(fail)) return
      link.answered = link.now()
      if (error === undefined || error === null) done(undefined, value)
      else done(SftpFailure.ofReply(error), undefined)
    })
  }

  const request = <A>(send: (reply: Reply<A>) => void): Effect.Effect<A, SftpError> =>
    Effect.callback((resume) =>
      ask<A>(send, (error, value) => resume(error === undefined ? Effect.succeed(value as A) : Effect.fail(error)))
    )

  const closeLater = (handle: Handle) => ask<void>((reply) => wire.close(bufferOf(handle), reply), () => {})

  /** A handle that comes when nobody wants it any more is closed. */
  const opening = (send: (reply: Reply<Buffer>) => void): Effect.Effect<Handle, SftpError> =>
    Effect.callback((resume) => {
      let wanted = true
      ask<Handle>(send, (error, handle) => {
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
      request<ReadonlyArray<Ssh2.FileEntry>>((reply) => wire.readdir(bufferOf(handle), reply)),
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
            ask<number>((reply) => wire.write(bufferOf(handle), bufferOf(bytes), 0, bytes.length, at, reply), reply),
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
            ask<number>(
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
    unlinkLater: (path) => ask<void>((reply) => wire.unlink(path, reply), () => {})
  }
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
