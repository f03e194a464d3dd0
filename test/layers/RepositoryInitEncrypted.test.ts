/** Making an encrypted repository: crashes at every request, races of passphrases, and what a host knows of the place. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Runtime from "effect/Runtime"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import { ok } from "../domain/repository/fixtures.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import {
  bucket,
  encryptedBucket,
  type HostOptions,
  init,
  inVirtualTime,
  open,
  openOrInit,
  type Place
} from "../harness/Hosts.ts"

const passphrase = "correct horse"

const empty = () => {
  const objects = new Map<string, Uint8Array>()
  return { objects, store: ObjectStoreMemory.make(objects) }
}

/** What lies under key/, as the marker's repository sees it. */
const slotsIn = (objects: ReadonlyMap<string, Uint8Array>) => {
  const marker = ok(Marker.decode(objects.get(ObjectKey.marker)!))
  return [...objects.keys()].filter((key) => key.startsWith(ObjectKey.keyPrefix)).map((key) =>
    KeySlot.look(marker, key.slice(ObjectKey.keyPrefix.length), objects.get(key)!)._tag
  )
}

/** The repository opens, is whole, and has exactly one slot of its own; `leftOver`: of others. */
const complete = Effect.fnUntraced(function*(
  objects: ReadonlyMap<string, Uint8Array>,
  store: ObjectStore["Service"],
  passphrase: string,
  leftOver: number
) {
  const { repository } = yield* open({ store, seed: 99, passphrase })
  const head = yield* repository.head
  assert.strictEqual(head.position, 1)
  assert.isDefined(head.identity)
  assert.strictEqual(repository.sealing.suite, "aes-256-gcm")
  const keys = [...objects.keys()].filter((key) => !key.startsWith("tmp/") && !key.startsWith("key/")).toSorted()
  assert.deepStrictEqual(keys, [ObjectKey.log(1), ObjectKey.marker])
  const slots = slotsIn(objects)
  assert.strictEqual(slots.filter((tag) => tag === "Slot").length, 1)
  assert.isAtMost(slots.length, 1 + leftOver)
  return repository.id
})

/** Every way in; each is refused alike. */
const ways = [
  (options: HostOptions) => Effect.asVoid(init(options)),
  (options: HostOptions) => Effect.asVoid(openOrInit(options)),
  (options: HostOptions) => Effect.asVoid(Effect.scoped(open(options)))
].map((run) => (options: HostOptions): Effect.Effect<void, Effect.Error<ReturnType<typeof run>>> => run(options))

const codeOf = (error: unknown): number => Runtime.getErrorExitCode(error)

