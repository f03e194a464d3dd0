/** `list-folders`: what the repository keeps. */
import { Clock, Effect } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Repository } from "../services/Repository.ts"
import { explained, opening, wiring } from "./command.ts"
import * as Facts from "./facts.ts"
import { print } from "./output.ts"

export const CountFlag = Flag.Boolean("count").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Count files even if more than 64 MiB of metadata has to be read for it")
)

const handler = (options: { readonly count: boolean }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { repository } = yield* wiring
    yield* Effect.gen(function*() {
      const state = yield* (yield* Repository).head
      const rows = yield* Facts.folders(state, options.count)
      const now = yield* Clock.currentTimeMillis
      const removed = Facts.removed(state)
      yield* print({ folders: rows, removed }, () =>
        [
          rows.length === 0
            ? "There are no folders yet: share one with this device in Syncthing."
            : Facts.table(rows, state, now),
          ...Facts.lost(rows),
          ...(rows.some((row) => row.files === null) ? [Facts.uncounted(state)] : []),
          ...(removed.length === 0
            ? []
            : ["", "Removed (`add-folder` takes one up again):", Facts.removedTable(state, now)])
        ].join("\n"))
    }).pipe(Effect.provide(repository(uri)))
  })

export const command = Command.make("list-folders", { count: CountFlag }, (options) => explained(handler(options)))
  .pipe(
    Command.withDescription(
      "List the folders in the repository with their files, sizes and checkpoints, and those that were removed"
    ),
    Command.withExamples([
      { command: "bepository list-folders", description: "As a table" },
      { command: "bepository list-folders --json", description: "For scripts" }
    ])
  )
