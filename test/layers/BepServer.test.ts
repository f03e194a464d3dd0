import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Logger, Scope } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type { PeerLink } from "../../src/services/PeerTransport.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Rig from "../harness/Rig.ts"
import * as ScriptedPeer from "../harness/ScriptedPeer.ts"

const connectedDevices = (rig: Rig.Rig) => Effect.map(rig.peers.connected, (peers) => peers.map(({ device }) => device))

/** Lets every fiber that can run do so. */
const settle = Effect.repeat(Effect.yieldNow, { times: 200 })

it.effect("a master is greeted by name and asked for one connection", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const script = yield* Rig.dial(rig)
    assert.strictEqual(script.hello.deviceName, "the repository")
    assert.strictEqual(script.hello.clientName, "bepository")
    assert.strictEqual(script.hello.numConnections, 1)
    yield* script.say(Rig.configOf({}))
    assert.deepStrictEqual((yield* script.expect("ClusterConfig")).folders, [])
    assert.strictEqual(script.heard[0]?._tag, "ClusterConfig")
  }))

it.effect("status tells who is connected, with what, and forgets who left", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    yield* TestClock.setTime(5000)
    assert.deepStrictEqual(yield* rig.peers.connected, [])
    const script = yield* Rig.connect(rig, { photos: {}, paused: { paused: true } })
    const [peer] = yield* rig.peers.connected
    assert.deepInclude(peer, {
      device: Rig.master,
      direction: "incoming",
      deviceName: "scripted",
      clientName: "syncthing",
      clientVersion: "v2.1.3",
      since: 5000
    })
    yield* script.hangUp
    yield* settle
    assert.deepStrictEqual(yield* rig.peers.connected, [])
    assert.isFalse(rig.control.attached[0]?.attached)
  }))

it.effect("a device that is no master gets a Hello that says nothing, and the end", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const script = yield* Rig.dial(rig, Rig.stranger)
    assert.deepStrictEqual(script.hello, {
      deviceName: "",
      clientName: "",
      clientVersion: "",
      numConnections: 0,
      timestamp: 0n
    })
    yield* script.ended
    assert.lengthOf(script.heard, 0)
    assert.strictEqual(script.bytes(), 0)
    assert.deepStrictEqual(yield* rig.peers.connected, [])
    assert.lengthOf(rig.control.attached, 0)
  }))

it.effect("strangers that say nothing are few and not for long", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const dial = rig.network.transport(Rig.stranger).dial(`tcp://${rig.peers.listening}`)
    const silent = yield* Effect.forEach(Array.from({ length: 8 }), () => dial)
    yield* Effect.forEach(silent, (link) => link.receive)
    const ninth = yield* dial
    assert.isTrue(Exit.isFailure(yield* Effect.exit(ninth.receive)))
    yield* TestClock.adjust("20 seconds")
    yield* Effect.forEach(silent, (link) =>
      Effect.map(Effect.exit(link.receive), (exit) => assert.isTrue(Exit.isFailure(exit))))
    const again = yield* dial
    assert.isTrue(Exit.isSuccess(yield* Effect.exit(again.receive)))
  }))

it.effect("a master that says no Hello in 20 s, or something else, is let go", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const silent = yield* rig.network.transport(Rig.master).dial(`tcp://${rig.peers.listening}`)
    yield* silent.receive
    yield* TestClock.adjust("19 seconds")
    yield* silent.send([Uint8Array.of(0x2e)])
    const waiting = yield* Effect.forkChild(Effect.exit(silent.receive))
    yield* TestClock.adjust("2 seconds")
    assert.isTrue(Exit.isFailure(yield* Fiber.join(waiting)))
    const other = yield* rig.network.transport(Rig.master).dial(`tcp://${rig.peers.listening}`)
    yield* other.receive
    yield* other.send([new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")])
    assert.isTrue(Exit.isFailure(yield* Effect.exit(other.receive)))
  }))

it.effect("a second connection of a device replaces the first, which lets go before", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const first = yield* Rig.connect(rig, { photos: {} })
    assert.isTrue(rig.control.attached[0]?.attached)
    const second = yield* Rig.dial(rig)
    assert.strictEqual(yield* first.ended, "replacing connection")
    yield* second.say(Rig.configOf({ photos: {} }))
    yield* second.expect("ClusterConfig")
    assert.deepStrictEqual(rig.control.attached.map(({ attached }) => attached), [false, true])
    yield* first.hangUp
    yield* settle
    // The old one ended last, and took nothing of the new one away.
    assert.deepStrictEqual(yield* connectedDevices(rig), [Rig.master])
    yield* second.say(Rig.request({ name: "none" }))
    assert.strictEqual((yield* second.expect("Response")).code, 2)
  }))

