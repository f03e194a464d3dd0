/** The buckets that a story can come to, each once, with what became of each request to it. */
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type * as Instant from "../harness/Instant.ts"
import * as Guard from "./Guard.ts"
import * as Interning from "./Interning.ts"
import * as Requests from "./Requests.ts"

export interface Bucket {
  /** The same if it has the same objects, and had others of the same names. */
  readonly id: number
  readonly objects: ReadonlyMap<string, Uint8Array>
  /** Laws that were broken on the way to it. */
  readonly complaints: ReadonlyArray<string>
}

export interface Outcome {
  readonly bucket: Bucket
  readonly reply: Requests.Reply
}

export interface Buckets {
  readonly first: Bucket
  /** How many there are up to now. */
  readonly count: () => number
  /** The request is carried out; not for one that asks all to sleep. */
  readonly carryOut: (bucket: Bucket, request: Requests.Request, moment: Instant.Moment) => Outcome
}

interface Guarded extends Bucket {
  readonly guard: Guard.Guard
  readonly outcomes: Map<string, Outcome>
}

/** `begin`: Unix milliseconds. */
export const make = (
  objects: ReadonlyMap<string, Uint8Array>,
  sealing: Sealing,
  begin: number,
  requests: Requests.Requests
): Buckets => {
  const known = Interning.make<Guarded>()
  const digests = new WeakMap<Uint8Array, string>()

  const digestOf = (bytes: Uint8Array): string => {
    const digest = digests.get(bytes) ?? Crypto.hash("sha1", bytes, "base64")
    digests.set(bytes, digest)
    return digest
  }

  const intern = (objects: ReadonlyMap<string, Uint8Array>, guard: Guard.Guard): Guarded => {
    const key = Crypto.hash(
      "sha1",
      [
        ...Array.from(objects, ([key, bytes]) => `${key} ${digestOf(bytes)}`).toSorted(),
        ...Array.from(guard.created, ([key, digest]) => `was ${key} ${digest}`).toSorted()
      ].join("\n"),
      "base64"
    )
    const bucketOf = (id: number): Guarded => ({
      id,
      objects,
      guard,
      complaints: guard.complaints,
      outcomes: new Map()
    })
    // Where a law was broken nothing goes on.
    return guard.complaints.length > 0 ? bucketOf(-1) : known.of(key, bucketOf)
  }

  const guarded = (objects: Map<string, Uint8Array>, now: () => number, before?: Guard.Guard) =>
    Guard.make(ObjectStoreMemory.make(objects), objects, sealing, now, before)

  const own = new Map(objects)
  const guard = guarded(own, () => begin)
  guard.adopt()
  const first = intern(own, guard)

  return {
    first,
    count: known.count,
    carryOut: (bucket, { id, operation }, moment) => {
      if (operation._tag === "sleep") throw new Error("no store sleeps")
      const before = bucket as Guarded
      const key = operation._tag === "now" || operation._tag === "remove"
        ? `${id} ${moment.awake} ${moment.slept}`
        : String(id)
      const earlier = before.outcomes.get(key)
      if (earlier !== undefined) return earlier
      const writes = operation._tag === "put" || operation._tag === "remove"
      const objects = writes ? new Map(before.objects) : before.objects as Map<string, Uint8Array>
      const now = () => begin + moment.awake + moment.slept
      const guard = writes || operation._tag === "now" ? guarded(objects, now, before.guard) : before.guard
      const store = writes || operation._tag === "now" ? guard.store : ObjectStoreMemory.make(objects)
      const answer = Effect.runSyncExit(Requests.carriedOut(store, operation))
      const outcome = { bucket: writes ? intern(objects, guard) : before, reply: requests.reply(answer) }
      before.outcomes.set(key, outcome)
      return outcome
    }
  }
}
