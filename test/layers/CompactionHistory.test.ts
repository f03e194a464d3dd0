/** Thousands of commits through the real log: a folder's segments stay few, and opening costs what it cost before. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CompactionPlan from "../../src/domain/repository/CompactionPlan.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { bucketD, inVirtualTime, open, opening } from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

const days = 60
const commitsPerDay = 70

describe("a long history", () => {
  it.effect("keeps few segments, a short opening, and every name", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* bucketD
        const host = yield* open({ store, seed: 10 })
        const compactor = yield* Compacting.compactor(host, store)
        const fence = yield* host.lease.fence
        const random = Seeded.make(7)
        /** The model: of each name its last sequence, if it is there. */
        const model = new Map<string, number | undefined>()
        const openings: Array<number> = []
        let most = 0
        let merged = 0
        let packs = 0
        for (let day = 0; day < days; day++) {
          for (let commit = 0; commit < commitsPerDay; commit++) {
            const names = new Set(
              Array.from({ length: 1 + random.int(4) }, () => `dir${random.int(9)}/f${random.int(400)}`)
            )
            const changes = Array.from(names, (name) => ({ name, deleted: random.chance(0.2) }))
            const added = Array.from({ length: 3 }, () => ({
              id: ObjectKey.makeId(
                fence.term,
                Uint8Array.from({ length: 16 }, (_, at) => at < 4 ? packs >> at * 8 : at < 5 ? packs++ : 1)
              ),
              size: 1000,
              trailerLength: 100,
              blocks: 1,
              bytes: 900
            }))
            yield* host.repository.commit((state) => {
              const { sequence } = state.folders.get("d")!
              const records = changes.map((change, at) => Compacting.recordOf(change, sequence + 1 + at))
              for (const [at, { deleted, name }] of changes.entries()) {
                model.set(name, deleted ? undefined : sequence + 1 + at)
              }
              return Effect.succeed([
                { _tag: "PacksAdded" as const, packs: added },
                { _tag: "FilesChanged" as const, folder: "d", records }
              ])
            }, fence)
            // Now and then a large change by a segment of its own.
            if (random.chance(0.05)) {
              const name = `large/${random.int(20)}`
              const applied = yield* Compacting.change(host, "d", [{ name }])
              model.set(name, applied!.state.folders.get("d")!.sequence)
            }
            merged += (yield* compactor.round).length
            const state = yield* host.repository.head
            most = Math.max(most, state.folders.get("d")!.segments.length, state.packs.segments.length)
          }
          yield* host.repository.flush(fence)
          yield* compactor.round
          const faulty = FaultyStore.make(store)
          const state = yield* opening(faulty.store)
          openings.push(faulty.requests.length)
          assert.strictEqual(state.position, (yield* host.repository.head).position)
        }
        const head = yield* host.repository.head
        assert.isAbove(head.position, days * commitsPerDay)
        assert.isAtMost(most, CompactionPlan.mostSegments)
        assert.isAbove(merged, 10)
        // marker, bases, base, pack table, log; and once more the bases and an entry, if a merge came after the last base.
        assert.isAtMost(Math.max(...openings), 9)
        assert.isAtMost(openings.at(-1)!, openings[1]! + 4)
        const expected = [...model].flatMap(([name, sequence]) => sequence === undefined ? [] : [`${name} ${sequence}`])
        assert.sameMembers([...(yield* Compacting.view(host, store, "d"))], expected)
        // Every segment ever named is still there: only collection takes any away.
        const kept = [...objects.keys()].filter((key) => key.startsWith("segment/"))
        for (const id of head.segments.keys()) assert.include(kept, ObjectKey.segment(id))
      }),
      1_000_000
    ), 120_000)
})
