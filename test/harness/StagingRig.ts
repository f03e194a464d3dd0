/** Staging over what a test says of the store, the term and the replica. */
import { Duration, Effect, Layer, Logger, Result } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as State from "../../src/domain/repository/State.ts"
import type { Staged } from "../../src/domain/sync/CommitDraft.ts"
import * as GroupCommitRepository from "../../src/layers/GroupCommitRepository.ts"
import * as StagingCommits from "../../src/layers/StagingCommits.ts"
import { BlockStore, type PackBuilderHandle } from "../../src/services/BlockStore.ts"
import { Fault } from "../../src/services/Fault.ts"
import { Identity } from "../../src/services/Identity.ts"
import { fenceOf, Lease } from "../../src/services/Lease.ts"
import type { StoreRefused } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { Settings } from "../../src/services/Settings.ts"
import * as Leases from "./Leases.ts"

export const pack = "1-00000000000000000000000000000000"

/** Staging over what the test says; whatever else is asked of a service is a bug. */
export const over = (options: {
  readonly builder?: Partial<PackBuilderHandle>
  /** Before there is a builder. */
  readonly begin?: Effect.Effect<void, StoreRefused>
  readonly fence?: Lease["Service"]["fence"]
  readonly repository: Partial<Repository["Service"]>
  readonly replica?: Partial<Replica["Service"]>
}) => {
  const builder: PackBuilderHandle = {
    term: 1,
    add: () => pack,
    find: () => undefined,
    room: () => 1000,
    awaitRoom: () => Effect.void,
    seal: Effect.succeed([]),
    drain: Effect.succeed([]),
    take: Effect.succeed([]),
    forget: () => {},
    pending: () => 0,
    durable: () => 0,
    ...options.builder
  }
  return StagingCommits.layer.pipe(
    Layer.provide(GroupCommitRepository.layer),
    Layer.provide([
      Layer.succeed(BlockStore, BlockStore.of({ builder: Effect.as(options.begin ?? Effect.void, builder) })),
      Layer.mock(Fault, {}),
      Layer.succeed(Identity, { device: DeviceId.fromBytes(new Uint8Array(32).fill(1)) } as Identity["Service"]),
      Layer.succeed(Lease, Leases.answering(options.fence ?? Effect.succeed(fenceOf(1)))),
      Layer.succeed(Replica, (options.replica ?? {}) as Replica["Service"]),
      Layer.succeed(Repository, options.repository as Repository["Service"]),
      Layer.mock(SegmentReader, {}),
      Layer.succeed(Settings, { commitInterval: Duration.seconds(10), commitBytes: 1000 } as Settings["Service"])
    ])
  )
}

export const initial = State.initial("00112233445566778899aabbccddeeff")
export const withFolder: State.State = {
  ...initial,
  folders: new Map([[
    "f",
    {
      id: "f",
      label: "",
      indexId: 1n,
      sequence: 0,
      segments: [],
      inline: [],
      inlineSizes: [],
      remotes: new Map(),
      changedAt: 0,
      milestones: []
    }
  ]])
}
export const noHashes = { hashes: new Uint8Array(32) }

/** A replica that holds nothing. */
export const blank: Partial<Replica["Service"]> = {
  catchUp: () => Effect.void,
  settle: () => Effect.void,
  recordUnsafe: () => undefined,
  siblingsUnsafe: () => [],
  markUnsafe: () => undefined
}

/** A repository that takes every commit and tells the names in each. */
export const grown = () => {
  const names: Array<ReadonlyArray<string>> = []
  const service: Partial<Repository["Service"]> = {
    head: Effect.succeed(withFolder),
    putSegment: (content) =>
      Effect.sync(() => {
        names.push(content.table === "files" ? content.records.map((record) => record.name) : [])
        return {
          id: "1-22222222222222222222222222222222",
          table: "files",
          folder: "f",
          records: 1,
          minSequence: 1,
          maxSequence: 1,
          size: 1,
          footerLength: 1,
          digest: new Uint8Array(32)
        }
      }),
    commit: (plan) =>
      Effect.map(plan(withFolder), (ops) => {
        for (const op of ops) if (op._tag === "FilesChanged") names.push(op.records.map((record) => record.name))
        return undefined
      })
  }
  return { ...service, names: () => names }
}

export const file = (name: string, held?: string, at = 0): Staged => ({
  device: DeviceId.fromBytes(new Uint8Array(32).fill(2)),
  style: "2.x",
  folder: "f",
  indexId: 1n,
  sequence: 1,
  info: Result.getOrThrow(FileInfo.decode(FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 2n, value: 1n }],
    size: 1,
    hashes: new Uint8Array(32)
  }))),
  runs: held === undefined ? [] : [{ pack: held, count: 1 }],
  at
})

/** Collects what is logged as warnings. */
export const heard = (said: Array<string>) =>
  Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn") said.push(String(message))
  })
