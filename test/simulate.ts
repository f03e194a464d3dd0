/**
 * `npm run simulate -- [--seeds N] [--from SEED] [--workers N]`: seeded histories of whole daemons (test/simulation/Fleet.ts), as
 * many as asked for, on as many processes. Prints every seed that broke a law, then one line of counts; exits 1 if there was one.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Effect, Schedule } from "effect"
import { availableParallelism } from "node:os"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import * as Fleet from "./simulation/Fleet.ts"

/** Seeds a worker is given at a time. */
const portion = 25

interface Report {
  readonly seed: number
  readonly complaints: ReadonlyArray<string>
  readonly counts: Readonly<Record<string, number>>
}

const simulate = (seed: number): Effect.Effect<Report> =>
  Fleet.simulate({ seed }).pipe(
    Effect.map(({ acknowledged, commits, complaints, edits, events, removed }): Report => ({
      seed,
      complaints,
      counts: { ...events, acknowledged, commits, edits, "objects removed": removed }
    })),
    Effect.catchCause((cause) =>
      Effect.succeed<Report>({ seed, complaints: [`it did not come to an end: ${String(cause)}`], counts: {} })
    )
  )

const worker = (port: NonNullable<typeof parentPort>) =>
  Effect.callback<never>(() => {
    port.on("message", (seeds: ReadonlyArray<number>) => {
      Effect.runFork(
        Effect.flatMap(Effect.forEach(seeds, simulate), (reports) => Effect.sync(() => port.postMessage(reports)))
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
      workers: { type: "string", default: String(availableParallelism()) }
    }
  })
  const seeds = whole("seeds", values.seeds, 1)
  const from = whole("from", values.from, 0)
  const workers = whole("workers", values.workers, 1)
  const began = yield* Clock.currentTimeMillis
  const totals: Record<string, number> = {}
  const bad: Array<number> = []
  let next = from
  let done = 0
  const take = (): ReadonlyArray<number> => {
    const seedsOf = Array.from({ length: Math.min(portion, from + seeds - next) }, (_, i) => next + i)
    next += seedsOf.length
    return seedsOf
  }
  const tell = Effect.suspend(() =>
    Effect.sync(() => console.log(`${done} of ${seeds} histories, ${bad.length} broke a law`))
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
      for (const { complaints, counts, seed } of reports) {
        done++
        for (const [what, count] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + count
        if (complaints.length === 0) continue
        bad.push(seed)
        console.log(`seed ${seed}:`)
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
  console.log(`seeds ${from} to ${from + seeds - 1} in ${seconds} s: ${counts.join(", ")}`)
  console.log(`${seeds - bad.length} passed, ${bad.length} failed, 0 skipped`)
  if (bad.length > 0) process.exitCode = 1
})

if (isMainThread) NodeRuntime.runMain(main)
else if (parentPort !== null && workerData === "simulate") Effect.runFork(worker(parentPort))
