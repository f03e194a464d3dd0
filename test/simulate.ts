/**
 * `npm run simulate -- [--seeds N] [--from SEED] [--crash-points] [--explore] [--corruptions N] [--workers N] [--record]`: seeded
 * histories of whole daemons (test/simulation/Fleet.ts), as many as asked for, or every crash point of the canonical life
 * (CrashPoints.ts), or small stories in every order of their requests (Explorer.ts), or damages of a repository that was used
 * for a month (Corruption.ts), on as many threads. Prints what broke a law, then one line of counts, with `--record` into
 * docs/reliability.md too; exits 1 if something did.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Effect, Schedule } from "effect"
import { availableParallelism } from "node:os"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import * as Recorded from "./harness/Recorded.ts"
import * as Corruption from "./simulation/Corruption.ts"
import * as CrashPoints from "./simulation/CrashPoints.ts"
import * as Explorer from "./simulation/Explorer.ts"
import * as Fleet from "./simulation/Fleet.ts"

/** Seeds a worker is given at a time. */
const portion = 25

interface Report {
  readonly what: string
  readonly complaints: ReadonlyArray<string>
  readonly counts: Readonly<Record<string, number>>
}

interface Damage {
  readonly damage: number
}

type Task = number | CrashPoints.Point | Explorer.Scenario | Damage

/** One for each thread. */
const victim = Effect.runSync(Effect.cached(Effect.orDie(Corruption.lived())))

const corrupt = ({ damage }: Damage): Effect.Effect<Report> =>
  Effect.map(
    Effect.orDie(Effect.flatMap(victim, (victim) => Corruption.strike(victim, damage))),
    ({ complaints, kind, what }) => ({
      what: `damage ${damage}, ${what}`,
      complaints,
      counts: { [kind]: 1 }
    })
  )

const explore = (scenario: Explorer.Scenario): Effect.Effect<Report> =>
  Effect.sync(() => {
    const what = Explorer.describe(scenario)
    const { buckets, complaints, ends, orders, states, whole } = Explorer.explore(scenario, {
      tell: (states, buckets, locals) =>
        console.log(`${what}: ${states} states up to now, ${buckets} buckets, ${locals} of single hosts`)
    })
    console.log(
      `${what}: ${states} states for ${orders.toPrecision(3)} orders, ${buckets} buckets, ${ends} ends${
        whole ? "" : ", not whole"
      }`
    )
    return { what, complaints, counts: { states, "different ends": ends } }
  })

const simulate = (task: Task): Effect.Effect<Report> => {
  if (typeof task === "object" && "hosts" in task) return explore(task)
  if (typeof task === "object" && "damage" in task) return corrupt(task)
  const what = typeof task === "number" ? `seed ${task}` : `${task.where} ${task.index}, ${task.manner}`
  const report = typeof task === "number"
    ? Effect.map(
      Fleet.simulate({ seed: task, fsck: task % 8 === 0 }),
      ({ acknowledged, commits, complaints, edits, events, ops, removed }) => ({
        what,
        complaints,
        counts: { ...events, ...ops, acknowledged, commits, edits, "objects removed": removed }
      })
    )
    : Effect.map(CrashPoints.live(task), ({ commits, complaints, removed, struck }) => ({
      what,
      complaints: struck ? complaints : [...complaints, "the point was not reached"],
      counts: { commits, "objects removed": removed }
    }))
  return Effect.catchCause(
    report,
    (cause) => Effect.succeed<Report>({ what, complaints: [`it did not come to an end: ${String(cause)}`], counts: {} })
  )
}

const worker = (port: NonNullable<typeof parentPort>) =>
  Effect.callback<never>(() => {
    port.on("message", (tasks: ReadonlyArray<Task>) => {
      Effect.runFork(
        Effect.flatMap(Effect.forEach(tasks, simulate), (reports) => Effect.sync(() => port.postMessage(reports)))
      )
    })
  })

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${name} is a whole number from ${least}, not ${text}`)
}

const main = Effect.gen(function*() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "2000" },
      from: { type: "string", default: "1" },
      "crash-points": { type: "boolean", default: false },
      explore: { type: "boolean", default: false },
      corruptions: { type: "string", default: "0" },
      record: { type: "boolean", default: false },
      workers: { type: "string", default: String(availableParallelism()) }
    }
  })
  const from = whole("from", values.from, 0)
  const damages = whole("corruptions", values.corruptions, 0)
  const tasks: ReadonlyArray<Task> = values.explore
    ? [...Explorer.quick, ...Explorer.thorough]
    : values["crash-points"]
    ? CrashPoints.points(yield* CrashPoints.live())
    : damages > 0
    ? Array.from({ length: damages }, (_, i) => ({ damage: i + 1 }))
    : Array.from({ length: whole("seeds", values.seeds, 1) }, (_, i) => from + i)
  const workers = whole("workers", values.workers, 1)
  const began = yield* Clock.currentTimeMillis
  const totals: Record<string, number> = {}
  let bad = 0
  let next = 0
  let done = 0
  const take = (): ReadonlyArray<Task> => {
    const some = tasks.slice(next, next + (values.explore ? 1 : portion))
    next += some.length
    return some
  }
  const tell = Effect.suspend(() =>
    Effect.sync(() => console.log(`${done} of ${tasks.length} histories, ${bad} broke a law`))
  )
  const one = Effect.callback<void>((resume) => {
    const thread = new Worker(Path.join(import.meta.dirname, "simulate.ts"), { workerData: "simulate" })
    const feed = () => {
      const portion = take()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      if (portion.length > 0) thread.postMessage(portion)
      else void thread.terminate().then(() => resume(Effect.void))
    }
    thread.on("error", (error) => resume(Effect.die(error)))
    thread.on("message", (reports: ReadonlyArray<Report>) => {
      for (const { complaints, counts, what } of reports) {
        done++
        for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
        if (complaints.length === 0) continue
        bad++
        console.log(`${what}:`)
        for (const complaint of new Set(complaints)) console.log(`  ${complaint}`)
      }
      feed()
    })
    feed()
    return Effect.promise(() => thread.terminate())
  })
  yield* Effect.all(Array.from({ length: workers }, () => one), { concurrency: "unbounded" }).pipe(
    Effect.raceFirst(Effect.repeat(tell, Schedule.spaced("1 minute")).pipe(Effect.delay("1 minute")))
  )
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - began) / 1000)
  const counts = Object.entries(totals).toSorted(([a], [b]) => a < b ? -1 : 1).map(([what, count]) =>
    `${what} ${count}`
  )
  const which = values.explore
    ? "stories"
    : values["crash-points"]
    ? "crash points"
    : damages > 0
    ? "damages"
    : `seeds ${from} to ${from + tasks.length - 1}`
  console.log(`${which} in ${seconds} s: ${counts.join(", ")}`)
  console.log(`${tasks.length - bad} passed, ${bad} failed, 0 skipped`)
  if (values.record) yield* Recorded.write({ which, passed: tasks.length - bad, failed: bad, seconds, totals })
  if (bad > 0) process.exitCode = 1
})

if (isMainThread) NodeRuntime.runMain(main)
else if (parentPort !== null && workerData === "simulate") Effect.runFork(worker(parentPort))
