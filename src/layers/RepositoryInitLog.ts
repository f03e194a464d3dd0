/**
 * Makes a repository: an empty listing, a proof that the store creates only if absent, the marker, then `log/1` with the
 * identity. The marker's name decides which of several hosts made it; what a host lost a race with is forgotten.
 */
import { Effect, Layer, Result, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { hostname } from "node:os"
import type { Op } from "../domain/repository/Commit.ts"
import { saltLength, type Sealing } from "../domain/repository/Envelope.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as State from "../domain/repository/State.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { LocationNotEmpty, RepositoryCorrupt } from "../services/Repository.ts"
import { RepositoryInit } from "../services/RepositoryInit.ts"
import * as StoreProbe from "../services/StoreProbe.ts"

type Dependencies = CertificateMaker | LogObjects | ObjectStore | SecureRandom.SecureRandom

/** What `init` proves before it trusts a store. */
const capabilities = ["put-if-absent"]

/** The first commit names the machine. */
export const layer: Layer.Layer<RepositoryInit, never, Dependencies> = Layer.effect(
  RepositoryInit,
  Effect.gen(function*() {
    const store = yield* ObjectStore
    const log = yield* LogObjects
    const maker = yield* CertificateMaker
    const random = yield* SecureRandom.SecureRandom

    /** The first object that is neither unfinished nor the marker. */
    const firstOther = Effect.map(
      Stream.runHead(Stream.filter(
        store.list(""),
        ({ key }) => key !== ObjectKey.marker && !key.startsWith(temporary)
      )),
      (entry) => entry._tag === "Some" ? entry.value.key : undefined
    )

    /** Refuses a store on which two writers could both believe that they created an object. */
    const prove = Effect.fnUntraced(function*(name: string) {
      yield* StoreProbe.prove(store, name)
      yield* store.remove(StoreProbe.keysOf(name)).pipe(
        // Whoever may not delete can still keep a repository.
        Effect.catch((error) => Effect.logWarning("objects of the probe are left in tmp/", error.message))
      )
    })

    const putMarker = Effect.fnUntraced(function*() {
      const repository = Buffer.from(yield* random.randomBytes(16)).toString("hex")
      yield* prove(repository)
      const created = yield* store.now
      yield* store.put(ObjectKey.marker, [Marker.encode({ suite: "plain", repository }, { capabilities, created })])
      return repository
    })

    /** Puts `log/1` if nothing but the marker is there: that is all an interrupted `init` leaves. */
    const finish = Effect.fnUntraced(function*(sealing: Sealing) {
      if ((yield* log.positions(0)).length > 0) return
      const other = yield* firstOther
      if (other !== undefined) {
        // Another host may have finished it, and gone on, since we looked.
        if ((yield* log.positions(0)).length > 0) return
        return yield* new RepositoryCorrupt({
          key: ObjectKey.log(1),
          reason: `it is missing, though ${other} is there`
        })
      }
      const made = yield* maker.make
      const identity: Op = { _tag: "IdentitySet", ...made }
      const draft = LogEntry.draft(sealing, State.initial(sealing.repository), [identity], {
        term: 0,
        nonce: yield* random.randomBytes(16),
        salt: yield* random.randomBytes(saltLength),
        host: hostname(),
        time: yield* store.now
      }, State.noFacts)
      if (Result.isFailure(draft)) return yield* Effect.die(new Error(draft.failure))
      // Created or not: there is one first commit now, ours or another host's.
      yield* log.append(sealing, draft.success)
    })

    const existing = Effect.catchTag(log.marker, "RepositoryAbsent", () => Effect.undefined)

    const init = Effect.gen(function*() {
      let made: string | undefined
      let found = yield* existing
      if (found === undefined) {
        const other = yield* firstOther
        if (other !== undefined) return yield* new LocationNotEmpty({ location: store.location, example: other })
        made = yield* putMarker()
        found = yield* existing
      }
      if (found === undefined) {
        return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it was put, and it is not there" })
      }
      yield* finish(found.sealing)
      const { repository } = found.sealing
      return { repository, created: repository === made }
    })

    const openOrInit = Effect.gen(function*() {
      const found = yield* existing
      if (found === undefined || (yield* log.positions(0)).length === 0) return yield* init
      return { repository: found.sealing.repository, created: false }
    })

    return RepositoryInit.of({
      init: Effect.withSpan(init, "RepositoryInit.init"),
      openOrInit: Effect.withSpan(openOrInit, "RepositoryInit.openOrInit")
    })
  })
)

/** Where unfinished things lie: it is not part of the repository, and what is in it may be deleted. */
const temporary = "tmp/"
