/**
 * The log read as chains of verified commits, over its objects: opened at the newest base, followed, confirmed, compared
 * with what was seen before. It keeps nothing; who knows where a process stands is `Repository`.
 */
import { Clock, Effect, Option, Result, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Patience from "../domain/Patience.ts"
import * as Chain from "../domain/repository/Chain.ts"
import type { Sealing } from "../domain/repository/Envelope.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as State from "../domain/repository/State.ts"
import * as Timeline from "../domain/repository/Timeline.ts"
import type { LogObjects } from "./LogObjects.ts"
import { StoreUnavailable } from "./ObjectStore.ts"
import { type Applied, RepositoryCorrupt, type RepositoryError } from "./Repository.ts"

/** For so long a store may contradict itself before that is an error. Milliseconds: caches of directories live a minute. */
const patience = 120_000
/** Objects read at once. */
const concurrency = 8

/** Reads chains out of the log. "Moved on" is `undefined`: the log was trimmed under the reader, begin at the bases. */
export const make = (log: LogObjects["Service"], sealing: Sealing) => {
  const broken = (position: number, reason: string) => new RepositoryCorrupt({ key: ObjectKey.log(position), reason })

  /** What does not fit is damage, unless a newer base says that the reader was left behind. */
  const behindOr = Effect.fnUntraced(function*(position: number, damage: RepositoryCorrupt) {
    const bases = yield* log.bases(position)
    if (bases.length > 0) return undefined
    return yield* damage
  })

  /**
   * Whether a chain that reaches into names above `trusted` is the log, and no leftover put into a hole that trimming
   * made: every base in that stretch must carry the chain's own digest. Answers the chain standing on the newest.
   */
  const confirmAbove = Effect.fnUntraced(function*(chain: Chain.Chain, trusted: number) {
    const newest = (yield* log.bases(trusted)).at(-1)
    if (newest === undefined) return chain
    const digest = Chain.digestAt(chain, newest)
    if (digest === undefined) return undefined
    const base = yield* log.base(sealing, newest)
    if (base === undefined || Buffer.compare(base.digest, digest) !== 0) return undefined
    return Chain.rebase(chain, newest)
  })

  /** The chain with everything after it. */
  const extend = Effect.fnUntraced(function*(chain: Chain.Chain, positions: ReadonlyArray<number>) {
    const { position } = Chain.head(chain)
    const gap = LogEntry.firstGap(position, positions)
    if (gap !== undefined) return yield* behindOr(position, broken(gap, "it is missing, though later ones are there"))
    const entries = yield* Effect.forEach(positions, (position) => log.entry(sealing, position), { concurrency })
    const present = entries.filter((entry) => entry !== undefined)
    if (present.length < entries.length) {
      return yield* behindOr(position, broken(position + 1, "it was listed, and it was not found"))
    }
    const extended = Chain.extend(chain, present)
    if (Result.isSuccess(extended)) return extended.success
    return yield* behindOr(position, broken(extended.failure.position, extended.failure.reason))
  })

  /** The log from this base on; `undefined`: it moved on meanwhile. */
  const loadFrom = Effect.fnUntraced(function*(newest: number | undefined) {
    const base = newest === undefined
      ? State.initial(sealing.repository)
      : yield* log.base(sealing, newest)
    if (base === undefined) return undefined
    // Of a base that is not the newest any more the table may have been merged, and deleted, since the base was listed.
    const floor = yield* Effect.catchTag(
      log.withPackTable(sealing, base),
      "RepositoryCorrupt",
      (damage) => behindOr(base.position, damage)
    )
    if (floor === undefined) return undefined
    const chain = yield* extend(Chain.begin(floor), yield* log.positions(floor.position))
    if (chain === undefined || chain.links.length === 0) return chain
    return yield* confirmAbove(chain, floor.position)
  })

  /** A reader who is overtaken begins again as long as there are newer bases: it may have slept, or be slow. */
  const load = Effect.gen(function*() {
    let stuck = { newest: -1 as number | undefined, since: 0, failures: 0 }
    while (true) {
      const newest = (yield* log.bases(0)).at(-1)
      const chain = yield* loadFrom(newest)
      if (chain !== undefined) return chain
      const now = Monotonic.millis(yield* Clock.Clock)
      if (stuck.newest !== newest) stuck = { newest, since: now, failures: 0 }
      if (now - stuck.since >= patience) {
        return yield* broken(newest ?? 1, "the log after it keeps changing while it is read")
      }
      yield* Effect.sleep(Patience.growing(++stuck.failures))
    }
  })

  /** The chain with what came after it; the same one if nothing did. Its newest entry must still be there. */
  const follow = Effect.fnUntraced(function*(chain: Chain.Chain) {
    const { position } = Chain.head(chain)
    const [head, ...positions] = yield* log.positions(position - 1)
    if (head !== position) return undefined
    if (positions.length === 0) return chain
    const extended = yield* extend(chain, positions)
    return extended && (yield* confirmAbove(extended, position))
  })

  /**
   * The same by the next number alone, one request if nothing came. Only for who looked a moment ago: an absent number says
   * nothing to a reader whose own newest entry may have been trimmed, or taken away, meanwhile.
   */
  const next = Effect.fnUntraced(function*(chain: Chain.Chain) {
    const { position } = Chain.head(chain)
    let extended = chain
    while (true) {
      const { position: at } = Chain.head(extended)
      const entry = yield* log.entry(sealing, at + 1)
      if (entry === undefined) break
      const more = Chain.extend(extended, [entry])
      if (Result.isFailure(more)) return yield* behindOr(position, broken(at + 1, more.failure.reason))
      extended = more.success
    }
    return extended === chain ? chain : yield* confirmAbove(extended, position)
  })

  /** The chain if its last commit, just put, is part of the log; with later ones if others already built on it. */
  const confirm = Effect.fnUntraced(function*(chain: Chain.Chain) {
    const { position } = Chain.head(chain)
    if ((yield* log.bases(position - 1)).length === 0) return chain
    const extended = yield* extend(chain, yield* log.positions(position))
    return extended && (yield* confirmAbove(extended, position - 1))
  })

  /**
   * A pause before a store that contradicts itself is asked again, longer each time; after two minutes an error.
   * `position`: of the entry that is there and not seen.
   */
  const again = Effect.fnUntraced(function*(position: number, failures: number, began: number) {
    const spent = Monotonic.millis(yield* Clock.Clock) - began
    const pause = Patience.pause(failures, spent, patience)
    if (pause !== undefined) return yield* Effect.sleep(pause)
    const key = ObjectKey.log(position)
    return yield* new StoreUnavailable({ operation: "list", key, reason: "it exists, and it is not listed" })
  })

  /** How the log stands to what was seen in it: it goes on from there, or is another; "short": the chain is not all of it. */
  const standing = Effect.fnUntraced(function*(chain: Chain.Chain, seen: Timeline.Place) {
    const known = Timeline.contradicts(Chain.places(chain), seen)
    if (known !== undefined) return known ? "forked" : "continued"
    // Outside the chain the entry itself tells, unless it was trimmed.
    const entry = yield* log.entry(sealing, seen.position)
    const same = entry !== undefined && Buffer.compare(entry.digest, seen.digest) === 0
    const head = Chain.head(chain)
    if (seen.position > head.position) {
      // A listing that does not show it is no proof. Where there is a newer base it may have been trimmed.
      return same || (yield* log.bases(head.position)).length > 0 ? "short" : "forked"
    }
    if (entry === undefined || same) return "continued"
    // Another commit: of the log only if it leads up to the base, else a leftover in a hole that trimming made.
    const { digest, position } = chain.floor
    const between = Array.from({ length: position - seen.position }, (_, at) => seen.position + 1 + at)
    let last = entry
    for (const next of yield* Effect.forEach(between, (position) => log.entry(sealing, position), { concurrency })) {
      if (next === undefined || Buffer.compare(next.commit.previous, last.digest) !== 0) return "continued"
      last = next
    }
    return Buffer.compare(last.digest, digest) === 0 ? "forked" : "continued"
  })

  /**
   * The chain, read on until it reaches what was seen. `forkedAbove`: where the log ended when it first contradicted what was
   * seen, undefined if it goes on from there. A contradiction counts when it is found twice, with a new reading between.
   */
  const compared = Effect.fnUntraced(function*(chain: Chain.Chain, seen: Timeline.Place, forkedAbove?: number) {
    const began = Monotonic.millis(yield* Clock.Clock)
    let current = chain
    let above = forkedAbove
    for (let failures = 1;; failures++) {
      const stands = yield* standing(current, seen)
      if (stands === "continued") return { chain: current, forkedAbove: undefined }
      if (stands === "forked" && above !== undefined) return { chain: current, forkedAbove: above }
      if (stands === "forked") above = Chain.head(current).position
      else {
        above = forkedAbove
        // What a listing does not show yet is found by its number.
        const more = yield* next(current)
        if (more !== undefined && more !== current) {
          current = more
          continue
        }
      }
      yield* again(seen.position, failures, began)
      current = yield* load
    }
  })

  /**
   * The commits after a position, up to a state this process stands on. They are handed out stretch by stretch, each only
   * after its end proved to be what a base of the log says: an entry that follows may still be a leftover in a hole.
   */
  const history = (position: number, until: State.State): Stream.Stream<Applied, RepositoryError> => {
    const start = Effect.gen(function*() {
      const bases = yield* log.bases(0)
      const below = bases.findLast((base) => base <= position)
      const base = below === undefined ? undefined : yield* log.base(sealing, below)
      const state = base === undefined
        ? State.initial(sealing.repository)
        : yield* log.withPackTable(sealing, base)
      return { state, ends: [...bases.filter((base) => base > position && base < until.position), until.position] }
    })
    const stretch = Effect.fnUntraced(function*(
      { ends: [end = until.position, ...ends], state: from }: {
        readonly state: State.State
        readonly ends: ReadonlyArray<number>
      }
    ) {
      const positions = Array.from({ length: end - from.position }, (_, at) => from.position + 1 + at)
      const entries = yield* Effect.forEach(positions, (position) => log.entry(sealing, position), { concurrency })
      const gone = entries.indexOf(undefined)
      if (gone >= 0) return yield* broken(from.position + 1 + gone, "it is missing: the log was trimmed beyond it")
      const read = Chain.extend(Chain.begin(from), entries.filter((entry) => entry !== undefined))
      if (Result.isFailure(read)) return yield* broken(read.failure.position, read.failure.reason)
      const state = Chain.head(read.success)
      const proof = end === until.position ? until : yield* log.base(sealing, end)
      // A base that went was trimmed, and the entries below it before.
      if (proof === undefined) return yield* broken(end, "the log was trimmed beyond it while it was read")
      if (Buffer.compare(state.digest, proof.digest) !== 0) {
        return yield* broken(end, "it is not the commit that the log had there")
      }
      return [
        Chain.after(read.success, position),
        ends.length === 0 ? Option.none() : Option.some({ state, ends })
      ] as const
    })
    return Stream.unwrap(Effect.map(start, (from) => Stream.paginate(from, stretch)))
  }

  return { load, follow, next, confirm, compared, again, history }
}
