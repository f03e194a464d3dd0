/**
 * Hosts over one bucket: each a repository, a lease and an initialiser of its own, with its own weather, its own witness
 * and its own seeded randomness. With the test clock the same seeds give the same history.
 */
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, References, Result, Scope, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { TestClock } from "effect/testing"
import { createHash, createSecretKey } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Commit.ts"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import type { State } from "../../src/domain/repository/State.ts"
import * as KeysObjects from "../../src/layers/KeysObjects.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryInitLog from "../../src/layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { CertificateMaker } from "../../src/services/CertificateMaker.ts"
import { Keys } from "../../src/services/Keys.ts"
import { type Known, KnownRepository } from "../../src/services/KnownRepository.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Passphrase } from "../../src/services/Passphrase.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryInit } from "../../src/services/RepositoryInit.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as Seeded from "./Seeded.ts"

export interface Host {
  readonly repository: Repository["Service"]
  readonly lease: Lease["Service"]
}

export interface HostOptions {
  readonly store: ObjectStore["Service"]
  readonly name?: string
  readonly seed?: number
  /** What the host remembers between its runs. */
  readonly memory?: Map<string, Seen>
  /** Milliseconds for which outcomes are asked for; a daemon's if absent. */
  readonly patience?: number
  /** What it knows of the place. */
  readonly place?: Place
  /** The repository is encrypted, or is made so. */
  readonly passphrase?: string
}

export interface Place {
  known?: Known
}

/** For slots that nobody attacks: 1 MiB. */
export const cheapCost: KeySlot.Cost = { logN: 10, r: 8, p: 1 }

/** A passphrase that is stretched at once, and by nothing that takes time: the virtual clock would not wait for a thread. */
export const passphraseOf = (text: string): Passphrase => ({
  cost: cheapCost,
  stretch: (salt, { logN, p, r }) =>
    Effect.sync(() => {
      const digest = createHash("sha256").update(salt).update(`${logN} ${r} ${p} `)
      return createSecretKey(digest.update(KeySlot.passphraseBytes(text)).digest())
    })
})

/** What opens an encrypted repository, for layers that read it. */
export const passphraseLayer = (passphrase: string | undefined): Layer.Layer<never> =>
  passphrase === undefined ? Layer.empty : Layer.succeed(Passphrase, passphraseOf(passphrase))

const knownLayer = (place: Place): Layer.Layer<never> =>
  Layer.succeed(KnownRepository, {
    note: "the note",
    known: Effect.sync(() => place.known),
    remember: (known) =>
      Effect.sync(() => {
        place.known ??= known
      })
  })

/** Reproducible "secure" randomness. */
export const randomLayer = (seed: number): Layer.Layer<SecureRandom.SecureRandom> =>
  Layer.sync(SecureRandom.SecureRandom, () => {
    const random = Seeded.make(seed)
    return SecureRandom.SecureRandom.of(SecureRandom.make((size) => random.bytes(size)))
  })

/** A certificate in name only: reproducible, and another one for each seed. */
const certificateLayer = (seed: number) =>
  Layer.sync(CertificateMaker, () => {
    const random = Seeded.make(seed + 77)
    return CertificateMaker.of({
      make: Effect.sync(() => ({ certificate: random.bytes(40), privateKey: random.bytes(40) }))
    })
  })

const layerOf = (options: HostOptions) => {
  const { memory = new Map(), name = "host", passphrase, patience = Infinity, place = {}, seed = 1, store } = options
  const ground = Layer.mergeAll(
    passphraseLayer(passphrase),
    knownLayer(place),
    Layer.succeed(ObjectStore, store),
    randomLayer(seed),
    Layer.succeed(Witness, WitnessMemory.make(memory)),
    certificateLayer(seed)
  )
  const log = Layer.provideMerge(LogObjectsSealed.layerWith(patience), ground)
  return {
    init: Layer.provide(RepositoryInitLog.layer, log),
    keys: Layer.provide(KeysObjects.layer, log),
    repository: LeaseAlways.layer.pipe(Layer.provideMerge(RepositoryLog.layerAs(name)), Layer.provide(log))
  }
}

/** Opens the repository for the scope. */
export const open = (options: HostOptions) =>
  Effect.map(Layer.build(layerOf(options).repository), (context): Host => ({
    repository: Context.get(context, Repository),
    lease: Context.get(context, Lease)
  }))

/** Runs `init`. */
export const init = (options: HostOptions) =>
  Effect.scoped(
    Effect.flatMap(Layer.build(layerOf(options).init), (context) => Context.get(context, RepositoryInit).init)
  )

export const openOrInit = (options: HostOptions) =>
  Effect.scoped(
    Effect.flatMap(Layer.build(layerOf(options).init), (context) => Context.get(context, RepositoryInit).openOrInit)
  )

/** Does something with the keys of the repository. */
export const withKeys = <A, E>(options: HostOptions, use: (keys: Keys["Service"]) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(Layer.build(layerOf(options).keys), (context) => use(Context.get(context, Keys))))

const bucketWith = Effect.fnUntraced(function*(options: Partial<HostOptions>) {
  const objects = new Map<string, Uint8Array>()
  const store = ObjectStoreMemory.make(objects)
  yield* init({ store, seed: 4711, ...options })
  return { objects, store }
})

/** A fresh bucket with a repository in it. */
export const bucket = bucketWith({})

/** The same, encrypted. */
export const encryptedBucket = (passphrase: string) => bucketWith({ passphrase })

