import { assert, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as FakeEngine from "./FakeEngine.ts"
import * as Rig from "./Rig.ts"
import * as ScriptedDevice from "./ScriptedDevice.ts"

const a = DeviceId.fromCertificate(Uint8Array.of(11))
const b = DeviceId.fromCertificate(Uint8Array.of(12))
const content = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, i) => (i * seed) % 253)

/** Both ends of one connection. */
const meet = Effect.fnUntraced(function*(left: ScriptedDevice.Device, right: ScriptedDevice.Device) {
  const network = PeerTransportPipe.makeNetwork()
  const arrived = yield* Deferred.make<ScriptedDevice.Conversation>()
  yield* network.transport(right.id).listen("right:1", (link) =>
    Effect.gen(function*() {
      yield* Deferred.succeed(arrived, yield* right.converse(link))
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.ignore))
  const dialled = yield* left.converse(yield* network.transport(left.id).dial("right:1"))
  return [dialled, yield* Deferred.await(arrived)] as const
})

it.effect("two devices bring each other up to date, then tell only what is new", () =>
  Effect.gen(function*() {
    const [left, right] = [ScriptedDevice.make(a), ScriptedDevice.make(b)]
    const tree = left.share("photos")
    const copy = right.share("photos")
    right.pulling = true
    const files = [["empty", 0], ["one", 1], ["exact", 131_072], ["large", 400_000]] as const
    for (const [name, size] of files) tree.put(name, ScriptedDevice.bytes(content(size, 7)))
    tree.directory("d")
    tree.symlink("link", "large")
    yield* Effect.scoped(Effect.gen(function*() {
      const [, there] = yield* meet(left, right)
      yield* there.complete
      assert.deepStrictEqual(copy.theirs.size, 6)
      for (const [name, size] of files) assert.deepStrictEqual(copy.pulled.get(name), content(size, 7))
    }))
    tree.remove("one")
    tree.put("exact", ScriptedDevice.bytes(content(10, 3)))
    yield* Effect.scoped(Effect.gen(function*() {
      const [, there] = yield* meet(left, right)
      const update = yield* there.script.expect("IndexUpdate")
      assert.deepStrictEqual(update.files.map(({ deleted, name }) => [name, deleted]), [["one", true], [
        "exact",
        false
      ]])
      yield* there.complete
      assert.lengthOf(there.script.all("Index"), 0)
      assert.deepStrictEqual(copy.pulled.get("exact"), content(10, 3))
    }))
  }))

it.effect("bad manners spoil a pull and nothing else", () =>
  Effect.gen(function*() {
    for (
      const manners of ["generic", "no such file", "invalid file", "wrong data", "short", "long", "silent"] as const
    ) {
      const [left, right] = [ScriptedDevice.make(a), ScriptedDevice.make(b)]
      left.share("photos").put("file", ScriptedDevice.bytes(content(1000, 5)))
      const copy = right.share("photos")
      right.pulling = true
      left.manners = manners
      yield* Effect.scoped(Effect.gen(function*() {
        const [here, there] = yield* meet(left, right)
        yield* here.script.expect("Request")
        if (manners !== "silent") yield* there.script.expect("Response")
        assert.deepStrictEqual(copy.unpulled(), ["file"])
        left.manners = "good"
        left.share("photos").put("second", ScriptedDevice.bytes(content(10, 5)))
        yield* here.tell
        yield* there.script.expect("Response")
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        assert.deepStrictEqual(copy.unpulled(), ["file"])
      }))
    }
  }))

it.effect("a device pulls everything from bepository", () =>
  Effect.gen(function*() {
    const rig = yield* Rig.make()
    const files = Array.from({ length: 300 }, (_, n) => [`file ${n}`, content(n * 1001, n + 1)] as const)
    for (const [, bytes] of files) rig.control.keep(bytes)
    rig.control.commit("photos", files.map(([name, bytes]) => FakeEngine.fileOf(name, bytes)))
    const device = ScriptedDevice.make(Rig.master)
    const tree = device.share("photos")
    device.pulling = true
    const link = yield* rig.network.transport(Rig.master).dial(`tcp://${rig.peers.listening}`)
    const talk = yield* device.converse(link)
    yield* talk.complete
    assert.strictEqual(tree.pulled.size, 300)
    for (const [name, bytes] of files) assert.isTrue(Buffer.from(tree.pulled.get(name) ?? []).equals(bytes))
  }))
