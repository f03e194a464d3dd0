/**
 * Which peers are connected: listens, dials the master while none is, exchanges Hellos, and keeps one connection per device.
 * A connection begins only when the one it replaces has let go of everything outside; removal compares identity, so an
 * old connection that ends late cannot take the place of the new one away.
 */
import { Clock, Deferred, Duration, Effect, Latch, Layer, Random, Result } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import * as Hello from "../domain/bep/Hello.ts"
import type { DeviceId } from "../domain/DeviceId.ts"
import { type Agreement, BepConnection } from "../services/BepConnection.ts"
import { Peers, type PeerStatus } from "../services/Peers.ts"
import { type ListenFailed, PeerGone, type PeerLink, PeerTransport } from "../services/PeerTransport.ts"
import { Settings } from "../services/Settings.ts"

/** For both Hellos. */
const helloTimeout = Duration.seconds(20)
/** Devices that are no masters and whose Hello we wait for; more are sent away without a word. */
const maxStrangers = 8
/** Strangers of whom we remember that they were reported. */
const maxReported = 256
const firstRedial = Duration.seconds(1)
const lastRedial = Duration.seconds(60)
/** A connection that lasted so long was a good one: the next dial is not delayed. */
const healthy = Duration.seconds(60)

type Needs = PeerTransport | Settings | BepConnection

export const layer: Layer.Layer<Peers, ListenFailed, Needs> = Layer.effect(
  Peers,
  Effect.gen(function*() {
    const settings = yield* Settings
    const transport = yield* PeerTransport
    const server = yield* makeServer
    const listening = yield* transport.listen(settings.listen, server.accept)
    yield* Effect.logInfo("listening for peers").pipe(Effect.annotateLogs({ address: listening }))
    if (settings.masterAddress !== undefined) {
      yield* Effect.forkScoped(dialling(settings.masterAddress, transport, server))
    }
    return Peers.of({ listening, connected: server.connected })
  })
)

interface Connection {
  readonly status: Omit<PeerStatus, "folders">
  readonly agreement: Agreement
  /** Completed with the reason to make it end. */
  readonly stop: Deferred.Deferred<string>
  /** Completed when it touches nothing outside any more. */
  readonly released: Deferred.Deferred<void>
}

interface Server {
  readonly accept: (link: PeerLink) => Effect.Effect<void>
  readonly connected: Effect.Effect<ReadonlyArray<PeerStatus>>
  readonly idle: () => boolean
  /** Waits until nobody is connected. */
  readonly awaitIdle: Effect.Effect<void>
}

const makeServer = Effect.gen(function*() {
  const settings = yield* Settings
  const bep = yield* BepConnection
  const clock = yield* Clock.Clock
  const masters = new Set<DeviceId>(settings.masters)
  const current = new Map<DeviceId, Connection>()
  const idle = Latch.makeUnsafe(true)
  const reported = new Set<DeviceId>()
  let strangers = 0

  const register = (connection: Connection): void => {
    current.set(connection.status.device, connection)
    idle.closeUnsafe()
  }
  const remove = (connection: Connection): void => {
    if (current.get(connection.status.device) === connection) current.delete(connection.status.device)
    if (current.size === 0) idle.openUnsafe()
  }

  /** Runs the connection in the place of an older one of the same device. */
  const master = (link: PeerLink, theirs: Greeting) =>
    Effect.gen(function*() {
      const { device } = link
      const older = current.get(device)
      // Both sides dialled at once: ours gives way, the peer's is as good.
      if (older !== undefined && link.direction === "outgoing") return
      const connection: Connection = {
        status: {
          device,
          address: link.address,
          direction: link.direction,
          deviceName: theirs.hello.deviceName,
          clientName: theirs.hello.clientName,
          clientVersion: theirs.hello.clientVersion,
          since: clock.currentTimeMillisUnsafe()
        },
        agreement: older === undefined ? { folders: new Map() } : { folders: older.agreement.folders },
        stop: Deferred.makeUnsafe(),
        released: Deferred.makeUnsafe()
      }
      const released = Deferred.succeed(connection.released, undefined)
      register(connection)
      const work = Effect.gen(function*() {
        if (older !== undefined) {
          yield* Deferred.succeed(older.stop, "replacing connection")
          yield* Deferred.await(older.released)
        }
        yield* Effect.logInfo("peer connected").pipe(Effect.annotateLogs({ client: theirs.hello.clientVersion }))
        const reason = yield* bep.run({
          link,
          style: Hello.style(theirs.hello),
          rest: theirs.rest,
          agreement: connection.agreement,
          stop: Deferred.await(connection.stop),
          released: Effect.asVoid(released)
        })
        yield* Effect.logInfo("peer disconnected").pipe(Effect.annotateLogs({ error: reason }))
      })
      yield* work.pipe(Effect.ensuring(Effect.andThen(released, Effect.sync(() => remove(connection)))))
    }).pipe(Effect.annotateLogs({ peer: link.device, address: link.address }))

  /** Tells a device that is no master nothing at all, and the operator who it was. */
  const stranger = (link: PeerLink) =>
    Effect.gen(function*() {
      strangers++
      const theirs = yield* greet(link, nobody)
      if (reported.has(link.device)) return
      if (reported.size >= maxReported) reported.clear()
      reported.add(link.device)
      yield* Effect.logWarning("refused a device that is not a master").pipe(
        Effect.annotateLogs({ peer: link.device, address: link.address, name: theirs.hello.deviceName.slice(0, 100) })
      )
    }).pipe(Effect.ensuring(Effect.sync(() => strangers--)))

  const accept = (link: PeerLink): Effect.Effect<void> =>
    Effect.gen(function*() {
      if (!masters.has(link.device)) return strangers < maxStrangers ? yield* stranger(link) : undefined
      const hello = {
        deviceName: settings.deviceName,
        clientName: "bepository",
        clientVersion: `v${packageJson.version}`,
        numConnections: 1,
        timestamp: clock.currentTimeNanosUnsafe()
      }
      yield* master(link, yield* greet(link, hello))
    }).pipe(
      // Who does not want us now says so by ending the connection before Hello (BEP sheet §1.5): nothing to report.
      Effect.catch((error) =>
        Effect.logDebug("no Hello").pipe(Effect.annotateLogs({ peer: link.device, error: error.message }))
      )
    )

  const server: Server = {
    accept,
    connected: Effect.sync(() =>
      Array.from(current.values(), ({ agreement, status }) => ({ ...status, folders: [...agreement.folders.keys()] }))
    ),
    idle: () => current.size === 0,
    awaitIdle: idle.await
  }
  return server
})

