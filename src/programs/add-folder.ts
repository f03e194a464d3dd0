/** `add-folder`: takes up again what `remove-folder` removed. */
import { Effect } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { Folders } from "../services/Folders.ts"
import { Repository } from "../services/Repository.ts"
import { explained, opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import * as FolderNames from "./folder-names.ts"
import { print } from "./output.ts"

const handler = (options: { readonly folder: string }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { administration } = yield* wiring
    yield* Effect.gen(function*() {
      const state = yield* (yield* Repository).head
      const folder = yield* FolderNames.named(state.removed.values(), options.folder).pipe(
        Effect.catchTag("FolderUnknown", () => new SettingInvalid(unknown(options.folder, state)))
      )
      yield* (yield* Folders).add(folder.id)
      yield* print({ folder: folder.id, label: folder.label, added: true }, () =>
        `${FolderNames.shown(folder)} is taken up again, empty: what a master shares of it is stored from now on.`)
    }).pipe(Effect.provide(administration(uri)))
  })

type Known = Parameters<typeof FolderNames.shown>[0]

const unknown = (
  name: string,
  state: { readonly folders: ReadonlyMap<string, Known>; readonly removed: ReadonlyMap<string, Known> }
) => {
  const removed = [...state.removed.values()].map(FolderNames.shown).join(", ")
  const isThere = [...state.folders.values()].some(({ id, label }) => id === name || label === name)
  return {
    setting: `the folder "${name}"`,
    problem: isThere
      ? "it is in the repository already; nothing was changed"
      : `no folder of that name was removed${
        removed === "" ? "" : ` (removed are: ${removed})`
      }; a new one comes by sharing it with this device in Syncthing`
  }
}

export const command = Command.make("add-folder", {
  folder: Argument.String("folder").pipe(Argument.withDescription("Label or id of a removed folder"))
}, (options) => explained(handler(options))).pipe(
  Command.withDescription(
    "Take a folder up again that was removed. It begins empty; a master that shares it sends all of it anew. Folders that were never " +
      "removed need no command: sharing them with this device in Syncthing is enough."
  ),
  Command.withShortDescription("Take a removed folder up again"),
  Command.withExamples([{ command: "bepository add-folder Photos", description: "After `remove-folder Photos`" }])
)
