/**
 * The proof that a store creates only if absent, made before anything is trusted to it: a lie here would let two writers
 * both believe that they won. It puts nothing outside of `tmp/`, and nothing of it is left behind.
 */
import { Effect, Stream } from "effect"
import * as Patience from "../domain/Patience.ts"
import * as S3Failure from "../domain/store/S3Failure.ts"
import { type ObjectStore, type StoreError, StoreRefused, StoreUnavailable } from "./ObjectStore.ts"

/** Where unfinished things lie: not part of the repository, and what is in it may be deleted. */
const temporary = "tmp/"
/** Puts of one name at once. */
const racers = 8
/** Times that a put is tried again when the store does not answer, or cannot decide between racers. */
const tries = 6
/** How long somebody who is told that it failed waits for what is left to be taken away. */
const tidying = "10 seconds"

/** Who wants to know, as messages name it. */
export type Operation = "copy" | "init"

/** What a proof puts. `nonce`: text of letters and digits that no other proof ever had. */
export const keysOf = (nonce: string): readonly [twice: string, raced: string] => [
  `${temporary}probe-${nonce}-1`,
  `${temporary}probe-${nonce}-2`
]

const lies = (store: ObjectStore["Service"], reason: string, operation: Operation = "init") =>
  new StoreRefused({ operation, location: store.location, reason, mend: mendFor(store.location) })

/**
 * Puts one name twice and another by eight racers, and reads back what won; both stay. Fails with `StoreRefused` if the
 * store overwrites, lets several win, or does not show what it has; with `StoreUnavailable` if it decides nothing.
 */
export const prove = Effect.fn("StoreProbe.prove")(
  function*(
    store: ObjectStore["Service"],
    nonce: string,
    operation: Operation = "init"
  ): Effect.fn.Return<void, StoreError> {
    const [twice, raced] = keysOf(nonce)
    const lie = (reason: string) => lies(store, reason, operation)
    const put = (key: string, text: string) =>
      Effect.retry(store.put(key, [new TextEncoder().encode(text)]), {
        while: (error) => error._tag === "StoreUnavailable",
        times: tries,
        schedule: Patience.unending
      })
    const textOf = (key: string) =>
      Effect.map(store.get(key), (bytes) => new TextDecoder().decode(bytes)).pipe(
        Effect.catchTags({
          ObjectNotFound: () => lie("it does not show an object that it says is there"),
          ObjectUnreadable: () => lie("it cannot read an object that was just put")
        })
      )
    yield* put(twice, "first")
    const again = yield* put(twice, "second, and longer")
    if (again === "Created" || (yield* textOf(twice)) !== "first") return yield* lie("it overwrites objects")
    const names = Array.from({ length: racers }, (_, racer) => `racer ${racer}`)
    const outcomes = yield* Effect.forEach(
      names,
      (name) => Effect.catchTag(put(raced, name), "StoreUnavailable", () => Effect.succeed("undecided" as const)),
      { concurrency: "unbounded" }
    )
    if (outcomes.every((outcome) => outcome === "undecided")) {
      return yield* new StoreUnavailable({ operation: "put", key: raced, reason: "it decides no race" })
    }
    const found = yield* textOf(raced)
    // A winner whose reply was lost is told "exists" when it asks again: there may be none, but never two.
    const winners = names.filter((_, racer) => outcomes[racer] === "Created")
    if (!names.includes(found) || winners.some((winner) => winner !== found)) {
      return yield* lie("it lets several writers create one object")
    }
  }
)

/** The proof, of which nothing is left whatever comes of it; but of who may not delete, whom that is no reason to refuse. */
export const proven = Effect.fn("StoreProbe.proven")(
  function*(store: ObjectStore["Service"], nonce: string, operation: Operation): Effect.fn.Return<void, StoreError> {
    const clean = store.remove(keysOf(nonce))
    yield* prove(store, nonce, operation).pipe(
      Effect.tapError(() => Effect.ignore(Effect.timeout(clean, tidying)))
    )
    yield* clean.pipe(
      Effect.catch((error) => Effect.logWarning("objects of the probe are left in tmp/", error.message))
    )
  }
)

/** The proof on an empty location, and that what it put can be deleted again. */
export const conditionalPut = Effect.fn("StoreProbe.conditionalPut")(
  function*(store: ObjectStore["Service"], nonce: string): Effect.fn.Return<void, StoreError> {
    const other = yield* Stream.runHead(Stream.filter(store.list(""), ({ key }) => !key.startsWith(temporary)))
    if (other._tag === "Some") {
      return yield* new StoreRefused({
        operation: "init",
        location: store.location,
        reason: `it is not empty (${other.value.key} is there)`,
        mend: "choose an empty location"
      })
    }
    const clean = Effect.retry(store.remove(keysOf(nonce)), {
      while: (error) => error._tag === "StoreUnavailable",
      times: tries,
      schedule: Patience.unending
    })
    yield* prove(store, nonce).pipe(Effect.onError(() => Effect.ignore(clean)))
    yield* clean
    const left = yield* Stream.runHead(store.list(`${temporary}probe-${nonce}`))
    if (left._tag === "Some") return yield* lies(store, "it lists objects that it says are deleted")
  }
)

const mendFor = (location: string): string =>
  location.startsWith("s3:")
    ? S3Failure.conditionalMend
    : "use a store that supports conditional creation (S3: If-None-Match, GCS: ifGenerationMatch, a local disk)"