it.effect("the new connection waits until the old one has let go of FolderSync", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const first = yield* Rig.connect(rig, { photos: {} })
    yield* rig.control.digesting.close
    yield* first.say({ _tag: "Index", folder: "photos", files: [], lastSequence: 1 })
    yield* settle
    yield* rig.control.releasing.close
    const second = yield* Rig.connect(rig, { photos: {} }).pipe(Effect.forkScoped)
    yield* settle
    assert.lengthOf(rig.control.attached, 1)
    yield* rig.control.releasing.open
    yield* Fiber.join(second)
    assert.lengthOf(rig.control.attached, 2)
  }))

it.effect("a replaced connection that cannot say its last words delays nobody", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ pipe: { capacity: 1000, pieceSize: () => 1000 } })
    const content = new Uint8Array(131_072)
    rig.control.keep(content)
    rig.control.commit("photos", [FakeEngine.fileOf("a.txt", content)])
    const frozen = yield* Rig.connect(rig, { photos: {} })
    yield* frozen.freeze
    yield* frozen.say(Rig.request({ size: content.length }))
    yield* settle
    const second = yield* Rig.connect(rig, { photos: {} })
    yield* second.say(Rig.request({ size: content.length }))
    assert.strictEqual((yield* second.expect("Response")).code, 0)
  }))

it.effect("a secondary connection carries requests, not indexes", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    rig.control.keep(new Uint8Array(100))
    rig.control.commit("photos", [FakeEngine.fileOf("a.txt", new Uint8Array(100))])
    const first = yield* Rig.connect(rig, { photos: {} })
    yield* first.expect("Index")
    const second = yield* Rig.dial(rig)
    yield* second.say(Rig.configOf({}, Rig.master, { secondary: true }))
    assert.isTrue((yield* second.expect("ClusterConfig")).secondary)
    yield* second.say(Rig.request({ id: 7, size: 100 }))
    const response = yield* second.expect("Response")
    assert.deepStrictEqual([response.id, response.code, response.data.length], [7, 0, 100])
    assert.deepStrictEqual([...rig.control.attached[1]?.source.folders() ?? []], ["photos"])
    yield* TestClock.adjust("2 seconds")
    assert.lengthOf(second.all("Index"), 0)
    // The peer makes it the primary one.
    yield* second.say(Rig.configOf({ photos: {} }))
    assert.isFalse((yield* second.expect("ClusterConfig")).secondary)
    yield* second.expect("Index")
  }))

it.effect("masters are served independently", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const one = yield* Rig.connect(rig, { photos: {} })
    const two = yield* Rig.connect(rig, { music: {} }, Rig.secondMaster)
    assert.sameMembers(yield* connectedDevices(rig), [Rig.master, Rig.secondMaster])
    yield* one.say(Rig.request({ folder: "music", name: "none" }))
    assert.strictEqual((yield* one.expect("Response")).code, 1)
    yield* two.say(Rig.request({ folder: "music", name: "none" }))
    assert.strictEqual((yield* two.expect("Response")).code, 2)
  }))

it.effect("shutting down says so to everybody, and ends those who have not said Hello", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const rig = yield* Effect.provideService(Rig.make(), Scope.Scope, scope)
    const script = yield* Rig.connect(rig, { photos: {} })
    const silent = yield* rig.network.transport(Rig.secondMaster).dial(`tcp://${rig.peers.listening}`)
    yield* silent.receive
    yield* Scope.close(scope, Exit.void)
    assert.strictEqual(yield* script.ended, "bepository shutting down")
    assert.isTrue(Exit.isFailure(yield* Effect.exit(silent.receive)))
    assert.isFalse(rig.control.attached[0]?.attached)
  }))

it.effect("shutting down does not wait for a peer that does not read", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const rig = yield* Effect.provideService(Rig.make(), Scope.Scope, scope)
    const content = new Uint8Array(131_072)
    rig.control.keep(content)
    rig.control.commit("photos", [FakeEngine.fileOf("a.txt", content)])
    const script = yield* Rig.connect(rig, { photos: {} })
    yield* script.freeze
    yield* script.say(...Array.from({ length: 100 }, (_, id) => Rig.request({ id, size: content.length })))
    yield* settle
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(closing)
  }))

/** A master that listens: what the server dials. Each link is handed over and stays until the test ends it. */
const listening = Effect.fnUntraced(function*(rig: Rig.Rig, handle: (link: PeerLink) => Effect.Effect<void>) {
  const dialled: Array<number> = []
  yield* rig.network.transport(Rig.master).listen("master:22000", (link) =>
    Effect.gen(function*() {
      dialled.push(yield* Clock.currentTimeMillis)
      yield* handle(link)
    }))
  return dialled
})
const masterAddress = "tcp://master:22000"

