/**
 * SFTP over npm's ssh2. One connection, made when it is needed and again after it was lost; a server that falls silent is
 * given up, one that is not needed is left. Nothing is sent to a host before its key was found right.
 */
import { Cause, Clock, Deferred, Effect, Exit, Layer, Redacted, Result } from "effect"
import { createRequire } from "node:module"
import * as Net from "node:net"
import Ssh2 from "ssh2"
import * as SftpAnswers from "../domain/store/SftpAnswers.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as SftpProofs from "../domain/store/SftpProofs.ts"
import * as SftpTrust from "../domain/store/SftpTrust.ts"
import * as SshKeys from "../domain/store/SshKeys.ts"
import * as SshWindow from "../domain/store/SshWindow.ts"
import * as UriSftp from "../domain/store/UriSftp.ts"
import { type StoreError, StoreRefused, StoreUnavailable } from "../services/ObjectStore.ts"
import { Sftp, type SftpSession } from "../services/Sftp.ts"
import { SftpLogin } from "../services/SftpLogin.ts"
import * as SftpRequests from "../services/SftpRequests.ts"

export interface Options {
  readonly host: string
  readonly port: number
  /** Only for messages. */
  readonly path: string
}

/** Milliseconds. */
export interface Patience extends SftpAnswers.Patience {
  /** From the first packet to a session. */
  readonly connect: number
  /** Between signs of life that we ask of the server. */
  readonly ping: number
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
    Effect.fromResult(SftpProofs.of(understood(login))),
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

/** The login in the clear, with its keys as ssh2 understands them. */
const understood = (login: SftpLogin["Service"]): SftpProofs.Login => {
  const passphrase = login.passphrase === undefined ? undefined : Redacted.value(login.passphrase)
  return {
    user: login.user,
    keys: login.keys.map(({ bytes, file, named }) => {
      const parsed = Ssh2.utils.parseKey(Buffer.from(Redacted.value(bytes)), passphrase)
      return { file, named, parsed: Array.isArray(parsed) ? parsed[0] : parsed }
    }),
    agent: login.agent,
    password: login.password === undefined ? undefined : Redacted.value(login.password)
  }
}

const openConnection = Effect.fnUntraced(function*(
  options: Options,
  proofs: SftpProofs.Proofs,
  trust: SftpTrust.Trust,
  patience: Patience,
  onLost: () => void
) {
  const clock = yield* Clock.Clock
  const answers = new SftpAnswers.SftpAnswers(() => clock.currentTimeMillisUnsafe())
  const ended = yield* Deferred.make<void>()
  const client = new Ssh2.Client()
  const die = (reason: string) => {
    // First, so that whoever fails now and tries again gets another session.
    if (answers.lose(reason, onLost)) Deferred.doneUnsafe(ended, Effect.void)
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
    while (answers.lost === undefined) {
      yield* Effect.sleep(patience.ping / 3)
      const reason = answers.verdict(socket.bytesRead, patience)
      if (reason !== undefined) die(reason)
    }
  })
  answers.begin()
  const session = SftpRequests.make(sftp, answers)
  return { session, lost: Effect.raceFirst(watch, Deferred.await(ended)) }
})

/** A session of SFTP over a secure connection with the right host, after it let us in. */
const handshake = (
  client: Ssh2.Client,
  socket: Net.Socket,
  options: Options,
  proofs: SftpProofs.Proofs,
  trust: SftpTrust.Trust,
  patience: Patience,
  die: (reason: string) => void
): Effect.Effect<Ssh2.SFTPWrapper, SftpFailure.Meaning> =>
  Effect.callback((resume) => {
    const place = { host: options.host, port: options.port }
    const showing = new SftpProofs.Showing(proofs)
    let distrust: SftpTrust.Distrust | undefined
    const fail = (error: Error & { readonly level?: string; readonly code?: string | number }) => {
      // The agent's own trouble: the next proof may do.
      if (error.level === "agent") return
      die(SftpFailure.plain(error.message))
      const problem = { level: error.level, code: error.code, message: error.message }
      resume(Effect.fail(
        distrust === undefined
          ? SftpFailure.connecting(problem, showing.login)
          : { _tag: "Refused" as const, ...distrust }
      ))
    }
    client.on("error", fail)
    client.on("close", () => fail(new Error("the connection was closed")))
    client.on("handshake", () => SshKeys.known((client as Ssh2.Client & { readonly _protocol?: object })._protocol))
    client.on("ready", () => {
      client.sftp((error, sftp) => error === undefined ? resume(Effect.succeed(sftp)) : fail(error))
    })
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
      authHandler: (takes: ReadonlyArray<string> | null, _partial, next) => {
        const shown = showing.next(takes)
        if (shown === undefined) return (next as (method: unknown) => void)(false)
        next(shown)
      }
    }
    const begun = Result.try({ try: () => client.connect(config), catch: SftpFailure.unbegun })
    if (Result.isFailure(begun)) resume(Effect.fail(begun.failure))
  })
