/**
 * What a newer bepository left in the store: every command ends with 13, names what is newer, and touches nothing. Where one
 * does not read what is newer it cannot know; whatever reads it says so, and never calls it damage.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Commit from "../../src/domain/repository/Commit.ts"
import { type Sealing, sealObject } from "../../src/domain/repository/Envelope.ts"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import * as LeaseClaim from "../../src/domain/repository/LeaseClaim.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../../src/layers/SnapshotReaderSegments.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { LogObjects } from "../../src/services/LogObjects.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import { noise, seeded, stretched } from "../domain/repository/fixtures.ts"
import * as Lived from "../golden/Lived.ts"
import * as LivedHost from "../golden/LivedHost.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Process from "../harness/Process.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"
import { census, run } from "./fixture.ts"

const master = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"

const commands = {
  serve: ["serve", master, "--listen", "127.0.0.1:0", "--master-address", "none"],
  status: ["status"],
  "list-folders": ["list-folders"],
  "checkpoint now": ["checkpoint", "now"],
  "checkpoint list": ["checkpoint", "list"],
  "checkpoint every": ["checkpoint", "every", "1w", "ttl", "3w"],
  fsck: ["fsck"],
  "fsck --check full": ["fsck", "--check", "full"],
  "fsck --repair": ["fsck", "--repair", "--yes"],
  "fsck --compact": ["fsck", "--compact"],
  copy: ["copy", "THERE"],
  "key add": ["key", "add"],
  "key change": ["key", "change"]
} satisfies Record<string, ReadonlyArray<string>>

type Name = keyof typeof commands

const everyCommand = Object.keys(commands) as ReadonlyArray<Name>
const checks: ReadonlyArray<Name> = ["fsck", "fsck --check full", "fsck --repair"]
/**
 * Those that read what folders hold by themselves, before they change anything: `serve` does when a master connects, and
 * collection has opened its term.
 */
const readers: ReadonlyArray<Name> = [...checks, "status", "checkpoint now", "checkpoint list"]

/** An object of a format to come, of the same size: nothing but its first bytes can be understood. */
const newer = (name: string, bytes: Uint8Array): Uint8Array => {
  const made = Uint8Array.from(bytes)
  made.set(noise(bytes.length - 24, name), 24)
  made[5] = 2
  return made
}

interface World {
  readonly objects: Map<string, Uint8Array>
  readonly sealing: Sealing
  readonly state: Lived.Found["state"]
}

const replaced = ({ objects }: World, name: string): string => {
  objects.set(name, newer(name, objects.get(name)!))
  return name
}

/** Who runs a newer program, as other hosts know it. */
const seen = ({ objects, sealing, state }: World) => {
  for (const [number, label, version] of [[1, "today", "0.9.0"], [2, "tomorrow", "0.10.0"]] as const) {
    const claim = LeaseClaim.encode(sealing, number, seeded(label), {
      holder: "0".repeat(31) + number,
      nonce: "1".repeat(31) + number,
      label,
      version,
      process: 1,
      priority: 100,
      duration: 0,
      time: state.time,
      queued: 0,
      term: 0,
      since: 0,
      progress: LeaseClaim.noProgress
    })
    objects.set(ObjectKey.lease(number), claim)
  }
  return "the newest program that was seen here is 0.10.0, on tomorrow"
}

/** One more commit, and what else is to be in it. */
const appended = ({ objects, sealing, state }: World, ops: ReadonlyArray<Commit.Op>, more = new Uint8Array(0)) => {
  const name = ObjectKey.log(state.position + 1)
  const bytes = Commit.encode({
    position: state.position + 1,
    previous: Buffer.from(state.digest, "hex"),
    term: 0,
    nonce: seeded("nonce").subarray(0, 16),
    host: "tomorrow",
    time: state.time,
    ops
  })
  objects.set(name, sealObject(sealing, name, seeded("salt"), Buffer.concat([bytes, more])))
  return name
}

