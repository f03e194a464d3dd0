/** Keys that are added, changed and removed: refusals, crashes at every request, and hosts that do it all at once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Runtime from "effect/Runtime"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { ok } from "../domain/repository/fixtures.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import {
  bucket,
  encryptedBucket,
  init,
  inVirtualTime,
  open,
  openDetached,
  passphraseOf,
  withKeys
} from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

const keysIn = (objects: ReadonlyMap<string, Uint8Array>): ReadonlyArray<string> =>
  [...objects.keys()].filter((key) => key.startsWith(ObjectKey.keyPrefix))

/** Which of the passphrases open a slot that lies there. Domain code and scrypt only. */
const opening = Effect.fnUntraced(function*(
  objects: ReadonlyMap<string, Uint8Array>,
  passphrases: ReadonlyArray<string>
) {
  const marker = ok(Marker.decode(objects.get(ObjectKey.marker)!))
  const found = new Set<string>()
  for (const key of keysIn(objects)) {
    const seen = KeySlot.look(marker, key.slice(ObjectKey.keyPrefix.length), objects.get(key)!)
    if (seen._tag !== "Slot") continue
    for (const passphrase of passphrases) {
      const stretched = yield* passphraseOf(passphrase).stretch(seen.slot.salt, seen.slot.cost)
      if (KeySlot.open(marker, seen.slot, stretched) !== undefined) found.add(passphrase)
    }
  }
  return [...found].toSorted()
})

const opens = (store: ObjectStore["Service"], passphrase: string) =>
  Effect.map(Effect.result(Effect.scoped(open({ store, passphrase }))), (result) => result._tag === "Success")

