/** Rows that newer ones superseded go, and nothing else, whole tables and segment by segment; at any death, and while others write. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Result, Scope } from "effect"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import type { Counts } from "../../src/domain/repository/Refs.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { Compactor, everything } from "../../src/services/Compactor.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { addFolder, bucketD, type Host, inVirtualTime, open, openDetached } from "../harness/Hosts.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"

const compactor = (host: Host, store: ObjectStore["Service"], smallTable: number) =>
  Effect.map(
    Layer.build(
      CompactorMerging.layerWith({ smallTable }).pipe(
        Layer.provide(LiveSetsFooters.layer),
        Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockTrusting.layer)),
        Layer.provide(Compacting.ground(host, store)),
        Layer.fresh
      )
    ),
    (context) => Context.get(context, Compactor)
  )

const names = Array.from({ length: 3000 }, (_, at) => `f${at}`)
const holding = (files: number): () => Effect.Effect<Counts> => () =>
  Effect.succeed({ files, directories: 0, bytes: 0 })
const folderD = (host: Host) => Effect.map(host.repository.head, (state) => state.folders.get("d")!)

/** Bytes, in eight blocks. */
const movie = 8 * 16 * 1024 * 1024

/** In one segment 3,000 files, and some of much data, in a pack that nobody put. */
const filmed = Effect.fnUntraced(function*(host: Host, movies: ReadonlyArray<string>) {
  const fence = yield* host.lease.fence
  const pack = ObjectKey.makeId(fence.term, new Uint8Array(16))
  yield* host.repository.commit(
    Effect.fnUntraced(function*(state) {
      const { sequence } = state.folders.get("d")!
      const large = movies.map((name, at) => ({
        name,
        sequence: sequence + 1 + at,
        info: FileInfo.encode({
          name,
          type: "file",
          version: [{ id: 1n, value: 1n }],
          size: movie,
          blockSize: movie / 8,
          hashes: new Uint8Array(32 * 8)
        }),
        runs: [{ pack, count: 8 }]
      }))
      const small = names.map((name, at) => Compacting.recordOf({ name }, sequence + movies.length + 1 + at))
      const records = [...large, ...small]
      const segment = yield* host.repository.putSegment({ table: "files", folder: "d", records }, fence)
      return [
        { _tag: "PacksAdded" as const, packs: [{ id: pack, size: 9000, trailerLength: 300, blocks: 8, bytes: movie }] },
        { _tag: "SegmentAdded" as const, folder: "d", segment }
      ]
    }),
    fence
  )
})

/** 3,000 files, of which 1,500 are deleted, 500 changed, in segments of their own. */
const halved = Effect.fnUntraced(function*(host: Host, folder = "d") {
  yield* Compacting.change(host, folder, names.map((name) => ({ name })))
  yield* Compacting.change(host, folder, names.slice(0, 1500).map((name) => ({ name, deleted: true })))
  yield* Compacting.change(host, folder, names.slice(1500, 2000).map((name) => ({ name })))
})

/** 3,000 files, of which so many were changed, in two segments; its store notes what it is asked. */
const changed = Effect.fnUntraced(function*(count: number) {
  const { store } = yield* bucketD
  const faulty = FaultyStore.make(store, {})
  const host = yield* open({ store: faulty.store, seed: 10 })
  yield* Compacting.change(host, "d", names.map((name) => ({ name })))
  yield* Compacting.change(host, "d", names.slice(0, count).map((name) => ({ name })))
  return { faulty, host, sweeper: yield* compactor(host, faulty.store, 0) }
})

