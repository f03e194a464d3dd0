/**
 * The store that a copy reads. Every object is proved before it goes anywhere; what is damaged here is noted, and told as long
 * as it is so. What turned on the way reads as something else the next time.
 */
import { Effect, Result, Stream } from "effect"
import * as Base from "../domain/repository/Base.ts"
import type { Entry } from "../domain/repository/CopyPlan.ts"
import * as Envelope from "../domain/repository/Envelope.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as WholeObject from "../domain/repository/WholeObject.ts"
import { type ObjectStore, StoreUnavailable } from "./ObjectStore.ts"
import { RepositoryCorrupt, RepositoryNewer, unreadable } from "./Repository.ts"

/** What is wrong with an object at the source, and what the copy has of it. */
export interface Damage {
  readonly reason: string
  readonly copy: "as it is" | "left out" | "whole" | "unknown"
}

/** An object that was read, and what is wrong with it. Without bytes: what was read may not be believed, not even as damage. */
export interface Found {
  readonly bytes: Uint8Array | undefined
  readonly problem: Envelope.EnvelopeError | undefined
}

/** Looks at an object that reads as something else each time. */
const mostLooks = 5

/** Undefined if there is none. */
export const find = (store: ObjectStore["Service"], key: string) =>
  Effect.catchTags(store.get(key), {
    ObjectNotFound: () => Effect.undefined,
    ObjectUnreadable: unreadable
  })

export const make = (source: ObjectStore["Service"], sealing: Envelope.Sealing) => {
  /** By key. */
  const damage = new Map<string, Damage>()

  const problemOf = Effect.fnUntraced(function*(key: string, bytes: Uint8Array) {
    const proof = WholeObject.problem(sealing, key, bytes)
    for (;;) {
      const step = proof.next()
      if (step.done === true) return step.value
      yield* Effect.yieldNow
    }
  })

  /** Undefined if it is here no more. */
  const read = Effect.fnUntraced(function*({ key, size }: Entry) {
    let before: Uint8Array | undefined
    for (let look = 1; look <= mostLooks; look++) {
      const found = yield* Effect.result(find(source, key))
      if (Result.isFailure(found)) {
        const error = found.failure
        if (error._tag !== "RepositoryCorrupt") return yield* error
        const problem = Envelope.corrupt(error.reason)
        if (look > 1 && before === undefined) return { bytes: undefined, problem } satisfies Found
        before = undefined
        continue
      }
      const bytes = found.success
      if (bytes === undefined) return undefined
      if (bytes.length !== size) return yield* new RepositoryCorrupt({ key, reason: "its size is not the listed one" })
      const problem = yield* problemOf(key, bytes)
      const isSame = before !== undefined && Buffer.compare(before, bytes) === 0
      if (problem === undefined || isSame) return { bytes, problem } satisfies Found
      before = bytes
    }
    const reason = "it reads as something else each time"
    // Without this one nothing goes on, so it is worth to come back for it.
    if (key.startsWith(ObjectKey.logPrefix)) return yield* new StoreUnavailable({ operation: "get", key, reason })
    return { bytes: undefined, problem: Envelope.corrupt(reason) } satisfies Found
  })

  /** Notes what is damaged; whether it is good. */
  const judged = Effect.fnUntraced(function*(
    key: string,
    problem: Envelope.EnvelopeError | undefined,
    copy: Damage["copy"]
  ) {
    if (problem === undefined) {
      damage.delete(key)
      return true
    }
    if (problem.kind === "newer") {
      return yield* new RepositoryNewer({ location: source.location, what: `${key}: ${problem.reason}` })
    }
    // Nobody could go on after such an entry.
    if (key.startsWith(ObjectKey.logPrefix)) return yield* new RepositoryCorrupt({ key, reason: problem.reason })
    damage.set(key, { reason: problem.reason, copy })
    return false
  })

  /** The segments that opening at a base needs, or what is wrong with it although it proves itself. */
  const tables = (key: string, bytes: Uint8Array): Result.Result<ReadonlyArray<string>, Envelope.EnvelopeError> =>
    Result.flatMap(
      Result.flatMap(Envelope.openObject(sealing, key, bytes), Base.decode),
      (state) =>
        ObjectKey.base(state.position) === key
          ? Result.succeed(state.packs.segments.map(ObjectKey.segment))
          : Result.fail(Envelope.corrupt(`it says that it is base ${state.position}`))
    )

  /** Whether there is a newer base by now. */
  const hasNewerBase = (than: string | undefined) =>
    Effect.map(
      Stream.runCollect(source.list(ObjectKey.basePrefix)),
      (entries) =>
        entries.some(({ key }) => ObjectKey.parse(key)?._tag === "Base" && (than === undefined || key > than))
    )

  /** The marker, proved to be this repository's. */
  const marker = Effect.gen(function*() {
    for (let look = 1;; look++) {
      const bytes = yield* find(source, ObjectKey.marker)
      if (bytes === undefined) return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it vanished" })
      const decoded = Result.getOrUndefined(Marker.decode(bytes))
      if (decoded?.repository === sealing.repository && decoded.suite === sealing.suite) return bytes
      if (look === mostLooks) return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it is damaged" })
    }
  })

  return { damage, problemOf, read, judged, tables, hasNewerBase, marker }
}