const basesOf = ({ objects }: World) => [...objects.keys()].filter((key) => key.startsWith("base/")).toSorted()

/** What is newer, and how a command that meets it names it. */
const cases: Readonly<
  Record<string, { readonly change: (world: World) => string; readonly who: ReadonlyArray<Name> }>
> = {
  "the marker's version": {
    change: ({ objects }) => {
      objects.get("repository")![5] = 2
      return "repository: its format is 2"
    },
    who: everyCommand
  },
  "a required feature": {
    change: (world) =>
      `${appended(world, [{ _tag: "FeatureRequired", feature: "telepathy" }])}: .*telepathy; tomorrow wrote it`,
    who: everyCommand
  },
  "an operation in the log": {
    change: (world) =>
      `${appended(world, [], Buffer.from([0x82, 0x01, 0x03, 0xa2, 0x1f, 0x00]))}: .*; tomorrow wrote it`,
    who: everyCommand
  },
  "an entry's version": {
    change: (world) => `${replaced(world, ObjectKey.log(world.state.position))}: its format is 2; ${seen(world)}`,
    who: everyCommand
  },
  "the newest base's version": {
    change: (world) => `${replaced(world, basesOf(world).at(-1)!)}: its format is 2; ${seen(world)}`,
    who: everyCommand
  },
  "a pack table's version": {
    change: (world) => `${replaced(world, ObjectKey.segment(world.state.packs.segments[0]!))}: its format is 2`,
    who: everyCommand
  },
  "an older base's version": {
    change: (world) => `${replaced(world, basesOf(world).at(-2)!)}: its format is 2`,
    who: checks
  },
  "a folder's segment's version": {
    change: (world) => {
      const { segments } = world.state.folders.find(({ id }) => id === "photos")!
      return `${replaced(world, ObjectKey.segment(segments[0]!))}: its format is 2`
    },
    who: readers
  },
  "a pack's version": {
    change: (world) => `${replaced(world, ObjectKey.pack(world.state.packs.flushed[0]!.id))}: its format is 2`,
    who: checks
  }
}

const ground = (objects: Map<string, Uint8Array>, suite: Lived.Suite) =>
  LivedHost.ground({
    objects,
    seed: 1,
    name: "test",
    memory: new Map(),
    passphrase: suite === "plain" ? undefined : Lived.passphrases[0]
  })

const sealingOf = (objects: Map<string, Uint8Array>, suite: Lived.Suite) =>
  Effect.map(Effect.flatMap(LogObjects, ({ marker }) => marker), ({ sealing }) => sealing).pipe(
    Effect.provide(LogObjectsSealed.layer.pipe(Layer.provide(ground(objects, suite)), Layer.fresh))
  )

/** What everything reads by, over the bucket. */
const reading = (objects: Map<string, Uint8Array>, suite: Lived.Suite) =>
  SnapshotReaderSegments.layer.pipe(
    Layer.provideMerge(Layer.merge(BlockReaderPacks.layer, SegmentReaderRanges.layer)),
    Layer.provideMerge(RepositoryLog.layerAs("reader")),
    Layer.provide(LogObjectsSealed.layer),
    Layer.provideMerge(ground(objects, suite)),
    Layer.fresh
  )

const passphrase = "one that is quickly tried"

/** A key that takes no second to try, before the others. */
const withQuickKey = (objects: Map<string, Uint8Array>, sealing: Sealing): void => {
  if (sealing.suite === "plain") return
  const about = {
    id: "00".repeat(16),
    label: "",
    host: "test",
    created: 1,
    cost: Hosts.cheapCost,
    salt: seeded("a quick key")
  }
  const bytes = KeySlot.seal(sealing, about, stretched(passphrase, about.salt, about.cost), sealing.key)
  objects.set(ObjectKey.key(about.id), bytes)
}