describe("a sweep", () => {
  for (
    const [what, smallTable, shape] of [["the whole table", Infinity, [1, 2000]], ["by segments", 0, [3, 0]]] as const
  ) {
    it.effect(`${what}: what is superseded goes, and the view is the same`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* bucketD
        const host = yield* open({ store, seed: 10 })
        const faulty = FaultyStore.make(store, {})
        const sweeper = yield* compactor(host, faulty.store, smallTable)
        yield* halved(host)
        const view = yield* Compacting.view(host, store, "d")
        const early = yield* folderD(host)
        const done = yield* sweeper.sweep(holding(1500))
        assert.deepStrictEqual(done.map(({ dropped }) => dropped), [2000])
        const state = yield* host.repository.head
        const segments = (yield* folderD(host)).segments
        assert.strictEqual(segments.length, shape[0])
        const rows = segments.reduce((sum, id) => sum + state.segments.get(id)!.records, 0)
        assert.strictEqual(rows, 3000, "the live ones and the tombstones")
        if (smallTable === 0) assert.includeMembers([...segments], early.segments.slice(1), "the others stay")
        const other = yield* open({ store, seed: 11 })
        assert.deepStrictEqual(yield* Compacting.view(other, store, "d"), view)
        // Done is done.
        assert.deepStrictEqual(yield* sweeper.sweep(holding(1500)), [])
        assert.deepStrictEqual(yield* sweeper.sweep(everything), [])
        const asked = faulty.requests.length
        assert.deepStrictEqual(yield* sweeper.sweep(everything), [])
        assert.strictEqual(faulty.requests.length, asked)
      })))

    it.effect(
      `${what}: at any request of which the host dies the view is the same, and the next host does it`,
      () =>
        inVirtualTime(Effect.gen(function*() {
          const dying = Effect.fnUntraced(function*(at: number | undefined, fault: "crash before" | "crash after") {
            const { store } = yield* bucketD
            let begun = false
            let count = 0
            const faulty = FaultyStore.make(store, {
              decide: () => begun && count++ === at ? fault : undefined
            })
            const host = yield* openDetached({ store: faulty.store, seed: 10 })
            yield* halved(host)
            const view = yield* Compacting.view(host, store, "d")
            begun = true
            const sweeper = yield* compactor(host, faulty.store, smallTable)
            yield* Effect.timeoutOption(Effect.exit(sweeper.sweep(holding(1500))), "1 minute")
            faulty.crash()
            yield* Effect.forkDetach(host.close)
            const next = yield* open({ store, seed: 11 })
            assert.deepStrictEqual(yield* Compacting.view(next, store, "d"), view, `${fault} ${at}`)
            yield* (yield* compactor(next, store, smallTable)).sweep(holding(1500))
            assert.deepStrictEqual(yield* Compacting.view(next, store, "d"), view, `${fault} ${at}, then`)
            const state = yield* next.repository.head
            const rows = (yield* folderD(next)).segments.reduce((sum, id) => sum + state.segments.get(id)!.records, 0)
            assert.strictEqual(rows, 3000, `${fault} ${at}`)
            return count
          }, Effect.scoped)
          const requests = yield* dying(undefined, "crash before")
          assert.isAbove(requests, 4)
          for (let at = 0; at < requests; at++) {
            for (const fault of ["crash before", "crash after"] as const) yield* dying(at, fault)
          }
        })),
      60_000
    )
  }

  it.effect("reads no table of a folder in which little is superseded, or of which that is not known", () =>
    inVirtualTime(Effect.gen(function*() {
      const { faulty, host, sweeper } = yield* changed(700)
      const asked = () => faulty.requests.filter(({ key }) => key.startsWith("segment/")).length
      const before = asked()
      assert.deepStrictEqual(yield* sweeper.sweep(() => Effect.undefined), [])
      assert.strictEqual(asked(), before)
      assert.deepStrictEqual(yield* sweeper.sweep(holding(3000)), [])
      assert.strictEqual(asked(), before + 2, "their footers")
      assert.deepStrictEqual(yield* sweeper.sweep(holding(3000)), [])
      assert.strictEqual(asked(), before + 2)
      // Tombstones of files that nobody had are no old rows.
      const gone = names.map((name) => ({ name: `${name} gone`, deleted: true }))
      yield* Compacting.change(host, "d", gone)
      assert.deepStrictEqual(yield* sweeper.sweep(holding(3000)), [])
      assert.strictEqual(asked(), before + 4, "a put, and a footer")
    })))

  it.effect("gives up before it puts anything, where little goes, and does not look again before much came", () =>
    inVirtualTime(Effect.gen(function*() {
      const { faulty, host, sweeper } = yield* changed(100)
      const { position } = yield* host.repository.head
      const puts = () => faulty.requests.filter(({ operation }) => operation === "put").length
      const before = puts()
      assert.deepStrictEqual(yield* sweeper.sweep(everything), [])
      assert.strictEqual(puts(), before)
      assert.strictEqual((yield* host.repository.head).position, position)
      const asked = faulty.requests.length
      assert.deepStrictEqual(yield* sweeper.sweep(everything), [])
      assert.strictEqual(faulty.requests.length, asked)
      yield* Compacting.change(host, "d", names.slice(100, 600).map((name) => ({ name })))
      assert.deepStrictEqual((yield* sweeper.sweep(everything)).map(({ dropped }) => dropped), [600])
    })))

  it.effect("that failed counts for nothing: it is tried again", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let away = false
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => away && operation === "put" && key.startsWith("segment/") ? "fail" : undefined
      })
      const host = yield* open({ store: faulty.store, seed: 10 })
      const sweeper = yield* compactor(host, store, 0)
      yield* halved(host)
      away = true
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sweeper.sweep(holding(1500)))))
      away = false
      assert.deepStrictEqual((yield* sweeper.sweep(holding(1500))).map(({ dropped }) => dropped), [2000])
    })))

  it.effect("takes a row of much data, although the segment was looked through before, and few rows came", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const sweeper = yield* compactor(host, store, 0)
      const holds = (files: number, bytes: number) => () => Effect.succeed({ files, directories: 0, bytes })
      yield* filmed(host, ["one", "two"])
      for (const [name, left] of [["one", movie], ["two", 0]] as const) {
        yield* Compacting.change(host, "d", [{ name, deleted: true }])
        const counts = holds(3000 + left / movie, left)
        assert.deepStrictEqual((yield* sweeper.sweep(counts)).map(({ dropped }) => dropped), [1], name)
        assert.deepStrictEqual(yield* sweeper.sweep(counts), [])
      }
    })))

  it.effect("sees what lies in commits only", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const sweeper = yield* compactor(host, store, 0)
      yield* Compacting.change(host, "d", names.map((name) => ({ name })))
      yield* Compacting.changes(host, "d", "another")
      const fence = yield* host.lease.fence
      yield* host.repository.commit((state) => {
        const { sequence } = state.folders.get("d")!
        const records = names.slice(0, 1500).map((name, at) =>
          Compacting.recordOf({ name, deleted: true }, sequence + 1 + at)
        )
        return Effect.succeed([{ _tag: "FilesChanged" as const, folder: "d", records }])
      }, fence)
      assert.deepStrictEqual((yield* sweeper.sweep(holding(1501))).map(({ dropped }) => dropped), [1500])
      assert.deepStrictEqual(yield* sweeper.sweep(holding(1501)), [])
    })))

  it.effect("goes on to other folders where one is damaged, and says so", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      yield* host.repository.commit(() => Effect.succeed([addFolder("e")]))
      yield* halved(host)
      yield* halved(host, "e")
      objects.delete(ObjectKey.segment((yield* folderD(host)).segments[0]!))
      const sweeper = yield* compactor(host, store, 0)
      const error = yield* Effect.flip(sweeper.sweep(holding(1500)))
      assert.strictEqual(error._tag, "RepositoryCorrupt")
      assert.deepStrictEqual(yield* sweeper.sweep(holding(1500)), [], "it is left alone for hours")
      const state = yield* host.repository.head
      const rows = state.folders.get("e")!.segments.reduce((sum, id) => sum + state.segments.get(id)!.records, 0)
      assert.strictEqual(rows, 3000)
    })))

  it.effect("reads nothing if whoever wrote before did it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      yield* halved(host)
      const rival = yield* compactor(host, store, Infinity)
      const faulty = FaultyStore.make(store, {})
      let asked = 0
      const turn = Effect.orDie(rival.sweep(holding(1500))).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            asked = faulty.requests.length
          })
        )
      )
      const lease = { ...host.lease, fence: Effect.andThen(turn, host.lease.fence) }
      const sweeper = yield* compactor({ ...host, lease }, faulty.store, 0)
      assert.deepStrictEqual(yield* sweeper.sweep(holding(1500)), [])
      assert.isAbove(asked, 0)
      assert.strictEqual(faulty.requests.length, asked)
    })))

  it.effect("comes too late if what superseded its rows was merged meanwhile", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      yield* halved(host)
      const view = yield* Compacting.view(host, store, "d")
      const rival = yield* compactor(host, store, Infinity)
      let told: ReadonlyArray<unknown> | undefined
      const slow: ObjectStore["Service"] = {
        ...store,
        // After the footers, which both have read.
        get: (key, range, into) =>
          told === undefined && key.startsWith("segment/") && (range?.start ?? 0) < 200
            ? Effect.suspend(() => {
              told = []
              return Effect.flatMap(Effect.orDie(rival.sweep(holding(1500))), (done) => {
                told = done
                return store.get(key, range, into)
              })
            })
            : store.get(key, range, into)
      }
      const sweeper = yield* compactor(host, slow, 0)
      assert.deepStrictEqual(yield* sweeper.sweep(holding(1500)), [])
      assert.lengthOf(told ?? [], 1)
      const third = yield* open({ store, seed: 13 })
      assert.deepStrictEqual(yield* Compacting.view(third, store, "d"), view)
      assert.strictEqual((yield* folderD(third)).segments.length, 1)
    })))

  /** By segments, where `meanwhile` is done to the folder's segments but the first, once the sweep reads rows. */
  const disturbed = Effect.fnUntraced(function*(
    meanwhile: (
      host: Host,
      objects: Map<string, Uint8Array>,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<unknown, never, Scope.Scope>
  ) {
    const { objects, store } = yield* bucketD
    const host = yield* open({ store, seed: 10 })
    yield* halved(host)
    const [first, ...others] = (yield* folderD(host)).segments
    const scope = yield* Effect.scope
    let begun = false
    const slow: ObjectStore["Service"] = {
      ...store,
      get: (key, range, into) =>
        Effect.suspend(() => {
          if (begun || !key.startsWith("segment/") || (range?.start ?? 0) >= 200) return store.get(key, range, into)
          begun = true
          return Effect.andThen(Scope.provide(meanwhile(host, objects, others), scope), store.get(key, range, into))
        })
    }
    const done = yield* (yield* compactor(host, slow, 0)).sweep(holding(1500))
    assert.isTrue(begun)
    assert.deepStrictEqual(done, [])
    assert.include((yield* folderD(host)).segments, first!)
  })

  const none = { records: 0, digest: new Uint8Array(32) }

  it.effect("comes too late if a repair gave up what superseded its rows, which count again", () =>
    inVirtualTime(
      disturbed((host, _, ids) =>
        Effect.orDie(Effect.flatMap(host.lease.fence, (fence) =>
          host.repository.commit((state) => {
            const { digest, records } = state.segments.get(ids[0]!)!
            return Effect.succeed([{
              _tag: "SegmentsMerged" as const,
              table: "files" as const,
              folder: "d",
              inputs: [ids[0]!],
              dropped: { records, digest },
              tombstones: { ...none, maxSequence: 0 }
            }])
          }, fence)))
      )
    ))

  it.effect("takes it for no damage if what superseded its rows was merged and deleted meanwhile", () =>
    inVirtualTime(disturbed((host, objects, ids) =>
      Effect.gen(function*() {
        const records: Array<FileRecord> = []
        for (const id of ids) {
          const key = ObjectKey.segment(id)
          const { content } = Result.getOrThrow(Segment.readAll(host.repository.sealing, id, objects.get(key)!))
          if (content.table === "files") records.push(...content.records)
          objects.delete(key)
        }
        const fence = yield* host.lease.fence
        yield* host.repository.commit(() =>
          Effect.map(host.repository.putSegment({ table: "files", folder: "d", records }, fence), (output) => [{
            _tag: "SegmentsMerged" as const,
            table: "files" as const,
            folder: "d",
            inputs: ids,
            output,
            dropped: none,
            tombstones: { ...none, maxSequence: 0 }
          }]), fence)
      }).pipe(Effect.orDie)
    )))
})
