import { assert, it } from "@effect/vitest"
import { type Cause, Context, Deferred, Duration, Effect, Exit, Fiber, Layer, Schedule, type Scope } from "effect"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as PeerTransportTls from "../../src/layers/PeerTransportTls.ts"
import { Identity } from "../../src/services/Identity.ts"
import {
  type DialFailed,
  type ListenFailed,
  type PeerGone,
  type PeerLink,
  PeerTransport
} from "../../src/services/PeerTransport.ts"
import { peerTransportContract } from "../contracts/PeerTransportContract.ts"
import * as Certificates from "../harness/Certificates.ts"
import { noLeaks } from "../harness/NoLeaks.ts"

const near = Certificates.makeIdentity()
const far = Certificates.makeIdentity()
const stranger = Certificates.makeIdentity("stranger")

const station = (identity: Certificates.TestIdentity, options = PeerTransportTls.defaults) => {
  const device = DeviceId.fromCertificate(identity.certificate)
  return Effect.map(
    Layer.build(
      PeerTransportTls.layerWith(options).pipe(Layer.provide(Layer.succeed(Identity, { ...identity, device })))
    ),
    (context) => ({ device, transport: Context.get(context, PeerTransport) })
  )
}

peerTransportContract("tls", Effect.all({ near: station(near), far: station(far) }))

const pem = (identity: Certificates.TestIdentity) => ({
  cert: Certificates.certificatePem(identity.certificate),
  key: Certificates.privateKeyPem(identity.privateKey)
})

/** Connects with plain Node; answers how it ended: "open" if the server let it stay and spoke, else the error or "closed". */
const knock = (address: string, options: Tls.ConnectionOptions) =>
  Effect.callback<string>((resume) => {
    const socket = Tls.connect({
      host: "127.0.0.1",
      port: Number(address.split(":")[1]),
      rejectUnauthorized: false,
      ...options
    })
    const answer = (how: string) => {
      socket.destroy()
      resume(Effect.succeed(how))
    }
    socket.on("error", (error: NodeJS.ErrnoException) => answer(error.code ?? error.message))
    socket.on("end", () => answer("closed"))
    socket.on("data", () => answer("open"))
  })

/** A server that greets whomever it accepts with one byte; counts them. */
const greeter = (options = PeerTransportTls.defaults) =>
  Effect.gen(function*() {
    const { transport } = yield* station(far, options)
    const accepted: Array<DeviceId.DeviceId> = []
    const address = yield* transport.listen("127.0.0.1:0", (link) =>
      Effect.suspend(() => {
        accepted.push(link.device)
        return Effect.andThen(Effect.ignore(link.send([Uint8Array.of(1)])), Effect.never)
      }))
    return { address, accepted }
  })

/** A plain Node TLS server that must not be believed. */
const rogue = (options: Tls.TlsOptions) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Tls.Server>((resume) => {
        const server = Tls.createServer({ requestCert: true, rejectUnauthorized: false, ...options })
        server.on("tlsClientError", () => {})
        server.on("secureConnection", (socket) => {
          socket.on("error", () => {})
          socket.on("end", () => socket.destroy())
          socket.resume()
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    ),
    (server) => `127.0.0.1:${(server.address() as Net.AddressInfo).port}`
  )

type PeerTransportError = DialFailed | ListenFailed | PeerGone | Cause.TimeoutError

const live = (what: string, body: Effect.Effect<void, PeerTransportError, Scope.Scope>) =>
  it.live(what, () => body.pipe(Effect.scoped, noLeaks))

const reasonOf = <A>(dial: Effect.Effect<A, { readonly reason: string }, Scope.Scope>) =>
  Effect.match(dial, { onFailure: (error) => error.reason, onSuccess: () => "connected" })

live(
  "the application protocol is agreed, and its absence is no reason to refuse",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter()
    assert.strictEqual(yield* knock(address, { ...pem(stranger), ALPNProtocols: ["bep/1.0"] }), "open")
    assert.strictEqual(yield* knock(address, pem(stranger)), "open")
    assert.deepStrictEqual(accepted, Array(2).fill(DeviceId.fromCertificate(stranger.certificate)))
  })
)

live(
  "TLS 1.2 only is refused, from either side",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter()
    assert.strictEqual(
      yield* knock(address, { ...pem(stranger), maxVersion: "TLSv1.2" }),
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"
    )
    assert.lengthOf(accepted, 0)
    const { transport } = yield* station(near)
    const old = yield* rogue({ ...pem(stranger), maxVersion: "TLSv1.2" })
    assert.match(yield* reasonOf(transport.dial(`tcp://${old}`)), /alert protocol version/)
  })
)

live(
  "two certificates are refused, from either side",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter()
    const two = { ...pem(stranger), cert: pem(stranger).cert + pem(near).cert }
    assert.notStrictEqual(yield* knock(address, two), "open")
    assert.lengthOf(accepted, 0)
    const { transport } = yield* station(near)
    assert.strictEqual(
      yield* reasonOf(transport.dial(`tcp://${yield* rogue(two)}`)),
      "the peer showed more than one certificate"
    )
  })
)

live(
  "no certificate is refused",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter()
    assert.notStrictEqual(yield* knock(address, {}), "open")
    assert.lengthOf(accepted, 0)
  })
)

live(
  "a stolen certificate without its key is refused, from either side",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter()
    const stolen = { cert: pem(near).cert, key: Certificates.forgedKeyPem(near, stranger) }
    assert.strictEqual(yield* knock(address, stolen), "ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR")
    assert.lengthOf(accepted, 0)
    const { transport } = yield* station(far)
    assert.match(yield* reasonOf(transport.dial(`tcp://${yield* rogue(stolen)}`)), /signature/)
  })
)

