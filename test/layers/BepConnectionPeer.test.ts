import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Logger, Scope } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as Frames from "../../src/domain/bep/Frames.ts"
import * as Hello from "../../src/domain/bep/Hello.ts"
import * as Messages from "../../src/domain/bep/Messages.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { PeerGone } from "../../src/services/PeerTransport.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Rig from "../harness/Rig.ts"
import * as ScriptedPeer from "../harness/ScriptedPeer.ts"

/** Lets every fiber that can run do so. */
const settle = Effect.repeat(Effect.yieldNow, { times: 300 })

const names = (messages: ReadonlyArray<Messages.Index | Messages.IndexUpdate>) =>
  messages.flatMap((message) => message.files.map((file) => file.name))

const file = (name: string, content = new Uint8Array(10), fields: Partial<FileInfo.Fields> = {}) =>
  FakeEngine.fileOf(name, content, fields)

const theirIndex = (name: string, sequence: number): Messages.Index => {
  const decoded = FileInfo.decode(FileInfo.announce(file(name), sequence))
  assert(decoded._tag === "Success")
  return { _tag: "Index", folder: "photos", files: [decoded.success], lastSequence: sequence }
}

/** Talks and listens as a peer that only pings, for so long. */
const pingFor = (
  script: ScriptedPeer.Script,
  times: number,
  every: `${number} seconds`
): Effect.Effect<void, PeerGone> =>
  Effect.gen(function*() {
    for (let n = 0; n < times; n++) {
      yield* TestClock.adjust(every)
      yield* script.say({ _tag: "Ping" })
      yield* settle
    }
  })

describe("opening", () => {
  it.effect("a message before ClusterConfig is a protocol error", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.dial(rig)
      yield* script.say({ _tag: "Ping" })
      assert.match(yield* script.ended, /protocol error: Ping before ClusterConfig/)
    }))

  it.effect("a config that leaves one of us out is refused with the reason", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.dial(rig)
      const config = Rig.configOf({ photos: {} })
      const [photos] = config.folders
      const only = { ...config, folders: [{ ...photos!, devices: photos!.devices.slice(0, 1) }] }
      yield* script.say(only)
      assert.match(yield* script.ended, /"photos": local device missing in cluster config/)
    }))

  it.effect("our config waits for the peer's, 5 s at most", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.dial(rig)
      yield* TestClock.adjust("4900 millis")
      assert.lengthOf(script.heard, 0)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual((yield* script.expect("ClusterConfig")).folders, [])
      rig.control.commit("photos", [file("a")])
      yield* script.say(Rig.configOf({ photos: {} }))
      // It shares something: what we state has changed.
      assert.deepStrictEqual((yield* script.expect("ClusterConfig")).folders.map(({ id }) => id), ["photos"])
      yield* script.expect("Index")
      assert.lengthOf(script.all("ClusterConfig"), 2)
    }))

  it.effect("the store may be away while the config is taken in", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.outages = 3
      rig.control.commit("photos", [file("a")])
      const script = yield* Rig.dial(rig)
      yield* script.say(Rig.configOf({ photos: {} }))
      yield* TestClock.adjust("6 seconds")
      assert.lengthOf(script.all("ClusterConfig"), 0)
      yield* TestClock.adjust("10 seconds")
      yield* script.expect("ClusterConfig")
      yield* script.expect("Index")
    }))

  it.effect("says nothing before its config, not even Ping, however long the store is away", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.outages = 6
      const script = yield* Rig.dial(rig)
      yield* script.say(Rig.configOf({ photos: {} }))
      // The store answers after 63 s; a Ping would be due at 60.
      yield* pingFor(script, 2, "31 seconds")
      assert.lengthOf(script.heard, 0)
      yield* pingFor(script, 1, "30 seconds")
      yield* script.expect("ClusterConfig")
      assert.strictEqual(script.heard[0]?._tag, "ClusterConfig")
    }))

  it.effect("what comes in one piece with the Hello is not lost", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const link = yield* rig.network.transport(Rig.master).dial(`tcp://${rig.peers.listening}`)
      const config = Messages.encodeFrame(Rig.configOf({ photos: {} }))
      yield* link.send([Buffer.concat([Hello.encode(ScriptedPeer.defaultHello), config])])
      yield* settle
      assert.deepStrictEqual(rig.control.configs.map(({ folders }) => folders.map(({ id }) => id)), [["photos"]])
    }))

  it.effect("what is cut into single bytes is put together", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make({ pipe: { capacity: 100_000, pieceSize: () => 1 } })
      const script = yield* Rig.connect(rig, { photos: {} })
      const frames = [theirIndex("a", 1), Rig.request({ id: 3, name: "none" })].map(Messages.encodeFrame)
      yield* script.sayBytes(Buffer.concat(frames))
      assert.strictEqual((yield* script.expect("Response")).id, 3)
      yield* settle
      assert.deepStrictEqual(names(rig.control.heard.map(({ message }) => message)), ["a"])
    }))
})

