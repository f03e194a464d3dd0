/**
 * Up to three hosts and four commits, in every order of their requests: some store a file, one by a block that only a dead
 * pack has, while another condemns that pack, and deletes it after all have slept for longer than the grace.
 */
import { Effect, Layer, Scope } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { during } from "../../src/services/Lease.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as Instant from "../harness/Instant.ts"
import * as Guard from "./Guard.ts"
import * as Interleaving from "./Interleaving.ts"

/** `a` stores a file by a block that only the dead pack has, `b` and `d` one of new blocks, `c` collects twice. */
type Name = "a" | "b" | "c" | "d"

export interface Scenario {
  readonly hosts: ReadonlyArray<Name>
  /** Hosts take turns by claims, or each writes when it likes. */
  readonly turns: boolean
  readonly mishaps: ReadonlyArray<Interleaving.Mishap>
  /** Every order if absent; else those in which hosts that could go on are passed over so often at most. */
  readonly preemptions?: number
}

export const describe = ({ hosts, mishaps, preemptions, turns }: Scenario): string =>
  [
    `hosts ${hosts.join(", ")}${turns ? " by turns" : ", each when it likes"}`,
    ...mishaps.map((mishap) =>
      mishap === "lost" ? "a reply is lost" : mishap === "late" ? "a write is late" : `one ${mishap} a write`
    ),
    preemptions === undefined ? "every order" : `orders with up to ${preemptions} preemptions`
  ].join("; ")

const mishaps = ["lost", "late", "dies before", "dies after"] as const

/** Within seconds each. */
export const quick: ReadonlyArray<Scenario> = [
  { hosts: ["a", "b"], turns: true, mishaps: [] },
  { hosts: ["a", "b"], turns: false, mishaps: [] },
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b"], turns: false, mishaps: [mishap] })),
  { hosts: ["a", "b", "c"], turns: false, mishaps: [], preemptions: 1 },
  { hosts: ["a", "c"], turns: false, mishaps: ["late"], preemptions: 1 },
  { hosts: ["a", "b", "c"], turns: true, mishaps: [], preemptions: 0 }
]

/** Within minutes or hours each. */
export const thorough: ReadonlyArray<Scenario> = [
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b"], turns: true, mishaps: [mishap] })),
  { hosts: ["a", "c"], turns: false, mishaps: [] },
  { hosts: ["b", "c"], turns: false, mishaps: [] },
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b", "c"], turns: false, mishaps: [mishap], preemptions: 1 })),
  { hosts: ["a", "b", "c"], turns: false, mishaps: [], preemptions: 2 },
  { hosts: ["a", "b", "c"], turns: true, mishaps: [], preemptions: 1 },
  { hosts: ["a", "b", "d"], turns: true, mishaps: [] },
  { hosts: ["a", "b", "c"], turns: false, mishaps: [] }
]

const begin = Date.UTC(2026, 10, 23)

/** `most`: states after which it is given up. */
export const explore = (scenario: Scenario, most = Infinity): Interleaving.Explored => {
  const { dead, objects } = prepare()
  return Interleaving.explore({
    objects,
    begin,
    most,
    preemptions: scenario.preemptions ?? Infinity,
    mishaps: scenario.mishaps,
    // The log is not trimmed here, and what segments the state names stays named.
    isLasting: (key) => key.startsWith(ObjectKey.logPrefix) || key.startsWith(ObjectKey.segmentPrefix),
    sleeps: scenario.hosts.includes("c") ? 1 : 0,
    story: (stage) => storyOf(scenario, stage, dead)
  })
}

/** A file that lives, and a pack whose only file was deleted and forgotten. */
const prepare = () => {
  const instant = Instant.make(begin - 7 * 24 * World.hour)
  const objects = new Map<string, Uint8Array>()
  const dead = new Map<string, string>()
  instant.run(Effect.scoped(Effect.gen(function*() {
    const bucket = yield* World.bucket
    const host = yield* World.open({ store: bucket.store, seed: 1 })
    yield* World.put(host, { kept: ["kept"] })
    yield* World.put(host, { old: ["x"] }, dead)
    yield* World.put(host, { old: null })
    yield* World.merge(host)
    for (const [key, bytes] of bucket.objects) objects.set(key, bytes)
  })))
  return { objects, dead: dead.get("x")! }
}

