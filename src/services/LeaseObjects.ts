/**
 * The claims on the term as objects of the store: what lies there, each read once, and what is put there. It decides nothing.
 */
import { Effect, Result, Stream } from "effect"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import { saltLength, type Sealing } from "../domain/repository/Envelope.ts"
import * as LeaseClaim from "../domain/repository/LeaseClaim.ts"
import type { Seen } from "../domain/repository/LeaseDecision.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { ObjectStore, StoreUnavailable } from "./ObjectStore.ts"

/** Claims read at once. */
const concurrency = 8

/** What every single request goes through: a bound on its time, for whom late news is no news. */
export type Through = <A, E>(request: Effect.Effect<A, E>) => Effect.Effect<A, E | StoreUnavailable>

/** Numbers of the claims that lie there. */
const numbers = (store: ObjectStore["Service"]) =>
  Effect.map(Stream.runCollect(store.list(ObjectKey.leasePrefix)), (entries) =>
    entries.flatMap(({ key }) => {
      const parsed = ObjectKey.parse(key)
      return parsed?._tag === "Lease" ? [parsed.epoch] : []
    }))

/** Undefined if it is gone; what cannot be read is a claim all the same, of which nothing is known. */
const found = (store: ObjectStore["Service"], sealing: Sealing, number: number) =>
  store.get(ObjectKey.lease(number)).pipe(
    Effect.catchTag("ObjectUnreadable", () => Effect.succeed(new Uint8Array(0))),
    Effect.map((object) => ({ claim: Result.getOrUndefined(LeaseClaim.decode(sealing, number, object)) })),
    Effect.catchTag("ObjectNotFound", () => Effect.undefined)
  )

/** The claims that lie there now and can be read. */
export const look = (store: ObjectStore["Service"], sealing: Sealing) =>
  numbers(store).pipe(
    Effect.flatMap(Effect.forEach((number) => found(store, sealing, number), { concurrency })),
    Effect.map((all) => all.flatMap((each) => each?.claim ?? []))
  )

export const make = (
  store: ObjectStore["Service"],
  sealing: Sealing,
  random: SecureRandom.SecureRandom["Service"],
  through: Through = (request) => request
) => {
  const seen = new Map<number, Seen>()

  const read = Effect.fnUntraced(function*(number: number, firstSeen: number) {
    const claimed = yield* through(found(store, sealing, number))
    if (claimed !== undefined) seen.set(number, { number, claim: claimed.claim, firstSeen })
  })

  return {
    /** As of the last look, and what was put since. */
    claims: (): ReadonlyArray<Seen> => Array.from(seen.values()),
    /** Reads what is new. `time`: the moment it counts as seen first, Unix milliseconds. */
    look: Effect.fnUntraced(function*(time: number) {
      const listed = new Set(yield* through(numbers(store)))
      for (const number of seen.keys()) if (!listed.has(number)) seen.delete(number)
      const fresh = Array.from(listed).filter((number) => !seen.has(number))
      yield* Effect.forEach(fresh, (number) => read(number, time), { concurrency, discard: true })
    }),
    /** Whether the number was free. If not, what has it is read. */
    put: Effect.fnUntraced(function*(number: number, claim: LeaseClaim.LeaseClaim) {
      const object = LeaseClaim.encode(sealing, number, yield* random.randomBytes(saltLength), claim)
      if ((yield* through(store.put(ObjectKey.lease(number), [object]))) === "Created") {
        seen.set(number, { number, claim, firstSeen: claim.time })
        return true
      }
      yield* read(number, claim.time)
      // What is gone again, or not listed yet: its number is taken all the same.
      if (!seen.has(number)) seen.set(number, { number, claim: undefined, firstSeen: claim.time })
      return false
    }),
    remove: Effect.fnUntraced(function*(numbers: ReadonlyArray<number>) {
      if (numbers.length === 0) return
      yield* through(store.remove(numbers.map(ObjectKey.lease)))
      for (const number of numbers) seen.delete(number)
    })
  }
}
