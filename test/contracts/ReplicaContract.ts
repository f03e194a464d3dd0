/**
 * What every replica must answer, whatever it is kept in. `open` gives a new, empty place for a replica; each layer it
 * answers is one process's: built, used and closed, then perhaps built again over the same place.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer, Schema, type Scope, Stream } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import { parentOf } from "../../src/domain/repository/Order.ts"
import * as State from "../../src/domain/repository/State.ts"
import { type InboxEntry, Replica, type ReplicaUnusable } from "../../src/services/Replica.ts"
import { type Entry, hashOf, ScriptedRepository } from "../harness/ScriptedRepository.ts"

export interface Place {
  readonly layer: (script: ScriptedRepository) => Layer.Layer<Replica, ReplicaUnusable>
  /** Deletes what is kept. */
  readonly discard: Effect.Effect<void>
}

type Service = Replica["Service"]

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const other = DeviceId.fromBytes(new Uint8Array(32).fill(8))

/** A script with an open epoch and folders. */
const begun = (...folders: ReadonlyArray<string>): ScriptedRepository => {
  const script = new ScriptedRepository()
  script.openEpoch()
  for (const folder of folders) script.addFolder(folder)
  return script
}

const all = { records: Infinity, bytes: Infinity }

const entry = (sequence: number, name: string, text = name): InboxEntry => ({ sequence, name, info: Buffer.from(text) })

const seen = (replica: Service, ...after: ReadonlyArray<number>) =>
  replica.inboxUnsafe(device, "f", after[0] ?? 0, 1000).map((entry) => `${entry.sequence} ${entry.name}`)

const receive = (
  replica: Service,
  entries: ReadonlyArray<InboxEntry>,
  more: { readonly settled?: ReadonlyArray<string>; readonly reset?: boolean; readonly mark?: number } = {}
) =>
  replica.receive({
    device,
    folder: "f",
    entries,
    settled: more.settled ?? [],
    reset: more.reset ?? false,
    mark: { indexId: 5n, sequence: more.mark ?? 0 }
  })

/** Compares every answer about records with the log's own. */
export const agrees = (replica: Service, script: ScriptedRepository, prefixes: ReadonlyArray<string> = [""]) => {
  const live = (entry: Uint8Array) => !deleted(entry)
  for (const folder of script.folders.keys()) {
    const view = script.view(folder)
    const expected = [...view.values()].toSorted((a, b) => a.sequence - b.sequence)
    for (const limit of [all, { records: 2, bytes: Infinity }, { records: 100, bytes: 400 }]) {
      const paged = []
      let after = 0
      for (let pages = 0; pages <= expected.length; pages++) {
        const page = replica.recordsAfterUnsafe(folder, after, limit)
        if (page.records.length === 0) {
          assert.strictEqual(page.last, after)
          break
        }
        assert.isAtMost(page.records.length, limit.records)
        assert.strictEqual(page.last, page.records.at(-1)?.sequence)
        paged.push(...page.records)
        after = page.last
      }
      assert.deepStrictEqual(paged.map(plain), expected.map(plain))
    }
    const totals = { files: 0, directories: 0, bytes: 0 }
    for (const record of expected) {
      assert.deepStrictEqual(plain(replica.recordUnsafe(folder, record.name)), plain(record))
      if (!live(record.info)) continue
      if (isDirectory(record.name)) totals.directories++
      else totals.files++
      totals.bytes += record.runs.reduce((sum, run) => sum + run.count, 0) * 128 * 1024
    }
    const { bytes, directories, files } = replica.totalsUnsafe(folder)
    assert.deepStrictEqual({ bytes, directories, files }, totals)
    for (const parent of new Set(["", "nowhere", ...expected.map(({ name }) => parentOf(name))])) {
      for (const prefix of prefixes) {
        const found = replica.siblingsUnsafe(folder, parent, prefix)
        const wanted = expected.filter(({ info, name }) =>
          parentOf(name) === parent && name.startsWith(parent === "" ? prefix : `${parent}/${prefix}`) && live(info)
        )
        assert.sameMembers(found.map(({ name }) => name), wanted.map(({ name }) => name))
      }
    }
  }
  assert.strictEqual(replica.positionUnsafe(), script.head.position)
}

