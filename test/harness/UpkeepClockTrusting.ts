/** Believes whatever the store says, for tests that let weeks pass at once and look at something else. */
import { Effect, Layer } from "effect"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { UpkeepClock } from "../../src/services/UpkeepClock.ts"

export const layer: Layer.Layer<UpkeepClock, never, ObjectStore> = Layer.effect(
  UpkeepClock,
  Effect.map(
    ObjectStore,
    (store) => UpkeepClock.of({ read: Effect.map(store.now, (now) => ({ now, sure: now, passed: now })) })
  )
)
