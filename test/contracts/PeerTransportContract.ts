/** What every `PeerTransport` promises, whatever carries it. */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import * as Crypto from "node:crypto"
import type { DeviceId } from "../../src/domain/DeviceId.ts"
import type { DialFailed, ListenFailed, PeerGone, PeerLink, PeerTransport } from "../../src/services/PeerTransport.ts"
import { noLeaks } from "../harness/NoLeaks.ts"

export interface Station {
  readonly device: DeviceId
  readonly transport: PeerTransport["Service"]
}

/** Two devices that can reach each other. */
export type Stations = Effect.Effect<{ readonly near: Station; readonly far: Station }, never, Scope.Scope>

type TransportError = DialFailed | ListenFailed | PeerGone

interface Pair {
  readonly near: PeerLink
  readonly far: PeerLink
  /** Lets the far side's `accept` end. */
  readonly release: Effect.Effect<void>
}

/** `far` listens, `near` dials; both ends of the one connection. */
const connect = (stations: { readonly near: Station; readonly far: Station }) =>
  Effect.gen(function*() {
    const arrived = yield* Deferred.make<PeerLink>()
    const release = yield* Deferred.make<void>()
    const address = yield* stations.far.transport.listen("127.0.0.1:0", (link) =>
      Effect.andThen(Deferred.succeed(arrived, link), Deferred.await(release)))
    const near = yield* stations.near.transport.dial(`tcp://${address}`)
    const far = yield* Deferred.await(arrived)
    return { near, far, release: Effect.asVoid(Deferred.succeed(release, undefined)), address }
  })

const receiveUntilGone = (link: PeerLink) =>
  Effect.gen(function*() {
    const digest = Crypto.createHash("sha256")
    let bytes = 0
    while (true) {
      const taken = yield* Effect.exit(link.receive)
      if (Exit.isFailure(taken)) return { bytes, digest: digest.digest("hex") }
      assert.isAtLeast(taken.value.length, 1)
      for (const chunk of taken.value) {
        digest.update(chunk)
        bytes += chunk.length
        // The chunks are the receiver's: spoiling one must not reach another.
        chunk.fill(0xee)
      }
    }
  })

/** The digest of what arrives, at least `wanted` bytes of it. */
const receiveBytes = (link: PeerLink, wanted: number) =>
  Effect.gen(function*() {
    const digest = Crypto.createHash("sha256")
    for (let bytes = 0; bytes < wanted;) {
      for (const chunk of yield* link.receive) {
        digest.update(chunk)
        bytes += chunk.length
      }
    }
    return digest.digest("hex")
  })

/** The tag of the failure, or "success". */
const outcomeOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error): string => error._tag, onSuccess: () => "success" })

const sizes = (seed: number): ReadonlyArray<number> =>
  Array.from({ length: 240 }, (_, n) => ([0, 1, 7, 16_384, 16_385, 70_001][n % 6] ?? 0) * (n + seed) % 99_991)
const spoken = (seed: number): number => sizes(seed).reduce((sum, size) => sum + size, 0)

/** Sends the same bytes for the same seed, in odd pieces out of one buffer that is used again and again. */
const speak = (link: PeerLink, seed: number) =>
  Effect.gen(function*() {
    const digest = Crypto.createHash("sha256")
    const buffer = Buffer.alloc(100_000)
    for (const [n, size] of sizes(seed).entries()) {
      buffer.fill((n * 31 + size + seed) & 255, 0, size)
      yield* link.send([buffer.subarray(0, size >> 1), buffer.subarray(size >> 1, size)])
      digest.update(buffer.subarray(0, size))
    }
    return digest.digest("hex")
  })

