/** Every way to break every kind of object, and what a full check says of it: that object, and no other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, References } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Level } from "../../src/services/Fsck.ts"
import * as World from "../harness/FsckWorld.ts"

type Objects = ReadonlyMap<string, Uint8Array>

/** Harms that a listing shows. */
const visible = new Set(["cut short", "something behind it", "emptied", "taken away"])

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 0x10)

/** What may happen to an object; `other`: one of its kind, `foreign`: one of another repository. */
const harms: Record<string, (bytes: Uint8Array, other: Uint8Array, foreign: Uint8Array) => Uint8Array | undefined> = {
  "a bit flipped in its head": (bytes) => flip(bytes, 9),
  "a bit flipped in its middle": (bytes) => flip(bytes, bytes.length >> 1),
  "a bit flipped in its end": (bytes) => flip(bytes, bytes.length - 7),
  "cut short": (bytes) => bytes.subarray(0, bytes.length - 1),
  "something behind it": (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
  "emptied": () => new Uint8Array(0),
  "taken away": () => undefined,
  "another of its kind in its place": (_, other) => other,
  "one of another repository in its place": (_, __, foreign) => foreign
}

const prefixes = {
  pack: ObjectKey.packPrefix,
  segment: ObjectKey.segmentPrefix,
  base: ObjectKey.basePrefix,
  log: ObjectKey.logPrefix
}

/** Some keys of the kind that a healthy repository needs: the first, the last, and one between. */
const chosen = (objects: Objects, prefix: string, needed: ReadonlySet<string>): ReadonlyArray<string> => {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && needed.has(key)).toSorted()
  return [...new Set([keys[0], keys[keys.length >> 1], keys.at(-1)])].filter((key) => key !== undefined)
}

/**
 * What is no loss, and looks like what trimming does: a base, for the log says the same, and the log's beginning. (The end of a
 * log that no base reaches is missed by nobody but a host that saw it: see the fork of a timeline.)
 */
const isHidden = (kind: string, place: number): boolean => kind === "base" || (kind === "log" && place === 0)

const once = <A>(effect: Effect.Effect<A, unknown>): () => Promise<A> => {
  let made: Promise<A> | undefined
  return () =>
    made ??= Effect.runPromise(Effect.provideService(Effect.orDie(effect), References.MinimumLogLevel, "None"))
}

describe.each(World.suites)("damage, %s", (suite) => {
  const healthy = once(World.objectsOf("aged", suite))
  const foreign = once(World.objectsOf("aged", suite))

  /** Keys of damage that is found, or of what keeps the repository from being opened. */
  const found = (objects: Map<string, Uint8Array>, level: Level = "full") =>
    World.on(objects, suite, World.check({ level })).pipe(
      Effect.map((report) =>
        new Set(report.findings.filter(({ severity }) => severity === "damage").map(({ key }) => key))
      ),
      Effect.catchTag("RepositoryCorrupt", ({ key }) => Effect.succeed(new Set([key]))),
      Effect.provideService(References.MinimumLogLevel, "None")
    )

  for (const [kind, prefix] of Object.entries(prefixes)) {
    for (const [harm, apply] of Object.entries(harms)) {
      it.live(`a ${kind}: ${harm}`, () =>
        Effect.gen(function*() {
          const objects = yield* Effect.promise(healthy)
          const state = yield* World.on(new Map(objects), suite, World.state)
          const needed = World.neededBy(state, objects)
          const theirs = [...(yield* Effect.promise(foreign))].find(([key]) => key.startsWith(prefix))!
          const keys = chosen(objects, prefix, needed)
          assert.isAbove(keys.length, 0)
          for (const key of keys) {
            const other = [...objects].find(([one]) => one.startsWith(prefix) && one !== key)![1]
            const broken = new Map(objects)
            const bytes = apply(objects.get(key)!, other, theirs[1])
            if (bytes === undefined) broken.delete(key)
            else broken.set(key, bytes)
            const hidden = bytes === undefined && isHidden(kind, keys.indexOf(key))
            assert.deepStrictEqual([...(yield* found(broken))], hidden ? [] : [key])
            if (kind === "pack" && visible.has(harm)) {
              assert.deepStrictEqual([...(yield* found(broken, "quick"))], [key], "quick")
            }
            // Between trailer and header lie the blocks, which only a full check reads.
            const inside = harm.endsWith("head")
            if (kind === "pack" && !harm.endsWith("middle")) {
              assert.deepStrictEqual([...(yield* found(broken, "structural"))], inside ? [] : [key], "structural")
            }
          }
        }))
    }

    it.live(`two objects of kind ${kind} change places`, () =>
      Effect.gen(function*() {
        const objects = yield* Effect.promise(healthy)
        const state = yield* World.on(new Map(objects), suite, World.state)
        const [a, b] = chosen(objects, prefix, World.neededBy(state, objects))
        const broken = new Map(objects)
        broken.set(a!, objects.get(b!)!)
        broken.set(b!, objects.get(a!)!)
        const keys = yield* found(broken)
        assert.isTrue(keys.has(a!) || keys.has(b!), [...keys].join())
        for (const key of keys) assert.isTrue(key === a || key === b, key)
      }))
  }
})
