/**
 * Up to three hosts and four commits, in every order of their requests: some store a file, one by a block that only a dead
 * pack has, while another condemns that pack, and deletes it after all have slept for longer than the grace.
 */
import { Effect, Exit, Layer, Scope } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { during } from "../../src/services/Lease.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as Instant from "../harness/Instant.ts"
import * as Interleaving from "./Interleaving.ts"
import type * as LocalHost from "./LocalHost.ts"

/** `a` stores a file by a block that only the dead pack has, `b` and `d` one of new blocks, `c` collects twice. */
type Name = "a" | "b" | "c" | "d"

export interface Scenario {
  readonly hosts: ReadonlyArray<Name>
  /** Hosts take turns by claims, or each writes when it likes. */
  readonly turns: boolean
  /** Who is told that it is another's turn lets it be, instead of waiting and asking again. */
  readonly meek?: boolean
  /** Old claims are left lying until the end. */
  readonly littered?: boolean
  /** The collecting host condemns the pack only, or finds it condemned and deletes it; both, a sleep apart, if absent. */
  readonly collects?: "condemns" | "deletes"
  readonly mishaps: ReadonlyArray<Interleaving.Mishap>
  /** Every order if absent; else those in which hosts that could go on are passed over so often at most. */
  readonly preemptions?: number
  /** Of orders that differ only in requests that do not touch each other, one. */
  readonly reduced?: boolean
}

export const describe = ({ collects, hosts, littered, meek, mishaps, preemptions, reduced, turns }: Scenario): string =>
  [
    `hosts ${hosts.join(", ")}${turns ? " by turns" : ", each when it likes"}${
      meek === true ? ", asked for once" : ""
    }`,
    ...littered === true ? ["old claims go last"] : [],
    ...collects === undefined ? [] : [`c ${collects} only`],
    ...mishaps.map((mishap) =>
      mishap === "lost" ? "a reply is lost" : mishap === "late" ? "a write is late" : `one ${mishap} a write`
    ),
    preemptions === undefined
      ? `every order${reduced === true ? " that makes a difference" : ""}`
      : `orders with up to ${preemptions} preemptions`
  ].join("; ")

const mishaps = ["lost", "late", "dies before", "dies after"] as const

/** Within seconds each. */
export const quick: ReadonlyArray<Scenario> = [
  { hosts: ["a", "b"], turns: true, mishaps: [] },
  { hosts: ["a", "b"], turns: false, mishaps: [] },
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b"], turns: false, mishaps: [mishap] })),
  ...mishaps.slice(2).map((mishap): Scenario => ({ hosts: ["a", "b"], turns: true, mishaps: [mishap], reduced: true })),
  { hosts: ["a", "b"], turns: true, meek: true, mishaps: [] },
  { hosts: ["a", "c"], turns: true, meek: true, collects: "condemns", mishaps: [], reduced: true },
  { hosts: ["a", "c"], turns: true, meek: true, collects: "deletes", mishaps: [], reduced: true },
  { hosts: ["a", "c"], turns: false, mishaps: [] },
  { hosts: ["b", "c"], turns: false, mishaps: [] },
  { hosts: ["a", "b", "c"], turns: false, mishaps: [], preemptions: 1 },
  { hosts: ["a", "c"], turns: false, mishaps: ["late"], preemptions: 1 },
  { hosts: ["a", "b", "c"], turns: true, mishaps: [], preemptions: 0 }
]

/** Within minutes or hours each. */
export const thorough: ReadonlyArray<Scenario> = [
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b"], turns: true, mishaps: [mishap] })),
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "c"], turns: false, mishaps: [mishap], reduced: true })),
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b", "c"], turns: false, mishaps: [mishap], preemptions: 1 })),
  { hosts: ["a", "b", "c"], turns: false, mishaps: [], preemptions: 2 },
  { hosts: ["a", "b", "c"], turns: true, mishaps: [], preemptions: 1 },
  ...(["condemns", "deletes"] as const).flatMap((collects): ReadonlyArray<Scenario> => [
    { hosts: ["a", "b", "c"], turns: false, collects, mishaps: [] },
    { hosts: ["a", "b", "c"], turns: true, meek: true, collects, mishaps: [], preemptions: 2 },
    { hosts: ["a", "b", "c"], turns: true, meek: true, littered: true, collects, mishaps: [], reduced: true }
  ])
]

/** Small enough to be taken in every order, and again without those that make no difference. */
export const twice: ReadonlyArray<Scenario> = [
  { hosts: ["a", "b"], turns: true, mishaps: [] },
  ...mishaps.map((mishap): Scenario => ({ hosts: ["a", "b"], turns: false, mishaps: [mishap] })),
  { hosts: ["a", "c"], turns: false, mishaps: [] },
  { hosts: ["a", "c"], turns: true, meek: true, littered: true, collects: "condemns", mishaps: [] }
]

const begin = Date.UTC(2026, 10, 23)

