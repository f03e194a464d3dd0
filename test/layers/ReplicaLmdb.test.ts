import { Effect } from "effect"
import * as Fs from "node:fs"
import { replicaContract } from "../contracts/ReplicaContract.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"

replicaContract(
  "LMDB",
  Effect.map(ReplicaPlace.directory, (directory) => ({
    layer: (script) => ReplicaPlace.layerAt(directory, script.layer),
    discard: Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
  })),
  { histories: 60 }
)