/** `needed` labels must be found; whatever is found must be so. */
const findsBlocks = (
  replica: Service,
  script: ScriptedRepository,
  labels: Iterable<string>,
  needed: Iterable<string>
) => {
  const must = new Set(needed)
  for (const label of labels) {
    const pack = replica.findBlockUnsafe(hashOf(label))
    if (pack === undefined) assert.isFalse(must.has(label), `block ${label} must be found`)
    else {
      assert.isTrue(script.packs.get(pack)?.has(label), `block ${label} is not in ${pack}`)
      assert.isTrue(State.isLive(script.head, pack), `pack ${pack} is not live`)
    }
  }
}

const plain = (record: ReturnType<Service["recordUnsafe"]>) =>
  record === undefined ? undefined : { ...record, info: Buffer.from(record.info).toString("hex") }

/** Field 6 of the scripts' own encoding. */
const deleted = (info: Uint8Array): boolean => Buffer.from(info).includes(Buffer.of(0x30, 1))

const long = (seed: string, length: number): string => {
  let name = seed
  while (name.length < length) name += `/${seed}-${"x".repeat(200)}`
  return name.slice(0, length - 1) + "z"
}

/** Names that meet each other's directories, prefixes and stand-ins. */
const names = [
  "a",
  "a/b",
  "a/b/c",
  "a-b",
  "a.b/c",
  "ab",
  "d",
  "a/d",
  "é/ü",
  `${"n".repeat(255)}`,
  `${"n".repeat(254)}m`,
  long("deep", 3000),
  `${long("deep", 2990)}2`,
  `p/${"q".repeat(600)}`,
  `p/${"q".repeat(600)}r`,
  `p/${"q".repeat(499)}`
]

const isDirectory = (name: string) => name === "d" || name.endsWith("/d")
const named = (name: string): Entry => ({ name, type: isDirectory(name) ? "directory" : "file" })

const Step = Schema.Struct({
  what: Schema.Literals([
    "change",
    "change",
    "change",
    "segment",
    "flush",
    "pack",
    "catchUp",
    "catchUp",
    "fresh",
    "reopen",
    "discard",
    "trim",
    "restore"
  ]),
  folder: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  names: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: names.length - 1 }))).check(
    Schema.isMaxLength(5)
  ),
  blocks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))).check(Schema.isMaxLength(4)),
  gone: Schema.Boolean
})

