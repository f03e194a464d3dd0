import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import type * as FileInfo from "../../src/domain/FileInfo.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Rig from "../harness/Rig.ts"

/** Lets every fiber that can run do so. */
const settle = Effect.repeat(Effect.yieldNow, { times: 300 })

const names = (messages: ReadonlyArray<Messages.Index | Messages.IndexUpdate>) =>
  messages.flatMap((message) => message.files.map((file) => file.name))

const file = (name: string, content = new Uint8Array(10), fields: Partial<FileInfo.Fields> = {}) =>
  FakeEngine.fileOf(name, content, fields)

const files = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => file(`file ${String(from + i).padStart(5, "0")}`))

describe("our index", () => {
  it.effect("begins after what the peer has, and says so", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 10))
      const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 7 } })
      const update = yield* script.expect("IndexUpdate")
      assert.deepStrictEqual(update.files.map((entry) => entry.sequence), [8, 9, 10])
      assert.strictEqual(update.prevSequence, 7)
      assert.strictEqual(update.lastSequence, 10)
      assert.lengthOf(script.all("Index"), 0)
    }))

  it.effect("begins with an Index for who has nothing, another numbering, or more than there is", () =>
    Effect.gen(function*() {
      const stated = [{}, { indexId: 5n, maxSequence: 7 }, { indexId: Rig.ourIndexId, maxSequence: 99 }]
      for (const photos of stated) {
        const rig = yield* Rig.make()
        rig.control.commit("photos", files(1, 10))
        const script = yield* Rig.connect(rig, { photos })
        const index = yield* script.expect("Index")
        assert.lengthOf(index.files, 10)
        assert.strictEqual(index.lastSequence, 10)
        rig.control.commit("photos", files(11, 11))
        yield* TestClock.adjust("250 millis")
        const update = yield* script.expect("IndexUpdate")
        assert.deepStrictEqual([update.prevSequence, update.lastSequence], [10, 11])
      }
    }))

  it.effect("is silent with nothing new, and an empty folder begins with an Index later", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 3))
      rig.control.folder("music")
      const script = yield* Rig.connect(rig, {
        photos: { indexId: Rig.ourIndexId, maxSequence: 3 },
        music: { indexId: Rig.ourIndexId, maxSequence: 0 }
      })
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf([...script.all("Index"), ...script.all("IndexUpdate")], 0)
      rig.control.commit("music", files(1, 1))
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* script.expect("Index")).folder, "music")
    }))

  it.effect("comes in batches, the halves of a rename together, in strictly rising order", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const infos = files(1, 2500)
      // The 500th and 501st are the new and the old name of one file.
      infos[499] = file("renamed to this", new Uint8Array(10))
      infos[500] = file("renamed from this", new Uint8Array(0), { deleted: true, hashes: new Uint8Array(0) })
      rig.control.commit("photos", infos)
      const script = yield* Rig.connect(rig, { photos: {} })
      const messages: Array<Messages.Index | Messages.IndexUpdate> = [yield* script.expect("Index")]
      while (messages.at(-1)!.lastSequence < 2500) messages.push(yield* script.expect("IndexUpdate"))
      let previous = 0
      for (const message of messages) {
        assert.isAtMost(message.files.length, 501)
        if (message._tag === "IndexUpdate") assert.strictEqual(message.prevSequence, previous)
        for (const entry of message.files) {
          assert.isAbove(entry.sequence, previous)
          previous = entry.sequence
        }
        assert.strictEqual(message.lastSequence, previous)
      }
      assert.strictEqual(previous, 2500)
      assert.strictEqual(new Set(names(messages)).size, 2500)
      assert.deepStrictEqual(messages[0]!.files.slice(-2).map(({ name }) => name), [
        "renamed to this",
        "renamed from this"
      ])
    }))

  it.effect("waits as one message, however much there is to tell a peer that does not read", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make({ pipe: { capacity: 1000, pieceSize: () => 1000 } })
      rig.control.commit("photos", files(1, 5000))
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.freeze
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.isAtMost(rig.control.pages, 4)
    }))

  it.effect("tells the first change after a rest at once, and gathers those of the next 250 ms", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 1))
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.expect("Index")
      const sequences = Effect.map(
        script.expect("IndexUpdate"),
        (message) => message.files.map((entry) => entry.sequence)
      )
      rig.control.commit("photos", files(2, 2))
      assert.deepStrictEqual(yield* sequences, [2])
      yield* settle
      rig.control.commit("photos", files(3, 3))
      yield* TestClock.adjust("200 millis")
      rig.control.commit("photos", files(4, 4))
      yield* settle
      assert.lengthOf(script.all("IndexUpdate"), 1)
      yield* TestClock.adjust("60 millis")
      assert.deepStrictEqual(yield* sequences, [3, 4])
      yield* TestClock.adjust("1 second")
      rig.control.commit("photos", files(5, 5))
      assert.deepStrictEqual(yield* sequences, [5])
    }))

  it.effect("never tells names Syncthing keeps to itself", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", [
        file(".stfolder/marker"),
        file("a"),
        file("b/.syncthing.c.tmp"),
        file(".stignore"),
        file("d")
      ])
      const script = yield* Rig.connect(rig, { photos: {} })
      assert.deepStrictEqual(names([yield* script.expect("Index")]), ["a", "d"])
      rig.control.commit("photos", [file(".stversions/a")])
      rig.control.commit("photos", [file("e")])
      yield* TestClock.adjust("1 second")
      const update = yield* script.expect("IndexUpdate")
      assert.deepStrictEqual([names([update]), update.prevSequence, update.lastSequence], [["e"], 5, 7])
    }))

  it.effect("is told from its beginning when another connection numbered it anew before our config left", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 10))
      rig.control.meanwhile = () => {
        rig.control.folder("photos").indexId = 77n
      }
      const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 7 } })
      const index = yield* script.expect("Index")
      assert.lengthOf(index.files, 10)
      assert.lengthOf(script.all("IndexUpdate"), 0)
    }))

  it.effect("a folder numbered anew is stated and told anew", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 3))
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.expect("Index")
      rig.control.folder("photos").indexId = 77n
      rig.control.changed("photos")
      yield* TestClock.adjust("2 seconds")
      const config = yield* script.expect("ClusterConfig")
      assert.isTrue(config.folders[0]?.devices.some(({ indexId }) => indexId === 77n))
      assert.lengthOf((yield* script.expect("Index")).files, 3)
      assert.strictEqual(script.heard.findIndex((message) => message === config), script.heard.length - 2)
    }))

  it.effect("many folders are told in turn", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("large", files(1, 5000))
      rig.control.commit("small", files(1, 1))
      const script = yield* Rig.connect(rig, { large: {}, small: {} })
      yield* script.expect("Index", (message) => message.folder === "small")
      assert.isAtMost(script.all("IndexUpdate").length, 2)
    }))
})

