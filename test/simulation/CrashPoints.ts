/**
 * One canonical life of a repository (ingest, checkpoints, changes, expiry, upkeep, a stop) run again and again, each time
 * with a crash at another operation on store or cache: before it, after it, or with its reply lost. Whatever the point,
 * the host recovers, the life is lived to its end, and the laws hold.
 */
import { Clock, Context, Effect, Fiber, Random } from "effect"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Collector } from "../../src/services/Collector.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { Repository } from "../../src/services/Repository.ts"
import type * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import type { Services } from "./Daemon.ts"
import * as Machine from "./Machine.ts"

/** `store` and `cache` are numbered apart. */
export interface Point {
  readonly where: "store" | "cache"
  readonly index: number
  readonly manner: "before" | "after" | "lost reply"
}

export interface Outcome {
  readonly complaints: ReadonlyArray<string>
  /** Operations in all lives together. */
  readonly store: number
  readonly cache: number
  readonly commits: number
  readonly removed: number
  /** Whether the point was reached. */
  readonly struck: boolean
}

const hour = 3_600_000
const day = 24 * hour

interface Scene {
  readonly name: string
  readonly run: (
    stage: {
      readonly host: Machine.Host
      readonly pass: (milliseconds: number) => void
      readonly edit: (count: number) => Effect.Effect<void>
    },
    context: Context.Context<Services>
  ) => Effect.Effect<unknown, unknown>
}

const checkpoint: Scene = {
  name: "checkpoint",
  run: (_, context) => Context.get(context, Checkpoints).create(undefined, "manual")
}
const round: Scene = { name: "round", run: (_, context) => Context.get(context, Checkpoints).round }
const flush: Scene = {
  name: "flush",
  run: (_, context) =>
    Effect.flatMap(Context.get(context, Lease).fence, (fence) => Context.get(context, Repository).flush(fence))
}
const trim: Scene = { name: "trim", run: (_, context) => Context.get(context, LogTrimmer).round }
const compact: Scene = { name: "compact", run: (_, context) => Context.get(context, Compactor).round }
const collect: Scene = {
  name: "collect",
  run: (_, context) => Context.get(context, Collector).run({ maxRewrite: 1e9, full: true })
}
const removal: Scene = {
  name: "removal of checkpoints",
  run: (_, context) =>
    Context.get(context, Repository).commit((state) => {
      const ids = state.checkpoints.filter(({ supersededAt }) => supersededAt !== undefined).map(({ id }) => id)
      return Effect.succeed(ids.length === 0 ? [] : [{ _tag: "CheckpointsRemoved", ids }])
    })
}
const edits = (count: number): Scene => ({ name: `${count} edits`, run: ({ edit }) => edit(count) })
const passes = (milliseconds: number): Scene => ({
  name: "time passes",
  run: ({ pass }) => Effect.sync(() => pass(milliseconds))
})

/** A scene is played again if the host died in it. */
export const scenes: Array<Scene> = [
  edits(6),
  checkpoint,
  edits(5),
  passes(2 * hour),
  round,
  edits(4),
  flush,
  passes(9 * day),
  round,
  passes(2 * hour),
  round,
  edits(3),
  checkpoint,
  flush,
  passes(9 * day),
  trim,
  compact,
  removal,
  collect,
  passes(2 * hour),
  flush,
  collect,
  edits(2),
  passes(2 * hour),
  collect
]

/** Without a point: the life as it is meant. */
export const live = (point?: Point): Effect.Effect<Outcome> =>
  Hosts.inVirtualTime(story(point)).pipe(Random.withSeed(1), Effect.orDie)

