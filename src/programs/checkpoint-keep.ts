/** `checkpoint every | schedules | pin | unpin | remove`: how long checkpoints stay. Works while daemons run, and without any. */
import { Clock, Effect, Option } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CheckpointPlan from "../domain/repository/CheckpointPlan.ts"
import * as Retention from "../domain/repository/Retention.ts"
import type { State } from "../domain/repository/State.ts"
import * as Timespan from "../domain/Timespan.ts"
import { CheckpointKeeping, CheckpointRefused } from "../services/CheckpointKeeping.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import * as Facts from "./checkpoint-facts.ts"
import { explained, opening, wiring } from "./command.ts"
import { confirmed, YesFlag } from "./confirm.ts"
import { SettingInvalid } from "./failure.ts"
import * as Holdings from "./holdings.ts"
import { print } from "./output.ts"
import * as Text from "./text.ts"

/** Runs with what administers the repository. */
const administering = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { administration } = yield* wiring
    return yield* Effect.provide(effect, administration(uri))
  })

const timespan = (setting: string, text: string): Effect.Effect<number, SettingInvalid> =>
  Effect.mapError(
    Effect.fromResult(Timespan.parse(text)),
    (problem) => new SettingInvalid({ setting: `${setting} "${text.slice(0, 80)}"`, problem })
  )

/** What the rest of the line asks for: milliseconds to keep, or `remove`. */
const asked = Effect.fnUntraced(function*(interval: string, rest: ReadonlyArray<string>) {
  const [word, value, ...more] = rest
  const usage =
    `give \`every ${interval} ttl TIME\` (how long its checkpoints are kept) or \`every ${interval} remove\``
  if (word === "remove" && value === undefined) return "remove"
  if (word === "ttl" && value !== undefined && more.length === 0) return yield* timespan("ttl", value)
  return yield* new SettingInvalid({ setting: `checkpoint every ${[interval, ...rest].join(" ")}`, problem: usage })
})

const every = (options: { readonly interval: string; readonly rest: ReadonlyArray<string> }) =>
  Effect.gen(function*() {
    const interval = yield* timespan("INTERVAL", options.interval)
    const keep = yield* asked(options.interval, options.rest)
    if (keep !== "remove") {
      const setting = `every ${options.interval} ttl ${options.rest[1]}`
      if (interval < Retention.minEvery) {
        return yield* new SettingInvalid({ setting, problem: "ten minutes (10m) is the shortest interval" })
      }
      if (keep < interval) {
        return yield* new SettingInvalid({ setting, problem: "ttl must be at least as long as the interval" })
      }
    }
    yield* administering(Effect.gen(function*() {
      const keeping = yield* CheckpointKeeping
      const state = keep === "remove"
        ? yield* keeping.removeSchedule(interval)
        : yield* keeping.setSchedule({ every: interval, keep })
      const due = yield* dueIn(state)
      yield* print({ schedules: Facts.schedules(state), due }, () =>
        [
          Facts.schedulesText(state),
          ...(due === 0 ? [] : [
            `${Text.counted(due, "checkpoint")} ${
              due === 1 ? "has" : "have"
            } served under these schedules: a running ` +
            "daemon lets go of them, an hour from now at the earliest. `checkpoint pin` keeps one."
          ])
        ].join("\n"))
    }))
  })

/** How many checkpoints the state's schedules hold no longer. */
const dueIn = (state: State) =>
  Effect.map(
    Clock.currentTimeMillis,
    (now) => CheckpointPlan.round(state, { now, sure: now }, { dueSince: new Map() }).due.length
  )

const schedules = administering(Effect.gen(function*() {
  const state = yield* (yield* Repository).head
  yield* print({ schedules: Facts.schedules(state) }, () =>
    state.schedules.length === 0
      ? Facts.schedulesText(state)
      : Text.table(["EVERY", "KEPT FOR"], Facts.schedules(state).map(({ every, ttl }) => [every, ttl])))
}))

const pin = (options: { readonly name: string; readonly reason: string; readonly for: Option.Option<string> }) =>
  Effect.gen(function*() {
    const lasts = Option.isNone(options.for) ? undefined : yield* timespan("--for", options.for.value)
    yield* administering(Effect.gen(function*() {
      const { id } = yield* Facts.named(yield* (yield* Repository).head, options.name)
      const until = lasts === undefined ? undefined : (yield* (yield* ObjectStore).now) + lasts
      const pin = { holder: "", reason: options.reason, ...(until === undefined ? {} : { until }) }
      const pinned = yield* (yield* CheckpointKeeping).pin(id, pin)
      const [row] = Facts.checkpoints(yield* (yield* Repository).head, [pinned], yield* Clock.currentTimeMillis)
      yield* print(
        { checkpoint: row },
        () =>
          `Pinned checkpoint ${id} (${row?.path}): it stays ${
            until === undefined ? "until it is unpinned" : `until ${Text.time(until)}`
          }.`
      )
    }))
  })

