/** Explains by the live set, as collection sees it. */
import { Effect, Layer, Stream } from "effect"
import * as CollectionPlan from "../domain/repository/CollectionPlan.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as RepackPlan from "../domain/repository/RepackPlan.ts"
import type { State } from "../domain/repository/State.ts"
import * as States from "../domain/repository/State.ts"
import { type Explanation, Holdings } from "../services/Holdings.ts"
import { LiveSets } from "../services/LiveSets.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"

/** Packs looked at between two chances for other fibers. */
const slice = 2048

export const layer: Layer.Layer<Holdings, never, LiveSets | ObjectStore | Repository> = Layer.effect(
  Holdings,
  Effect.gen(function*() {
    const lives = yield* LiveSets
    const repository = yield* Repository
    const store = yield* ObjectStore

    const strange = Effect.fnUntraced(function*(before: State) {
      const listing = new CollectionPlan.Listing(before)
      for (const prefix of [ObjectKey.packPrefix, ObjectKey.segmentPrefix]) {
        yield* Stream.runForEach(store.list(prefix), (entry) => Effect.sync(() => listing.see(entry)))
      }
      return listing.strange
    })

    const explain = Effect.fn("Holdings.explain")(function*({ list }: { readonly list: boolean }) {
      const listed = list ? yield* strange(yield* repository.refresh) : undefined
      const state = yield* repository.refresh
      const live = yield* lives.of(state)
      const sums = { current: zero(), checkpoints: zero(), dead: zero() }
      const deadShare = { least: 0, most: 0 }
      let looked = 0
      for (const ref of States.packRefs(state)) {
        if (++looked % slice === 0) yield* Effect.yieldNow
        const needed = live.isNeeded(ref.id)
        add(!needed ? sums.dead : live.isCurrent(ref.id) ? sums.current : sums.checkpoints, ref.size)
        if (!needed) continue
        const { least, most } = live.bytesOf(ref)
        deadShare.least += ref.bytes - most
        deadShare.most += ref.bytes - least
      }
      const orphans = zero()
      for (const object of listed ?? []) if (CollectionPlan.isNobodys(state, object)) add(orphans, object.size)
      return {
        position: state.position,
        packs: { ...sums, deadShare },
        redirects: {
          count: state.redirects.size,
          most: RepackPlan.mostRedirects,
          mostForSmall: RepackPlan.mostForSmall
        },
        segments: segmentsOf(state),
        ...(listed === undefined ? {} : { orphans })
      } satisfies Explanation
    })

    return Holdings.of({ explain })
  })
)

const segmentsOf = (state: State): Explanation["segments"] => {
  const current = new Set(state.packs.segments)
  for (const folder of state.folders.values()) for (const id of folder.segments) current.add(id)
  const referenced = States.referencedSegments(state)
  const sums = { current: zero(), checkpoints: zero(), unused: zero() }
  for (const { id, size } of state.segments.values()) {
    add(current.has(id) ? sums.current : referenced.has(id) ? sums.checkpoints : sums.unused, size)
  }
  return sums
}

const zero = () => ({ count: 0, bytes: 0 })

const add = (sum: { count: number; bytes: number }, size: number): void => {
  sum.count++
  sum.bytes += size
}
