/** `init`: a new repository in an empty location. Never touches one that is there, or anything else. */
import { Effect } from "effect"
import * as Command from "effect/cli/Command"
import * as StorageUri from "../domain/StorageUri.ts"
import { explained, opening, wiring } from "./command.ts"
import { print } from "./output.ts"

const handler = Effect.gen(function*() {
  const { uri } = yield* opening
  const { init } = yield* wiring
  const { created, device, repository } = yield* init(uri)
  const location = StorageUri.location(uri)
  yield* print({ repository, location, device, created }, () =>
    [
      created
        ? `A repository was made at ${location}.\nIt is not encrypted: whoever can read it can read your files and act as this device.`
        : `There is a repository at ${location} already; nothing was changed.`,
      "",
      `Device id: ${device}`,
      "",
      "Next: add this id as a remote device in Syncthing, share folders with it, and run",
      "  bepository serve MASTER_DEVICE_ID        (Syncthing: Actions, Show ID)"
    ].join("\n"))
})

export const command = Command.make("init", {}, () => explained(handler)).pipe(
  Command.withDescription(
    "Make a repository in an empty location and print its device id. `serve` does this by itself if it has to."
  ),
  Command.withShortDescription("Make a repository in an empty location"),
  Command.withExamples([
    { command: "bepository init --storage-uri file:///srv/backup", description: "In a directory; it need not exist" }
  ])
)