const unpin = (options: { readonly name: string }) =>
  administering(Effect.gen(function*() {
    const { id } = yield* Facts.named(yield* (yield* Repository).head, options.name)
    const unpinned = yield* (yield* CheckpointKeeping).unpin(id, "")
    const [row] = Facts.checkpoints(yield* (yield* Repository).head, [unpinned], yield* Clock.currentTimeMillis)
    yield* print(
      { checkpoint: row },
      () =>
        row?.expires == null
          ? `Unpinned checkpoint ${id} (${row?.path}).`
          : `Unpinned checkpoint ${id} (${row.path}): by the schedules it may go from ${row.expires} on.`
    )
  }))

const remove = (options: { readonly names: ReadonlyArray<string>; readonly yes: boolean }) =>
  administering(Effect.gen(function*() {
    const state = yield* (yield* Repository).head
    const chosen = yield* Effect.forEach(options.names, (name) => Facts.named(state, name))
    const ids = new Set(chosen.map(({ id }) => id))
    for (const checkpoint of chosen) {
      const problem = Retention.pinnedProblem(checkpoint, state.time)
      if (problem !== undefined) return yield* new CheckpointRefused({ problem })
    }
    const keeping = yield* CheckpointKeeping
    const held = yield* Holdings.together(state, ids)
    const now = yield* Clock.currentTimeMillis
    const rows = Facts.checkpoints(state, state.checkpoints.filter(({ id }) => ids.has(id)), now)
    const what = `${Text.counted(rows.length, "checkpoint")} ${rows.length === 1 ? "goes" : "go"} for good: ` +
      `${rows.map(({ id, path }) => `${id} (${path})`).join(", ")}; ` +
      `that frees ${Holdings.least(held)} of the store in the end${Holdings.later(held)}`
    if (!(yield* confirmed(options.yes, what, "Remove?"))) {
      return yield* print({ removed: [] }, () => "Nothing was changed.")
    }
    yield* keeping.remove([...ids])
    yield* print(
      { removed: rows, frees: held.alone, shared: held.shared },
      () =>
        `Removed ${rows.map(({ id }) => id).join(", ")}; ` +
        `${Holdings.least(held)} can be collected${Holdings.later(held)}.`
    )
  }))

const name = Argument.String("name").pipe(
  Argument.withDescription("A checkpoint as `checkpoint list` shows it: its number, its path, or FOLDER/latest")
)

const everyCommand = Command.make("every", {
  interval: Argument.String("interval").pipe(
    Argument.withDescription("A length of time: 10m, 1h, 1d, 1w; ten minutes at least")
  ),
  rest: Argument.String("ttl TIME | remove").pipe(
    Argument.variadic(),
    Argument.withDescription("`ttl` and how long its checkpoints are kept once they are superseded, or `remove`")
  )
}, (options) => explained(every(options))).pipe(
  Command.withDescription(
    "Set, replace or remove the schedule of an interval. Schedules lie in the repository and count for all hosts. The finest " +
      "says how often folders that changed get a checkpoint; each keeps, for its ttl, the checkpoint that stood at each of its " +
      "ticks (hours, days in UTC), the finest every one. The ttl counts from when a checkpoint was superseded. " +
      "Changing schedules deletes nothing at once: what no schedule holds goes in a later run, an hour after one found it so."
  ),
  Command.withShortDescription("Set or remove a schedule"),
  Command.withExamples([
    { command: "bepository checkpoint every 1h ttl 2d", description: "One an hour, each kept two days" },
    { command: "bepository checkpoint every 1w ttl 52w", description: "Beside that, one a week kept for a year" },
    { command: "bepository checkpoint every 1h remove", description: "No longer one an hour" }
  ])
)

export const commands = [
  everyCommand,
  Command.make("schedules", {}, () => explained(schedules)).pipe(
    Command.withDescription("Show how often checkpoints are made and how long they are kept")
  ),
  Command.make("pin", {
    name,
    reason: Flag.String("reason").pipe(
      Flag.withDefault(""),
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Why; lists show it")
    ),
    for: Flag.String("for").pipe(
      Flag.optional,
      Flag.withMetavar("TIME"),
      Flag.withDescription("For how long, by the store's clock, like 4w; else until it is unpinned")
    )
  }, (options) => explained(pin(options))).pipe(
    Command.withDescription("Keep a checkpoint whatever the schedules say; pinning it again replaces reason and time"),
    Command.withExamples([{
      command: "bepository checkpoint pin Photos/latest --reason \"before the big clean-up\"",
      description: "The newest of the folder labelled Photos"
    }])
  ),
  Command.make("unpin", { name }, (options) => explained(unpin(options))).pipe(
    Command.withDescription(
      "Let the schedules decide about a pinned checkpoint again, also about one that a repair keeps for 30 days"
    )
  ),
  Command.make("remove", {
    names: Argument.String("name").pipe(
      Argument.variadic({ min: 1 }),
      Argument.withDescription("Checkpoints as `checkpoint list` shows them: numbers or paths")
    ),
    yes: YesFlag
  }, (options) => explained(remove(options))).pipe(
    Command.withDescription(
      "Remove checkpoints for good, after saying what that frees; all of them or, if one is pinned, none. What only they held is " +
        "deleted later, by a running daemon's collection"
    ),
    Command.withShortDescription("Remove checkpoints for good"),
    Command.withExamples([{ command: "bepository checkpoint remove 12 13 --yes", description: "Without asking" }])
  )
] as const
