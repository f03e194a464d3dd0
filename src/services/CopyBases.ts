/**
 * The bases of a copy. A repository is opened at its newest one, so none goes to the destination before what opening at it needs
 * lies whole there, and none takes a copy along that opened before.
 */
import { Effect, Result } from "effect"
import * as CopyPlan from "../domain/repository/CopyPlan.ts"
import * as Envelope from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type * as CopySource from "./CopySource.ts"
import type { StoreError } from "./ObjectStore.ts"
import type { CopyDamaged } from "./RepositoryCopy.ts"

/** What a round knows of bases. */
export interface Bases {
  /** What the source has, by key. */
  readonly source: ReadonlyMap<string, CopyPlan.Entry>
  /** Of the source. */
  readonly newest: CopyPlan.Entry | undefined
  /** What is to be copied, ascending. */
  readonly missing: ReadonlyArray<CopyPlan.Entry>
  /** What the destination has, and the log it is about to have. */
  readonly there: ReadonlySet<string>
}

/** The side of the copy that is written. */
export interface Destination {
  /** Undefined too for what cannot be read. */
  readonly find: (key: string) => Effect.Effect<Uint8Array | undefined, StoreError>
  /** `good`: what is damaged at the source is not verified by being the same there. */
  readonly place: (
    entry: CopyPlan.Entry,
    bytes: Uint8Array,
    good: boolean
  ) => Effect.Effect<void, StoreError | CopyDamaged>
  /** `removed`: it was, by this run. */
  readonly damaged: (key: string, removed: boolean) => CopyDamaged
  /** Whether this run read it back. */
  readonly isProved: (key: string) => boolean
  /** It does not count as read back. */
  readonly unproved: (entry: CopyPlan.Entry) => void
}

export const make = (here: ReturnType<typeof CopySource.make>, there: Destination) => {
  /** Segments that lie whole at the destination. */
  const whole = new Set<string>()
  const isWhole = Effect.fnUntraced(function*(key: string) {
    for (let look = 1; look <= 2; look++) {
      if (whole.has(key) || there.isProved(key)) return true
      const bytes = yield* there.find(key)
      if (bytes !== undefined && (yield* here.problemOf(key, bytes)) === undefined) whole.add(key)
    }
    return whole.has(key)
  })

  /** Why nothing opens at a base at the destination. If it is only the destination's table that is damaged, that ends it. */
  const hindrance = Effect.fnUntraced(function*(bases: Bases, tables: ReadonlyArray<string>) {
    for (const table of tables) {
      if (yield* isWhole(table)) continue
      const entry = bases.source.get(table)
      const found = entry === undefined ? undefined : yield* here.read(entry)
      const isGood = found?.bytes !== undefined && found.problem === undefined
      if (isGood && bases.there.has(table)) return yield* there.damaged(table, false)
      return Envelope.corrupt(`its table of packs, ${table}, is not whole in the copy`)
    }
    return undefined
  })

  /** The newest, if it is there already: it may have gone along although nothing opens at it. "Moved" if it is not the newest now. */
  const lookAtNewest = Effect.fnUntraced(function*(bases: Bases) {
    const { newest } = bases
    if (newest === undefined || !bases.there.has(newest.key) || here.damage.has(newest.key)) return
    const look = Effect.map(
      there.find(newest.key),
      (bytes) => bytes === undefined ? undefined : Result.getOrUndefined(here.tables(newest.key, bytes))
    )
    const tables = (yield* look) ?? (yield* look)
    if (tables === undefined) return yield* there.damaged(newest.key, false)
    const problem = yield* hindrance(bases, tables)
    if (problem === undefined) return
    if (yield* here.hasNewerBase(newest.key)) return "Moved"
    if (!(yield* here.judged(newest.key, problem, "as it is"))) there.unproved(newest)
  })

  /**
   * Bases, the newest first. One at which nothing opens goes along behind a newer one, at which the copy opens; else it is left
   * out. But the newest is not if nothing opens without it either: then there is nothing to lose. Answers those that are good
   * and there; undefined if what was listed is not how it is any more.
   */
  const copyBases = Effect.fnUntraced(function*(bases: Bases) {
    const { missing, newest } = bases
    if ((yield* lookAtNewest(bases)) === "Moved") return undefined
    const isGood = (key: string) => (here.damage.get(key)?.copy ?? "whole") === "whole"
    const good = [...bases.there].filter((key) => ObjectKey.parse(key)?._tag === "Base" && isGood(key))
    const bad: Array<readonly [CopyPlan.Entry, CopySource.Found]> = []
    let isHindered = false
    for (const entry of missing.toReversed()) {
      const found = yield* here.read(entry)
      if (found === undefined) return undefined
      const { bytes } = found
      const tables = bytes === undefined ? undefined : here.tables(entry.key, bytes)
      if (bytes === undefined || tables === undefined || Result.isFailure(tables)) {
        const problem = tables !== undefined && Result.isFailure(tables) ? tables.failure : found.problem
        bad.push([entry, { bytes, problem: found.problem ?? problem }])
        continue
      }
      const problem = found.problem ?? (yield* hindrance(bases, tables.success))
      // Its table may have been merged and collected: nobody opens at it any more.
      const isBehind = found.problem === undefined && good.some((key) => key > entry.key)
      if (problem !== undefined && !isBehind) {
        isHindered ||= found.problem === undefined
        bad.push([entry, { bytes, problem }])
        continue
      }
      yield* here.judged(entry.key, undefined, "as it is")
      yield* there.place(entry, bytes, true)
      if (problem === undefined) good.push(entry.key)
    }
    // A table is merged and collected soon after a base that does without it: one that was not listed yet, perhaps.
    if (isHindered && (yield* here.hasNewerBase(newest?.key))) return undefined
    const tail = CopyPlan.tailOf(bases.there)
    const opens = tail === 1 || CopyPlan.leadsTo(good, tail)
    for (const [entry, { bytes, problem }] of bad) {
      const isPlaced = !opens && entry.key === newest?.key && bytes !== undefined
      yield* here.judged(entry.key, problem, isPlaced ? "as it is" : "left out")
      if (isPlaced) yield* there.place(entry, bytes, false)
    }
    return good
  })

  return { copyBases, isWhole }
}