/** What the other side said first, and what followed at once. */
interface Greeting {
  readonly hello: Hello.Hello
  readonly rest: ReadonlyArray<Uint8Array>
}

/** Says Hello to those who are not to know who we are. */
const nobody: Hello.Hello = { deviceName: "", clientName: "", clientVersion: "", numConnections: 0, timestamp: 0n }

/** Both Hellos, neither waiting for the other. */
const greet = (link: PeerLink, ours: Hello.Hello): Effect.Effect<Greeting, PeerGone> =>
  Effect.gen(function*() {
    yield* link.send([Hello.encode(ours)])
    const parser = Hello.makeParser()
    while (true) {
      const chunks = yield* link.receive
      for (const [at, chunk] of chunks.entries()) {
        const parsed = parser.push(chunk)
        if (Result.isFailure(parsed)) return yield* new PeerGone({ reason: parsed.failure })
        if (parsed.success === undefined) continue
        return { hello: parsed.success.hello, rest: [parsed.success.rest, ...chunks.slice(at + 1)] }
      }
    }
  }).pipe(
    Effect.timeoutOrElse({
      duration: helloTimeout,
      orElse: () => Effect.fail(new PeerGone({ reason: "no Hello in time" }))
    })
  )

/** Dials while nobody is connected: at 1 s, doubling to 60 s, a fifth more or less so that two sides do not stay in step. */
const dialling = Effect.fnUntraced(function*(
  address: string,
  transport: PeerTransport["Service"],
  server: Server
): Effect.fn.Return<never> {
  const clock = yield* Clock.Clock
  const since = (start: bigint) => Duration.nanos(clock.monotonicTimeNanosUnsafe() - start)
  let delay = firstRedial
  while (true) {
    const waiting = clock.monotonicTimeNanosUnsafe()
    yield* server.awaitIdle
    // Others were connected for a while: begin anew.
    if (Duration.isGreaterThanOrEqualTo(since(waiting), healthy)) delay = firstRedial
    yield* Effect.sleep(Duration.times(delay, 0.8 + 0.4 * (yield* Random.next)))
    if (!server.idle()) continue
    const start = clock.monotonicTimeNanosUnsafe()
    yield* Effect.scoped(Effect.gen(function*() {
      yield* server.accept(yield* transport.dial(address))
    })).pipe(
      Effect.catch((error) => Effect.logDebug("cannot dial").pipe(Effect.annotateLogs({ error: error.message })))
    )
    delay = Duration.isGreaterThanOrEqualTo(since(start), healthy)
      ? firstRedial
      : Duration.min(Duration.times(delay, 2), lastRedial)
  }
})
