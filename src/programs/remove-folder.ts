/** `remove-folder`: a folder and its checkpoints go for good, once somebody has read what that means. */
import { Effect } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CheckpointNames from "../domain/dav/CheckpointNames.ts"
import type { FolderState, State } from "../domain/repository/State.ts"
import { CheckpointRefused } from "../services/CheckpointKeeping.ts"
import { Folders } from "../services/Folders.ts"
import { Repository } from "../services/Repository.ts"
import { explained, opening, wiring } from "./command.ts"
import { confirmed, YesFlag } from "./confirm.ts"
import * as Facts from "./facts.ts"
import * as FolderNames from "./folder-names.ts"
import * as Holdings from "./holdings.ts"
import { print } from "./output.ts"
import * as Text from "./text.ts"
import * as Totals from "./totals.ts"

/** What goes with the folder. */
const going = Effect.fnUntraced(function*(state: State, folder: FolderState) {
  const checkpoints = new Set(state.checkpoints.filter((one) => one.folder === folder.id).map(({ id }) => id))
  const held = yield* Holdings.together(state, checkpoints, folder.id)
  const totals = Totals.cost(state, folder) <= Facts.cheap ? yield* Totals.count(folder) : undefined
  return {
    folder: folder.id,
    label: folder.label,
    files: totals?.files ?? null,
    directories: totals?.directories ?? null,
    bytes: totals?.bytes ?? null,
    checkpoints: checkpoints.size,
    frees: held.alone,
    shared: held.shared
  }
})

type Going = Effect.Success<ReturnType<typeof going>>

const heldBy = ({ frees, shared }: Going) => ({ alone: frees, shared })

const text = (facts: Going): string =>
  [
    `${FolderNames.shown({ id: facts.folder, label: facts.label })} goes from the repository, for good:`,
    facts.files === null || facts.bytes === null
      ? "  its files (too many to count here)"
      : `  ${Text.counted(facts.files, "file")}, ${Text.bytes(facts.bytes)}`,
    `  ${Text.counted(facts.checkpoints, "checkpoint")}: none of its states can be gone back to`,
    `  that frees ${Holdings.least(heldBy(facts))} of the store in the end` +
    (facts.shared === 0 ? "" : `; about ${Text.bytes(facts.shared)} is in others' packs and tables too:`),
    ...(facts.shared === 0 ? [] : ["  what nobody else needs of it goes when they are rewritten"]),
    "What your Syncthing has stays as it is. The folder is not taken up again by itself: `add-folder` does that."
  ].join("\n")

const handler = (options: { readonly folder: string; readonly dryRun: boolean; readonly yes: boolean }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { administration } = yield* wiring
    yield* Effect.gen(function*() {
      const state = yield* (yield* Repository).head
      const folder = yield* FolderNames.named(state.folders.values(), options.folder)
      const problem = CheckpointNames.pinnedProblem(state, folder.id)
      if (problem !== undefined) return yield* new CheckpointRefused({ problem })
      const facts = yield* going(state, folder)
      if (options.dryRun) {
        return yield* print({ removed: false, ...facts }, () => `${text(facts)}\nNothing was changed.`)
      }
      if (
        !(yield* confirmed(
          options.yes,
          text(facts),
          `Remove ${Text.cut(folder.label || folder.id, 60)}?`,
          "`--dry-run` says what goes"
        ))
      ) {
        return yield* print({ removed: false, ...facts }, () => "Nothing was changed.")
      }
      yield* (yield* Folders).remove(folder.id)
      yield* print(
        { removed: true, ...facts },
        () =>
          `Removed ${FolderNames.shown(folder)}; ${Holdings.least(heldBy(facts))} can be collected. ` +
          "Stop sharing it with this device in Syncthing, or take it up again with `add-folder`."
      )
    }).pipe(Effect.provide(administration(uri)))
  })

export const command = Command.make("remove-folder", {
  folder: Argument.String("folder").pipe(Argument.withDescription("Label or id of a folder")),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Only say what would go")
  ),
  yes: YesFlag
}, (options) => explained(handler(options))).pipe(
  Command.withDescription(
    "Remove a folder and all its checkpoints from the repository for good, after saying what goes. Files in your Syncthing are not " +
      "touched. A pinned checkpoint forbids it. While a master still shares the folder it is not taken up again by itself; " +
      "`add-folder` does that. What only it held is deleted later, by a running daemon's collection."
  ),
  Command.withShortDescription("Remove a folder and its checkpoints for good"),
  Command.withExamples([
    { command: "bepository remove-folder Photos --dry-run", description: "What would go" },
    { command: "bepository remove-folder Photos --yes", description: "Without asking" }
  ])
)
