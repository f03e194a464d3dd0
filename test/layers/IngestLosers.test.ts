/** Versions that lose a conflict, and may win the next one: a whole host but for its network, in virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import { FolderSync } from "../../src/services/FolderSync.ts"
import { Identity } from "../../src/services/Identity.ts"
import { Ingest } from "../../src/services/Ingest.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as World from "../simulation/World.ts"

const short = { a: 1n, d: 2n }
type Name = keyof typeof short

/** A version of the one file: made by a device, at a time, with a content named like it. */
interface Version {
  readonly by: Name
  readonly count: number
  readonly at: number
  readonly deleted?: boolean
}

const contentOf = ({ by, count }: Version) => Buffer.from(`${by}${count}`.repeat(100))

const encoded = (version: Version): Uint8Array =>
  version.deleted === true
    ? FileInfo.encode({
      name: "f.txt",
      type: "file",
      deleted: true,
      modifiedS: version.at,
      modifiedBy: short[version.by],
      version: [{ id: short[version.by], value: BigInt(version.count) }]
    })
    : FakeEngine.fileOf("f.txt", contentOf(version), {
      modifiedS: version.at,
      modifiedBy: short[version.by],
      version: [{ id: short[version.by], value: BigInt(version.count) }]
    })

const folder = "a"

/** A device that shares the folder, holds the version it announced last, and answers requests for it. */
const makeDevice = Effect.fnUntraced(function*(name: Name) {
  const sync = yield* FolderSync
  const ingest = yield* Ingest
  const us = DeviceId.toBytes((yield* Identity).device)
  const device = DeviceId.fromBytes(new Uint8Array(32).fill(name === "a" ? 10 : 13))
  let sequence = 0
  let holds: Version | undefined
  const of = (id: Uint8Array, indexId: bigint) => ({
    id,
    name: "",
    addresses: [],
    compression: 0,
    certName: "",
    maxSequence: 0,
    indexId,
    introducer: false,
    encryptionPasswordToken: new Uint8Array(0)
  })
  const share = sync.clusterConfig(device, "2.x", {
    _tag: "ClusterConfig",
    secondary: false,
    folders: [{
      id: folder,
      label: folder,
      type: 0,
      paused: false,
      devices: [of(us, 0n), of(DeviceId.toBytes(device), 5n)]
    }]
  })
  yield* share
  return {
    device,
    /** Connects, until the scope closes. */
    connect: Effect.gen(function*() {
      yield* share
      const attachment = yield* ingest.attach({
        device,
        folders: () => new Set([folder]),
        request: (requests) =>
          attachment.responses(requests.map(({ hash, id }): Messages.Response => {
            const data = holds === undefined ? undefined : contentOf(holds)
            return data !== undefined && Buffer.compare(FakeEngine.sha256(data), hash) === 0
              ? { _tag: "Response", id, code: 0, data }
              : { _tag: "Response", id, code: 2, data: new Uint8Array(0) }
          })),
        progress: () => {}
      })
    }),
    says: Effect.fnUntraced(function*(version: Version) {
      holds = version
      const info = Result.getOrThrow(FileInfo.decode(FileInfo.announce(encoded(version), ++sequence)))
      const prevSequence = sequence - 1
      yield* sync.index(device, {
        _tag: "IndexUpdate",
        folder,
        files: [info],
        lastSequence: sequence,
        prevSequence
      })
    })
  }
})

/** Names of the versions that the repository holds, by file; copies under one name. */
const stored = Effect.gen(function*() {
  const replica = yield* Replica
  const found: Record<string, string> = {}
  for (const { info, name } of replica.recordsAfterUnsafe(folder, 0, { records: 100, bytes: 1e6 }).records) {
    const { deleted, hashes } = Result.getOrThrow(FileInfo.decode(info))
    const known = (["a", "d"] as const).flatMap((by) => [1, 2, 3].map((count) => ({ by, count, at: 0 })))
    const is = known.find((version) => Buffer.compare(FakeEngine.sha256(contentOf(version)), hashes) === 0)
    found[name.includes(".sync-conflict-") ? "copy" : name] = deleted ? "deleted" : `${is?.by}${is?.count}`
    if (!deleted) assert.isDefined(replica.findBlockUnsafe(hashes), name)
  }
  return found
})

/** What is left of the device's words: waiting, to be shown as waiting, failed, and how far its committed mark goes. */
const left = Effect.fnUntraced(function*(device: DeviceId.DeviceId) {
  const rows = yield* (yield* Ingest).progress
  const row = rows.find((row) => row.device === device)
  return {
    inbox: (yield* Replica).inboxSizeUnsafe(device, folder),
    waiting: row?.waiting,
    failed: row?.failed,
    mark: (yield* (yield* Repository).head).folders.get(folder)?.remotes.get(device)?.sequence
  }
})

