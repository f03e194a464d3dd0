/**
 * What the log says of packs, for who reads them. It is read again before a pack is given up, once for all who wait for that;
 * a pack that is gone all the same is not asked for again soon.
 */
import { Clock, Effect, type Exit, Semaphore } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import { GonePacks } from "../domain/repository/GonePacks.ts"
import type { State } from "../domain/repository/State.ts"
import { BlockMissing } from "./BlockReader.ts"
import type { Repository, RepositoryError } from "./Repository.ts"

export const make = Effect.fnUntraced(function*(repository: Repository["Service"]) {
  const clock = yield* Clock.Clock
  const gone = new GonePacks()
  /** Of the newest state looked at: no older one is ever needed, since what was replaced stays so. */
  let redirects: State["redirects"] = new Map()

  /** Packs that took its place, as far as that was looked at. */
  const movedTo = (id: string): ReadonlyArray<string> | undefined => redirects.get(id)

  let refreshes = 0
  let refreshed: Exit.Exit<State, RepositoryError> | undefined
  const refreshing = yield* Semaphore.make(1)
  /** Reads the log. A reading that began after it was asked for serves all who wait. */
  const refresh = Effect.suspend(() => {
    const before = refreshes
    return refreshing.withPermit(Effect.suspend(() => {
      if (refreshes > before && refreshed !== undefined) return refreshed
      refreshes++
      refreshed = undefined
      return Effect.tap(Effect.exit(repository.refresh), (exit) => Effect.sync(() => refreshed = exit)).pipe(
        Effect.flatten
      )
    }))
  })

  /** The store does not have the pack that the log names, up to the position. */
  const remember = (id: string, position: number): void => gone.add(id, position, Monotonic.millis(clock))

  /**
   * What the log says of the pack, and up to where it was read; reads it again before it gives up, unless that was done
   * (`again`). Undefined if the pack was replaced: `movedTo` has it then.
   */
  const find = Effect.fnUntraced(function*(id: string, again: boolean) {
    const head = yield* repository.head
    redirects = head.redirects
    if (redirects.has(id)) return undefined
    const isGone = gone.has(id, head.position, Monotonic.millis(clock))
    const ref = isGone ? undefined : yield* repository.pack(id)
    if (ref !== undefined) return { ref, position: head.position }
    if (!isGone) {
      const newest = again ? head : yield* refresh
      const { position } = newest
      redirects = newest.redirects
      if (redirects.has(id)) return undefined
      const ref = yield* repository.pack(id)
      if (ref !== undefined) return { ref, position }
      remember(id, position)
    }
    return yield* new BlockMissing({ pack: id, hash: "" })
  })

  return { movedTo, refresh, remember, find }
})
