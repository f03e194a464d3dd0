/** What an operator, or a loop, asks of a running daemon at any moment. It may fail; it may not do harm. */
import { Context, Effect } from "effect"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Collector } from "../../src/services/Collector.ts"
import { Compactor, everything } from "../../src/services/Compactor.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { Repository } from "../../src/services/Repository.ts"
import type * as Seeded from "../harness/Seeded.ts"
import type { Services } from "./Daemon.ts"

const hour = 3_600_000
const day = 24 * hour

export interface Task {
  readonly name: string
  /** `pass`: lets so many milliseconds go by on every wall clock. */
  readonly run: (
    context: Context.Context<Services>,
    random: Seeded.Seeded,
    pass: (milliseconds: number) => void
  ) => Effect.Effect<unknown, unknown>
}

export const flush = (context: Context.Context<Services>) =>
  Effect.flatMap(Context.get(context, Lease).fence, (fence) => Context.get(context, Repository).flush(fence))

const collect = (context: Context.Context<Services>) =>
  Context.get(context, Collector).run({ maxRewrite: 1e9, full: true })

/** Old checkpoints go, tables are merged, and what is garbage then is condemned, deleted an hour later, and looked for once more. */
const clean: Task = {
  name: "clean up",
  run: (context, _, pass) =>
    Effect.gen(function*() {
      const repository = Context.get(context, Repository)
      yield* repository.commit((state) => {
        const ids = state.checkpoints.filter(({ pins, supersededAt }) =>
          pins === undefined && supersededAt !== undefined
        )
        return Effect.succeed(
          ids.length === 0 ? [] : [{ _tag: "CheckpointsRemoved", ids: ids.map(({ id }) => id) }]
        )
      })
      yield* Context.get(context, Compactor).round
      yield* Context.get(context, Compactor).sweep(everything)
      for (let round = 0; round < 3; round++) {
        yield* flush(context)
        yield* collect(context)
        pass(2 * hour)
      }
    })
}

const checkpoint: Task = {
  name: "checkpoint",
  run: (context) => Context.get(context, Checkpoints).create(undefined, "manual")
}
const compact: Task = { name: "compact", run: (context) => Context.get(context, Compactor).round }
const collectAll: Task = { name: "collect all", run: collect }

/** What makes most of what lies there old, and most new. */
/** What makes most of what lies there old, and most new. */
export const tidying: ReadonlyArray<Task> = [
  { name: "flush", run: flush },
  checkpoint,
  compact,
  collectAll,
  clean,
  clean,
  clean
]

export const tasks: ReadonlyArray<Task> = [
  checkpoint,
  { name: "scheduled checkpoints", run: (context) => Context.get(context, Checkpoints).round },
  { name: "flush", run: flush },
  compact,
  { name: "forget", run: (context) => Context.get(context, Compactor).forget },
  { name: "rename", run: (context) => Context.get(context, Compactor).rename },
  { name: "sweep", run: (context) => Context.get(context, Compactor).sweep(everything) },
  clean,
  clean,
  clean,
  { name: "trim", run: (context) => Context.get(context, LogTrimmer).round },
  { name: "collect", run: (context) => Context.get(context, Collector).run({ maxRewrite: 1e9 }) },
  collectAll,
  { name: "refresh", run: (context) => Context.get(context, Repository).refresh },
  {
    name: "schedule",
    run: (context, random) =>
      Context.get(context, Repository).commit(() =>
        Effect.succeed([{ _tag: "ScheduleSet", every: (1 + random.int(5)) * hour, keep: day * (1 + random.int(9)) }])
      )
  },
  {
    name: "pin",
    run: (context, random) =>
      Context.get(context, Repository).commit((state) => {
        const checkpoint = state.checkpoints[random.int(Math.max(1, state.checkpoints.length))]
        return Effect.succeed(
          checkpoint === undefined ? [] : [{
            _tag: "CheckpointPinned",
            id: checkpoint.id,
            holder: "reader",
            reason: "restore",
            until: state.time + random.int(2 * day)
          }]
        )
      })
  },
  {
    name: "remove a checkpoint",
    run: (context, random) =>
      Context.get(context, Repository).commit((state) => {
        const free = state.checkpoints.filter(({ pins }) => pins === undefined)
        const checkpoint = free[random.int(Math.max(1, free.length))]
        return Effect.succeed(checkpoint === undefined ? [] : [{ _tag: "CheckpointsRemoved", ids: [checkpoint.id] }])
      })
  }
]
