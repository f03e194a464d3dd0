/** `fsck --compact`: everything that can be collected now, and what it told. Several runs, until one finds nothing more to do. */
import { Clock, Effect, Option, Result, Schema } from "effect"
import * as Flag from "effect/cli/Flag"
import * as Runtime from "effect/Runtime"
import * as CollectionPlan from "../domain/repository/CollectionPlan.ts"
import * as Size from "../domain/store/Size.ts"
import { type Collected, Collector, type Progress } from "../services/Collector.ts"
import { Compactor, everything } from "../services/Compactor.ts"
import { type Explanation, Holdings } from "../services/Holdings.ts"
import { Repository } from "../services/Repository.ts"
import { opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import { print } from "./output.ts"
import * as Settings from "./settings.ts"
import * as Terminal from "./terminal.ts"
import * as Text from "./text.ts"

export const CompactFlag = Flag.Boolean("compact").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Condemn what nothing needs, delete what was condemned an hour ago, rewrite packs that are mostly dead"
  )
)

export const MaxRewriteFlag = Flag.String("max-rewrite").pipe(
  Flag.optional,
  Flag.withMetavar("SIZE"),
  Flag.withDescription("With --compact: rewrite at most so much, like 500M or 10G; 0 for nothing")
)

/** Something could not be done; what was done has been said. A job that nobody looks at tells by this that somebody must. */
export class CompactionHindered extends Schema.TaggedError<CompactionHindered>()("CompactionHindered", {
  by: Schema.Array(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = 3
  override get message() {
    return this.by.join("; ")
  }
}

/** Runs that follow each other, whatever they find: each does what the one before left. */
const mostRuns = 1000

export const compact = (options: { readonly maxRewrite: Option.Option<string> }) =>
  Effect.gen(function*() {
    const { environment, uri } = yield* opening
    const settings = yield* Settings.all(environment, uri, Settings.noServeFlags)
    const maxRewrite = Option.isNone(options.maxRewrite) ? Infinity : yield* sizeOf(options.maxRewrite.value)
    const json = yield* Settings.JsonFlag
    const { collector } = yield* wiring
    yield* Effect.gen(function*() {
      const runs = yield* Collector
      const sweeping = yield* sweep
      const swept = Result.getOrNull(sweeping)
      const live = Terminal.watched() && !json ? Terminal.make() : undefined
      const progress = live === undefined ? undefined : (step: Progress) => live.show([lineOf(step)])
      let sum: Collected | undefined
      for (let run = 0, left = maxRewrite; run < mostRuns; run++) {
        const done: Collected = yield* runs.run({
          maxRewrite: left,
          full: true,
          ...(progress === undefined ? {} : { progress })
        })
        sum = sum === undefined ? done : added(sum, done)
        left -= done.rewritten.bytes
        const moved = done.condemned.count + done.deleted.count + done.rewritten.count
        if (!done.more || moved === 0 || left <= 0) break
      }
      live?.clear()
      const state = yield* (yield* Repository).head
      const waiting = CollectionPlan.waiting(state, yield* Clock.currentTimeMillis)
      // As it is now: another host may have stopped it in the middle of a run.
      const stopped = state.deletionStopped?.reason
      const damage = [
        ...(Result.isSuccess(sweeping) ? [] : [sweeping.failure]),
        ...inPacks(sum!)
      ]
      const facts = {
        ...sum,
        stopped,
        damage,
        swept,
        waiting,
        holdings: yield* (yield* Holdings).explain({ list: false })
      }
      yield* print(facts, () => text(sum!, stopped, swept, waiting, facts.holdings))
      const by = [...(stopped === undefined ? [] : [standstill(stopped)]), ...damage]
      if (by.length > 0) return yield* new CompactionHindered({ by })
    }).pipe(Effect.provide(collector(uri, settings)))
  })

/**
 * Rows that newer ones superseded go first: what they name would be kept for them. Damage is no reason to keep the rest, and
 * leaves open how much went; it fails with what is to be said of it.
 */
const sweep = Effect.gen(function*() {
  const done = yield* (yield* Compactor).sweep(everything)
  return { segments: done.length, records: done.reduce((sum, { dropped }) => sum + dropped, 0) }
}).pipe(
  Effect.map(Result.succeed),
  Effect.catchTag("RepositoryCorrupt", ({ key, reason }) =>
    Effect.succeed(Result.fail(
      `${key} is damaged (${reason}): old rows stay, \`bepository fsck\` tells whom it hits and what mends it`
    )))
)

const inPacks = ({ rewritten: { damaged } }: Collected): ReadonlyArray<string> =>
  damaged === 0 ? [] : [
    `${Text.counted(damaged, "pack")} worth rewriting cannot be, for damage: ` +
    "`bepository fsck --check full --repair` mends what it can"
  ]

const standstill = (reason: string): string =>
  `deletion is stopped (${reason}): \`bepository fsck --repair\` saves what is in use, and then it goes on`

const sizeOf = (value: string) =>
  Effect.fromResult(
    Result.mapError(Size.bytes(value.trim()), (problem) =>
      new SettingInvalid({ setting: `--max-rewrite "${value}"`, problem }))
  )

const added = (a: Collected, b: Collected): Collected => ({
  ...b,
  deleted: plus(a.deleted, b.deleted),
  condemned: plus(a.condemned, b.condemned),
  orphans: a.orphans + b.orphans,
  rewritten: {
    ...plus(a.rewritten, b.rewritten),
    packs: a.rewritten.packs + b.rewritten.packs,
    // A run after another meets the same ones.
    damaged: Math.max(a.rewritten.damaged, b.rewritten.damaged)
  },
  redirectsDropped: a.redirectsDropped + b.redirectsDropped
})

const plus = (a: { readonly count: number; readonly bytes: number }, b: typeof a) => ({
  count: a.count + b.count,
  bytes: a.bytes + b.bytes
})

const lineOf = ({ done, step, total }: Progress): string => {
  const of = total === undefined ? "" : ` of ${Text.count(total.count)}`
  return `${step}: ${Text.count(done.count)}${of} (${Text.bytes(done.bytes)})`
}

const text = (
  { condemned, deleted, doubtedUntil, orphans, rewritten }: Collected,
  stopped: string | undefined,
  swept: { readonly segments: number; readonly records: number } | null,
  waiting: ReturnType<typeof CollectionPlan.waiting>,
  { packs, redirects }: Explanation
): string => {
  const amount = ({ bytes, count }: { readonly count: number; readonly bytes: number }, what = "object") =>
    `${Text.counted(count, what)}, ${Text.bytes(bytes)}`
  const held = Text.redirects(redirects)
  const rows: ReadonlyArray<readonly [string, string]> = [
    ...(stopped === undefined ? [] : [["stopped", `deletion: ${stopped}`] as const]),
    ...(swept === null || swept.segments === 0 ? [] : [
      ["swept", `${Text.counted(swept.records, "old row")} in ${Text.counted(swept.segments, "segment")}`] as const
    ]),
    ["deleted", amount(deleted)],
    ["condemned", `${amount(condemned)}${orphans > 0 ? `; ${Text.count(orphans)} left by crashes` : ""}`],
    ["rewritten", `${amount(rewritten, "pack")} of live blocks, into ${Text.counted(rewritten.packs, "pack")}`],
    [
      "waiting",
      waiting.until === undefined ? "nothing" : `${amount(waiting)}, to be deleted from ${Text.time(waiting.until)} on`
    ],
    ...(doubtedUntil === undefined ? [] : [
      [
        "clock",
        "the store's clock leapt ahead since this host last looked: what was condemned since goes after " +
        `${Text.time(doubtedUntil)}, if it goes on so`
      ] as const
    ]),
    ...(held === undefined ? [] : [["held up", held] as const]),
    [
      "needed",
      `${Text.bytes(packs.current.bytes)} by current folders, ${
        Text.bytes(packs.checkpoints.bytes)
      } by checkpoints only`
    ]
  ]
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n")
}
