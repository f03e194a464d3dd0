/** What every command does first: read the environment, find the repository, load the implementations. */
import { Cause, Effect, type LogLevel, Option, References } from "effect"
import { commandBudget } from "../domain/store/RetrySchedule.ts"
import * as Secrets from "./secrets.ts"
import * as Settings from "./settings.ts"
import * as Store from "./store-options.ts"

/** `wiring.ts`, loaded when a command runs: it brings everything heavy. */
export const wiring = Effect.promise(() => import("./wiring.ts"))

export const opening = Effect.gen(function*() {
  const environment = yield* Settings.environment
  return { environment, uri: yield* Settings.storage(environment) }
})

/** How a command differs from others. */
interface Usual {
  readonly logLevel?: LogLevel.LogLevel
  /** Milliseconds for which a store that does not answer is asked again. */
  readonly patience?: number
}

/**
 * A handler with its log level and its way with stores: the usual ones, or what the operator asks for. At debug it shows the
 * whole cause of a failure; everybody else gets one line when the program ends.
 */
export const explained = <A, E, R>(handler: Effect.Effect<A, E, R>, usual: Usual = {}) =>
  Effect.gen(function*() {
    const asked = yield* Settings.LogLevelFlag
    const set = Effect.flatMap(
      Settings.environment,
      (environment) => Effect.all([Store.read(environment, usual.patience ?? commandBudget), Secrets.read(environment)])
    )
    return yield* Effect.flatMap(set, ([options, secrets]) =>
      handler.pipe(
        Effect.provideService(Store.StoreOptions, options),
        Effect.provideService(Secrets.Secrets, secrets)
      ))
      .pipe(
        Effect.tapCause((cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logDebug("the command failed", cause)
        ),
        Effect.provideService(References.MinimumLogLevel, Option.getOrElse(asked, () => usual.logLevel ?? "Warn"))
      )
  })
