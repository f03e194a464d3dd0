/** The repository over stores that keep their word. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as CertificateMakerX509 from "../../src/layers/CertificateMakerX509.ts"
import * as HostFilesNode from "../../src/layers/HostFilesNode.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryInitLog from "../../src/layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as WitnessFile from "../../src/layers/WitnessFile.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import type { ObjectStore, StoreError } from "../../src/services/ObjectStore.ts"
import { RepositoryInit } from "../../src/services/RepositoryInit.ts"
import type { Witness } from "../../src/services/Witness.ts"
import { repositoryContract } from "../contracts/RepositoryContract.ts"
import * as FileStore from "../harness/FileStore.ts"
import { passphraseLayer } from "../harness/Hosts.ts"

const assembled = (store: Layer.Layer<ObjectStore, StoreError>, witness: Layer.Layer<Witness>, passphrase?: string) => {
  const ground = Layer.mergeAll(store, witness, passphraseLayer(passphrase), NodeCrypto.layer)
  const log = LogObjectsSealed.layer.pipe(Layer.provideMerge(ground))
  const made = Layer.effectDiscard(Effect.flatMap(RepositoryInit, (init) => init.openOrInit)).pipe(
    Layer.provide(RepositoryInitLog.layer),
    Layer.provide(CertificateMakerX509.layer)
  )
  return LeaseAlways.layer.pipe(
    Layer.provideMerge(RepositoryLog.layer),
    Layer.provide(made),
    Layer.provideMerge(log)
  )
}

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-log-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

repositoryContract("memory", assembled(ObjectStoreMemory.layer, WitnessMemory.layer))
repositoryContract("memory, encrypted", assembled(ObjectStoreMemory.layer, WitnessMemory.layer, "correct horse"))
repositoryContract(
  "file",
  Layer.unwrap(
    Effect.map(
      temporary,
      (path) =>
        assembled(
          FileStore.layer(Path.join(path, "store")),
          WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(Path.join(path, "cache"))))
        )
    )
  )
)
