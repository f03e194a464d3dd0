/**
 * Makes a repository: an empty listing, a proof that the store creates only if absent, a key slot if there is a passphrase,
 * the marker, then `log/1` with the identity. The marker's name decides which of several hosts made it, and with its
 * repository id which key slots count; what a host lost a race with is forgotten.
 */
import { Effect, Layer, Result, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { createSecretKey } from "node:crypto"
import { hostname } from "node:os"
import type { Op } from "../domain/repository/Commit.ts"
import { saltLength, type Sealing } from "../domain/repository/Envelope.ts"
import * as KeySlot from "../domain/repository/KeySlot.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as State from "../domain/repository/State.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"
import { PassphraseMissing } from "../services/Keys.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Passphrase } from "../services/Passphrase.ts"
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
    const passphrase = yield* Passphrase

    /** The first object that is neither unfinished, nor the marker, nor a key slot. */
    const firstOther = Effect.map(
      Stream.runHead(Stream.filter(
        store.list(""),
        ({ key }) => key !== ObjectKey.marker && !key.startsWith(temporary) && ObjectKey.parse(key)?._tag !== "Key"
      )),
      (entry) => entry._tag === "Some" ? entry.value.key : undefined
    )

    /** Key slots without a marker are left by an `init` that broke off: of an encrypted repository, which this must be too. */
    const admitSlots = Effect.gen(function*() {
      const [first, ...others] = yield* log.slots({ suite: "aes-256-gcm", repository: nobody })
      if (first === undefined) return
      const strange = [first, ...others].find((slot) => slot._tag !== "Foreign")
      if (strange !== undefined) {
        return yield* new LocationNotEmpty({ location: store.location, example: ObjectKey.key(strange.id) })
      }
      if (passphrase === undefined) return yield* new PassphraseMissing({ location: store.location, begun: true })
    })

    /** A slot is there before the marker that makes it count: no repository is ever without. */
    const putSlot = Effect.fnUntraced(function*(passphrase: Passphrase, repository: string, created: number) {
      const id = Buffer.from(yield* random.randomBytes(16)).toString("hex")
      const master = createSecretKey(yield* random.randomBytes(KeySlot.masterLength))
      const salt = yield* random.randomBytes(KeySlot.saltLength)
      const about = { id, label: "", host: hostname().slice(0, 255), created, cost: passphrase.cost, salt }
      const sealing = yield* passphrase.stretch(salt, about.cost)
      const slot = KeySlot.seal({ suite: "aes-256-gcm", repository }, about, sealing, master)
      yield* store.put(ObjectKey.key(id), [slot])
      return id
    })

    const putMarker = Effect.fnUntraced(function*() {
      const repository = Buffer.from(yield* random.randomBytes(16)).toString("hex")
      // Refuses a store on which two writers could both believe that they created an object.
      yield* StoreProbe.proven(store, repository, "init")
      const created = yield* store.now
      const suite = passphrase === undefined ? "plain" : "aes-256-gcm"
      const slot = passphrase === undefined ? undefined : yield* putSlot(passphrase, repository, created)
      yield* store.put(ObjectKey.marker, [Marker.encode({ suite, repository }, { capabilities, created })])
      const won = yield* log.claim
      // The marker never changes: a slot of another repository's will never open anything. Nobody but us put it.
      if (slot !== undefined && won !== undefined && won.repository !== repository) {
        yield* store.remove([ObjectKey.key(slot)]).pipe(
          Effect.catch((error) => Effect.logWarning("a key slot that is of no use was left", error.message))
        )
      }
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
        yield* admitSlots
        made = yield* putMarker()
        found = yield* existing
      }
      if (found === undefined) {
        return yield* new RepositoryCorrupt({ key: ObjectKey.marker, reason: "it was put, and it is not there" })
      }
      yield* finish(found.sealing)
      const { repository } = found.sealing
      return { repository, created: repository === made, encrypted: found.sealing.suite !== "plain" }
    })

    const openOrInit = Effect.gen(function*() {
      const found = yield* existing
      if (found === undefined || (yield* log.positions(0)).length === 0) return yield* init
      const { repository, suite } = found.sealing
      return { repository, created: false, encrypted: suite !== "plain" }
    })

    return RepositoryInit.of({
      init: Effect.withSpan(init, "RepositoryInit.init"),
      openOrInit: Effect.withSpan(openOrInit, "RepositoryInit.openOrInit")
    })
  })
)

/** Where unfinished things lie: it is not part of the repository, and what is in it may be deleted. */
const temporary = "tmp/"

/** No repository's id: of it, every slot is another's. */
const nobody = "0".repeat(32)