for (const suite of Lived.suites) {
  describe(`a newer repository, ${suite}: by`, () => {
    for (const [what, { change, who }] of Object.entries(cases)) {
      it.live(what, () =>
        Effect.gen(function*() {
          const { objects } = Lived.load(suite)
          const sealing = yield* sealingOf(new Map(objects), suite)
          withQuickKey(objects, sealing)
          const named = new RegExp(change({ objects, sealing, state: Lived.expected(suite).state }))
          const directory = yield* Process.tempDirectory("newer")
          const cache = yield* Process.tempDirectory("newer-cache")
          Fs.mkdirSync(Path.join(directory, "tmp"))
          for (const [key, bytes] of objects) {
            Fs.mkdirSync(Path.join(directory, Path.dirname(key)), { recursive: true })
            Fs.writeFileSync(Path.join(directory, key), bytes)
          }
          const before = census(directory)
          const there = Path.join(cache, "there")
          for (const name of who) {
            const args = commands[name].map((arg) => arg === "THERE" ? there : arg)
            const { code, line, stdout } = yield* run(
              [...args, "--storage-uri", directory, "--cache-dir", Path.join(cache, "cache")],
              {
                BEPOSITORY_ENV_FILE: "/dev/null",
                BEPOSITORY_NEW_PASSPHRASE: "another one",
                ...(suite === "plain" ? {} : { BEPOSITORY_PASSPHRASE: passphrase })
              }
            ).pipe(Effect.timeout("20 seconds"))
            assert.strictEqual(code, 13, `${name}: ${line}\n${stdout.slice(0, 500)}`)
            assert.match(line!, /needs a newer bepository \(.*\); upgrade this program$/, name)
            assert.match(line!, named, name)
            assert.deepStrictEqual(census(directory), before, name)
            assert.deepStrictEqual(census(there), ["(absent)"], name)
          }
        }).pipe(Effect.scoped), 60_000)
    }

    it.live("is no damage to whatever reads tables and blocks", () =>
      Effect.gen(function*() {
        const { objects } = Lived.load(suite)
        const { state } = Lived.expected(suite)
        const checkpoint = state.checkpoints.findLast(({ folder }) => folder === "photos")!
        const now = state.folders.find(({ id }) => id === "photos")!
        const pack = state.packs.flushed[0]!.id
        const world = { objects, sealing: yield* sealingOf(new Map(objects), suite), state }
        const segments = [checkpoint.segments[0]!, now.segments[0]!]
        for (const name of new Set([...segments.map(ObjectKey.segment), ObjectKey.pack(pack)])) replaced(world, name)
        const file = ReplicaPlace.fileAt(yield* ReplicaPlace.directory)
        const under = reading(objects, suite)
        const catchUp = Effect.flatMap(Replica, (replica) => replica.catchUp())
        type Services = BlockReader | ObjectStore | Repository | SegmentReader | SnapshotReader
        const met: Readonly<
          Record<string, Effect.Effect<void, { readonly _tag: string; readonly message: string }, Services>>
        > = {
          "the segment reader": Effect.gen(function*() {
            const ref = (yield* (yield* Repository).head).segments.get(segments[1]!)!
            yield* (yield* SegmentReader).footer(ref)
          }),
          "the snapshot reader": Effect.gen(function*() {
            const head = yield* (yield* Repository).head
            yield* (yield* SnapshotReader).list(head.checkpoints.find(({ id }) => id === checkpoint.id)!, "2026")
          }),
          "the block reader": Effect.asVoid(
            Effect.flatMap(BlockReader, (reader) => reader.read(pack, seeded("a block")))
          ),
          "a replica in memory": Effect.provide(catchUp, Layer.fresh(ReplicaMemory.layer)),
          "a replica on disk": Effect.provide(catchUp, Layer.fresh(Layer.provide(ReplicaLmdb.layer, file)))
        }
        const told = Effect.forEach(
          Object.entries(met),
          ([name, read]) =>
            Effect.map(Effect.flip(Effect.scoped(read)), (error) =>
              assert.strictEqual(error._tag, "RepositoryNewer", `${name}: ${error.message}`))
        )
        yield* Effect.provide(told, under)
      }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), Effect.scoped))
  })
}
