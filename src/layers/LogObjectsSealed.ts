/** The log in an `ObjectStore`. Every answer is read against the repository it must belong to before it is believed. */
import { Clock, Duration, Effect, Layer, Result, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Patience from "../domain/Patience.ts"
import * as Base from "../domain/repository/Base.ts"
import { type EnvelopeError, type Header, openObject, type Sealing, sealObject } from "../domain/repository/Envelope.ts"
import * as HostRows from "../domain/repository/HostRows.ts"
import * as KeySlot from "../domain/repository/KeySlot.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { PackRef } from "../domain/repository/Refs.ts"
import * as Segment from "../domain/repository/Segment.ts"
import type { State } from "../domain/repository/State.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import { NotEncrypted, PassphraseMissing, PassphraseWrong, RepositoryReplaced, type Slot } from "../services/Keys.ts"
import { type Known, KnownRepository } from "../services/KnownRepository.ts"
import * as LeaseObjects from "../services/LeaseObjects.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { type ObjectEntry, ObjectStore, type StoreError, StoreUnavailable } from "../services/ObjectStore.ts"
import { Passphrase } from "../services/Passphrase.ts"
import { RepositoryAbsent, RepositoryCorrupt, RepositoryNewer, unreadable } from "../services/Repository.ts"

/** Objects read at once. */
const concurrency = 8
/** Listings of key slots that may change under the one who reads them. */
const looksAtKeys = 3

interface Unlocked {
  readonly sealing: Sealing
  readonly slot: string | undefined
}

/** Outcomes are asked for without end. */
export const layer: Layer.Layer<LogObjects, never, ObjectStore> = Layer.suspend(() => layerWith(Patience.forEver))

/** Outcomes are asked for during so many milliseconds of an outage. */
export const layerWith = (patience: number): Layer.Layer<LogObjects, never, ObjectStore> =>
  Layer.effect(LogObjects, make(patience))

const make = Effect.fnUntraced(function*(patience: number) {
  const clock = yield* Clock.Clock
  const store = yield* ObjectStore
  const passphrase = yield* Passphrase
  const here = yield* KnownRepository

  /** Whose program may have written what this one cannot read; that nobody can tell is no trouble. */
  const newest = (sealing: Sealing | undefined): Effect.Effect<string | undefined> =>
    sealing === undefined ? Effect.undefined : LeaseObjects.look(store, sealing).pipe(
      Effect.map((claims) => {
        const claim = HostRows.newestProgram(claims)
        return claim === undefined
          ? undefined
          : `the newest program that was seen here is ${claim.version}, on ${claim.label}`
      }),
      Effect.catch(() => Effect.undefined)
    )

  const problem = Effect.fnUntraced(function*(key: string, error: EnvelopeError, sealing: Sealing | undefined) {
    if (error.kind !== "newer") return yield* new RepositoryCorrupt({ key, reason: error.reason })
    const by = error.host === undefined ? yield* newest(sealing) : `${error.host} wrote it`
    return yield* new RepositoryNewer({
      location: store.location,
      what: `${key}: ${error.reason}`,
      ...(by === undefined ? {} : { by })
    })
  })

  const believe = <A>(key: string, result: Result.Result<A, EnvelopeError>, sealing?: Sealing) =>
    Effect.fromResult(result).pipe(Effect.catch((error) => problem(key, error, sealing)))

  const find = (key: string): Effect.Effect<Uint8Array | undefined, StoreError | RepositoryCorrupt> =>
    Effect.catchTags(store.get(key), {
      ObjectNotFound: () => Effect.undefined,
      ObjectUnreadable: unreadable
    })

  const claim = Effect.gen(function*() {
    const bytes = yield* find(ObjectKey.marker)
    return bytes === undefined ? undefined : yield* believe(ObjectKey.marker, Marker.decode(bytes))
  })

  /** Nothing is there: that is only so if nobody knew better. */
  const absent = Effect.gen(function*() {
    // A log without a marker is not an empty place: something took the marker away.
    const [entry] = yield* Stream.runCollect(Stream.take(store.list(ObjectKey.logPrefix), 1))
    if (entry !== undefined) {
      return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it is missing, though there is a log" })
    }
    const knew = yield* here.known
    if (knew === undefined) return yield* new RepositoryAbsent({ location: store.location })
    return yield* replaced(knew, undefined)
  })

  const replaced = (knew: Known, found: Known | undefined) =>
    new RepositoryReplaced({
      location: store.location,
      knew: described(knew),
      found: found === undefined ? "" : described(found),
      note: here.note
    })

  const marker = Effect.gen(function*() {
    const marker = (yield* claim) ?? (yield* absent)
    const { repository, suite } = marker
    const knew = yield* here.known
    if (knew !== undefined && (knew.repository !== repository || knew.suite !== suite)) {
      return yield* replaced(knew, marker)
    }
    const { sealing, slot } = yield* unlocked(marker)
    if (knew === undefined) yield* here.remember({ repository, suite })
    return { marker, sealing, slot }
  }).pipe(Effect.withSpan("LogObjects.marker"))

  /** Of the last repository that was unlocked: the passphrase is stretched once. */
  let unlockedBefore: Unlocked | undefined

  const unlocked = Effect.fnUntraced(function*({ repository, suite }: Header) {
    if (suite === "plain") {
      if (passphrase !== undefined) return yield* new NotEncrypted({ location: store.location })
      return { sealing: { suite, repository }, slot: undefined } satisfies Unlocked
    }
    if (passphrase === undefined) return yield* new PassphraseMissing({ location: store.location, begun: false })
    if (unlockedBefore?.sealing.repository === repository) return unlockedBefore
    for (let looks = 1;; looks++) {
      const slots = yield* slotsOf({ repository, suite })
      for (const each of slots.found) {
        if (each._tag !== "Slot") continue
        const [took, sealing] = yield* Effect.timed(passphrase.stretch(each.slot.salt, each.slot.cost))
        const key = KeySlot.open({ repository, suite }, each.slot, sealing)
        yield* Effect.logDebug("a key slot was tried").pipe(
          Effect.annotateLogs({ key: each.id, opened: key !== undefined, ms: Math.round(Duration.toMillis(took)) })
        )
        if (key !== undefined) return unlockedBefore = { sealing: { suite, repository, key }, slot: each.id }
      }
      // One that went away while they were read was replaced, perhaps by one that was not listed.
      if (!slots.moved || looks === looksAtKeys) return yield* unopened(slots.found)
    }
  })

  /** Why the passphrase, or anybody, opens nothing. */
  const unopened = (slots: ReadonlyArray<Slot>) => {
    const whole = slots.filter((slot) => slot._tag === "Slot").length
    const newer = slots.find((slot) => slot._tag === "Newer")
    const damaged = slots.filter((slot) => slot._tag === "Damaged")
    if (newer !== undefined) {
      return new RepositoryNewer({ location: store.location, what: `${ObjectKey.key(newer.id)}: ${newer.reason}` })
    }
    if (whole > 0) return new PassphraseWrong({ location: store.location, slots: whole, damaged: damaged.length })
    return damaged[0] === undefined
      ? new RepositoryCorrupt({ key: ObjectKey.keyPrefix, reason: "there is no key slot, and nothing opens without" })
      : new RepositoryCorrupt({ key: ObjectKey.key(damaged[0].id), reason: damaged[0].reason })
  }

  const readSlot = Effect.fnUntraced(function*(header: Header, { key, size }: ObjectEntry) {
    const parsed = ObjectKey.parse(key)
    if (parsed?._tag !== "Key") return []
    const { id } = parsed
    if (size > KeySlot.maxObject) return [{ _tag: "Damaged", id, reason: KeySlot.tooLarge } satisfies Slot]
    return yield* find(key).pipe(
      Effect.map((bytes) => [bytes === undefined ? undefined : KeySlot.look(header, id, bytes)]),
      // Another one may open.
      Effect.catchTag(
        "RepositoryCorrupt",
        ({ reason }) => Effect.succeed([{ _tag: "Damaged", id, reason } satisfies Slot])
      )
    )
  })

  const slotsOf = Effect.fnUntraced(function*(header: Header) {
    const entries = yield* Stream.runCollect(store.list(ObjectKey.keyPrefix))
    const read = yield* Effect.forEach(entries, (entry) => readSlot(header, entry), { concurrency })
    const found = read.flat().filter((slot) => slot !== undefined)
    return { found: found.toSorted(KeySlot.byAge), moved: read.flat().includes(undefined) }
  })

  const listed = (prefix: string, after: string) =>
    Effect.map(
      Stream.runCollect(store.list(prefix, after)),
      (entries) => LogEntry.positionsIn(entries.map((entry) => entry.key))
    )

  const entry = Effect.fn("LogObjects.entry")(function*(sealing: Sealing, position: number) {
    const key = ObjectKey.log(position)
    const bytes = yield* find(key)
    return bytes === undefined ? undefined : yield* believe(key, LogEntry.read(sealing, position, bytes), sealing)
  })

  const packTable = Effect.fnUntraced(function*(sealing: Sealing, segment: string) {
    const key = ObjectKey.segment(segment)
    const bytes = yield* find(key)
    if (bytes === undefined) return yield* new RepositoryCorrupt({ key, reason: "it is missing" })
    const { content } = yield* believe(key, Segment.readAll(sealing, segment, bytes), sealing)
    if (content.table !== "packs") return yield* new RepositoryCorrupt({ key, reason: "it is no pack table" })
    return content.packs
  })

  const base = Effect.fn("LogObjects.base")(function*(sealing: Sealing, position: number) {
    const key = ObjectKey.base(position)
    const bytes = yield* find(key)
    if (bytes === undefined) return undefined
    const state = yield* believe(key, Result.flatMap(openObject(sealing, key, bytes), Base.decode), sealing)
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
  const definite = <A, E>(request: Effect.Effect<A, E | StoreUnavailable>): Effect.Effect<A, E | StoreUnavailable> =>
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
    claim,
    slots: (header) => Effect.map(slotsOf(header), ({ found }) => found),
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

const described = ({ repository, suite }: Known): string =>
  `${suite === "plain" ? "the repository" : "the encrypted repository"} ${repository}`

const unknown =
  "it is not known whether the commit was made; running this again is safe either way, once the store answers"
