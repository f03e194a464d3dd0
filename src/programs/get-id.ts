/** `get-id`: the device id to enter in Syncthing. */
import { Effect } from "effect"
import * as Command from "effect/cli/Command"
import { Identity } from "../services/Identity.ts"
import { explained, opening, wiring } from "./command.ts"
import { print } from "./output.ts"

const handler = Effect.gen(function*() {
  const { uri } = yield* opening
  const { identity } = yield* wiring
  const { device } = yield* Effect.provide(Identity, identity(uri))
  yield* print({ device }, () => device)
})

export const command = Command.make("get-id", {}, () => explained(handler)).pipe(
  Command.withDescription("Print the repository's device id, which all hosts that use the repository share"),
  Command.withExamples([{ command: "bepository get-id", description: "The id to add as a remote device in Syncthing" }])
)
