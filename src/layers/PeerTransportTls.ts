/**
 * TLS 1.3 over TCP, both sides showing exactly one self-signed certificate (BEP sheet §1.1).
 * The device id is the SHA-256 of the certificate whose key signed the finished handshake: OpenSSL checks that signature
 * although nothing checks the issuer, so never take the certificate from anywhere but the finished handshake.
 */
import { Deferred, Duration, Effect, FiberSet, Layer, type Scope } from "effect"
import * as Crypto from "node:crypto"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as DeviceId from "../domain/DeviceId.ts"
import * as PeerAddress from "../domain/PeerAddress.ts"
import { ReceiveSlabs } from "../domain/ReceiveSlabs.ts"
import * as TcpFailure from "../domain/TcpFailure.ts"
import { Identity } from "../services/Identity.ts"
import { DialFailed, ListenFailed, PeerGone, type PeerLink, PeerTransport } from "../services/PeerTransport.ts"

export interface Options {
  /** From the first byte to a finished handshake; for dialling, from the first try to connect. */
  readonly handshakeTimeout: Duration.Duration
  /** How long `close` waits for what was sent to leave. */
  readonly flushTimeout: Duration.Duration
  /** How long `close` then waits for the peer's end, so that a reset does not eat our last words. */
  readonly lingerTimeout: Duration.Duration
  /** Accepted connections that have not finished their handshake. More are refused at once. */
  readonly maxUnauthenticated: number
  /** Accepted connections in all. More are refused at once. */
  readonly maxConnections: number
  /** Bytes decrypted and not received after which the socket is not read any more. */
  readonly readAhead: number
}

export const defaults: Options = {
  handshakeTimeout: Duration.seconds(10),
  flushTimeout: Duration.seconds(10),
  lingerTimeout: Duration.seconds(2),
  maxUnauthenticated: 32,
  maxConnections: 256,
  readAhead: 256 * 1024
}

export const layerWith = (options: Options): Layer.Layer<PeerTransport, never, Identity> =>
  Layer.effect(
    PeerTransport,
    Effect.map(Identity, (identity) => {
      const tls = tlsOptions(identity)
      return PeerTransport.of({
        listen: (address, accept) => listen(options, tls, address, accept),
        dial: (address) => dial(options, tls, address)
      })
    })
  )

export const layer: Layer.Layer<PeerTransport, never, Identity> = layerWith(defaults)

type TlsOptions = ReturnType<typeof tlsOptions>

const tlsOptions = (identity: Identity["Service"]) => ({
  cert: `-----BEGIN CERTIFICATE-----\n${
    Buffer.from(identity.certificate).toString("base64")
  }\n-----END CERTIFICATE-----\n`,
  key: Crypto.createPrivateKey({ key: Buffer.from(identity.privateKey), format: "der", type: "pkcs8" })
    .export({ format: "pem", type: "pkcs8" }),
  minVersion: "TLSv1.3" as const,
  // Without tickets no session can be resumed: every connection proves the key again.
  secureOptions: Crypto.constants.SSL_OP_NO_TICKET,
  requestCert: true,
  rejectUnauthorized: false,
  ALPNProtocols: ["bep/1.0"]
})

const listen = Effect.fnUntraced(function*(
  options: Options,
  tls: TlsOptions,
  address: string,
  accept: (link: PeerLink) => Effect.Effect<void>
): Effect.fn.Return<string, ListenFailed, Scope.Scope> {
  const where = PeerAddress.parse(address)
  if (where === undefined) return yield* new ListenFailed({ address, reason: "it is not of the form host:port" })
  const gone = yield* Deferred.make<void>()
  // Torn down from below: stop accepting, then let every connection's fiber end, then see the server closed.
  const server = yield* Effect.acquireRelease(open(tls, where, address), () => Deferred.await(gone))
  const run = yield* FiberSet.makeRuntime<never>()
  const handshakes = new Map<string, () => void>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close(() => Deferred.doneUnsafe(gone, Effect.void))
      for (const refuse of handshakes.values()) refuse()
    })
  )
  server.maxConnections = options.maxConnections
  server.on("connection", (raw: Net.Socket) => {
    if (handshakes.size >= options.maxUnauthenticated) return void raw.destroy()
    const from = remoteOf(raw)
    const end = () => {
      handshakes.delete(from)
      raw.destroy()
    }
    handshakes.set(from, end)
    const deadline = run(
      Effect.delay(Effect.sync(() => handshakes.get(from) === end && end()), options.handshakeTimeout)
    )
    raw.once("close", () => {
      if (handshakes.get(from) === end) handshakes.delete(from)
      deadline.interruptUnsafe()
    })
  })
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    socket.destroy()
    run(
      Effect.logDebug("handshake failed").pipe(
        Effect.annotateLogs({ peer: remoteOf(socket), error: error.code ?? error.message })
      )
    )
  })
  server.on("secureConnection", (socket) => {
    handshakes.delete(remoteOf(socket))
    const device = provenDevice(socket)
    if (typeof device !== "string") {
      socket.on("error", () => {})
      socket.destroy()
      run(
        Effect.logDebug("handshake refused").pipe(
          Effect.annotateLogs({ peer: remoteOf(socket), error: device.refused })
        )
      )
      return
    }
    run(Effect.acquireUseRelease(
      Effect.sync(() => makeLink(options, socket, device, "incoming", new Inflow(options.readAhead, socket))),
      accept,
      (link) => link.close
    ))
  })
  const bound = server.address()
  return typeof bound === "object" && bound !== null
    ? PeerAddress.format({ host: bound.address, port: bound.port })
    : address
})