const settle = Effect.sleep("30 seconds")

const over = <A, E>(
  body: Effect.Effect<A, E, FolderSync | Identity | Ingest | Replica | Repository | Scope.Scope>
) =>
  Hosts.inVirtualTime(Effect.gen(function*() {
    const { store } = yield* Hosts.bucket
    const daemon = World.daemon({
      store,
      network: PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 4096 }),
      masters: [],
      seed: 1,
      memory: new Map()
    })
    return yield* body.pipe(Effect.provide(daemon))
  }))

const first: Version = { by: "a", count: 1, at: 100 }
const loser: Version = { by: "d", count: 1, at: 50 }
const older: Version = { by: "a", count: 2, at: 10 }

describe("a version that lost a conflict", () => {
  it.effect("is kept in mind, and taken when it wins against what comes next", () =>
    over(Effect.gen(function*() {
      const [a, d] = [yield* makeDevice("a"), yield* makeDevice("d")]
      yield* a.connect
      yield* d.connect
      yield* a.says(first)
      yield* settle
      yield* d.says(loser)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "a1" })
      // It is neither work to be done nor forgotten, and no mark passes it.
      assert.deepStrictEqual(yield* left(d.device), { inbox: 1, waiting: 0, failed: 0, mark: undefined })
      yield* a.says(older)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "d1", copy: "a2" })
      assert.deepStrictEqual(yield* left(d.device), { inbox: 0, waiting: 0, failed: 0, mark: 1 })
    })))

  it.effect("is forgotten when its device takes ours, or has another word", () =>
    over(Effect.gen(function*() {
      const [a, d] = [yield* makeDevice("a"), yield* makeDevice("d")]
      yield* a.connect
      yield* d.connect
      yield* a.says(first)
      yield* settle
      yield* d.says(loser)
      yield* d.says({ ...loser, count: 2, at: 60 })
      yield* settle
      assert.strictEqual((yield* left(d.device)).inbox, 1)
      yield* d.says(first)
      yield* settle
      assert.deepStrictEqual(yield* left(d.device), { inbox: 0, waiting: 0, failed: 0, mark: undefined })
      yield* a.says(older)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "a2" })
    })))

  it.effect("waits while its device is away, whose next session begins behind it", () =>
    over(Effect.gen(function*() {
      const [a, d] = [yield* makeDevice("a"), yield* makeDevice("d")]
      yield* a.connect
      yield* a.says(first)
      yield* settle
      yield* Effect.scoped(Effect.gen(function*() {
        yield* d.connect
        yield* d.says(loser)
        yield* settle
      }))
      yield* a.says(older)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "a2" })
      assert.strictEqual((yield* Replica).markUnsafe(d.device, folder)?.sequence, 1)
      yield* d.connect
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "d1", copy: "a2" })
    })))

  it.effect("is judged on the newest state: one that lost only when it was to be committed is kept too", () =>
    over(Effect.gen(function*() {
      const repository = yield* Repository
      const d = yield* makeDevice("d")
      yield* d.connect
      yield* d.says(loser)
      yield* Effect.yieldNow
      // Before its group is due: by another hand, without blocks.
      const record = (version: Version) =>
        Effect.sync(() => encoded({ ...version, deleted: true })).pipe(
          Effect.flatMap((info) =>
            repository.commit((state) =>
              Effect.succeed([{
                _tag: "FilesChanged" as const,
                folder,
                records: [{ name: "f.txt", sequence: (state.folders.get(folder)?.sequence ?? 0) + 1, info, runs: [] }]
              }])
            )
          )
        )
      yield* record(first)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "deleted" })
      assert.deepStrictEqual(yield* left(d.device), { inbox: 1, waiting: 0, failed: 0, mark: undefined })
      yield* record(older)
      yield* (yield* Replica).catchUp()
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "d1" })
      assert.deepStrictEqual(yield* left(d.device), { inbox: 0, waiting: 0, failed: 0, mark: 1 })
    })))

  it.effect("may be a deletion", () =>
    over(Effect.gen(function*() {
      const [a, d] = [yield* makeDevice("a"), yield* makeDevice("d")]
      yield* a.connect
      yield* d.connect
      yield* a.says(first)
      yield* settle
      yield* d.says({ ...loser, deleted: true })
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "a1" })
      yield* a.says(older)
      yield* settle
      assert.deepStrictEqual(yield* stored, { "f.txt": "deleted", copy: "a2" })
    })))
})
