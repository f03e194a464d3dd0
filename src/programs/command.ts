/** What every command does first: read the environment, find the repository, load the implementations. */
import { Cause, Effect, type LogLevel, Option, References } from "effect"
import * as Settings from "./settings.ts"

/** `wiring.ts`, loaded when a command runs: it brings everything heavy. */
export const wiring = Effect.promise(() => import("./wiring.ts"))

export const opening = Effect.gen(function*() {
  const environment = yield* Settings.environment
  return { environment, uri: yield* Settings.storage(environment) }
})

/**
 * A handler with its log level: `usual`, or what --log-level asks for. At debug it shows the whole cause of a failure;
 * everybody else gets one line when the program ends.
 */
export const explained = <A, E, R>(handler: Effect.Effect<A, E, R>, usual: LogLevel.LogLevel = "Warn") =>
  Effect.flatMap(Settings.LogLevelFlag, (asked) =>
    handler.pipe(
      Effect.tapCause((cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logDebug("the command failed", cause)
      ),
      Effect.provideService(References.MinimumLogLevel, Option.getOrElse(asked, () => usual))
    ))