const hasty = { ...PeerTransportTls.defaults, handshakeTimeout: Duration.millis(150), maxUnauthenticated: 3 }

/** TCP without a handshake; answers once the server ended it. `trickle` keeps sending half a record, byte by byte. */
const stall = (address: string, trickle: boolean) =>
  Effect.gen(function*() {
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => Net.connect(Number(address.split(":")[1]), "127.0.0.1").on("error", () => {})),
      (socket) => Effect.sync(() => socket.destroy())
    )
    // The beginning of a ClientHello record that announces 512 bytes.
    const record = Buffer.concat([Buffer.from("160301020001", "hex"), Buffer.alloc(500)])
    let at = 0
    const step = Effect.sync(() => {
      if (trickle && at < record.length) socket.write(record.subarray(at, ++at))
    })
    yield* Effect.forkChild(Effect.repeat(step, Schedule.spaced("10 millis")), { startImmediately: true })
    return yield* Effect.callback<string>((resume) => {
      socket.on("close", () => resume(Effect.succeed("closed")))
    })
  }).pipe(Effect.scoped)

live(
  "a handshake that stalls or trickles is ended in time",
  Effect.gen(function*() {
    const { address, accepted } = yield* greeter(hasty)
    assert.strictEqual(yield* stall(address, false), "closed")
    assert.strictEqual(yield* stall(address, true), "closed")
    assert.lengthOf(accepted, 0)
    assert.strictEqual(yield* knock(address, pem(near)), "open")
  }).pipe(Effect.timeout("5 seconds"))
)

live(
  "unauthenticated connections are bounded, and none is left over",
  Effect.gen(function*() {
    const { address } = yield* greeter({ ...hasty, handshakeTimeout: Duration.seconds(20) })
    const hung = yield* Effect.forEach(
      [1, 2, 3],
      () => Effect.forkChild(stall(address, true), { startImmediately: true })
    )
    // The fourth is sent away while three hang.
    assert.strictEqual(yield* stall(address, true), "closed")
    assert.isTrue(hung.every((fiber) => fiber.pollUnsafe() === undefined))
  }).pipe(Effect.timeout("5 seconds"))
)

live(
  "a dial that nobody answers ends in time",
  Effect.gen(function*() {
    const silent = yield* Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer((socket) =>
          void socket.on("error", () => {}).on("end", () => socket.destroy()).resume()
        )
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    )
    const { transport } = yield* station(near, hasty)
    const address = `127.0.0.1:${(silent.address() as Net.AddressInfo).port}`
    assert.strictEqual(yield* reasonOf(transport.dial(address)), "no answer in time")
  })
)

live(
  "taking the port of another program is refused with the reason",
  Effect.gen(function*() {
    const { transport } = yield* station(near)
    const taken = yield* rogue(pem(stranger))
    assert.strictEqual(yield* reasonOf(transport.listen(taken, () => Effect.void)), "the port is taken")
    assert.strictEqual(
      yield* reasonOf(transport.listen("192.0.2.1:0", () => Effect.void)),
      "this machine has no such address"
    )
  })
)

live(
  "a frozen peer delays close by no more than the time to flush",
  Effect.gen(function*() {
    const options = {
      ...PeerTransportTls.defaults,
      flushTimeout: Duration.millis(200),
      lingerTimeout: Duration.millis(100)
    }
    const { transport } = yield* station(far, options)
    const arrived = yield* Deferred.make<PeerLink>()
    const address = yield* transport.listen(
      "127.0.0.1:0",
      (link) => Effect.andThen(Deferred.succeed(arrived, link), Effect.never)
    )
    const frozen = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const socket = Tls.connect({
          host: "127.0.0.1",
          port: Number(address.split(":")[1]),
          rejectUnauthorized: false,
          ...pem(near)
        })
        socket.on("error", () => {})
        return socket
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
    const link = yield* Deferred.await(arrived)
    yield* Effect.forkChild(Effect.ignore(Effect.forever(link.send([new Uint8Array(1024 * 1024)]))))
    yield* Effect.sleep("100 millis")
    const [took] = yield* Effect.timed(link.close)
    assert.isBelow(Duration.toMillis(took), 1500)
    assert.isAtLeast(Duration.toMillis(took), 200)
    assert.isFalse(frozen.destroyed)
  })
)

live(
  "what was not received does not keep close from seeing the peer's end",
  Effect.gen(function*() {
    const { transport } = yield* station(far, { ...PeerTransportTls.defaults, lingerTimeout: Duration.seconds(20) })
    const dialler = yield* station(near)
    const arrived = yield* Deferred.make<PeerLink>()
    const address = yield* transport.listen(
      "127.0.0.1:0",
      (link) => Effect.andThen(Deferred.succeed(arrived, link), Effect.never)
    )
    const sender = yield* dialler.transport.dial(address)
    yield* sender.send([new Uint8Array(1024 * 1024)])
    const link = yield* Deferred.await(arrived)
    // Long enough for the link to have read all it wants, and to have stopped.
    yield* Effect.sleep("200 millis")
    const [took] = yield* Effect.timed(link.close)
    assert.isBelow(Duration.toMillis(took), 5000)
  })
)

live(
  "closing the listener closes unfinished handshakes too",
  Effect.gen(function*() {
    const hung = yield* Effect.scoped(Effect.gen(function*() {
      const { address } = yield* greeter()
      const fiber = yield* Effect.forkChild(stall(address, true), { startImmediately: true })
      yield* Effect.sleep("50 millis")
      return fiber
    }))
    assert.isTrue(Exit.isSuccess(yield* Effect.exit(Effect.timeout(Fiber.await(hung), "2 seconds"))))
  })
)