describe("another ClusterConfig", () => {
  it.effect("drops a folder at once, and takes it up again where the peer says", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 3))
      const script = yield* Rig.connect(rig, { photos: {}, music: {} })
      yield* script.expect("Index")
      yield* script.say(Rig.configOf({ music: {} }))
      yield* script.say(Rig.request({ id: 1, name: "file 00001", size: 10 }))
      assert.strictEqual((yield* script.expect("Response")).code, 1)
      // We no longer state it either.
      assert.deepStrictEqual((yield* script.expect("ClusterConfig")).folders.map(({ id }) => id), ["music"])
      rig.control.commit("photos", files(4, 5))
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(script.all("IndexUpdate"), 0)
      yield* script.say(Rig.configOf({ music: {}, photos: { indexId: Rig.ourIndexId, maxSequence: 4 } }))
      const update = yield* script.expect("IndexUpdate")
      assert.deepStrictEqual([update.prevSequence, update.lastSequence], [4, 5])
      yield* script.say(Rig.request({ id: 2, name: "none" }))
      assert.strictEqual((yield* script.expect("Response")).code, 2)
    }))

  it.effect("a paused folder gets nothing and is asked for nothing until it runs again", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 3))
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.expect("Index")
      const attached = rig.control.attached[0]!
      assert.deepStrictEqual([...attached.source.folders()], ["photos"])
      const wakes = attached.wakes
      yield* script.say(Rig.configOf({ photos: { paused: true, theirIndexId: 0n } }))
      yield* settle
      assert.deepStrictEqual([...attached.source.folders()], [])
      assert.isAbove(attached.wakes, wakes)
      rig.control.commit("photos", files(4, 4))
      yield* TestClock.adjust("5 seconds")
      assert.lengthOf(script.all("IndexUpdate"), 0)
      yield* script.say(Rig.request({ name: "file 00001", size: 10 }))
      assert.strictEqual((yield* script.expect("Response")).code, 1)
      assert.deepInclude((yield* rig.peers.connected)[0], { folders: [] })
      yield* script.say(Rig.configOf({ photos: { indexId: Rig.ourIndexId, maxSequence: 3 } }))
      assert.strictEqual((yield* script.expect("IndexUpdate")).prevSequence, 3)
      assert.deepStrictEqual([...attached.source.folders()], ["photos"])
    }))

  it.effect("what was queued for a paused folder is not sent any more", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make({ pipe: { capacity: 1000, pieceSize: () => 1000 } })
      rig.control.commit("photos", files(1, 5000))
      const script = yield* Rig.dial(rig)
      yield* script.say(Rig.configOf({ photos: {} }))
      yield* script.expect("ClusterConfig")
      yield* script.freeze
      yield* settle
      yield* script.say(Rig.configOf({ photos: { paused: true } }))
      yield* settle
      yield* script.thaw
      yield* script.say(Rig.request({ id: 9, name: "none" }))
      yield* script.expect("Response")
      yield* TestClock.adjust("5 seconds")
      // The one that was being written when the pause came.
      assert.isAtMost(script.all("Index").length + script.all("IndexUpdate").length, 1)
    }))

  it.effect("what waits behind a block for a folder that is paused is never sent", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make({ pipe: { capacity: 1000, pieceSize: () => 1000 } })
      const content = new Uint8Array(100_000)
      rig.control.keep(content)
      rig.control.commit("photos", [file("a", content)])
      const script = yield* Rig.connect(rig, { photos: { indexId: Rig.ourIndexId, maxSequence: 1 } })
      yield* script.freeze
      yield* script.say(Rig.request({ name: "a", size: content.length }))
      yield* settle
      rig.control.commit("photos", files(1, 1))
      yield* TestClock.adjust("1 second")
      yield* settle
      yield* script.say(Rig.configOf({ photos: { paused: true } }))
      yield* settle
      yield* script.thaw
      yield* script.expect("Response")
      yield* TestClock.adjust("5 seconds")
      assert.lengthOf(script.all("IndexUpdate"), 0)
    }))

  it.effect("a pause counts at once, even while the store is away", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 1))
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.expect("Index")
      rig.control.outages = 1000
      yield* script.say(Rig.configOf({ photos: { paused: true } }))
      yield* settle
      assert.strictEqual(rig.control.attached[0]?.source.folders().size, 0)
      rig.control.commit("photos", files(2, 2))
      yield* TestClock.adjust("5 seconds")
      assert.lengthOf(script.all("IndexUpdate"), 0)
    }))

  it.effect("a folder we lose is not stated, told or asked for", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.commit("photos", files(1, 3))
      const script = yield* Rig.connect(rig, { photos: {}, music: {} })
      yield* script.expect("Index")
      rig.control.removeFolder("photos")
      rig.control.changed("photos")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* script.expect("ClusterConfig")).folders.map(({ id }) => id), ["music"])
      assert.deepStrictEqual([...rig.control.attached[0]?.source.folders() ?? []], ["music"])
    }))

  it.effect("changes of content alone are not stated again", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      for (let n = 1; n <= 5; n++) {
        rig.control.commit("photos", files(n, n))
        yield* TestClock.adjust("3 seconds")
      }
      assert.lengthOf(script.all("ClusterConfig"), 1)
      assert.lengthOf([...script.all("Index"), ...script.all("IndexUpdate")], 5)
      // Nor looked at more than once a second.
      const before = rig.control.stated
      for (let n = 0; n < 100; n++) {
        rig.control.changed("photos")
        yield* TestClock.adjust("10 millis")
      }
      assert.isAtMost(rig.control.stated - before, 2)
    }))
})
