/** The log in an `ObjectStore`. Every answer is read against the repository it must belong to before it is believed. */
import { Clock, Effect, Layer, Result, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Patience from "../domain/Patience.ts"
import * as Base from "../domain/repository/Base.ts"
import { type EnvelopeError, openObject, type Sealing, sealObject } from "../domain/repository/Envelope.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { PackRef } from "../domain/repository/Refs.ts"
import * as Segment from "../domain/repository/Segment.ts"
import type { State } from "../domain/repository/State.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectStore, type StoreError, StoreUnavailable } from "../services/ObjectStore.ts"
import { RepositoryAbsent, RepositoryCorrupt, RepositoryNewer } from "../services/Repository.ts"

/** Objects read at once. */
const concurrency = 8

/** Outcomes are asked for without end. */
export const layer: Layer.Layer<LogObjects, never, ObjectStore> = Layer.suspend(() => layerWith(Patience.forEver))

/** Outcomes are asked for during so many milliseconds of an outage. */
export const layerWith = (patience: number): Layer.Layer<LogObjects, never, ObjectStore> =>
  Layer.effect(
    LogObjects,
    Effect.gen(function*() {
      const store = yield* ObjectStore
      const clock = yield* Clock.Clock

      const problem = (key: string) => (error: EnvelopeError): RepositoryCorrupt | RepositoryNewer =>
        error.kind === "newer"
          ? new RepositoryNewer({ location: store.location, what: `${key}: ${error.reason}` })
          : new RepositoryCorrupt({ key, reason: error.reason })

      const believe = <A>(key: string, result: Result.Result<A, EnvelopeError>) =>
        Effect.fromResult(Result.mapError(result, problem(key)))

      const find = (key: string): Effect.Effect<Uint8Array | undefined, StoreError> =>
        Effect.catchTag(store.get(key), "ObjectNotFound", () => Effect.undefined)

      const marker = Effect.gen(function*() {
        const bytes = yield* find(ObjectKey.marker)
        if (bytes === undefined) {
          // A log without a marker is not an empty place: something took the marker away.
          const [entry] = yield* Stream.runCollect(Stream.take(store.list(ObjectKey.logPrefix), 1))
          if (entry === undefined) return yield* new RepositoryAbsent({ location: store.location })
          return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it is missing, though there is a log" })
        }
        const marker = yield* believe(ObjectKey.marker, Marker.decode(bytes))
        if (marker.suite !== "plain") {
          return yield* new RepositoryNewer({ location: store.location, what: "it is sealed with a passphrase" })
        }
        const sealing: Sealing = { suite: marker.suite, repository: marker.repository }
        return { marker, sealing }
      }).pipe(Effect.withSpan("LogObjects.marker"))

      const listed = (prefix: string, after: string) =>
        Effect.map(
          Stream.runCollect(store.list(prefix, after)),
          (entries) => LogEntry.positionsIn(entries.map((entry) => entry.key))
        )

      const entry = Effect.fn("LogObjects.entry")(function*(sealing: Sealing, position: number) {
        const key = ObjectKey.log(position)
        const bytes = yield* find(key)
        return bytes === undefined ? undefined : yield* believe(key, LogEntry.read(sealing, position, bytes))
      })

      const packTable = Effect.fnUntraced(function*(sealing: Sealing, segment: string) {
        const key = ObjectKey.segment(segment)
        const bytes = yield* find(key)
        if (bytes === undefined) return yield* new RepositoryCorrupt({ key, reason: "it is missing" })
        const { content } = yield* believe(key, Segment.readAll(sealing, segment, bytes))
        if (content.table !== "packs") return yield* new RepositoryCorrupt({ key, reason: "it is no pack table" })
        return content.packs
      })

      const base = Effect.fn("LogObjects.base")(function*(sealing: Sealing, position: number) {
        const key = ObjectKey.base(position)
        const bytes = yield* find(key)
        if (bytes === undefined) return undefined
        const state = yield* believe(key, Result.flatMap(openObject(sealing, key, bytes), Base.decode))
        if (state.position === position) return state
        return yield* new RepositoryCorrupt({ key, reason: `it says that it is base ${state.position}` })
      })

      const withPackTable = Effect.fn("LogObjects.withPackTable")(function*(sealing: Sealing, state: State) {
        const tables: ReadonlyArray<ReadonlyArray<PackRef>> = yield* Effect.forEach(
          state.packs.segments,
          (segment) => packTable(sealing, segment),
          { concurrency }
        )
        return Base.withFlushed(state, tables.flat())
      })

      let outage: RetrySchedule.Outage | undefined
      /** The patience is one an outage: what comes after it ended has one try each. */
      const definite = <A, E>(
        request: Effect.Effect<A, E | StoreUnavailable>
      ): Effect.Effect<A, E | StoreUnavailable> =>
        Effect.suspend(() => {
          const began = Monotonic.millis(clock)
          let failures = 0
          const attempt: Effect.Effect<A, E | StoreUnavailable> = Effect.matchEffect(request, {
            onSuccess: (answer) => {
              outage = undefined
              return Effect.succeed(answer)
            },
            onFailure: (error) => {
              if (!(error instanceof StoreUnavailable)) return Effect.fail(error)
              const now = Monotonic.millis(clock)
              outage = RetrySchedule.failed(outage, now, ++failures > 1).outage
              // The store may have been waited for below, before it failed here.
              const pause = Patience.pause(failures, now - Math.min(began, outage.since), patience)
              if (pause !== undefined) return Effect.andThen(Effect.sleep(pause), attempt)
              const { key, operation, reason } = error
              return Effect.fail(new StoreUnavailable({ operation, key, reason, mend: unknown }))
            }
          })
          return attempt
        })

      const append = Effect.fn("LogObjects.append")(function*(sealing: Sealing, draft: LogEntry.Draft) {
        const key = ObjectKey.log(draft.commit.position)
        yield* Effect.annotateCurrentSpan({ commit: draft.commit.position, bytes: draft.size })
        let tried = false
        let told = false

        const readBack = Effect.gen(function*() {
          const found = yield* entry(sealing, draft.commit.position)
          if (found === undefined) {
            // It exists, and it is not there: nothing is known. Put the same bytes again.
            return yield* new StoreUnavailable({ operation: "get", key, reason: "it exists, and it was not found" })
          }
          return LogEntry.isDraft(draft, found) ? "Created" : "Exists"
        })

        const attempt = store.put(key, [draft.body]).pipe(
          Effect.filterOrElse((outcome) => outcome === "Created", () => readBack),
          Effect.mapError((error) => {
            if (error._tag === "StoreUnavailable") tried = true
            // An earlier attempt may have succeeded: then the full store says nothing about the commit.
            return error._tag === "StoreFull" && tried
              ? new StoreUnavailable({ operation: "put", key, reason: error.message })
              : error
          }),
          Effect.tapErrorTag("StoreUnavailable", (error) => {
            const level = told ? "Debug" : "Warn"
            told = true
            return Effect.logWithLevel(level)("a commit waits for the store", error.message)
          })
        )
        return yield* definite(attempt)
      })

      const putBase = Effect.fn("LogObjects.putBase")(function*(sealing: Sealing, state: State, salt: Uint8Array) {
        const key = ObjectKey.base(state.position)
        const payload = Base.encode(state)
        if (Result.isFailure(payload)) return yield* Effect.die(new Error(`no base of this state: ${payload.failure}`))
        yield* store.put(key, [sealObject(sealing, key, salt, payload.success)])
      })

      return LogObjects.of({
        marker,
        positions: (after) => listed(ObjectKey.logPrefix, ObjectKey.log(after)),
        bases: (after) => listed(ObjectKey.basePrefix, ObjectKey.base(after)),
        entry,
        base,
        withPackTable,
        append,
        definite,
        putBase
      })
    })
  )

const unknown =
  "it is not known whether the commit was made; running this again is safe either way, once the store answers"