const storyOf = (scenario: Scenario, stage: Interleaving.Stage, dead: string): Interleaving.Story => {
  const { instant, objects } = stage
  const scope = instant.run(Scope.make())
  const below = ObjectStoreMemory.make(objects)
  const opened = (name: string, seed: number, store: ObjectStore["Service"]) =>
    instant.run(Scope.provide(
      World.open({
        store,
        seed,
        ...(scenario.turns ? { lease: leaseOf(name, stage) } : {})
      }),
      scope
    ))
  const judge = opened("judge", 9, below)
  const guard = Guard.make(below, objects, judge.repository.sealing, () => instant.clock.currentTimeMillisUnsafe())
  guard.adopt()
  const stored = new Map<string, World.Files>()

  const writer = (name: string, seed: number, files: World.Files, known: ReadonlyMap<string, string>) => {
    const host = opened(name, seed, stage.storeOf(name, guard.store))
    const once = Effect.suspend(() => during(host.lease, World.put(host, files, new Map(known))))
    // As the daemon does: what lost its term or its pack is planned anew.
    const run = once.pipe(
      Effect.catchTags({
        Fenced: () => Effect.succeed(false),
        LeaseHeld: () => Effect.succeed(false),
        StoreUnavailable: () => Effect.as(Effect.sleep("1 second"), false)
      }),
      Effect.repeat({ until: (done) => done, times: scenario.turns ? 20 : 2 }),
      Effect.tap((done) =>
        Effect.sync(() => {
          if (done) stored.set(name, files)
        })
      )
    )
    return { name, run }
  }
  const collector = (name: string, seed: number) => {
    const host = opened(name, seed, stage.storeOf(name, guard.store))
    const once = Effect.suspend(() => host.collector.run({ maxRewrite: 0, full: true })).pipe(
      Effect.catchTags({
        Fenced: () => Effect.undefined,
        LeaseHeld: () => Effect.undefined,
        StoreUnavailable: () => Effect.undefined,
        CollectionVoid: () => Effect.undefined
      })
    )
    return { name, run: once.pipe(Effect.andThen(stage.sleep(name, 2 * World.hour)), Effect.andThen(once)) }
  }
  const isIn = (name: Name) => scenario.hosts.includes(name)
  return {
    programs: [
      ...isIn("a") ? [writer("a", 11, { a: ["x"] }, new Map([["x", dead]]))] : [],
      ...isIn("b") ? [writer("b", 12, { b: ["y"] }, new Map())] : [],
      ...isIn("d") ? [writer("d", 14, { d: ["x"] }, new Map())] : [],
      ...isIn("c") ? [collector("c", 13)] : []
    ],
    complaints: () => guard.complaints,
    audit: (instant, dead) => {
      const shown = instant.run(World.audit(below)).files
      const expected = new Map(World.shown({ kept: ["kept"] }))
      for (const files of stored.values()) for (const [name, hash] of World.shown(files)) expected.set(name, hash)
      const found: Array<string> = []
      for (const [name, hash] of expected) {
        if (shown.get(name) !== hash) found.push(`${name} was stored and is not there`)
      }
      for (const name of ["a", "b", "d"] as const) {
        if (scenario.turns && isIn(name) && !dead.has(name) && !stored.has(name)) {
          found.push(`${name} did not come to store anything`)
        }
      }
      return found
    }
  }
}

const leaseOf = (name: string, { instant }: Interleaving.Stage) =>
  LeaseObjectStore.layer({ ...LeaseObjectStore.defaults, version: "1", patience: 1_800_000 }).pipe(
    Layer.provide([
      Layer.succeed(BootClock, { millisUnsafe: instant.boot }),
      Layer.succeed(HostIdentity, {
        id: Buffer.from(name.padEnd(16, "-")).toString("hex"),
        label: name,
        process: 1,
        isAlive: (other) => other === 1
      })
    ])
  )