export const peerTransportContract = (name: string, stations: Stations): void => {
  const test = (
    what: string,
    body: (pair: Pair & { readonly address: string }) => Effect.Effect<void, TransportError, Scope.Scope>
  ) =>
    it.live(`${name}: ${what}`, () =>
      Effect.gen(function*() {
        yield* body(yield* connect(yield* stations))
      }).pipe(Effect.scoped, noLeaks))
  const alone = (
    what: string,
    body: (both: { readonly near: Station; readonly far: Station }) => Effect.Effect<void, TransportError, Scope.Scope>
  ) => it.live(`${name}: ${what}`, () => Effect.flatMap(stations, body).pipe(Effect.scoped, noLeaks))

  alone("each side knows the other's device", (both) =>
    Effect.gen(function*() {
      const { near, far } = yield* connect(both)
      assert.strictEqual(near.device, both.far.device)
      assert.strictEqual(far.device, both.near.device)
      assert.strictEqual(near.direction, "outgoing")
      assert.strictEqual(far.direction, "incoming")
    }))

  test("bytes arrive in order, both ways at once, whatever the sizes", ({ near, far }) =>
    Effect.gen(function*() {
      const [there, back, heardFar, heardNear] = yield* Effect.all([
        speak(near, 3),
        speak(far, 8),
        receiveBytes(far, spoken(3)),
        receiveBytes(near, spoken(8))
      ], { concurrency: "unbounded" })
      assert.strictEqual(heardFar, there)
      assert.strictEqual(heardNear, back)
    }))

  test("close delivers what was sent, then the other side sees the end", ({ near, far }) =>
    Effect.gen(function*() {
      const body = Crypto.randomBytes(3_000_000)
      const heard = yield* Effect.forkChild(receiveUntilGone(far))
      yield* near.send([body.subarray(0, 10), body.subarray(10)])
      yield* near.close
      assert.deepStrictEqual(yield* Fiber.join(heard), {
        bytes: body.length,
        digest: Crypto.createHash("sha256").update(body).digest("hex")
      })
    }))

  test("a receiver that does not pull stops the sender, and loses nothing", ({ near, far }) =>
    Effect.gen(function*() {
      const block = new Uint8Array(64 * 1024)
      let sent = 0
      const sender = yield* Effect.forkChild(Effect.gen(function*() {
        while (true) {
          yield* near.send([block])
          sent += block.length
        }
      }))
      let before = -1
      // The sender is stuck when nothing moved between two looks.
      while (before !== sent) {
        before = sent
        yield* Effect.sleep("150 millis")
        assert.isBelow(sent, 32 * 1024 * 1024)
      }
      const stuck = sent
      yield* receiveBytes(far, stuck + block.length)
      assert.isAbove(sent, stuck)
      yield* Fiber.interrupt(sender)
      yield* far.close
    }))

  test("after close nothing is sent or received, and closing again is harmless", ({ near, far }) =>
    Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(outcomeOf(near.receive), { startImmediately: true })
      yield* Effect.all([near.close, near.close], { concurrency: 2 })
      yield* near.close
      assert.strictEqual(yield* Fiber.join(waiting), "PeerGone")
      assert.strictEqual(yield* outcomeOf(near.receive), "PeerGone")
      assert.strictEqual(yield* outcomeOf(near.send([Uint8Array.of(1)])), "PeerGone")
      assert.strictEqual((yield* receiveUntilGone(far)).bytes, 0)
    }))

  test("a peer that went away ends sending too", ({ near, far }) =>
    Effect.gen(function*() {
      yield* far.close
      const block = new Uint8Array(256 * 1024)
      assert.strictEqual(yield* outcomeOf(Effect.forever(near.send([block]))), "PeerGone")
    }))

  test("a sender waiting for room learns that the peer is gone", ({ near, far }) =>
    Effect.gen(function*() {
      const block = new Uint8Array(1024 * 1024)
      const sender = yield* Effect.forkChild(outcomeOf(Effect.forever(near.send([block]))))
      yield* receiveBytes(far, 2 * block.length)
      yield* far.close
      assert.strictEqual(yield* Fiber.join(sender), "PeerGone")
    }))

  test("an interrupted receive loses nothing", ({ near, far }) =>
    Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(far.receive, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* near.send([Uint8Array.of(1, 2, 3)])
      assert.deepStrictEqual(Buffer.concat(yield* far.receive), Buffer.from([1, 2, 3]))
    }))

  test("the link is closed when accept ends", ({ near, release }) =>
    Effect.gen(function*() {
      yield* release
      assert.strictEqual((yield* receiveUntilGone(near)).bytes, 0)
    }))

  alone("the link is closed with the scope of its dial", (both) =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<PeerLink>()
      const over = yield* Deferred.make<number>()
      const address = yield* both.far.transport.listen("127.0.0.1:0", (link) =>
        Deferred.succeed(arrived, link).pipe(
          Effect.andThen(receiveUntilGone(link)),
          Effect.andThen((heard) => Deferred.succeed(over, heard.bytes)),
          Effect.asVoid
        ))
      yield* Effect.scoped(Effect.gen(function*() {
        const link = yield* both.near.transport.dial(address)
        yield* Deferred.await(arrived)
        yield* link.send([Uint8Array.of(1, 2, 3)])
      }))
      assert.strictEqual(yield* Deferred.await(over), 3)
    }))

  alone("closing the listener interrupts what it accepted and frees the address", (both) =>
    Effect.gen(function*() {
      const interrupted = yield* Deferred.make<void>()
      const arrived = yield* Deferred.make<void>()
      const { address, link } = yield* Effect.scoped(Effect.gen(function*() {
        const address = yield* both.far.transport.listen("127.0.0.1:0", () =>
          Deferred.succeed(arrived, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          ))
        const scoped = yield* Effect.forkChild(
          Effect.scoped(Effect.flatMap(both.near.transport.dial(address), (link) => outcomeOf(link.receive))),
          { startImmediately: true }
        )
        yield* Deferred.await(arrived)
        return { address, link: scoped }
      }))
      yield* Deferred.await(interrupted)
      assert.strictEqual(yield* Fiber.join(link), "PeerGone")
      assert.strictEqual(yield* outcomeOf(both.near.transport.dial(address)), "DialFailed")
      assert.strictEqual(yield* both.far.transport.listen(address, () => Effect.void), address)
    }))

  alone("a taken port and a senseless address are refused", (both) =>
    Effect.gen(function*() {
      const address = yield* both.far.transport.listen("127.0.0.1:0", () => Effect.void)
      assert.strictEqual(yield* outcomeOf(both.near.transport.listen(address, () => Effect.void)), "ListenFailed")
      assert.strictEqual(yield* outcomeOf(both.near.transport.listen("nowhere", () => Effect.void)), "ListenFailed")
      assert.strictEqual(yield* outcomeOf(both.near.transport.dial("tcp://")), "DialFailed")
    }))

  alone("links are independent: one that stands still does not stop another", (both) =>
    Effect.gen(function*() {
      const links: Array<PeerLink> = []
      const two = yield* Deferred.make<void>()
      const address = yield* both.far.transport.listen("127.0.0.1:0", (link) =>
        Effect.suspend(() => {
          links.push(link)
          return Effect.andThen(links.length === 2 ? Deferred.succeed(two, undefined) : Effect.void, Effect.never)
        }))
      const still = yield* both.near.transport.dial(address)
      const lively = yield* both.near.transport.dial(address)
      yield* Deferred.await(two)
      const block = new Uint8Array(1024 * 1024)
      yield* Effect.forkScoped(Effect.ignore(Effect.forever(still.send([block]))))
      yield* Effect.forkScoped(Effect.ignore(Effect.forever(lively.send([block]))))
      yield* Effect.raceAllFirst(links.map((link) => receiveBytes(link, 20 * block.length)))
      yield* Effect.forEach(links, (link) => link.close, { concurrency: 2 })
    }))
}
