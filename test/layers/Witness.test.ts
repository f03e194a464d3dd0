import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as HostFilesNode from "../../src/layers/HostFilesNode.ts"
import * as WitnessFile from "../../src/layers/WitnessFile.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { Witness } from "../../src/services/Witness.ts"
import { witnessContract } from "../contracts/WitnessContract.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-witness-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

witnessContract("memory", WitnessMemory.layer)
witnessContract(
  "file",
  Layer.unwrap(
    Effect.map(temporary, (path) => WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(Path.join(path, "new")))))
  )
)

const digest = new Uint8Array(32).fill(7)

it.live("file: another process finds what was recorded, and nothing else lies about", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    yield* Effect.provide(
      Effect.flatMap(Witness, (witness) => witness.record("abc", { position: 12, digest })),
      WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(path)))
    )
    const seen = yield* Effect.provide(
      Effect.flatMap(Witness, (witness) => witness.seen("abc")),
      WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(path)))
    )
    assert.deepStrictEqual(seen, { position: 12, digest })
    assert.deepStrictEqual(Fs.readdirSync(Path.join(path, "witness")), ["abc.json"])
  }))

it.live("file: a damaged file is reported, never taken for a new host", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    Fs.mkdirSync(Path.join(path, "witness"))
    for (
      const text of ["", "{", "{}", `{"position":-1,"digest":"${"0".repeat(64)}"}`, `{"position":1,"digest":"00"}`]
    ) {
      Fs.writeFileSync(Path.join(path, "witness/abc.json"), text)
      const witness = Effect.provide(
        Effect.flatMap(Witness, (witness) => witness.seen("abc")),
        WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(path)))
      )
      const error = yield* Effect.flip(witness)
      assert.strictEqual(error._tag, "ReplicaUnusable", text)
      assert.include(error.message, "abc.json")
    }
  }))

it.live("file: a directory that cannot be made is reported with a way out", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    Fs.writeFileSync(Path.join(path, "witness"), "a file")
    const record = Effect.provide(
      Effect.flatMap(Witness, (witness) => witness.record("abc", { position: 1, digest })),
      WitnessFile.layer.pipe(Layer.provide(HostFilesNode.layer(path)))
    )
    const error = yield* Effect.flip(record)
    assert.strictEqual(error._tag, "ReplicaUnusable")
    assert.include(error.message, "write to")
  }))