describe("keep-alive", () => {
  it.effect("pings by what we write: within 90 s although the peer pings every 45 s", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* pingFor(script, 12, "45 seconds")
      // Nine minutes.
      assert.isAtLeast(script.all("Ping").length, 6)
      assert.isAtMost(script.all("Ping").length, 10)
      assert.lengthOf(yield* rig.peers.connected, 1)
    }))

  it.effect("does not ping while it writes anyway", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      for (let n = 0; n < 10; n++) {
        yield* TestClock.adjust("50 seconds")
        yield* script.say(Rig.request({ id: n, name: "none" }))
        yield* script.expect("Response")
      }
      assert.lengthOf(script.all("Ping"), 0)
    }))

  it.effect("a peer that is silent for 300 s is let go, without a word", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* TestClock.adjust("290 seconds")
      assert.lengthOf(yield* rig.peers.connected, 1)
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(yield* script.ended, "closed by the peer")
      assert.lengthOf(script.all("Close"), 0)
    }))
})

describe("ending", () => {
  it.effect("a broken frame or message ends the connection with a reason", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const cases: ReadonlyArray<[Uint8Array, RegExp]> = [
        [Buffer.from("8000", "hex"), /negative header length/],
        [Buffer.from("000208068000000000", "hex"), /negative body length/],
        [Buffer.from("000208061dcd6501", "hex"), /more than the limit/],
        [Buffer.from("00041007080600000000", "hex"), /unknown compression 7/],
        [Frames.encode(Frames.INDEX, Buffer.from("0aff", "hex")), /broken Index/]
      ]
      for (const [bytes, reason] of cases) {
        const script = yield* Rig.connect(rig, { photos: {} })
        yield* script.sayBytes(bytes)
        assert.match(yield* script.ended, reason)
        yield* script.hangUp
      }
    }))

  it.effect("a message of an unknown type is skipped", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.sayBytes(Frames.encode(42, new Uint8Array(1000)))
      yield* script.say(Rig.request({ name: "none" }))
      yield* script.expect("Response")
    }))

  it.effect("the peer's Close is the end, and is not answered", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.say({ _tag: "Close", reason: "enough" })
      assert.strictEqual(yield* script.ended, "closed by the peer")
      assert.lengthOf(script.all("Close"), 0)
      yield* settle
      assert.lengthOf(yield* rig.peers.connected, 0)
    }))

  it.effect("what FolderSync finds wrong is told to the peer", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      rig.control.violations.set("photos", "photos: no such folder")
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.say(theirIndex("a", 1))
      assert.strictEqual(yield* script.ended, "photos: no such folder")
    }))

  it.effect("a cut connection leaves nothing behind", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      yield* Rig.connect(rig, { photos: {} })
      rig.network.cut(() => true)
      yield* settle
      assert.lengthOf(yield* rig.peers.connected, 0)
      assert.isFalse(rig.control.attached[0]?.attached)
    }))
})

describe("their index", () => {
  it.effect("is taken in in order, with the peer's rules, after the config before it", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} }, Rig.master, { clientVersion: "v1.29.5" })
      for (let n = 1; n <= 20; n++) yield* script.say(theirIndex(`f${n}`, n))
      yield* script.say(Rig.request({ name: "none" }))
      yield* script.expect("Response")
      yield* settle
      assert.deepStrictEqual(
        names(rig.control.heard.map(({ message }) => message)),
        Array.from({ length: 20 }, (_, n) => `f${n + 1}`)
      )
      assert.isTrue(rig.control.heard.every(({ device }) => device === Rig.master))
      assert.deepStrictEqual(rig.control.styles, ["1.x"])
    }))

  it.effect("is not skipped when the store is away", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      rig.control.outages = 4
      yield* script.say(theirIndex("a", 1), theirIndex("b", 2))
      yield* settle
      assert.lengthOf(rig.control.heard, 0)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(names(rig.control.heard.map(({ message }) => message)), ["a", "b"])
    }))

  it.effect("undigested, it is bounded; requests and responses pass it until then, silence is not held against the peer", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* rig.control.digesting.close
      // 6.4 MB of hashes: each message is decoded to more than 12 MB.
      const large = FakeEngine.fileOf("large", new Uint8Array(0), {
        size: 131_072 * 200_000,
        hashes: new Uint8Array(32 * 200_000)
      })
      const frame = Frames.encode(Frames.INDEX_UPDATE, Messages.encodeIndex("photos", [large], 1, 0))
      yield* script.sayBytes(frame)
      yield* script.say(Rig.request({ name: "none" }))
      yield* script.expect("Response")
      const more = yield* Effect.forkChild(Effect.repeat(script.sayBytes(frame), { times: 3 }))
      yield* settle
      assert.isUndefined(more.pollUnsafe())
      yield* TestClock.adjust("20 minutes")
      assert.lengthOf(yield* rig.peers.connected, 1)
      assert.isAbove(script.all("Ping").length, 10)
      yield* rig.control.digesting.open
      yield* Fiber.join(more)
      yield* script.say(Rig.request({ name: "none" }))
      yield* script.expect("Response")
      yield* settle
      assert.lengthOf(rig.control.heard, 5)
    }))
})