describe("init with a passphrase", () => {
  it.effect("makes an encrypted repository, and adopts it the next time", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = empty()
      const made = yield* init({ store, seed: 1, passphrase })
      assert.deepInclude(made, { created: true, encrypted: true })
      assert.strictEqual(yield* complete(objects, store, passphrase, 0), made.repository)
      const adopted = { repository: made.repository, created: false, encrypted: true }
      assert.deepStrictEqual(yield* init({ store, seed: 2, passphrase }), adopted)
      assert.deepStrictEqual(yield* openOrInit({ store, seed: 3, passphrase }), adopted)
      assert.strictEqual(yield* complete(objects, store, passphrase, 0), made.repository)
    })))

  it.effect("opens for nobody else, and changes nothing then", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket(passphrase)
      const before = [...objects.keys()]
      for (const run of ways) {
        const missing = yield* Effect.flip(run({ store, seed: 1 }))
        assert.strictEqual(missing._tag, "PassphraseMissing")
        assert.strictEqual(codeOf(missing), 12)
        for (
          const way of [
            "BEPOSITORY_PASSPHRASE,",
            "BEPOSITORY_PASSPHRASE_FILE",
            "BEPOSITORY_PASSPHRASE_COMMAND",
            "systemd"
          ]
        ) assert.include(missing.message, way)
        const wrong = yield* Effect.flip(run({ store, seed: 1, passphrase: "correct house" }))
        assert.strictEqual(wrong._tag, "PassphraseWrong")
        assert.strictEqual(codeOf(wrong), 12)
        assert.notInclude(wrong.message, "correct house")
      }
      assert.deepStrictEqual([...objects.keys()], before)
    })))

  it.effect("refuses one that is not encrypted", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucket
      const before = [...objects.keys()]
      for (const run of ways) {
        const error = yield* Effect.flip(run({ store, seed: 1, passphrase }))
        assert.strictEqual(error._tag, "NotEncrypted")
        assert.strictEqual(codeOf(error), 12)
      }
      assert.deepStrictEqual([...objects.keys()], before)
    })))

  it.effect("that dies at any request is finished by the next, and never in the clear", () =>
    Effect.gen(function*() {
      const dry = empty()
      const whole = FaultyStore.make(dry.store)
      yield* inVirtualTime(init({ store: whole.store, seed: 1, passphrase }))
      const requests = whole.requests.length
      assert.isAbove(requests, 10)
      const met = { marker: 0, slot: 0 }
      for (let at = 0; at < requests; at++) {
        for (const fault of ["crash before", "crash after"] as const) {
          for (const next of [passphrase, "another", undefined]) {
            yield* inVirtualTime(Effect.gen(function*() {
              const { objects, store } = empty()
              const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
              const exit = yield* Effect.exit(init({ store: faulty.store, seed: 1, passphrase }))
              assert.strictEqual(exit._tag, "Failure", `request ${at}`)
              const marker = objects.has(ObjectKey.marker)
              const slots = [...objects.keys()].filter((key) => key.startsWith(ObjectKey.keyPrefix)).length
              if (marker) assert.strictEqual(slots, 1, "no marker without a slot")
              const what = `${fault} ${at}, then ${next}`
              const options = { store, seed: 2, ...(next === undefined ? {} : { passphrase: next }) }
              if (!marker || !objects.has(ObjectKey.log(1))) {
                const error = yield* Effect.flip(Effect.scoped(open({ ...options, passphrase: next ?? passphrase })))
                const expected = marker && next === "another" ? "PassphraseWrong" : "RepositoryAbsent"
                assert.strictEqual(error._tag, expected, what)
              }
              if (marker) met.marker++
              else met.slot += slots
              if (next === passphrase || (next !== undefined && !marker)) {
                const made = yield* init(options)
                assert.deepInclude(made, { created: !marker, encrypted: true }, what)
                assert.strictEqual(yield* complete(objects, store, next, marker ? 0 : slots), made.repository, what)
              } else if (marker || slots > 0) {
                const before = [...objects.keys()]
                const error = yield* Effect.flip(init(options))
                assert.strictEqual(codeOf(error), 12, what)
                assert.strictEqual(error._tag, next === undefined ? "PassphraseMissing" : "PassphraseWrong", what)
                assert.deepStrictEqual([...objects.keys()], before, what)
              } else assert.deepInclude(yield* init(options), { created: true, encrypted: false }, what)
            }))
          }
        }
      }
      assert.isAbove(met.slot, 0)
      assert.isAbove(met.marker, 3)
    }))

  it.effect("by several hosts with passphrases of their own makes one repository, which is the winner's alone", () =>
    Effect.gen(function*() {
      const winners = new Set<string | undefined>()
      for (let seed = 0; seed < 80; seed++) {
        const passphrases = seed % 2 === 0 ? ["one", "two", "one"] : ["one", "two", undefined]
        yield* inVirtualTime(Effect.gen(function*() {
          const { objects, store } = empty()
          const weather = seed % 4 < 2 ? { fail: 0, lose: 0 } : { fail: 0.1, lose: 0.1 }
          const until = (passphrase: string | undefined, host: number) => {
            const faulty = FaultyStore.make(store, { seed: seed * 3 + host, delay: 300, ...weather })
            const options = { store: faulty.store, seed: seed * 3 + host }
            return Effect.result(Effect.retry(
              Effect.suspend(() => init(passphrase === undefined ? options : { ...options, passphrase })),
              { while: (error) => error._tag === "StoreUnavailable", times: 50 }
            ))
          }
          const made = yield* Effect.forEach(passphrases, until, { concurrency: "unbounded" })
          const what = `seed ${seed}: ${JSON.stringify(made)}`
          const winner = passphrases.find((_, host) => made[host]?._tag === "Success")
          winners.add(winner)
          const { repository, suite } = ok(Marker.decode(objects.get(ObjectKey.marker)!))
          assert.strictEqual(suite === "plain", winner === undefined, what)
          for (const [host, result] of made.entries()) {
            const said = passphrases[host]
            if (result._tag === "Success") {
              assert.strictEqual(result.success.repository, repository, what)
              assert.strictEqual(said, winner, what)
            } else if (winner === undefined) assert.strictEqual(result.failure._tag, "NotEncrypted", what)
            else {
              assert.strictEqual(
                result.failure._tag,
                said === undefined ? "PassphraseMissing" : "PassphraseWrong",
                what
              )
            }
          }
          if (winner !== undefined) yield* complete(objects, store, winner, weather.fail === 0 ? 0 : 12)
          // Who was told of no fault takes the useless slot away again.
          else if (weather.fail === 0) assert.deepStrictEqual(slotsIn(objects), [], what)
        }))
      }
      assert.sameMembers([...winners], ["one", "two", undefined])
    }))

  it.effect("refuses a place with something else under key/", () =>
    inVirtualTime(Effect.gen(function*() {
      for (const key of ["key/notes.txt", `key/${"0".repeat(32)}`]) {
        const { objects, store } = empty()
        objects.set(key, new Uint8Array(300))
        for (const options of [{ store, seed: 1 }, { store, seed: 1, passphrase }]) {
          assert.strictEqual((yield* Effect.flip(init(options)))._tag, "LocationNotEmpty", key)
        }
        assert.deepStrictEqual([...objects.keys()], [key])
      }
    })))
})

