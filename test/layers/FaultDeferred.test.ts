import { expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import { Fault } from "../../src/services/Fault.ts"
import { StoreUnavailable } from "../../src/services/ObjectStore.ts"

const error = new StoreUnavailable({ operation: "put", key: "log/1", reason: "gone" })

it.effect("fails whoever waits with the first error raised", () =>
  Effect.gen(function*() {
    const fault = yield* Fault
    const waiting = yield* Effect.forkChild(Effect.exit(fault.raised), { startImmediately: true })
    yield* fault.raise(error)
    yield* fault.crashed(Cause.die("later"))
    expect(yield* Fiber.join(waiting)).toEqual(Exit.fail(error))
  }).pipe(Effect.provide(FaultDeferred.layer)))

it.effect("a bug in work the daemon needs ends it, as a bug", () =>
  Effect.gen(function*() {
    const fault = yield* Fault
    yield* fault.crashed(Cause.die("a bug"))
    yield* fault.raise(error)
    expect(yield* Effect.exit(fault.raised)).toEqual(Exit.die("a bug"))
  }).pipe(Effect.provide(FaultDeferred.layer)))
