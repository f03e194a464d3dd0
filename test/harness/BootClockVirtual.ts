/** Goes on with the test clock, of a machine that never sleeps. */
import { Clock, Effect, Layer } from "effect"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { BootClock } from "../../src/services/BootClock.ts"

export const layer: Layer.Layer<BootClock> = Layer.effect(
  BootClock,
  Effect.map(Clock.Clock, (clock) => BootClock.of({ millisUnsafe: () => Monotonic.millis(clock) }))
)
