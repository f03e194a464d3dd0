/** What a copy takes the destination for: nothing that it has not seen. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result } from "effect"
import * as Runtime from "effect/Runtime"
import * as Parts from "../../src/domain/Parts.ts"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore, ObjectUnreadable } from "../../src/services/ObjectStore.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as S3Store from "../harness/S3Store.ts"

const { copy, seeded, text } = Copying

describe("a copy to a store that does not create only if absent", () => {
  it.live("is refused before anything is there, and leaves nothing", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const [ignoring, refusing] = [yield* S3Store.conditional("ignored"), yield* S3Store.conditional("refused")]
      const ignored = yield* Effect.flip(copy(source, ignoring.store))
      assert.strictEqual(ignored._tag, "StoreRefused")
      assert.match(ignored.message, /^copy refused at s3:\/\/bucket\/p: it overwrites objects.*Backblaze B2/)
      assert.strictEqual(ignoring.double.objects("bucket").size, 0)
      const refused = yield* Effect.flip(copy(source, refusing.store))
      assert.strictEqual(refused._tag, "StoreRefused")
      assert.match(refused.message, /501 NotImplemented.*If-None-Match/)
      assert.strictEqual(refusing.double.objects("bucket").size, 0)
    }).pipe(Effect.scoped))

  it.live("is refused too where one was begun, and one that was whole", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const { double, store } = yield* S3Store.conditional("honoured")
      const dying = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key.startsWith("log/") ? "crash before" : undefined
      })
      yield* Effect.exit(copy(source, dying.store))
      const names = () => [...double.objects("bucket").keys()].toSorted()
      const begun = names()
      assert.isTrue(begun.some((key) => key.startsWith("p/pack/")))
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), begun)
      double.conditional = "honoured"
      yield* copy(source, store)
      const whole = names()
      assert.include(whole, `p/${ObjectKey.marker}`)
      assert.isUndefined(whole.find((key) => key.includes("tmp/")), "nothing of a proof is left")
      yield* change("new.bin")
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), whole)
    }).pipe(Effect.scoped))

  it.live("goes on where the proof cannot be taken away", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const to: Copying.Objects = new Map()
      const store = ObjectStoreMemory.make(to)
      const keeping = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "remove" && key.startsWith("tmp/probe-") ? "fail" : undefined
      })
      yield* copy(ObjectStoreMemory.make(objects), keeping.store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.lengthOf([...to.keys()].filter((key) => key.startsWith("tmp/")), 2)
    }).pipe(Effect.scoped))
})

/** A repository, a destination in memory, and what is read there. */
const moving = Effect.fnUntraced(function*() {
  const { change, objects } = yield* seeded()
  const to: Copying.Objects = new Map()
  const packs = [...objects.keys()].filter((key) => key.startsWith("pack/"))
  const from = ObjectStoreMemory.make(objects)
  const store = ObjectStoreMemory.make(to)
  const read = new Set<string>()
  const watched = ObjectStore.of({
    ...store,
    get: (key, range) =>
      Effect.suspend(() => {
        read.add(key)
        return store.get(key, range)
      })
  })
  /** Dies at the put of the object, else of the first pack, which lands as what `spoil` makes of it. */
  const die = (spoil: (bytes: Uint8Array) => Uint8Array, victim = packs[0]!) =>
    Effect.gen(function*() {
      const dying = FaultyStore.make(spoiling(store, victim, spoil), {
        decide: ({ key, operation }) => operation === "put" && key === victim ? "crash after" : undefined
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(copy(from, dying.store))))
      assert.isTrue(to.has(victim))
    })
  return { change, objects, from, to, store, watched, read, die, pack: packs[0]!, packs }
})

const rotten = (bytes: Uint8Array): Uint8Array => {
  const spoiled = Uint8Array.from(bytes)
  spoiled[Math.min(1000, bytes.length - 1)]! ^= 1
  return spoiled
}

const spoiling = (store: ObjectStore["Service"], victim: string, spoil: (bytes: Uint8Array) => Uint8Array) =>
  ObjectStore.of({
    ...store,
    put: (key, body) => store.put(key, key === victim ? [spoil(Parts.concatenate(body))] : body)
  })