it.effect("dials the master, backing off from 1 to 60 s with jitter, while it ends the connection", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ masterAddress })
    // TLS finished, then nothing but the end: not wanted now.
    const dialled = yield* listening(rig, () => Effect.void)
    yield* TestClock.adjust("10 minutes")
    const gaps = dialled.map((at, n) => (at - (dialled[n - 1] ?? 0)) / 1000)
    assert.isAtLeast(gaps.length, 10)
    for (const [n, gap] of gaps.entries()) {
      const delay = Math.min(2 ** n, 60)
      assert.isAtLeast(gap, delay * 0.79, `gap ${n}`)
      assert.isAtMost(gap, delay * 1.21, `gap ${n}`)
    }
    assert.isAbove(new Set(gaps.slice(6)).size, 1, "no jitter")
  }))

it.effect("a master that does not want us now is no news to the operator", () =>
  Effect.gen(function*() {
    const logged: Array<string> = []
    const collect = Logger.make((entry) => {
      if (entry.logLevel !== "Debug") logged.push(String(entry.message))
    })
    yield* Effect.gen(function*() {
      const rig = yield* Rig.make({ masterAddress })
      yield* listening(rig, () => Effect.void)
      yield* TestClock.adjust("10 minutes")
    }).pipe(Effect.provide(Logger.layer([collect])))
    assert.deepStrictEqual(logged, ["listening for peers"])
  }))

it.effect("stops dialling while a master is connected, and begins anew when it left", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ masterAddress })
    const dialled = yield* listening(rig, () => Effect.void)
    yield* TestClock.adjust("10 seconds")
    const before = dialled.length
    assert.isAbove(before, 1)
    for (const round of [1, 2, 3]) {
      const script = yield* Rig.connect(rig, { photos: {} })
      const pinging = yield* Effect.forkChild(
        Effect.forever(Effect.andThen(Effect.sleep("50 seconds"), script.say({ _tag: "Ping" })))
      )
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(dialled, before + round - 1)
      yield* Fiber.interrupt(pinging)
      yield* script.hangUp
      yield* TestClock.adjust("700 millis")
      assert.lengthOf(dialled, before + round - 1)
      yield* TestClock.adjust("600 millis")
      assert.lengthOf(dialled, before + round)
    }
  }))

it.effect("a dialled connection is a connection like any other", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ masterAddress })
    const opened = yield* Deferred.make<ScriptedPeer.Script>()
    yield* listening(rig, (link) =>
      Effect.scoped(Effect.gen(function*() {
        yield* Deferred.succeed(opened, yield* ScriptedPeer.open(link))
        return yield* Effect.never
      })).pipe(Effect.ignore))
    yield* TestClock.adjust("2 seconds")
    const script = yield* Deferred.await(opened)
    yield* script.say(Rig.configOf({ photos: {} }))
    yield* script.expect("ClusterConfig")
    assert.deepInclude((yield* rig.peers.connected)[0], { device: Rig.master, direction: "outgoing" })
    // An incoming one replaces it.
    yield* Rig.connect(rig, { photos: {} })
    assert.strictEqual(yield* script.ended, "replacing connection")
    assert.deepInclude((yield* rig.peers.connected)[0], { device: Rig.master, direction: "incoming" })
  }))

it.effect("a dialled connection that lasted a minute ends the backing off", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ masterAddress })
    const ended: Array<number> = []
    let welcome = 0
    const dialled = yield* listening(rig, (link) =>
      Effect.gen(function*() {
        if (welcome === 0) return
        const script = yield* ScriptedPeer.open(link)
        yield* script.say(Rig.configOf({ photos: {} }))
        yield* Effect.sleep(welcome)
        ended.push(yield* Clock.currentTimeMillis)
      }).pipe(Effect.scoped, Effect.ignore))
    yield* TestClock.adjust("3 minutes")
    for (const [lasting, least, most] of [[50_000, 40_000, 75_000], [61_000, 700, 1300]] as const) {
      welcome = lasting
      const before = dialled.length
      yield* TestClock.adjust("4 minutes")
      const end = ended.find((at) => at > (dialled[before] ?? 0)) ?? 0
      const next = dialled.find((at) => at > end) ?? 0
      assert.isAtLeast(next - end, least)
      assert.isAtMost(next - end, most)
    }
  }))

it.effect("if both dial at once, ours gives way", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make({ masterAddress })
    const hello = yield* Deferred.make<PeerLink>()
    yield* listening(rig, (link) => Effect.andThen(Deferred.succeed(hello, link), Effect.never))
    yield* TestClock.adjust("2 seconds")
    // Ours is up and waits for their Hello; meanwhile theirs is complete.
    const ours = yield* Deferred.await(hello)
    const theirs = yield* Rig.connect(rig, { photos: {} })
    const late = yield* ScriptedPeer.open(ours)
    assert.strictEqual(yield* late.ended, "closed by the peer")
    assert.lengthOf(late.heard, 0)
    yield* theirs.say(Rig.request({ name: "none" }))
    yield* theirs.expect("Response")
  }))
