import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Rig from "../harness/Rig.ts"
import type { Script } from "../harness/ScriptedPeer.ts"

const MiB = 1024 * 1024
const size = 131_072
const content = new Uint8Array(2 * size + 100).map((_, i) => (i * 7) % 251)
const [first, second, last] = FakeEngine.blocksOf(content, size) as [Uint8Array, Uint8Array, Uint8Array]

/** Lets go of the last message, for these are large. */
const forget = (script: Script) => {
  ;(script.heard as Array<Messages.Message>)[script.heard.length - 1] = { _tag: "Ping" }
}

/** Lets every fiber that can run do so. */
const settle = Effect.repeat(Effect.yieldNow, { times: 300 })

const setup = Effect.fnUntraced(function*(pipe?: Parameters<typeof Rig.make>[0]) {
  const rig = yield* Rig.make(pipe)
  rig.control.keep(content)
  rig.control.keep(new Uint8Array(0))
  rig.control.commit("photos", [
    FakeEngine.fileOf("a.txt", content),
    FakeEngine.fileOf("empty", new Uint8Array(0)),
    FakeEngine.fileOf("gone", new Uint8Array(0), { deleted: true, hashes: new Uint8Array(0) })
  ])
  const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 3 }, off: { paused: true } })
  return { rig, script }
})

const ask = (script: Script, fields: Partial<Messages.Request>) =>
  Effect.andThen(script.say(Rig.request(fields)), script.expect("Response"))

describe.each([["from the cache", true], ["from the store", false]] as const)("blocks %s", (_, cached) => {
  it.effect("are served by name and offset, checked against the hash", () =>
    Effect.gen(function*() {
      const { rig, script } = yield* setup()
      rig.control.cached = cached
      const cases: ReadonlyArray<[Partial<Messages.Request>, number, Uint8Array?]> = [
        [{ size, hash: FakeEngine.sha256(first) }, 0, first],
        [{ offset: size, size, hash: FakeEngine.sha256(second) }, 0, second],
        [{ offset: 2 * size, size: 100 }, 0, last],
        [{ offset: 2 * size, size: 100, fromTemporary: true, blockNo: -4 }, 0, last],
        // The hash says which content is wanted, not the offset.
        [{ offset: 0, size, hash: FakeEngine.sha256(second) }, 0, second],
        [{ offset: 0, size: 50, hash: FakeEngine.sha256(last) }, 2],
        [{ size, hash: FakeEngine.sha256(Uint8Array.of(1)) }, 2],
        [{ folder: "music", size }, 1],
        [{ folder: "off", size }, 1],
        [{ name: "none", size }, 2],
        [{ name: "gone", size }, 2],
        [{ name: ".stfolder", size }, 3],
        [{ name: "a/../a.txt", size }, 3],
        [{ size: -1 }, 3],
        [{ offset: 3 * size, size }, 2],
        [{ name: "empty", size: 0 }, 0, new Uint8Array(0)],
        [{ name: "empty", size: 0, hash: FakeEngine.sha256(new Uint8Array(0)) }, 0, new Uint8Array(0)]
      ]
      for (const [n, [fields, code, data]] of cases.entries()) {
        const response = yield* ask(script, { id: n + 100, ...fields })
        assert.deepStrictEqual([response.id, response.code], [n + 100, code], `case ${n}`)
        assert.isTrue(Buffer.from(response.data).equals(data ?? new Uint8Array(0)), `data of case ${n}`)
      }
      assert.strictEqual(rig.control.reads > 0, !cached)
    }))

  it.effect("in a burst are all answered, each with its own", () =>
    Effect.gen(function*() {
      const { rig, script } = yield* setup()
      rig.control.cached = cached
      const blocks = [first, second, last]
      const requests = Array.from({ length: 600 }, (_, id) =>
        Rig.request({ id, offset: (id % 3) * size, size: blocks[id % 3]!.length }))
      yield* Effect.forkChild(script.say(...requests))
      const seen = new Set<number>()
      for (let n = 0; n < requests.length; n++) {
        const response = yield* script.expect("Response")
        assert.strictEqual(response.code, 0)
        assert.isTrue(Buffer.from(response.data).equals(blocks[response.id % 3]!))
        seen.add(response.id)
        forget(script)
      }
      assert.strictEqual(seen.size, requests.length)
      assert.isAtMost(rig.control.mostReading * size, 12 * MiB)
    }))
})

it.effect("a block the store lost is code 2, a store that fails is code 1, and neither ends anything", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    rig.control.cached = false
    rig.control.forget(first)
    assert.strictEqual((yield* ask(script, { size })).code, 2)
    rig.control.broken = true
    assert.strictEqual((yield* ask(script, { offset: size, size })).code, 1)
    rig.control.broken = false
    assert.strictEqual((yield* ask(script, { offset: size, size })).code, 0)
  }))

it.effect("a block whose pack the log has forgotten is served from where it was moved to", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    rig.control.cached = false
    rig.control.places = new Set(["there"])
    assert.strictEqual((yield* ask(script, { size })).code, 2)
    rig.control.moved = ["elsewhere", "there"]
    const { code, data } = yield* ask(script, { size })
    assert.strictEqual(code, 0)
    assert.isTrue(Buffer.from(data).equals(first))
    rig.control.moved = ["elsewhere", "nowhere"]
    assert.strictEqual((yield* ask(script, { size })).code, 2)
  }))