describe("what a host knows of the place", () => {
  it.effect("is noted once it was opened, and not before", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* encryptedBucket(passphrase)
      const place: Place = {}
      yield* Effect.flip(Effect.scoped(open({ store, place })))
      yield* Effect.flip(Effect.scoped(open({ store, place, passphrase: "wrong" })))
      assert.isUndefined(place.known)
      const { repository } = yield* open({ store, place, passphrase })
      assert.deepStrictEqual(place.known, { repository: repository.id, suite: "aes-256-gcm" })
    })))

  it.effect("stands against another repository, another suite, and nothing at all", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket(passphrase)
      const place: Place = {}
      const { repository } = yield* open({ store, place, passphrase })
      const plain = new Map(objects)
      plain.set(
        ObjectKey.marker,
        Marker.encode({ suite: "plain", repository: repository.id }, { capabilities: [], created: 1 })
      )
      const other = empty()
      yield* init({ store: other.store, seed: 77, passphrase })
      const cases: ReadonlyArray<readonly [string, Map<string, Uint8Array>, number]> = [
        ["a marker that says plain", plain, 14],
        ["another repository with the same passphrase", other.objects, 14],
        ["nothing", new Map(), 10]
      ]
      for (const [what, objects, code] of cases) {
        const before = [...objects.keys()]
        const store = ObjectStoreMemory.make(objects)
        for (const options of [{ store, place }, { store, place, passphrase }]) {
          for (const run of ways) {
            const error = yield* Effect.flip(run(options))
            assert.strictEqual(error._tag, "RepositoryReplaced", what)
            assert.strictEqual(codeOf(error), code, what)
            assert.include(error.message, "remove the note")
          }
        }
        assert.deepStrictEqual([...objects.keys()], before, what)
      }
    })))
})