const open = (tls: TlsOptions, where: PeerAddress.PeerAddress, address: string) =>
  Effect.callback<Tls.Server, ListenFailed>((resume) => {
    const server = Tls.createServer(tls)
    server.once("error", (error: NodeJS.ErrnoException) => {
      resume(Effect.fail(new ListenFailed({ address, reason: TcpFailure.listening(error) })))
    })
    server.listen(where.port, where.host, () => {
      server.removeAllListeners("error")
      // After listening, a server reports here what went wrong with accepting one connection.
      server.on("error", () => {})
      resume(Effect.succeed(server))
    })
  })

const dial = (options: Options, tls: TlsOptions, address: string): Effect.Effect<PeerLink, DialFailed, Scope.Scope> => {
  const where = PeerAddress.parse(address)
  if (where === undefined) {
    return Effect.fail(new DialFailed({ address, reason: "it is not of the form tcp://host:port" }))
  }
  return Effect.acquireRelease(
    connect(options, tls, where, address),
    (link) => link.close,
    { interruptible: true }
  )
}

const connect = (options: Options, tls: TlsOptions, where: PeerAddress.PeerAddress, address: string) =>
  Effect.callback<PeerLink, DialFailed>((resume) => {
    const inflow = new Inflow(options.readAhead)
    // Documented for `net` and passed on by `tls`, whose types do not know it.
    const target: Tls.ConnectionOptions & { readonly onread: Net.OnReadOpts } = {
      ...tls,
      host: where.host,
      port: where.port,
      onread: inflow.onread
    }
    const socket = Tls.connect(target)
    const fail = (reason: string) => {
      socket.destroy()
      resume(Effect.fail(new DialFailed({ address, reason })))
    }
    const failed = (error: NodeJS.ErrnoException) => fail(TcpFailure.gone(error))
    const closed = () => fail("closed by the peer")
    socket.on("error", failed)
    socket.on("close", closed)
    socket.once("secureConnect", () => {
      const device = provenDevice(socket)
      if (typeof device !== "string") return fail(device.refused)
      socket.off("close", closed)
      const link = makeLink(options, socket, device, "outgoing", inflow)
      socket.off("error", failed)
      resume(Effect.succeed(link))
    })
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: options.handshakeTimeout,
      orElse: () => Effect.fail(new DialFailed({ address, reason: "no answer in time" }))
    })
  )

/** The device of a finished handshake. Call once per socket: Node consumes the peer's chain while reading it. */
const provenDevice = (socket: Tls.TLSSocket): DeviceId.DeviceId | { readonly refused: string } => {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return { refused: "the peer showed no certificate" }
  // Node hands the rest of the chain here in the order received, whether or not it is the issuer.
  if (certificate.issuerCertificate !== undefined) return { refused: "the peer showed more than one certificate" }
  return DeviceId.fromCertificate(certificate.raw)
}

/**
 * Gives an accepted socket what `onread` gives one that connects: Node has the option for the latter only, and keeps it in
 * three symbols and a method of the handle. False where a Node names them otherwise; then buffers are allocated as ever.
 */
const readInto = (socket: Tls.TLSSocket, onread: Inflow["onread"]): boolean => {
  const named = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]))
  const slots = ["kBuffer", "kBufferCb", "kBufferGen"].map((name) => named.get(name))
  const handle: { readonly useUserBuffer?: (buffer: Uint8Array) => void } | undefined = Reflect.get(socket, "_handle")
  if (slots.includes(undefined) || typeof handle?.useUserBuffer !== "function") return false
  const first = onread.buffer()
  const values = [first, onread.callback, onread.buffer]
  for (const [at, slot] of slots.entries()) if (slot !== undefined) Reflect.set(socket, slot, values[at])
  handle.useUserBuffer(first)
  return true
}

/**
 * What arrived and was not received yet. A socket we dialled writes straight into slabs: a buffer per record of 16 KiB would
 * make the garbage collector take a third of the time.
 */