it.effect("a block that is damaged in one place is served from another, and is code 1 where there is none", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    rig.control.cached = false
    rig.control.places = new Set(["there"])
    rig.control.damaged.add("bad")
    rig.control.moved = ["bad", "there"]
    const { code, data } = yield* ask(script, { size })
    assert.strictEqual(code, 0)
    assert.isTrue(Buffer.from(data).equals(first))
    rig.control.moved = ["bad"]
    assert.strictEqual((yield* ask(script, { size })).code, 1)
  }))

it.effect("a changed entry is seen at once", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    assert.strictEqual((yield* ask(script, { size: 100, offset: 2 * size })).code, 0)
    rig.control.commit("photos", [FakeEngine.fileOf("a.txt", first)])
    assert.strictEqual((yield* ask(script, { size: 100, offset: 2 * size })).code, 2)
    // Who still fetches the older version gets it by hash, as long as it lies in the new one's range.
    assert.strictEqual((yield* ask(script, { size, hash: FakeEngine.sha256(second) })).code, 0)
  }))

/** A folder with one file of blocks of 16 MiB, all the same. */
const huge = Effect.fnUntraced(function*(rig: Rig.Rig) {
  const block = new Uint8Array(16 * MiB).fill(7)
  const hash = FakeEngine.sha256(block)
  rig.control.keep(block, block.length)
  rig.control.commit("photos", [
    FakeEngine.fileOf("huge", new Uint8Array(0), {
      size: 200 * block.length,
      blockSize: block.length,
      hashes: Buffer.concat(Array.from({ length: 200 }, () => hash))
    })
  ])
  return Array.from(
    { length: 200 },
    (_, id) => Rig.request({ id, name: "huge", offset: id * block.length, size: block.length, hash })
  )
})

it.effect("200 requests of 16 MiB hold a bounded number of bytes", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const requests = yield* huge(rig)
    const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 1 } })
    rig.control.cached = false
    yield* rig.control.store.close
    yield* script.freeze
    yield* script.say(...requests)
    yield* settle
    assert.strictEqual(rig.control.mostReading, 2)
    yield* rig.control.store.open
    yield* settle
    // Nobody takes them: two blocks wait to be written, and nothing more is read.
    assert.strictEqual(rig.control.reads, 2)
    const tenth = yield* Deferred.make<void>()
    let answered = 0
    script.onMessage((message) =>
      Effect.suspend(() => {
        assert(message._tag === "Response" && message.data.length === 16 * MiB)
        forget(script)
        answered++
        return answered === 10 ? Effect.andThen(script.freeze, Deferred.succeed(tenth, undefined)) : Effect.void
      })
    )
    yield* script.thaw
    yield* Deferred.await(tenth)
    yield* settle
    assert.isAtMost(rig.control.reads, 13)
    assert.strictEqual(rig.control.mostReading, 2)
  }))

it.effect("a peer that does not read for a minute while 50 MB are to send costs little, and is still heard", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const block = new Uint8Array(MiB).fill(3)
    rig.control.keep(block, MiB)
    rig.control.commit("photos", [
      FakeEngine.fileOf("a", new Uint8Array(0), {
        size: 50 * MiB,
        blockSize: MiB,
        hashes: Buffer.concat(Array.from({ length: 50 }, () => FakeEngine.sha256(block)))
      })
    ])
    const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 1 } })
    rig.control.cached = false
    yield* script.freeze
    yield* script.say(
      ...Array.from({ length: 50 }, (_, id) => Rig.request({ id, name: "a", offset: id * MiB, size: MiB }))
    )
    const { responses, source } = rig.control.attached[0]!
    for (let n = 0; n < 6; n++) {
      yield* TestClock.adjust("10 seconds")
      yield* script.say({ _tag: "Ping" }, { _tag: "Response", id: n, data: new Uint8Array(1000), code: 0 })
      yield* settle
    }
    // Heard all the while.
    assert.lengthOf(responses, 6)
    assert.isAtMost(rig.control.reads, 32)
    source.request([Rig.request({ id: 500 })])
    yield* TestClock.adjust("1 minute")
    assert.lengthOf(yield* rig.peers.connected, 1)
    yield* script.thaw
    for (let n = 0; n < 50; n++) assert.strictEqual((yield* script.expect("Response")).data.length, MiB)
    assert.strictEqual((yield* script.expect("Request")).id, 500)
  }))

it.effect("blocks of the cache are not queued up for a peer that does not read", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    yield* script.freeze
    let looked = 0
    rig.control.onCached = () => {
      looked++
    }
    yield* script.say(...Array.from({ length: 200 }, (_, id) => Rig.request({ id, size })))
    yield* settle
    // 1 MiB that waits, and what the writer and the pipe hold.
    assert.isAtMost(looked, 16)
    yield* script.thaw
    for (let n = 0; n < 200; n++) assert.strictEqual((yield* script.expect("Response")).code, 0)
  }))

it.effect("more unanswered requests than anyone needs end the connection with the reason", () =>
  Effect.gen(function*() {
    const { rig, script } = yield* setup()
    rig.control.cached = false
    yield* rig.control.store.close
    const name = "n".repeat(8000)
    const flood = yield* Effect.forkChild(
      Effect.ignore(
        Effect.repeat(script.say(Rig.request({ size })), { times: 12 * MiB / size }).pipe(
          Effect.andThen(Effect.forever(script.say(...Array.from({ length: 50 }, () => Rig.request({ name, size })))))
        )
      )
    )
    assert.strictEqual(yield* script.ended, "too many requests unanswered")
    yield* Fiber.interrupt(flood)
  }))
