/** `npm run demo [-- --keep] [-- --scripted]`: the main job on this machine, narrated. Leaves nothing behind. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, References } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import process from "node:process"
import { tell } from "./demo/story.ts"
import { ending } from "./failure.ts"
import { Lifetime } from "./lifetime.ts"

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withDescription(description))

const command = Command.make("demo", {
  keep: flag("keep", "Stay open for browsing, until Ctrl-C"),
  scripted: flag("scripted", "Play the devices by a scripted peer even if there is a Syncthing")
}, (options) => Effect.scoped(tell(options))).pipe(
  Command.withDescription("Play the main job of bepository on this machine, in a temporary directory, and narrate it")
)

/** Ctrl-C is how a demo that was kept open ends. */
const lifetime: Lifetime = { untilSignal: false }

const main = Command.runWith(command, { version: "of bepository" })(process.argv.slice(2)).pipe(
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.provideService(Lifetime, lifetime),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    const { code, line } = ending(exit, undefined)
    if (line !== undefined) process.stderr.write(`\nThe demo failed: ${line}\n`)
    onExit(code === 130 && lifetime.untilSignal ? 0 : code)
  }
})