describe("keys", () => {
  it.effect("are listed oldest first, with what is said of them, and the one in use", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* encryptedBucket("one")
      const two = yield* withKeys(
        { store, seed: 1, passphrase: "one" },
        (keys) => keys.add(passphraseOf("two"), "safe")
      )
      assert.strictEqual(two.label, "safe")
      const { own, slots } = yield* withKeys({ store, passphrase: "two" }, (keys) => keys.list)
      assert.deepStrictEqual(slots.map((slot) => slot._tag), ["Slot", "Slot"])
      assert.deepStrictEqual([slots[1]?.id, own], [two.id, two.id])
      const unsaid = yield* withKeys({ store }, (keys) => keys.list)
      assert.deepStrictEqual([unsaid.own, unsaid.slots.length], [undefined, 2])
      assert.isTrue(yield* opens(store, "one"))
      assert.isTrue(yield* opens(store, "two"))
      assert.isFalse(yield* opens(store, "three"))
    })))

  it.effect("are newer than all that were seen, whatever the clock says", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* encryptedBucket("one")
      const still = ObjectStore.of({ ...store, now: Effect.succeed(5) })
      const made: Array<KeySlot.KeySlot> = []
      for (const text of ["two", "three", "four"]) {
        made.push(
          yield* withKeys({ store: still, seed: made.length, passphrase: "one" }, (keys) =>
            keys.add(passphraseOf(text), text))
        )
      }
      const { slots } = yield* withKeys({ store }, (keys) =>
        keys.list)
      assert.deepStrictEqual(slots.slice(1).map((slot) => slot.id), made.map((slot) => slot.id))
    })))

  it.effect("change: the old passphrase opens nothing any more, in no slot", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("old")
      const other = yield* withKeys(
        { store, seed: 1, passphrase: "old" },
        (keys) => keys.add(passphraseOf("other"), "")
      )
      // Removing the newest makes ours anew; broken off, two slots open with it.
      const stuck = ObjectStore.of({
        ...store,
        remove: () => Effect.fail(new StoreUnavailable({ operation: "delete", key: "", reason: "away" }))
      })
      yield* Effect.flip(
        withKeys({ store: stuck, seed: 2, passphrase: "old" }, (keys) => keys.remove(other.id))
      )
      assert.strictEqual(keysIn(objects).length, 3)
      const made = yield* withKeys(
        { store, seed: 3, passphrase: "old" },
        (keys) => keys.change(passphraseOf("new"), "x")
      )
      assert.deepStrictEqual(yield* opening(objects, ["old", "new", "other"]), ["new", "other"])
      assert.strictEqual(made.label, "x")
      assert.strictEqual(keysIn(objects).length, 2)
      const { repository } = yield* open({ store, passphrase: "new" })
      assert.strictEqual((yield* repository.head).position, 1)
    })))

  it.effect("remove: the given one, also the newest; one's own stays", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("mine")
      const older = yield* withKeys(
        { store, seed: 1, passphrase: "mine" },
        (keys) => keys.add(passphraseOf("older"), "")
      )
      const newest = yield* withKeys(
        { store, seed: 2, passphrase: "mine" },
        (keys) => keys.add(passphraseOf("newest"), "")
      )
      yield* withKeys({ store, seed: 3, passphrase: "mine" }, (keys) => keys.remove(older.id))
      assert.deepStrictEqual(yield* opening(objects, ["mine", "older", "newest"]), ["mine", "newest"])
      yield* withKeys({ store, seed: 4, passphrase: "mine" }, (keys) => keys.remove(newest.id))
      assert.deepStrictEqual(yield* opening(objects, ["mine", "older", "newest"]), ["mine"])
      assert.strictEqual(keysIn(objects).length, 1)
    })))

  it.effect("refuse what would lose the repository, or means nothing", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("one")
      const [first = ""] = keysIn(objects).map((key) => key.slice(ObjectKey.keyPrefix.length))
      const refused = Effect.fnUntraced(function*(options: { readonly passphrase?: string }, run: Run, words: RegExp) {
        const before = [...objects.keys()]
        const error = yield* Effect.flip(withKeys({ store, seed: 9, ...options }, run))
        assert.match(error.message, words)
        assert.deepStrictEqual([...objects.keys()], before)
        return Runtime.getErrorExitCode(error)
      })
      type Run = Parameters<typeof withKeys<unknown, Error>>[1]
      const mine = { passphrase: "one" }
      assert.strictEqual(yield* refused(mine, (keys) => keys.remove(first), /is the last one/), 2)
      assert.strictEqual(yield* refused(mine, (keys) => keys.remove("0".repeat(32)), /there is no key 0000/), 2)
      assert.strictEqual(yield* refused(mine, (keys) => keys.change(passphraseOf("one"), undefined), /in use/), 2)
      const opens = (key: string) => new RegExp(`^the new passphrase opens the key ${key} already; nothing was added$`)
      assert.strictEqual(yield* refused(mine, (keys) => keys.add(passphraseOf("one"), ""), opens(first)), 2)
      const two = yield* withKeys({ store, seed: 1, ...mine }, (keys) => keys.add(passphraseOf("two"), "safe"))
      assert.strictEqual(
        yield* refused(mine, (keys) => keys.add(passphraseOf("two"), ""), opens(`${two.id} \\(safe\\)`)),
        2
      )
      assert.strictEqual(yield* refused(mine, (keys) => keys.remove(first), /is the one in use/), 2)
      for (const options of [{}, { passphrase: "wrong" }]) {
        for (const run of [(keys) => keys.add(passphraseOf("x"), ""), (keys) => keys.remove(first)] as Array<Run>) {
          assert.strictEqual(yield* refused(options, run, /passphrase/), 12)
        }
      }
      const many = Array.from({ length: 62 }, (_, at) => at)
      yield* Effect.forEach(many, (at) =>
        withKeys({ store, seed: 100 + at, ...mine }, (keys) => keys.add(passphraseOf(`${at}`), "")))
      assert.strictEqual(
        yield* refused(mine, (keys) =>
          keys.add(passphraseOf("x"), ""), /there are 64 keys/),
        2
      )
    })))

  it.effect("are not for repositories in the clear", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucket
      const error = yield* Effect.flip(withKeys({ store }, (keys) => keys.list))
      assert.match(error.message, /is not encrypted, and stays so/)
    })))

  it.effect("that are damaged, or another repository's, open nothing, hinder nobody, and can be removed", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("one")
      const other = yield* Effect.gen(function*() {
        const objects = new Map<string, Uint8Array>()
        yield* init({ store: ObjectStoreMemory.make(objects), seed: 88, passphrase: "one" })
        return objects
      })
      const [theirs = ""] = keysIn(other)
      objects.set(theirs, other.get(theirs)!)
      const [ours = ""] = keysIn(objects)
      const moved = ObjectKey.key("a".repeat(32))
      objects.set(moved, objects.get(ours)!)
      const junk = ObjectKey.key("b".repeat(32))
      objects.set(junk, new Uint8Array(5000))
      assert.isTrue(yield* opens(store, "one"))
      const { slots } = yield* withKeys({ store, passphrase: "one" }, (keys) => keys.list)
      assert.deepStrictEqual(slots.map((slot) => slot._tag).toSorted(), ["Damaged", "Damaged", "Foreign", "Slot"])
      for (const key of [theirs, moved, junk]) {
        yield* withKeys(
          { store, seed: 3, passphrase: "one" },
          (keys) => keys.remove(key.slice(ObjectKey.keyPrefix.length))
        )
      }
      assert.deepStrictEqual(keysIn(objects), [ours])
    })))

  it.effect("without any slot that is whole, the damage is told, not a wrong passphrase", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("one")
      const [ours = ""] = keysIn(objects)
      const whole = objects.get(ours)!
      objects.set(ours, whole.subarray(0, -1))
      const damaged = yield* Effect.flip(Effect.scoped(open({ store, passphrase: "one" })))
      assert.strictEqual(damaged._tag, "RepositoryCorrupt")
      assert.include(damaged.message, ours)
      objects.delete(ours)
      const gone = yield* Effect.flip(Effect.scoped(open({ store, passphrase: "one" })))
      assert.strictEqual(gone._tag, "RepositoryCorrupt")
      assert.match(gone.message, /no key slot/)
      objects.set(ours, whole)
      assert.isTrue(yield* opens(store, "one"))
    })))

  it.effect("a new one that does not read back as it was written is not relied on", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("old")
      const [old = ""] = keysIn(objects)
      const forgetful = ObjectStore.of({
        ...store,
        put: (key, [body = new Uint8Array(0)]) => store.put(key, [body.map((byte, at) => at === 60 ? byte ^ 1 : byte)])
      })
      const error = yield* Effect.flip(
        withKeys(
          { store: forgetful, seed: 1, passphrase: "old" },
          (keys) => keys.change(passphraseOf("new"), undefined)
        )
      )
      assert.strictEqual(error._tag, "RepositoryCorrupt")
      assert.isTrue(objects.has(old))
      assert.isTrue(yield* opens(store, "old"))
    })))

  it.effect("change that dies at any request leaves one that opens, and is finished by the next", () =>
    Effect.gen(function*() {
      const change = (store: ObjectStore["Service"], seed: number) =>
        withKeys({ store, seed, passphrase: "old" }, (keys) => keys.change(passphraseOf("new"), undefined))
      const dry = yield* inVirtualTime(encryptedBucket("old"))
      const whole = FaultyStore.make(dry.store)
      yield* inVirtualTime(change(whole.store, 1))
      const requests = whole.requests.length
      assert.isAbove(requests, 6)
      let both = 0
      for (let at = 0; at < requests; at++) {
        for (const fault of ["crash before", "crash after", "lose"] as const) {
          yield* inVirtualTime(Effect.gen(function*() {
            const { objects, store } = yield* encryptedBucket("old")
            const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
            yield* Effect.exit(change(faulty.store, 1))
            const valid = yield* opening(objects, ["old", "new"])
            const what = `${fault} ${at}: ${valid.join(" ")}`
            assert.isAbove(valid.length, 0, what)
            if (valid.length === 2) both++
            if (valid.includes("old")) yield* change(store, 2)
            assert.deepStrictEqual(yield* opening(objects, ["old", "new"]), ["new"], what)
            assert.strictEqual(keysIn(objects).length, 1, what)
            assert.isTrue(yield* opens(store, "new"), what)
          }))
        }
      }
      assert.isAbove(both, 0)
    }))

  it.effect("remove that dies at any request leaves what is in use", () =>
    Effect.gen(function*() {
      for (let at = 0; at < 20; at++) {
        for (const fault of ["crash before", "crash after", "lose"] as const) {
          yield* inVirtualTime(Effect.gen(function*() {
            const { objects, store } = yield* encryptedBucket("mine")
            const { id } = yield* withKeys(
              { store, seed: 1, passphrase: "mine" },
              (keys) => keys.add(passphraseOf("newest"), "")
            )
            const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
            const remove = (store: ObjectStore["Service"], seed: number) =>
              withKeys({ store, seed, passphrase: "mine" }, (keys) => keys.remove(id))
            yield* Effect.exit(remove(faulty.store, 2))
            assert.include(yield* opening(objects, ["mine", "newest"]), "mine", `${fault} ${at}`)
            if (objects.has(ObjectKey.key(id))) yield* remove(store, 3)
            assert.deepStrictEqual(yield* opening(objects, ["mine", "newest"]), ["mine"], `${fault} ${at}`)
          }))
        }
      }
    }))

  it.effect("of many hosts that add, change and remove at once, there is always one", () =>
    Effect.gen(function*() {
      const removed = { own: 0, all: 0 }
      for (let seed = 0; seed < 40; seed++) {
        yield* inVirtualTime(Effect.gen(function*() {
          const { objects, store } = yield* encryptedBucket("start")
          const marker = ok(Marker.decode(objects.get(ObjectKey.marker)!))
          let fewest = Infinity
          const watched = ObjectStore.of({
            ...store,
            remove: (keys) =>
              Effect.tap(store.remove(keys), () =>
                Effect.sync(() => {
                  const left = keysIn(objects).filter((key) =>
                    KeySlot.look(marker, key.slice(ObjectKey.keyPrefix.length), objects.get(key)!)._tag === "Slot"
                  )
                  fewest = Math.min(fewest, left.length)
                  removed.all++
                }))
          })
          // Everybody begins with a key of their own, and then they turn on each other.
          for (const host of [0, 1, 2]) {
            yield* withKeys(
              { store, seed: host, passphrase: "start" },
              (keys) => keys.add(passphraseOf(`${host} 0`), "")
            )
          }
          const host = Effect.fnUntraced(function*(number: number) {
            const random = Seeded.make(seed * 31 + number)
            let mine = `${number} 0`
            for (let step = 1; step < 8; step++) {
              const faulty = FaultyStore.make(watched, { seed: seed * 97 + number * 7 + step, fail: 0.05, delay: 400 })
              const options = { store: faulty.store, seed: seed * 1009 + number * 101 + step, passphrase: mine }
              const next = `${number} ${step}`
              const chance = random.next()
              const done = yield* Effect.result(withKeys(options, (keys) =>
                Effect.gen(function*() {
                  if (chance < 0.25) return void (yield* keys.change(passphraseOf(next), undefined))
                  if (chance < 0.4) return void (yield* keys.add(passphraseOf(next), ""))
                  const { own, slots } = yield* keys.list
                  const others = slots.filter((slot) => slot.id !== own)
                  const victim = others[random.int(others.length)]
                  if (victim !== undefined) yield* keys.remove(victim.id)
                })))
              if (done._tag === "Success" && chance < 0.25) mine = next
              // A change that broke off may have come through.
              else if (chance < 0.25 && (yield* opening(objects, [mine])).length === 0) mine = next
              if (done._tag === "Failure" && done.failure._tag === "PassphraseWrong") removed.own++
            }
          })
          yield* Effect.forEach([0, 1, 2], host, { concurrency: "unbounded" })
          const all = ["start", ...[0, 1, 2].flatMap((host) => Array.from({ length: 8 }, (_, at) => `${host} ${at}`))]
          assert.isAbove((yield* opening(objects, all)).length, 0, `seed ${seed}`)
          assert.isAbove(fewest, 0, `seed ${seed}`)
        }))
      }
      assert.isAbove(removed.all, 100)
      assert.isAbove(removed.own, 5)
    }))
})

