import { Effect, Layer } from "effect"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import { replicaContract } from "../contracts/ReplicaContract.ts"

replicaContract(
  "memory",
  Effect.succeed({
    layer: (script) => ReplicaMemory.layer.pipe(Layer.provide(script.layer)),
    discard: Effect.void
  }),
  { histories: 100 }
)