export const replicaContract = (
  name: string,
  open: Effect.Effect<Place, never, Scope.Scope>,
  options: { readonly histories: number }
) => {
  const withReplica = <A, E>(
    script: ScriptedRepository,
    body: (replica: Service) => Effect.Effect<A, E, Scope.Scope>
  ) =>
    Effect.gen(function*() {
      const place = yield* open
      return yield* Effect.scoped(Effect.flatMap(Replica, body)).pipe(Effect.provide(place.layer(script)))
    })

  describe(`Replica (${name})`, () => {
    it.effect("answers by name, by sequence and by directory, tombstones included", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
          assert.isUndefined(replica.recordUnsafe("f", "a"))
          assert.isUndefined(replica.recordUnsafe("nowhere", "a"))
          assert.deepStrictEqual(replica.recordsAfterUnsafe("nowhere", 3, all), { records: [], last: 3 })
          script.change("f", [
            { name: "a" },
            { name: "d", type: "directory" },
            { name: "d/link", type: "symlink" },
            { name: "d/d", type: "directory" },
            { name: "d/file" }
          ])
          script.change("g", [{ name: "a" }])
          yield* replica.catchUp()
          agrees(replica, script, ["", "f", "li", "file.", "d/"])
          script.change("f", [{ name: "d/file", deleted: true }, { name: "a" }, { name: "odd", invalid: true }])
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.recordUnsafe("f", "d/file")?.sequence, 6)
          assert.deepStrictEqual(
            replica.recordsAfterUnsafe("f", 1, all).records.map(({ name, sequence }) => `${sequence} ${name}`),
            ["2 d", "3 d/link", "4 d/d", "6 d/file", "7 a", "8 odd"]
          )
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "d", "").map(({ name }) => name), ["d/d", "d/link"])
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "", "odd"), [])
          const { bytes, directories, files } = replica.totalsUnsafe("f")
          assert.deepStrictEqual({ bytes, directories, files }, { bytes: 0, directories: 2, files: 2 })
        }))
    })

    it.effect("keeps names longer than any key, and tells them apart", () => {
      const script = begun("f")
      script.change("f", names.map(named))
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script, ["", "n", "q".repeat(450), "q".repeat(480), "q".repeat(600), "n".repeat(255)])
          script.change("f", names.map((name) => ({ name, deleted: true })))
          yield* replica.catchUp()
          agrees(replica, script)
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "p", ""), [])
        }))
    })

    it.effect("finds blocks by what the uploader said, by records, and by trailers", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const mine = script.pack(["m1", "m2", "m3"])
          script.commit({ _tag: "PacksAdded", packs: [mine.ref] })
          yield* replica.catchUp(new Map([[mine.ref.id, mine.contents]]))
          assert.isFalse(script.gets.some((key) => key.startsWith("pack/")), "what was told is not fetched")
          findsBlocks(replica, script, ["m1", "m2", "m3", "m4"], ["m1", "m2", "m3"])

          const whole = script.pack(["w1", "w2"])
          script.commit(
            { _tag: "PacksAdded", packs: [whole.ref] },
            script.filesChanged("f", [
              { name: "w", blocks: ["w1", "w2"].map((label) => ({ label, pack: whole.ref.id })) }
            ])
          )
          yield* replica.catchUp()
          assert.isFalse(script.gets.some((key) => key.startsWith("pack/")), "what records told is not fetched")
          findsBlocks(replica, script, ["w1", "w2"], ["w1", "w2"])

          const partly = script.pack(["p1", "p2", "p3"])
          script.commit(
            { _tag: "PacksAdded", packs: [partly.ref] },
            script.filesChanged("f", [{ name: "p", blocks: [{ label: "p2", pack: partly.ref.id }] }])
          )
          yield* replica.catchUp()
          assert.strictEqual(script.gets.filter((key) => key.startsWith("pack/")).length, 1)
          findsBlocks(replica, script, ["p1", "p2", "p3"], ["p1", "p2", "p3"])
          assert.isUndefined(replica.findBlockUnsafe(hashOf("nowhere")))
        }))
    })

    it.effect("takes in what was told when its commit is already applied", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const pack = script.pack(Array.from({ length: 600 }, (_, i) => `b${i}`))
          script.objects.delete([...script.objects.keys()].find((key) => key.startsWith("pack/")) ?? "")
          script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
          yield* replica.catchUp()
          assert.isUndefined(replica.findBlockUnsafe(hashOf("b7")))
          yield* replica.catchUp(new Map([[pack.ref.id, pack.contents]]))
          const labels = Array.from({ length: 600 }, (_, i) => `b${i}`)
          findsBlocks(replica, script, labels, labels)
        }))
    })

    it.effect("does not find blocks of packs that are not live", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          const before = script.head.position
          const pack = script.pack(["x"])
          script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
          yield* replica.catchUp(new Map([[pack.ref.id, pack.contents]]))
          findsBlocks(replica, script, ["x"], ["x"])
          script.restore(before)
          script.addFolder("g")
          yield* replica.catchUp()
          assert.isUndefined(replica.findBlockUnsafe(hashOf("x")))
          const again = script.pack(["x"])
          script.commit({ _tag: "PacksAdded", packs: [again.ref] })
          yield* replica.catchUp(new Map([[again.ref.id, again.contents]]))
          assert.strictEqual(replica.findBlockUnsafe(hashOf("x")), again.ref.id)
        }))
    })

    it.effect("applies segments, and passes over those that repeat the log", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          script.changeBySegment("f", names.map(named))
          script.change("f", [{ name: "a", deleted: true }, { name: "new" }])
          script.flush("f")
          script.change("g", [{ name: "new" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("builds itself from segments and the log's tail", () => {
      const script = begun("f", "g")
      const pack = script.pack(["x", "y"])
      script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
      script.changeBySegment("f", names.map(named))
      script.change("f", [{ name: "a", blocks: [{ label: "x", pack: pack.ref.id }] }])
      script.trim()
      script.change("f", [{ name: "a/b", deleted: true }])
      script.change("g", [{ name: "late" }])
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
          findsBlocks(replica, script, ["x", "y"], ["x"])
          script.change("g", [{ name: "later" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("begins again when the log no longer reaches back to it", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.change("f", [{ name: "one" }])
          yield* replica.catchUp()
          script.change("f", [{ name: "two" }, { name: "one", deleted: true }])
          script.trim()
          script.change("f", [{ name: "three" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("begins again without inbox when the bucket was restored from an older copy", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.change("f", [{ name: "kept" }])
          const copy = script.head.position
          script.change("f", [{ name: "lost" }, { name: "kept", deleted: true }])
          yield* replica.catchUp()
          yield* receive(replica, [entry(1, "x")], { mark: 1 })
          script.restore(copy)
          yield* replica.catchUp()
          agrees(replica, script)
          assert.isUndefined(replica.recordUnsafe("f", "lost"))
          assert.isUndefined(replica.markUnsafe(device, "f"))
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 0)

          // The new history may be longer than the lost one by the time it is looked at, or exactly as long.
          script.change("f", [{ name: "new" }])
          yield* replica.catchUp()
          script.restore(copy)
          script.change("f", [{ name: "other" }])
          yield* replica.catchUp()
          agrees(replica, script)
          script.restore(copy)
          script.change("f", [{ name: "third" }])
          script.change("f", [{ name: "fourth" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("shares one run among callers", () => {
      const script = begun("f")
      script.changeBySegment("f", names.map(named))
      script.trim()
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.gets.length = 0
          yield* Effect.forEach(Array.from({ length: 20 }), () => replica.catchUp(), {
            concurrency: "unbounded",
            discard: true
          })
          agrees(replica, script)
          assert.isAtMost(script.gets.length, 2)
        }))
    })

    it.effect("tells which folders changed, to slow readers at once", () => {
      const script = begun("f", "g", "h")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const first = yield* Effect.forkChild(Stream.runHead(replica.changes))
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          script.change("g", [{ name: "x" }])
          script.commit({ _tag: "FolderRelabelled", folder: "f", label: "new" })
          yield* replica.catchUp()
          const got = yield* Fiber.join(first)
          assert.deepStrictEqual(got._tag === "Some" ? [...got.value] : [], ["g"])
          const seen = new Set<string>()
          const slow = yield* Effect.forkChild(
            Stream.runForEachWhile(replica.changes, (folders) =>
              Effect.gen(function*() {
                for (const folder of folders) seen.add(folder)
                yield* Effect.yieldNow
                return seen.size < 4
              }))
          )
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          for (const folder of ["f", "g", "h"]) {
            script.change(folder, [{ name: "y" }])
            yield* replica.catchUp()
          }
          script.addFolder("i")
          yield* replica.catchUp()
          yield* Fiber.join(slow)
          assert.deepStrictEqual([...seen].toSorted(), ["f", "g", "h", "i"])
        }))
    })

    it.effect("keeps one waiting entry per name, in order of the peer's sequences", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          assert.isUndefined(replica.markUnsafe(device, "f"))
          assert.isUndefined(replica.inboxLowestUnsafe(device, "f"))
          assert.deepStrictEqual(seen(replica), [])
          yield* receive(replica, [entry(3, "c"), entry(1, "a"), entry(2, long("b", 3000)), entry(4, "d")], { mark: 4 })
          assert.deepStrictEqual(replica.markUnsafe(device, "f"), { indexId: 5n, sequence: 4 })
          assert.deepStrictEqual(seen(replica), ["1 a", `2 ${long("b", 3000)}`, "3 c", "4 d"])
          assert.deepStrictEqual(seen(replica, 2), ["3 c", "4 d"])
          assert.strictEqual(replica.inboxUnsafe(device, "f", 0, 2).length, 2)
          assert.deepStrictEqual(replica.inboxUnsafe(device, "f", 0, 1)[0]?.info, Uint8Array.from(Buffer.from("a")))

          yield* receive(replica, [entry(5, "a", "newer"), entry(6, long("b", 3000))], { mark: 6 })
          assert.deepStrictEqual(seen(replica), ["3 c", "4 d", "5 a", `6 ${long("b", 3000)}`])
          assert.strictEqual(replica.inboxLowestUnsafe(device, "f"), 3)
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 4)

          yield* receive(replica, [entry(7, "e")], { settled: ["c", "gone", long("b", 3000)], mark: 9 })
          assert.deepStrictEqual(seen(replica), ["4 d", "5 a", "7 e"])
          assert.deepStrictEqual(replica.markUnsafe(device, "f"), { indexId: 5n, sequence: 9 })

          yield* replica.settle(device, "f", [4, 4, 5, 99])
          assert.deepStrictEqual(seen(replica), ["7 e"])
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 1)
          yield* receive(replica, [entry(10, "d")], { mark: 10 })
          yield* replica.settle(device, "f", [7])
          assert.deepStrictEqual(seen(replica), ["10 d"])
          assert.strictEqual(replica.inboxLowestUnsafe(device, "f"), 10)
        }))
    })

    it.effect("does not let an older entry of a name, or a second name of a sequence, win", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* receive(replica, [entry(5, "a", "new"), entry(3, "a", "old"), entry(6, "b")])
          assert.deepStrictEqual(seen(replica), ["5 a", "6 b"])
          yield* receive(replica, [entry(5, "a", "again")])
          assert.deepStrictEqual(replica.inboxUnsafe(device, "f", 0, 1)[0]?.info, Uint8Array.from(Buffer.from("again")))
          yield* receive(replica, [entry(6, "c")])
          assert.deepStrictEqual(seen(replica), ["5 a", "6 c"])
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 2)
          yield* receive(replica, [entry(7, "b")])
          assert.deepStrictEqual(seen(replica), ["5 a", "6 c", "7 b"])
          yield* receive(replica, [], { settled: ["a", "b", "c"] })
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 0)
        }))
    })

    it.effect("forgets one inbox on reset, however large, and no other", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          const many = Array.from({ length: 3000 }, (_, i) => entry(i + 1, `n${i}`))
          yield* receive(replica, many, { mark: 3000 })
          yield* replica.receive({
            device: other,
            folder: "f",
            entries: [entry(1, "theirs")],
            settled: [],
            reset: false,
            mark: { indexId: 2n ** 64n - 1n, sequence: 1 }
          })
          yield* replica.receive({
            device,
            folder: "g",
            entries: [entry(1, "elsewhere")],
            settled: [],
            reset: true,
            mark: { indexId: 1n, sequence: 2 ** 53 - 1 }
          })
          yield* receive(replica, [entry(1, "n7"), entry(2, "n2999")], { reset: true, mark: 2 })
          for (let i = 0; i < 4; i++) {
            assert.deepStrictEqual(seen(replica), ["1 n7", "2 n2999"])
            assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 2)
            yield* receive(replica, [], { mark: 2 })
          }
          assert.deepStrictEqual(replica.markUnsafe(other, "f"), { indexId: 2n ** 64n - 1n, sequence: 1 })
          assert.deepStrictEqual(replica.markUnsafe(device, "g"), { indexId: 1n, sequence: 2 ** 53 - 1 })
          assert.strictEqual(replica.inboxSizeUnsafe(other, "f"), 1)
          assert.strictEqual(replica.inboxSizeUnsafe(device, "g"), 1)
          yield* receive(replica, [], { reset: true, mark: 0 })
          assert.isUndefined(replica.inboxLowestUnsafe(device, "f"))
          assert.deepStrictEqual(seen(replica), [])
        }))
    })

    it.effect("settles with the commit that stored the entry", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          yield* receive(replica, [entry(1, "a"), entry(2, "b"), entry(3, "c")], { mark: 3 })
          const { state } = script.change("f", [{ name: "a" }])
          yield* replica.catchUp(undefined, {
            position: state.position,
            entries: [{ device, folder: "f", sequences: [1, 77] }]
          })
          assert.deepStrictEqual(seen(replica), ["2 b", "3 c"])
          yield* replica.catchUp(undefined, {
            position: state.position,
            entries: [{ device, folder: "f", sequences: [2] }, { device: other, folder: "f", sequences: [3] }]
          })
          assert.deepStrictEqual(seen(replica), ["3 c"])
          assert.strictEqual(replica.positionUnsafe(), state.position)
        }))
    })

    it.effect.prop(
      "says what the log says, through any history, and the same after its cache is gone",
      { steps: Schema.Array(Step).check(Schema.isMaxLength(25)) },
      ({ steps }) =>
        Effect.scoped(Effect.gen(function*() {
          const place = yield* open
          const script = begun("f", "g")
          const packs: Array<string> = []
          const labels = Array.from({ length: 31 }, (_, i) => `label ${i}`)
          let rest = steps
          const live = () => packs.filter((pack) => State.isLive(script.head, pack))
          const entries = (step: typeof Step.Type): ReadonlyArray<Entry> =>
            [...new Set(step.names)].map((index): Entry => {
              const name = names[index] ?? "a"
              if (isDirectory(name)) return { name, type: "directory", deleted: step.gone }
              const blocks = step.gone ? [] : step.blocks.flatMap((block) => {
                const label = labels[block] ?? ""
                const pack = live().find((pack) => script.packs.get(pack)?.has(label))
                return pack === undefined ? [] : [{ label, pack }]
              })
              return { name, deleted: step.gone, blocks }
            })
          const needed = () => {
            const runs = [...script.folders.keys()].flatMap((folder) => [...script.view(folder).values()])
            return labels.filter((label) => {
              const digest = Buffer.from(hashOf(label))
              return runs.some((record) => Buffer.from(record.info).includes(digest) && record.runs.length > 0)
            })
          }
          /** Steps until the next that needs another process. */
          const process = (replica: Service) =>
            Effect.gen(function*() {
              while (rest.length > 0) {
                const [step, ...later] = rest
                rest = later
                if (step === undefined) return
                const folder = step.folder === 0 ? "f" : "g"
                switch (step.what) {
                  case "change":
                    if (step.names.length > 0) script.change(folder, entries(step))
                    break
                  case "segment":
                    if (step.names.length > 0) script.changeBySegment(folder, entries(step))
                    break
                  case "flush":
                    script.flush(folder)
                    break
                  case "pack":
                  case "fresh": {
                    if (step.blocks.length === 0) break
                    const { contents, ref } = script.pack([...new Set(step.blocks)].map((block) => labels[block] ?? ""))
                    packs.push(ref.id)
                    script.commit({ _tag: "PacksAdded", packs: [ref] })
                    if (step.what === "fresh") yield* replica.catchUp(new Map([[ref.id, contents]]))
                    break
                  }
                  case "catchUp":
                    yield* replica.catchUp()
                    agrees(replica, script)
                    findsBlocks(replica, script, labels, needed())
                    break
                  case "trim":
                    script.trim()
                    break
                  case "restore": {
                    const { basePosition, position } = script.head
                    script.restore(Math.max(basePosition, position - step.names.length, 3))
                    break
                  }
                  case "reopen":
                    return
                  case "discard":
                    return yield* Effect.as(Effect.void, "discard")
                }
              }
            })
          do {
            const ended = yield* Effect.scoped(Effect.flatMap(Replica, process)).pipe(
              Effect.provide(place.layer(script))
            )
            if (ended === "discard") yield* place.discard
          } while (rest.length > 0)
          for (const last of ["as it is", "rebuilt"]) {
            yield* Effect.gen(function*() {
              const replica = yield* Replica
              yield* replica.catchUp()
              agrees(replica, script, ["", "a", "q".repeat(500)])
              findsBlocks(replica, script, labels, needed())
            }).pipe(Effect.provide(place.layer(script)))
            if (last === "as it is") yield* place.discard
          }
        })),
      { timeout: 120_000, arbitrary: { runs: options.histories } }
    )
  })
}