describe("what Ingest asks", () => {
  it.effect("goes out as requests, and what comes back is handed over, odd or not", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make()
      const script = yield* Rig.connect(rig, { photos: {} })
      const { responses, source } = rig.control.attached[0]!
      source.request([Rig.request({ id: 1, size: 5 }), Rig.request({ id: 2, size: 5 })])
      source.progress({
        _tag: "DownloadProgress",
        folder: "photos",
        updates: [{ type: "append", name: "a", version: [], blockIndexes: [1], blockSize: 131_072 }]
      })
      assert.deepStrictEqual((yield* script.expect("Request")).id, 1)
      assert.deepStrictEqual((yield* script.expect("Request")).id, 2)
      yield* script.expect("DownloadProgress")
      const data = Uint8Array.of(1, 2, 3)
      for (const [id, code] of [[2, 0], [1, 2], [77, 3], [2, 0]] as const) {
        yield* script.say({ _tag: "Response", id, data: code === 0 ? data : new Uint8Array(0), code })
      }
      // The connection lives.
      yield* script.say(Rig.request({ name: "none" }))
      yield* script.expect("Response")
      assert.deepStrictEqual(responses.map(({ code, data, id }) => [id, code, data.length]), [
        [2, 0, 3],
        [1, 2, 0],
        [77, 3, 0],
        [2, 0, 3]
      ])
    }))

  it.effect("progress is dropped while many requests wait", () =>
    Effect.gen(function*() {
      const rig = yield* Rig.make({ pipe: { capacity: 1000, pieceSize: () => 1000 } })
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.freeze
      const { source } = rig.control.attached[0]!
      const name = "n".repeat(1000)
      for (let n = 0; n < 3; n++) source.request(Array.from({ length: 300 }, (_, id) => Rig.request({ id, name })))
      source.progress({ _tag: "DownloadProgress", folder: "photos", updates: [] })
      yield* script.thaw
      yield* script.expect("Request", ({ id }) => id === 299)
      yield* script.expect("Request", ({ id }) => id === 299)
      yield* script.expect("Request", ({ id }) => id === 299)
      yield* settle
      assert.lengthOf(script.all("DownloadProgress"), 0)
    }))
})

describe("a folder that an operator removed", () => {
  const ids = ({ folders }: Messages.ClusterConfig) => folders.map(({ id }) => id)

  it.effect("is not ours any more; taken up again, it alone is told from its beginning", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      yield* Effect.gen(function*() {
        const rig = yield* Rig.make()
        rig.control.commit("photos", [file("a")])
        rig.control.commit("music", [file("m")])
        const script = yield* Rig.connect(rig, { photos: {}, music: {} })
        yield* script.expect("Index", ({ folder }) => folder === "photos")
        yield* script.expect("Index", ({ folder }) => folder === "music")
        const reminders = () => lines.filter((line) => line.includes("`bepository add-folder photos`"))
        assert.lengthOf(reminders(), 0)

        rig.control.removed.add("photos")
        rig.control.removeFolder("photos")
        rig.control.changed("photos")
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(ids(yield* script.expect("ClusterConfig")), ["music"])
        assert.deepStrictEqual([...rig.control.attached[0]?.source.folders() ?? []], ["music"])
        assert.lengthOf(reminders(), 1)
        // However often the peer shares it on this connection.
        yield* script.say(Rig.configOf({ photos: {}, music: {}, more: {} }))
        yield* script.expect("ClusterConfig", (config) => ids(config).includes("more"))
        assert.lengthOf(reminders(), 1)

        const told = script.all("Index").length
        rig.control.removed.delete("photos")
        rig.control.folder("photos", 0xABn)
        rig.control.commit("photos", [file("b")])
        yield* TestClock.adjust("2 seconds")
        const again = yield* script.expect("ClusterConfig", (config) => ids(config).includes("photos"))
        assert.include(
          again.folders.find(({ id }) => id === "photos")?.devices.map(({ indexId }) => indexId) ?? [],
          0xABn
        )
        assert.deepStrictEqual(names([yield* script.expect("Index", ({ folder }) => folder === "photos")]), ["b"])
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(script.all("Index").length, told + 1)
        assert.deepStrictEqual([...rig.control.attached[0]?.source.folders() ?? []].toSorted(), [
          "more",
          "music",
          "photos"
        ])
      }).pipe(Effect.provide(logger))
    }))
})

describe("shutting down", () => {
  it.effect("drops what waits and says why", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const rig = yield* Effect.provideService(Rig.make(), Scope.Scope, scope)
      const content = new Uint8Array(131_072)
      rig.control.keep(content)
      rig.control.commit("photos", [file("a", content)])
      const script = yield* Rig.connect(rig, { photos: {} })
      yield* script.expect("Index")
      yield* script.freeze
      yield* script.say(...Array.from({ length: 200 }, (_, id) => Rig.request({ id, name: "a", size: content.length })))
      yield* settle
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* settle
      yield* script.thaw
      assert.strictEqual(yield* script.ended, "bepository shutting down")
      assert.isBelow(script.all("Response").length, 50)
      yield* Fiber.join(closing)
      yield* settle
      assert.strictEqual(script.heard.at(-1)?._tag, "Close")
    }))
})