const story = Effect.fnUntraced(function*(point: Point | undefined) {
  const machine = yield* Machine.make({ seed: 1, hosts: 1, names: 6 })
  const host = machine.hosts[0]!
  const complaints: Array<string> = []
  let store = 0
  let cache = 0
  let struck = false

  const strike = (where: Point["where"], index: number): Point["manner"] | undefined => {
    if (struck || point?.where !== where || point.index !== index) return undefined
    struck = true
    return point.manner
  }
  const decide = (): FaultyStore.Fault | undefined => {
    const manner = strike("store", store++)
    // The request is over long before anybody looks.
    if (manner === "before" || manner === "after") died = true
    return manner === undefined ? undefined : manner === "lost reply" ? "lose" : `crash ${manner}`
  }
  let died = false
  const { begin, commit } = host.disk
  const dies = (manner: Point["manner"] | undefined) => {
    if (manner === undefined) return
    host.life?.faulty.crash()
    if (host.life !== undefined) host.life.dead.now = true
    died = true
  }
  Object.assign(host.disk, {
    begin: () => {
      begin()
      if (point?.manner !== "before") return
      dies(strike("cache", cache++))
      if (died) throw new Error("the host crashed")
    },
    commit: () => {
      commit()
      if (point?.manner === "before") return
      dies(strike("cache", cache++))
    }
  })

  const running = yield* Effect.forkChild(host.peer.run)

  /** Up and running, started anew where it ended. */
  const context = Effect.fnUntraced(function*() {
    for (let seconds = 0; seconds < 600; seconds++) {
      const life = host.life
      const ended = life?.ended
      if (life !== undefined && (ended !== undefined || died)) {
        if (!died && ended?.includes("the host crashed") !== true && !ended?.startsWith("StoreUnavailable")) {
          complaints.push(`it ended: ${ended}`)
        }
        died = false
        yield* machine.kill(host)
      }
      if (host.life === undefined) yield* machine.start(host, { delay: 5, decide })
      else if (host.life.context !== undefined) return host.life.context
      yield* Effect.sleep("1 second")
    }
    return yield* Effect.die(new Error("the host does not come up"))
  })

  /** All that the peer has is taken in and acknowledged. */
  const settle = Effect.gen(function*() {
    for (let seconds = 0; seconds < 600; seconds++) {
      yield* context()
      if (host.life !== undefined && Machine.taken(host) && host.peer.settled()) return
      yield* Effect.sleep("1 second")
    }
    complaints.push("not everything was acknowledged")
  })

  for (const scene of scenes) {
    let done = false
    for (let attempt = 0; attempt < 5 && !done; attempt++) {
      const services = yield* context()
      const { clock } = host.clock
      const stage = {
        host,
        pass: (milliseconds: number) => {
          machine.sky.offset += milliseconds
        },
        edit: (count: number) =>
          Effect.gen(function*() {
            for (let i = 0; i < count; i++) yield* host.peer.edit
            yield* settle
          })
      }
      const life = host.life
      const exit = yield* Effect.exit(
        scene.run(stage, services).pipe(Effect.provideService(Clock.Clock, clock), Effect.timeoutOption("30 minutes"))
      )
      done = exit._tag === "Success" && host.life === life && life?.ended === undefined && !died
      if (!done && !struck) complaints.push(`${scene.name} failed without a fault: ${String(exit)}`)
    }
    if (!done) complaints.push(`${scene.name} does not come to its end`)
    yield* settle
  }
  yield* machine.stop(host)
  complaints.push(...(yield* machine.audit(true, true)))
  yield* Fiber.interrupt(running)
  complaints.push(...host.peer.complaints, ...machine.guard.complaints)
  return {
    complaints,
    store,
    cache,
    commits: machine.guard.commits.length,
    removed: machine.guard.removed(),
    struck
  } satisfies Outcome
})

/** Every point of the life. A cache's transaction has no reply to lose. */
export const points = ({ cache, store }: Outcome): ReadonlyArray<Point> => [
  ...Array.from(
    { length: store },
    (_, index) =>
      (["before", "after", "lost reply"] as const).map((manner): Point => ({ where: "store", index, manner }))
  ).flat(),
  ...Array.from(
    { length: cache },
    (_, index) => (["before", "after"] as const).map((manner): Point => ({ where: "cache", index, manner }))
  ).flat()
]
