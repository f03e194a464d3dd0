/** `init`: a new repository in an empty location. Never touches one that is there, or anything else. */
import { Effect } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as StorageUri from "../domain/StorageUri.ts"
import { explained, opening, wiring } from "./command.ts"
import { print } from "./output.ts"
import { askTwice, Secrets } from "./secrets.ts"

const protection = (encrypted: boolean): string =>
  encrypted
    ? "It is encrypted: keep the passphrase where this machine's end does not reach it; without it all of this is lost."
    : "It is not encrypted: whoever can read it can read your files and act as this device."

const handler = ({ passphrase }: { readonly passphrase: boolean }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { init } = yield* wiring
    const set = yield* Secrets
    const asked = passphrase && set.passphrase === undefined
    const secrets = asked ? { notes: set.notes, passphrase: yield* askTwice("BEPOSITORY_PASSPHRASE") } : set
    const { created, device, encrypted, repository } = yield* Effect.provideService(init(uri), Secrets, secrets)
    const location = StorageUri.location(uri)
    yield* print({ repository, location, device, created, encrypted }, () =>
      [
        created
          ? `A repository was made at ${location}.\n${protection(encrypted)}`
          : `There is ${encrypted ? "an encrypted" : "a"} repository at ${location} already; nothing was changed.`,
        "",
        `Device id: ${device}`,
        "",
        "Next: add this id as a remote device in Syncthing, share folders with it, and run",
        "  bepository serve MASTER_DEVICE_ID        (Syncthing: Actions, Show ID)",
        ...(asked ? ["It takes the passphrase from BEPOSITORY_PASSPHRASE_FILE or _COMMAND; INSTALL.md has more."] : [])
      ].join("\n"))
  })

const flags = {
  passphrase: Flag.Boolean("passphrase").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Encrypt: ask for a passphrase, twice, unless it is set [BEPOSITORY_PASSPHRASE, _FILE, _COMMAND]"
    )
  )
}

export const command = Command.make("init", flags, (given) => explained(handler(given))).pipe(
  Command.withDescription(
    `Make a repository in an empty location and print its device id. It is encrypted if there is a passphrase, and
  cannot become so later. \`serve\` does this by itself if it has to.`
  ),
  Command.withShortDescription("Make a repository in an empty location"),
  Command.withExamples([
    { command: "bepository init --storage-uri file:///srv/backup", description: "In a directory; it need not exist" },
    {
      command: "bepository init --passphrase --storage-uri s3://bucket/prefix?region=eu-central-1",
      description: "Encrypted"
    }
  ])
)
