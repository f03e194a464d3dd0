import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as HostFilesNode from "../../src/layers/HostFilesNode.ts"
import * as KnownRepositoryFile from "../../src/layers/KnownRepositoryFile.ts"
import { type Known, KnownRepository } from "../../src/services/KnownRepository.ts"
import * as Process from "../harness/Process.ts"

const one: Known = { repository: "0".repeat(32), suite: "aes-256-gcm" }
const two: Known = { repository: "1".repeat(32), suite: "plain" }

const here = <A, E>(
  directory: string,
  manner: "keep" | "look",
  use: (here: KnownRepository) => Effect.Effect<A, E>,
  place = "abc"
) =>
  Effect.provide(
    Effect.flatMap(KnownRepository, use),
    KnownRepositoryFile.layer(place, manner).pipe(Layer.provide(HostFilesNode.layer(directory)))
  )

it.live("what was first known stays known, to later processes too, for each place apart", () =>
  Effect.gen(function*() {
    const directory = Path.join(yield* Process.tempDirectory("known"), "new")
    assert.isUndefined(yield* here(directory, "keep", ({ known }) => known))
    yield* here(directory, "keep", ({ remember }) => remember(one))
    yield* here(directory, "keep", ({ remember }) => remember(two))
    assert.deepStrictEqual(yield* here(directory, "keep", ({ known }) => known), one)
    assert.isUndefined(yield* here(directory, "keep", ({ known }) => known, "other"))
    assert.deepStrictEqual(Fs.readdirSync(Path.join(directory, "witness")), ["at-abc.json"])
    assert.strictEqual(Fs.statSync(Path.join(directory, "witness/at-abc.json")).mode & 0o777, 0o600)
  }).pipe(Effect.scoped))

it.live("whoever only looks sees it, and leaves nothing", () =>
  Effect.gen(function*() {
    const directory = yield* Process.tempDirectory("known")
    yield* here(directory, "look", ({ remember }) => remember(one))
    assert.isFalse(Fs.existsSync(Path.join(directory, "witness")))
    yield* here(directory, "keep", ({ remember }) => remember(one))
    assert.deepStrictEqual(yield* here(directory, "look", ({ known }) => known), one)
    assert.isUndefined(yield* here("/dev/null/cache", "look", ({ known }) => known))
  }).pipe(Effect.scoped))

it.live("a damaged note is reported, never taken for none", () =>
  Effect.gen(function*() {
    const directory = yield* Process.tempDirectory("known")
    Fs.mkdirSync(Path.join(directory, "witness"), { recursive: true })
    for (const text of ["", "{", "{}", `{"repository":"${"0".repeat(31)}","suite":"plain"}`, `{"repository":1}`]) {
      Fs.writeFileSync(Path.join(directory, "witness/at-abc.json"), text)
      const error = yield* Effect.flip(here(directory, "look", ({ known }) => known))
      assert.strictEqual(error._tag, "ReplicaUnusable", text)
      assert.include(error.message, "at-abc.json")
    }
  }).pipe(Effect.scoped))

it.live("a directory that cannot be made is reported with a way out", () =>
  Effect.gen(function*() {
    const directory = yield* Process.tempDirectory("known")
    Fs.mkdirSync(directory, { recursive: true })
    Fs.writeFileSync(Path.join(directory, "witness"), "a file")
    const error = yield* Effect.flip(here(directory, "keep", ({ remember }) => remember(one)))
    assert.include(error.message, "write to")
  }).pipe(Effect.scoped))
