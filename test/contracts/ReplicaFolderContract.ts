/** Folders that are removed, and come again, and what is given up of one. Part of `ReplicaContract`. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, Stream } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import { Replica } from "../../src/services/Replica.ts"
import { agrees, all, begun, during, findsBlocks, type Place, type Service } from "../harness/ReplicaAnswers.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const other = DeviceId.fromBytes(new Uint8Array(32).fill(8))

const announce = (replica: Service, from: DeviceId.DeviceId, folder: string) =>
  replica.receive({
    device: from,
    folder,
    entries: [{ sequence: 3, name: "waits", info: Uint8Array.of(1) }],
    settled: [],
    mark: { indexId: 5n, sequence: 9 },
    reset: false
  })

const many = Array.from({ length: 5000 }, (_, i) => ({ name: `d/${i}` }))

export const replicaFolderContract = (open: Effect.Effect<Place, never, Scope.Scope>) => {
  const withReplica = during(open)

  it.effect("lets go of rows that were given up, and shows what they hid", () => {
    const script = begun("f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        script.change("f", [{ name: "hidden" }, { name: "kept" }])
        script.change("g", [{ name: "kept" }])
        const records = script.records("f", [{ name: "lost" }, { name: "hidden", deleted: true }])
        const segment = script.segment("f", records)
        script.commit({ _tag: "SegmentAdded", folder: "f", segment })
        yield* replica.catchUp()
        assert.isDefined(replica.recordUnsafe("f", "lost"))
        script.giveUp("f", segment)
        script.change("f", [{ name: "after" }])
        yield* replica.catchUp()
        assert.isUndefined(replica.recordUnsafe("f", "lost"))
        assert.strictEqual(replica.recordUnsafe("f", "hidden")?.sequence, 1)
        agrees(replica, script)
        script.change("f", [{ name: "lost" }])
        yield* replica.catchUp()
        agrees(replica, script)
      }))
  })

  it.effect("forgets a removed folder and what waits for it, and no other", () => {
    const script = begun("f", "f f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        const pack = script.pack(["x"])
        script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
        for (const folder of ["f", "f f", "g"]) {
          script.change(folder, [{ name: "a", blocks: [{ label: "x", pack: pack.ref.id }] }, { name: "b" }])
        }
        yield* replica.catchUp()
        for (const from of [device, other]) {
          for (const folder of ["f", "f f", "g"]) yield* announce(replica, from, folder)
        }
        const news = yield* Effect.forkChild(Stream.runHead(replica.changes))
        yield* Effect.yieldNow
        yield* Effect.yieldNow
        script.removeFolder("f")
        yield* replica.catchUp()
        const got = yield* Fiber.join(news)
        assert.deepStrictEqual(got._tag === "Some" ? [...got.value] : [], ["f"])
        agrees(replica, script)
        assert.isUndefined(replica.recordUnsafe("f", "a"))
        for (const from of [device, other]) {
          assert.isUndefined(replica.markUnsafe(from, "f"))
          assert.strictEqual(replica.inboxSizeUnsafe(from, "f"), 0)
          assert.deepStrictEqual(replica.inboxUnsafe(from, "f", 0, 10), [])
          for (const folder of ["f f", "g"]) {
            assert.deepStrictEqual(replica.markUnsafe(from, folder), { indexId: 5n, sequence: 9 })
            assert.strictEqual(replica.inboxSizeUnsafe(from, folder), 1)
          }
        }
        // The pack lives until it is condemned: what comes again need not be fetched again.
        findsBlocks(replica, script, ["x"], ["x"])
      }))
  })

  it.effect("begins a folder that comes again with nothing, and goes on with its sequences", () => {
    const script = begun("f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        script.changeBySegment("f", many)
        script.change("f", [{ name: "gone" }, { name: "d/1", deleted: true }])
        yield* replica.catchUp()
        yield* announce(replica, device, "f")
        script.removeFolder("f")
        script.addFolder("f")
        script.change("f", [{ name: "new" }, { name: "d/2" }])
        script.change("g", [{ name: "other" }])
        yield* replica.catchUp()
        agrees(replica, script)
        assert.isUndefined(replica.recordUnsafe("f", "gone"))
        assert.deepStrictEqual(
          replica.recordsAfterUnsafe("f", 0, all).records.map(({ name, sequence }) => `${sequence} ${name}`),
          ["5003 new", "5004 d/2"]
        )
        assert.isUndefined(replica.markUnsafe(device, "f"))
        yield* announce(replica, device, "f")
        assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 1)
        script.removeFolder("f")
        yield* replica.catchUp()
        agrees(replica, script)
        assert.isUndefined(replica.markUnsafe(device, "f"))
      }))
  })

  it.effect("in one commit, only what comes after the removal counts", () => {
    const script = begun("f")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        script.change("f", [{ name: "old" }])
        yield* replica.catchUp()
        script.commit(
          script.filesChanged("f", [{ name: "before" }]),
          { _tag: "FolderRemoved", folder: "f" },
          { _tag: "FolderAdded", folder: "f", label: "F", indexId: 77n },
          script.filesChanged("f", many.slice(0, 2500), 1)
        )
        yield* replica.catchUp()
        assert.isUndefined(replica.recordUnsafe("f", "old"))
        assert.isUndefined(replica.recordUnsafe("f", "before"))
        agrees(replica, script)
        script.commit(script.filesChanged("f", [{ name: "last" }]), { _tag: "FolderRemoved", folder: "f" })
        yield* replica.catchUp()
        agrees(replica, script)
      }))
  })

  it.effect("built anew, takes nothing of what a folder was before its removal out of the log", () => {
    const script = begun("f", "g")
    script.change("g", [{ name: "waits in the log, and the rest with it" }])
    script.change("f", [{ name: "gone" }])
    script.removeFolder("f")
    return Effect.gen(function*() {
      yield* withReplica(script, (replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
      script.addFolder("f")
      script.change("f", [{ name: "again" }])
      yield* withReplica(script, (replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
    })
  })

  it.effect("is the same after a new start, and when built anew", () => {
    const script = begun("f", "g")
    return Effect.gen(function*() {
      const place = yield* open
      const using = (body: (replica: Service) => Effect.Effect<void, unknown>) =>
        Effect.scoped(Effect.flatMap(Replica, body)).pipe(Effect.provide(place.layer(script)))
      script.change("f", many)
      script.change("g", [{ name: "stays" }])
      yield* using((replica) => replica.catchUp())
      script.removeFolder("f")
      yield* using((replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
      yield* using((replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
      script.addFolder("f")
      script.change("f", [{ name: "again" }])
      yield* using((replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
      script.removeFolder("f")
      script.trim()
      yield* place.discard
      yield* using((replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
      script.addFolder("f")
      script.change("f", [{ name: "and again" }])
      yield* using((replica) => Effect.map(replica.catchUp(), () => agrees(replica, script)))
    })
  })
}