/**
 * Runs to the end on a test clock of its own, moved as needed, and closes what was opened: every run begins at the same
 * moment. `limit`: virtual minutes after which it is taken to hang; then it is not waited for.
 */
export const inVirtualTime = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  limit = 2000
): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.gen(function*() {
    yield* TestClock.setTime(beginning)
    const quiet = Effect.provideService(Effect.scoped(effect), References.MinimumLogLevel, "None")
    const fiber = yield* Effect.forkChild(quiet, { startImmediately: true })
    for (let minutes = 0; fiber.pollUnsafe() === undefined; minutes++) {
      if (minutes > limit) return yield* Effect.die(new Error(`not done after ${limit} virtual minutes`))
      yield* TestClock.adjust("1 minute")
    }
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(TestClock.layer()))

const beginning = Date.UTC(2026, 10, 23)

/** A host in a scope of its own, to be closed, or abandoned as by a crash. */
export const openDetached = Effect.fnUntraced(function*(options: HostOptions) {
  const scope = yield* Scope.make()
  const host = yield* Scope.provide(open(options), scope)
  return { ...host, close: Scope.close(scope, Exit.void) }
})

/** A small file's record; one block per run of one. */
export const record = (name: string, sequence: number, runs: ReadonlyArray<BlockRun> = []): FileRecord => {
  const blocks = runs.reduce((sum, run) => sum + run.count, 0)
  const info = FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 1n, value: BigInt(sequence) }],
    size: blocks * 131_072,
    hashes: new Uint8Array(32 * blocks).fill(sequence)
  })
  return { name, sequence, info, runs }
}

/** The operation that adds files of these names to the folder, on this state. */
export const files = (state: State, folder: string, names: ReadonlyArray<string>): Op => {
  const { sequence } = state.folders.get(folder) ?? { sequence: 0 }
  return { _tag: "FilesChanged", folder, records: names.map((name, at) => record(name, sequence + 1 + at)) }
}

export const addFolder = (folder: string, indexId = 7n): Op => ({
  _tag: "FolderAdded",
  folder,
  label: folder.toUpperCase(),
  indexId
})

/** A plan that adds files of these names to the folder. */
export const adding = (folder: string, ...names: ReadonlyArray<string>) => (state: State) =>
  Effect.succeed<ReadonlyArray<Op>>([files(state, folder, names)])

/** A bucket with the folder "d" in it, at position 2. */
export const bucketD = Effect.gen(function*() {
  const { objects, store } = yield* bucket
  const host = yield* open({ store, seed: 9 })
  yield* host.repository.commit(() => Effect.succeed([addFolder("d")]))
  return { objects, store }
})

/** Names committed since the beginning, in order, as a new host reads them; their sequences have no gaps or repeats. */
export const committed = Effect.fnUntraced(function*(store: ObjectStore["Service"]) {
  const { repository } = yield* open({ store, seed: 999 })
  const all = yield* Stream.runCollect(repository.commitsAfter(0))
  const records = all.flatMap(({ commit }) => commit.ops).flatMap((op) => op._tag === "FilesChanged" ? op.records : [])
  assert.deepStrictEqual(records.map((record) => record.sequence), records.map((_, at) => at + 1))
  return records.map((record) => record.name)
})

/**
 * Names in the folder's current view by their sequences, out of its segments and the commits after them: what is left
 * when the log before was trimmed.
 */
export const view = Effect.fnUntraced(function*(store: ObjectStore["Service"], folder: string) {
  const { repository } = yield* open({ store, seed: 998 })
  const state = yield* repository.head
  const { inline, segments, sequence } = state.folders.get(folder)!
  const records: Array<FileRecord> = []
  for (const id of segments) {
    const bytes = yield* store.get(ObjectKey.segment(id))
    const { content } = Result.getOrThrow(Segment.readAll(repository.sealing, id, bytes))
    if (content.table === "files") records.push(...content.records)
  }
  if (inline.length > 0) {
    for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(inline[0]! - 1))) {
      if (!inline.includes(commit.position)) continue
      for (const op of commit.ops) if (op._tag === "FilesChanged" && op.folder === folder) records.push(...op.records)
    }
  }
  return { state, sequence, names: new Map(records.map((record) => [record.sequence, record.name])) }
})

/** A bucket with 600 packs in the pack table, a base, and three commits after it. */
export const aged = Effect.gen(function*() {
  const { objects, store } = yield* bucket
  const host = yield* open({ store, seed: 9 })
  const fence = yield* host.lease.fence
  yield* host.repository.commit(() => Effect.succeed([addFolder("d")]), fence)
  const packs = Array.from({ length: 600 }, (_, at) => ({
    id: ObjectKey.makeId(fence.term, new Uint8Array(16).map((_, byte) => byte === 0 ? at >> 8 : at)),
    size: 1000,
    trailerLength: 100,
    blocks: 1,
    bytes: 900
  }))
  yield* host.repository.commit(() => Effect.succeed([{ _tag: "PacksAdded" as const, packs }]), fence)
  yield* host.repository.commit(adding("d", "a", "b"), fence)
  yield* host.repository.flush(fence)
  for (const name of ["c", "d", "e"]) yield* host.repository.commit(adding("d", name), fence)
  const head = yield* host.repository.head
  return { objects, store, head, sealing: host.repository.sealing }
})

/** The head as a host sees that opens the repository, and closes it. */
export const opening = (store: ObjectStore["Service"], memory?: Map<string, Seen>, seed = 12) =>
  Effect.scoped(
    Effect.flatMap(open({ store, seed, ...(memory === undefined ? {} : { memory }) }), ({ repository }) =>
      repository.head)
  )