describe("what a copy calls verified", () => {
  it.live("what it wrote and reads back as something else is taken away again", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const damaged = yield* Effect.flip(copy(from, spoiling(store, pack, rotten)))
      assert.strictEqual(damaged._tag, "CopyDamaged")
      assert.match(damaged.message, new RegExp(`^${pack} reads back .* and was removed again; `))
      assert.isFalse(to.has(pack))
      const done = yield* copy(from, store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.strictEqual(done.verifiedObjects, objects.size)
    }).pipe(Effect.scoped))

  it.live("what cannot be taken away is named, with what to do", () =>
    Effect.gen(function*() {
      const { from, pack, store, to } = yield* moving()
      const keeping = FaultyStore.make(spoiling(store, pack, rotten), {
        decide: ({ key, operation }) => operation === "remove" && key === pack ? "fail" : undefined
      })
      const damaged = yield* Effect.flip(copy(from, keeping.store))
      assert.strictEqual(damaged._tag, "CopyDamaged")
      assert.match(
        damaged.message,
        new RegExp(`^${pack} at .* is not what .* remove that object there and run this again`)
      )
      assert.isTrue(to.has(pack))
      assert.isFalse(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))

  it.live("what was there before is never taken away, whatever it is", () =>
    Effect.gen(function*() {
      const { from, pack, store, to } = yield* moving()
      const hidden = ObjectStore.of({
        ...store,
        // Another copy to the same place put it after the listing.
        put: (key, body) =>
          Effect.suspend(() => {
            if (key === pack) to.set(key, rotten(Parts.concatenate(body)))
            return store.put(key, body)
          })
      })
      assert.strictEqual((yield* Effect.flip(copy(from, hidden, false)))._tag, "CopyDamaged")
      assert.isTrue(to.has(pack))
    }).pipe(Effect.scoped))

  it.live("what an unfinished copy left there is read, and what is wrong ends it before the marker", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, store, to } = yield* moving()
      yield* die(rotten)
      const before = text(to)
      for (const _ of [1, 2]) {
        const found = yield* Effect.flip(copy(from, store))
        assert.strictEqual(found._tag, "CopyDamaged")
        assert.strictEqual(Runtime.getErrorExitCode(found), 14)
        assert.match(
          found.message,
          new RegExp(`^${pack} at .* is not what .*fsck --check full.* remove that object there`)
        )
        assert.deepStrictEqual(text(to), before, "neither went anything nor came anything")
      }
      to.delete(pack)
      const done = yield* copy(from, store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.strictEqual(done.verifiedBytes, done.bytes)
    }).pipe(Effect.scoped))

  it.live("whatever is rotten, or only a part, is named, and is no stranger's", () =>
    Effect.gen(function*() {
      for (const spoil of [rotten, (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)]) {
        for (const victim of ["pack", "log", "marker"] as const) {
          const { die, from, objects, packs, store, to } = yield* moving()
          const last = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted().at(-1)!
          const key = victim === "pack" ? packs[0]! : victim === "log" ? last : ObjectKey.marker
          yield* die(spoil, key)
          const found = yield* Effect.flip(copy(from, store))
          assert.strictEqual(found._tag, "CopyDamaged", `${victim}: ${found.message}`)
          assert.isTrue(found.message.startsWith(`${key} at `), found.message)
          to.delete(key)
          assert.strictEqual((yield* copy(from, store)).verifiedObjects, objects.size)
          assert.deepStrictEqual(text(to), text(objects))
        }
      }
    }).pipe(Effect.scoped))

  it.live("another repository's is never called damaged: nobody is to remove anything of it", () =>
    Effect.gen(function*() {
      const { die, from, store, to } = yield* moving()
      yield* die((bytes) => bytes)
      const note = [...to].find(([key]) => key.startsWith("tmp/copy-of-"))!
      const stranger = yield* seeded()
      to.clear()
      for (const [key, bytes] of [...stranger.objects, note]) to.set(key, bytes)
      assert.strictEqual((yield* Effect.flip(copy(from, store)))._tag, "LocationNotEmpty")
    }).pipe(Effect.scoped))

  it.live("what goes away while it is read back is no reason to doubt the rest", () =>
    Effect.gen(function*() {
      const { die, from, objects, store, to } = yield* moving()
      objects.set(ObjectKey.pack(`3-${"ab".repeat(16)}`), Uint8Array.of(1, 2, 3))
      const stray = ObjectKey.pack(`3-${"ab".repeat(16)}`)
      yield* die((bytes) => bytes, ObjectKey.marker)
      to.delete(ObjectKey.marker)
      assert.isTrue(to.has(stray))
      const busy = ObjectStore.of({
        ...from,
        get: (key, range) =>
          Effect.suspend(() => {
            if (key === stray) objects.delete(stray)
            return from.get(key, range)
          })
      })
      const done = yield* copy(busy, store)
      assert.strictEqual(done.verifiedObjects, done.objects)
      assert.strictEqual(done.objects, objects.size)
    }).pipe(Effect.scoped))

  it.live("an unfinished copy is read from its beginning, and told as it goes; not if nothing is verified", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, read, to, watched } = yield* moving()
      yield* die((bytes) => bytes)
      const left = [...to.keys()].filter((key) => !key.startsWith("tmp/"))
      const trusting = new Map(to)
      const steps = yield* Copying.steps(from, watched)
      for (const key of objects.keys()) assert.isTrue(read.has(key), key)
      const [first] = steps
      const last = steps.at(-1)!
      assert.strictEqual(first!.unprovedObjects, left.length)
      assert.strictEqual(first!.objects, left.length)
      assert.strictEqual(last.unprovedObjects, 0)
      assert.strictEqual(last.unprovedBytes, 0)
      assert.strictEqual(last.verifiedObjects, objects.size)
      assert.strictEqual(last.copiedObjects, objects.size - left.length)

      trusting.set(pack, rotten(trusting.get(pack)!))
      const done = yield* copy(from, ObjectStoreMemory.make(trusting), false)
      assert.strictEqual(done.verifiedObjects, 0)
      assert.strictEqual(done.objects, objects.size)
    }).pipe(Effect.scoped))

  it.live("of a whole copy only what is new is read, unless the last run did not come to its end", () =>
    Effect.gen(function*() {
      const { change, from, objects, packs, read, store, to, watched } = yield* moving()
      yield* copy(from, store)
      yield* change("new.bin")
      const fresh = yield* copy(from, watched)
      assert.isFalse(packs.some((key) => read.has(key)))
      assert.isAbove(fresh.copiedObjects, 0)
      assert.strictEqual(fresh.verifiedObjects, fresh.copiedObjects)
      assert.isBelow(fresh.verifiedObjects, fresh.objects)

      yield* change("newer.bin")
      const known = new Set(to.keys())
      const newest = [...objects.keys()].find((key) => key.startsWith("pack/") && !known.has(key))!
      const cut = FaultyStore.make(spoiling(store, newest, rotten), {
        decide: ({ key, operation }) => operation === "put" && key === newest ? "crash after" : undefined
      })
      yield* Effect.exit(copy(from, cut.store))
      const found = yield* Effect.flip(copy(from, watched))
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, newest)
      to.delete(newest)
      const done = yield* copy(from, watched)
      assert.strictEqual(done.verifiedObjects, done.objects)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("one bit that turns on the way is no damage", () =>
    Effect.gen(function*() {
      const { die, from, objects, store, to } = yield* moving()
      yield* die((bytes) => bytes)
      const flipped = new Set<string>()
      const once = FaultyStore.make(store, {
        decide: ({ key, operation }) => {
          if (
            operation !== "get" || key.startsWith("tmp/") || key.startsWith("log/") || flipped.has(key)
          ) return undefined
          if (key === ObjectKey.marker) return undefined
          flipped.add(key)
          return "flip"
        }
      })
      const done = yield* copy(from, once.store)
      assert.isAbove(flipped.size, 2)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))
})

describe("what a copy reads here", () => {
  const firsts = (objects: Copying.Objects) =>
    ["pack/", "segment/", "base/"].flatMap((prefix) => [...objects.keys()].find((key) => key.startsWith(prefix)) ?? [])

  it.live("is read again if it does not prove itself: what turned on the way is not copied", () =>
    Effect.gen(function*() {
      for (const verify of [true, false]) {
        const { objects } = yield* moving()
        const to: Copying.Objects = new Map()
        const flipped = new Set<string>()
        const once = FaultyStore.make(ObjectStoreMemory.make(objects), {
          decide: ({ key, operation }) => {
            // What the log says is read before the copy begins, by others.
            if (operation !== "get" || !/^(pack|segment|base)/.test(key) || flipped.has(key)) return undefined
            flipped.add(key)
            return "flip"
          }
        })
        const done = yield* copy(once.store, ObjectStoreMemory.make(to), verify)
        assert.isAbove(flipped.size, 2)
        assert.strictEqual(done.broken.size, 0)
        assert.deepStrictEqual(text(to), text(objects))
      }
    }).pipe(Effect.scoped))

  it.live("is copied as it is if it is damaged here, told, and not called verified", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      const damaged = firsts(objects)
      for (const key of damaged) objects.set(key, rotten(objects.get(key)!))
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.broken.keys()].toSorted(), damaged.toSorted())
      for (const reason of done.broken.values()) assert.isAbove(reason.length, 5)
      assert.strictEqual(done.objects, objects.size)
      assert.strictEqual(done.verifiedObjects, objects.size - damaged.length)
      assert.deepStrictEqual(text(to), text(objects))
      const again = yield* copy(from, store)
      assert.strictEqual(again.copiedObjects, 0)
      assert.deepStrictEqual([...again.broken.keys()].toSorted(), damaged.toSorted(), "it is told as long as it is so")
      assert.strictEqual(again.verifiedObjects, objects.size - damaged.length)
    }).pipe(Effect.scoped))

  it.live("is compared again once it was mended, until the copy has the good one too", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const good = objects.get(pack)!
      objects.set(pack, rotten(good))
      yield* copy(from, store)
      objects.set(pack, good)
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, pack)
      to.delete(pack)
      const done = yield* copy(from, store)
      assert.strictEqual(done.broken.size, 0)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual([...to.keys()].filter((key) => key.startsWith("tmp/")), [])
    }).pipe(Effect.scoped))

  it.live("is damaged, and not newer, if only its header says another format", () =>
    Effect.gen(function*() {
      const { from, objects, store } = yield* moving()
      const damaged = firsts(objects)
      for (const key of damaged) {
        const bytes = Uint8Array.from(objects.get(key)!)
        bytes[5] = 2
        objects.set(key, bytes)
      }
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.broken.keys()].toSorted(), damaged.toSorted())
      for (const reason of done.broken.values()) assert.strictEqual(reason, "its header is damaged")
    }).pipe(Effect.scoped))

  /** A disk on which an object cannot be read. */
  const torn = (from: ObjectStore["Service"], victim: string) =>
    ObjectStore.of({
      ...from,
      get: (key, range) =>
        key === victim
          ? Effect.fail(new ObjectUnreadable({ key, location: "memory:", reason: "EIO" }))
          : from.get(key, range)
    })

  it.live("is left out if the disk cannot read it, and the rest is copied", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const done = yield* copy(torn(from, pack), store)
      assert.deepStrictEqual([...done.broken.keys()], [pack])
      assert.include(done.broken.get(pack)!, "EIO")
      assert.isFalse(to.has(pack))
      assert.strictEqual(done.verifiedObjects, objects.size - 1)
      assert.strictEqual((yield* copy(torn(from, pack), store)).broken.size, 1)
      const mended = yield* copy(from, store)
      assert.strictEqual(mended.broken.size, 0)
      assert.strictEqual(mended.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
      // By now it cannot be compared: that is told too.
      const { repository } = Result.getOrThrow(Marker.decode(objects.get(ObjectKey.marker)!))
      to.set(`tmp/copy-of-${repository}`, new Uint8Array(1))
      const later = yield* copy(torn(from, pack), store)
      assert.deepStrictEqual([...later.broken.keys()], [pack])
      assert.strictEqual(later.verifiedObjects, objects.size - 1)
    }).pipe(Effect.scoped))

  it.live("is not copied if it reads as something else each time: the source may be good", () =>
    Effect.gen(function*() {
      const { from, pack, store, to } = yield* moving()
      let reads = 0
      const restless = ObjectStore.of({
        ...from,
        get: (key, range) =>
          Effect.map(from.get(key, range), (bytes) => {
            if (key !== pack) return bytes
            const other = Uint8Array.from(bytes)
            other[1000 + reads++]! ^= 1
            return other
          })
      })
      const found = yield* Effect.flip(copy(restless, store))
      assert.strictEqual(found._tag, "StoreUnavailable")
      assert.include(found.message, pack)
      assert.isFalse(to.has(pack))
      assert.isFalse(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))

  it.live("is told too where an earlier run, that did not come to its end, copied it", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, store, to } = yield* moving()
      objects.set(pack, rotten(objects.get(pack)!))
      yield* die((bytes) => bytes, ObjectKey.marker)
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.broken.keys()], [pack])
      assert.strictEqual(done.verifiedObjects, objects.size - 1)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("ends it before anything of the log goes on, if a log entry is damaged", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      const entries = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted()
      const key = entries.at(-1)!
      objects.set(key, rotten(objects.get(key)!))
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryCorrupt")
      assert.include(found.message, key)
      assert.isFalse(to.has(key))
      assert.isFalse(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))

  it.live("is not judged if a newer program wrote it", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const newer = Uint8Array.from(objects.get(pack)!)
      newer[5] = 2
      // Nothing of a format to come opens as one of today.
      newer[newer.length - 1]! ^= 1
      objects.set(pack, newer)
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryNewer")
      assert.include(found.message, pack)
      assert.isFalse(to.has(pack))
    }).pipe(Effect.scoped))
})