class Inflow {
  private readonly slabs: ReceiveSlabs
  private readonly limit: number
  private chunks: Array<Uint8Array> = []
  private bytes = 0
  private region: Uint8Array | undefined
  paused = false
  /** Whatever still arrives is thrown away. */
  discard = false
  /** Called after each arrival. */
  arrived: () => void = () => {}

  /** `accepted`: a socket without `onread`. */
  constructor(limit: number, accepted?: Tls.TLSSocket) {
    this.limit = limit
    this.slabs = new ReceiveSlabs(limit)
    const slabs = accepted === undefined || accepted.readableLength === 0 && readInto(accepted, this.onread)
    if (slabs) {
      accepted?.resume()
      return
    }
    accepted.on("data", (chunk: Uint8Array) => {
      if (this.discard) return
      this.chunks.push(chunk)
      this.bytes += chunk.length
      if (this.isFull()) accepted.pause()
      this.arrived()
    })
  }

  /** For `connect`. */
  readonly onread = {
    buffer: () => this.region = this.slabs.region(),
    callback: (count: number) => {
      if (this.discard || this.region === undefined) return true
      this.slabs.landed(this.region, count)
      const full = this.isFull()
      this.arrived()
      return !full
    }
  }

  get empty(): boolean {
    return this.bytes + this.slabs.buffered === 0
  }

  /** All that arrived; valid until the next call. */
  take(): ReadonlyArray<Uint8Array> {
    if (this.chunks.length === 0) return this.slabs.take()
    const taken = this.chunks
    this.chunks = []
    this.bytes = 0
    return taken
  }

  private isFull(): boolean {
    if (this.paused || this.bytes + this.slabs.buffered < this.limit) return this.paused
    this.paused = true
    return true
  }
}

const makeLink = (
  options: Options,
  socket: Tls.TLSSocket,
  device: DeviceId.DeviceId,
  direction: PeerLink["direction"],
  inflow: Inflow
): PeerLink => {
  let end: PeerGone | undefined
  let wake: (() => void) | undefined
  let closing = false

  const ended = (reason: string) => {
    end ??= new PeerGone({ reason })
    wake?.()
  }
  socket.setNoDelay(true)
  inflow.arrived = () => wake?.()
  socket.on("error", (error) => ended(TcpFailure.gone(error)))
  socket.on("end", () => ended("closed by the peer"))
  socket.on("close", () => ended("closed"))

  // Taken when the receiving fiber runs, not when it is woken: one batch holds all that arrived meanwhile.
  const take = Effect.suspend((): Effect.Effect<ReadonlyArray<Uint8Array>, PeerGone> => {
    if (inflow.empty) return end === undefined ? receive : Effect.fail(end)
    const taken = inflow.take()
    if (inflow.paused) {
      inflow.paused = false
      socket.resume()
    }
    return Effect.succeed(taken)
  })
  const arrival = Effect.callback<void>((resume) => {
    wake = () => {
      wake = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      wake = undefined
    })
  })
  const receive: PeerLink["receive"] = Effect.suspend(() =>
    !inflow.empty || end !== undefined ? take : Effect.flatMap(arrival, () => take)
  )

  const send: PeerLink["send"] = (buffers) =>
    Effect.callback<void, PeerGone>((resume) => {
      if (closing || end !== undefined) return resume(Effect.fail(end ?? new PeerGone({ reason: "closed here" })))
      if (buffers.length === 0) return resume(Effect.void)
      socket.cork()
      for (const [at, buffer] of buffers.entries()) {
        if (at < buffers.length - 1) socket.write(buffer)
        else {
          socket.write(buffer, (error) => {
            resume(error ? Effect.fail(end ?? new PeerGone({ reason: TcpFailure.gone(error) })) : Effect.void)
          })
        }
      }
      socket.uncork()
    })

  const until = (event: "finish" | "close", already: () => boolean) =>
    Effect.callback<void>((resume) => {
      const done = () => resume(Effect.void)
      if (already()) return done()
      socket.once(event, done)
      return Effect.sync(() => void socket.off(event, done))
    }).pipe(Effect.interruptible)
  const closed = until("close", () => socket.closed)
  const close = Effect.suspend(() => {
    if (closing) return closed
    closing = true
    inflow.discard = true
    wake?.()
    // What still arrives is thrown away, or the peer's end would never be seen behind it.
    socket.resume()
    socket.end()
    return until("finish", () => socket.closed || socket.writableFinished).pipe(
      Effect.timeoutOption(options.flushTimeout),
      Effect.andThen(Effect.timeoutOption(closed, options.lingerTimeout)),
      Effect.ensuring(Effect.suspend(() => {
        socket.destroy()
        return closed
      })),
      Effect.asVoid
    )
  })
  return { device, address: remoteOf(socket), direction, receive, send, close }
}

const remoteOf = (socket: Net.Socket): string =>
  PeerAddress.format({ host: socket.remoteAddress ?? "unknown", port: socket.remotePort ?? 0 })