describe("opening while keys change", () => {
  it.effect("looks again when a slot went away under it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* encryptedBucket("old")
      const before = new Map(objects)
      yield* withKeys({ store, seed: 1, passphrase: "old" }, (keys) => keys.change(passphraseOf("new"), undefined))
      const after = new Map(objects)
      const become = (state: ReadonlyMap<string, Uint8Array>) => {
        objects.clear()
        for (const [key, bytes] of state) objects.set(key, bytes)
      }
      become(before)
      let changed = false
      // The listing shows the old slot; before it is read, another host changed the passphrase.
      const racing = ObjectStore.of({
        ...store,
        get: (key, range) =>
          Effect.suspend(() => {
            if (key.startsWith(ObjectKey.keyPrefix) && !changed) {
              changed = true
              become(after)
            }
            return store.get(key, range)
          })
      })
      assert.isTrue(yield* opens(racing, "new"))
      assert.isTrue(changed)
      assert.strictEqual(keysIn(objects).length, 1)
    })))

  it.effect("a host that has it open goes on, and commits", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* encryptedBucket("old")
      const host = yield* openDetached({ store, passphrase: "old" })
      yield* withKeys({ store, seed: 1, passphrase: "old" }, (keys) => keys.change(passphraseOf("new"), undefined))
      yield* host.repository.commit(() =>
        Effect.succeed([{ _tag: "FolderAdded", folder: "d", label: "", indexId: 3n }])
      )
      yield* host.close
      const { repository } = yield* open({ store, passphrase: "new" })
      assert.isTrue((yield* repository.head).folders.has("d"))
    })))

  it.effect("a store that does not answer is no wrong passphrase", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* encryptedBucket("one")
      const away = ObjectStore.of({
        ...store,
        get: (key, range) =>
          key.startsWith(ObjectKey.keyPrefix)
            ? Effect.fail(new StoreUnavailable({ operation: "get", key, reason: "away" }))
            : store.get(key, range)
      })
      const error = yield* Effect.flip(Effect.scoped(open({ store: away, passphrase: "one" })))
      assert.strictEqual(error._tag, "StoreUnavailable")
    })))
})
