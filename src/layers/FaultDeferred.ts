/** The first fatal error of the process, as a deferred failure. */
import { Cause, Deferred, Effect, Layer } from "effect"
import { type DaemonError, Fault } from "../services/Fault.ts"

export const layer: Layer.Layer<Fault> = Layer.effect(
  Fault,
  Effect.gen(function*() {
    const deferred = yield* Deferred.make<never, DaemonError>()
    return Fault.of({
      raise: (error) => Effect.asVoid(Deferred.fail(deferred, error)),
      crashed: (cause) => Effect.asVoid(Deferred.die(deferred, Cause.squash(cause))),
      raised: Deferred.await(deferred)
    })
  })
)