/** `heard`: of each different end. */
export const explore = (
  scenario: Scenario,
  options: Partial<Pick<Interleaving.Options, "tell" | "most">> = {},
  heard: (end: Interleaving.End) => void = () => {}
): Interleaving.Explored => {
  const { dead, objects, sealing } = prepare(scenario)
  const isLeft = (key: string) => scenario.littered === true && key.startsWith(ObjectKey.leasePrefix)
  return Interleaving.explore({
    objects,
    sealing,
    begin,
    most: Infinity,
    reduced: scenario.reduced ?? false,
    ...options,
    preemptions: scenario.preemptions ?? Infinity,
    mishaps: scenario.mishaps,
    // The log is not trimmed here, and what segments the state names stays named.
    isLasting: (key) => key.startsWith(ObjectKey.logPrefix) || key.startsWith(ObjectKey.segmentPrefix) || isLeft(key),
    isLeft,
    sleeps: scenario.hosts.includes("c") && scenario.collects === undefined ? 1 : 0,
    programs: scenario.hosts.map((name): Interleaving.Program => ({
      name,
      begin: name === "c" ? collector(scenario, name) : writer(scenario, name, writes[name], dead)
    })),
    audit: (end) => {
      heard(end)
      return audit(scenario, end)
    }
  })
}

/** A file that lives, and a pack whose only file was deleted and forgotten. */
const prepare = ({ collects }: Scenario) => {
  const instant = Instant.make(begin - 7 * 24 * World.hour)
  return instant.run(Effect.scoped(Effect.gen(function*() {
    const dead = new Map<string, string>()
    const bucket = yield* World.bucket
    const host = yield* World.open({ store: bucket.store, seed: 1 })
    yield* World.put(host, { kept: ["kept"] })
    yield* World.put(host, { old: ["x"] }, dead)
    yield* World.put(host, { old: null })
    yield* World.merge(host)
    if (collects === "deletes") yield* host.collector.run({ maxRewrite: 0, full: true })
    return { objects: new Map(bucket.objects), dead, sealing: host.repository.sealing }
  })))
}

const writes = {
  a: { seed: 11, files: { a: ["x"] } },
  b: { seed: 12, files: { b: ["y"] } },
  d: { seed: 14, files: { d: ["x"] } }
}

const opened = (scenario: Scenario, name: string, seed: number, { instant, store }: LocalHost.Stage) => {
  const scope = instant.run(Scope.make())
  const lease = scenario.turns ? { lease: leaseOf(name, instant, scenario) } : {}
  const host = instant.run(Scope.provide(World.open({ store, seed, ...lease }), scope))
  // Who asks once is a command: it leaves when it is done, and lets its turn go.
  const leaves = scenario.meek === true ? Scope.close(scope, Exit.void) : Effect.void
  return { host, leaves }
}

/** Ends with true if it has stored them. As the daemon does: what lost its term or its pack is planned anew. */
const writer = (
  scenario: Scenario,
  name: "a" | "b" | "d",
  { files, seed }: { readonly files: World.Files; readonly seed: number },
  dead: ReadonlyMap<string, string>
) =>
(stage: LocalHost.Stage) => {
  const { host, leaves } = opened(scenario, name, seed, stage)
  const known = name === "a" ? dead : []
  return Effect.suspend(() => during(host.lease, World.put(host, files, new Map(known)))).pipe(
    Effect.catchTags({
      Fenced: () => Effect.succeed(false),
      LeaseHeld: () => Effect.succeed(scenario.meek === true ? undefined : false),
      StoreUnavailable: () => Effect.as(Effect.sleep("1 second"), false)
    }),
    Effect.repeat({ until: (done) => done !== false, times: scenario.turns ? 20 : 2 }),
    Effect.ensuring(leaves)
  )
}

const collector = (scenario: Scenario, name: string) => (stage: LocalHost.Stage) => {
  const { host, leaves } = opened(scenario, name, 13, stage)
  const once = Effect.suspend(() => host.collector.run({ maxRewrite: 0, full: true })).pipe(
    Effect.catchTags({
      Fenced: () => Effect.undefined,
      LeaseHeld: () => Effect.undefined,
      StoreUnavailable: () => Effect.undefined,
      CollectionVoid: () => Effect.undefined
    })
  )
  const all = scenario.collects === undefined
    ? once.pipe(Effect.andThen(stage.sleep(2 * World.hour)), Effect.andThen(once))
    : once
  return all.pipe(Effect.asVoid, Effect.ensuring(leaves))
}

const audit = (scenario: Scenario, { moment, objects, results }: Interleaving.End): ReadonlyArray<string> => {
  const instant = Instant.make(begin + moment.awake + moment.slept)
  const shown = instant.run(World.audit(ObjectStoreMemory.make(new Map(objects)))).files
  const expected = new Map(World.shown({ kept: ["kept"] }))
  const found: Array<string> = []
  for (const name of ["a", "b", "d"] as const) {
    if (results.get(name) === true) {
      for (const [file, hash] of World.shown(writes[name].files)) expected.set(file, hash)
    } else if (scenario.turns && results.has(name) && scenario.meek !== true) {
      found.push(`${name} did not come to store anything`)
    }
  }
  for (const [name, hash] of expected) {
    if (shown.get(name) !== hash) found.push(`${name} was stored and is not there`)
  }
  return found
}

const leaseOf = (name: string, instant: Instant.Instant, { meek }: Scenario) =>
  LeaseObjectStore.layer({ ...LeaseObjectStore.defaults, version: "1", patience: meek === true ? 0 : 1_800_000 }).pipe(
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
