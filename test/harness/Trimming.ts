/** Logs that grow bases day by day, and what trims them. */
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../../src/layers/LogTrimmerObjects.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Hosts from "./Hosts.ts"
import * as UpkeepClockTrusting from "./UpkeepClockTrusting.ts"

export const day = 86_400_000

/** The trimmer of a host, over its own view of the store. */
export const trimmer = (host: Hosts.Host, store: ObjectStore["Service"]) =>
  Effect.map(
    Layer.build(
      LogTrimmerObjects.layer.pipe(
        Layer.provide(Layer.merge(LogObjectsSealed.layer, UpkeepClockTrusting.layer)),
        Layer.provide(Layer.merge(Layer.succeed(ObjectStore, store), Layer.succeed(Repository, host.repository)))
      )
    ),
    (context) => Context.get(context, LogTrimmer)
  )

/** Positions in the bucket, ascending. */
export const left = (objects: ReadonlyMap<string, Uint8Array>, tag: "Log" | "Base") =>
  [...objects.keys()].flatMap((key) => {
    const parsed = ObjectKey.parse(key)
    return parsed?._tag === tag ? [parsed.position] : []
  }).toSorted((a, b) => a - b)

/** The host goes on until there is a base at each of these positions, one day apart. */
export const grow = Effect.fnUntraced(function*(host: Hosts.Host, bases: ReadonlyArray<number>) {
  const fence = yield* host.lease.fence
  for (const base of bases) {
    yield* TestClock.adjust(day)
    while ((yield* host.repository.head).position < base - 1) {
      yield* host.repository.commit(Hosts.adding("d", `${base} ${(yield* host.repository.head).position}`), fence)
    }
    // The flush is a commit of its own.
    yield* host.repository.flush(fence)
  }
})

/** A log with a base at each of these positions, one day apart: the first commit was made on day 0. */
export const grown = Effect.fnUntraced(function*(bases: ReadonlyArray<number>) {
  const { objects, store } = yield* Hosts.bucketD
  const host = yield* Hosts.open({ store, seed: 50 })
  yield* grow(host, bases)
  return { objects, store, host }
})
