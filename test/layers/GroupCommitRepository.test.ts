/** Commits that make records out of older ones: those may name packs that were replaced, new ones may not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import * as State from "../../src/domain/repository/State.ts"
import type { Staged } from "../../src/domain/sync/CommitDraft.ts"
import * as GroupCommitRepository from "../../src/layers/GroupCommitRepository.ts"
import { GroupCommit } from "../../src/services/GroupCommit.ts"
import { Identity } from "../../src/services/Identity.ts"
import { fenceOf } from "../../src/services/Lease.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository, RepositoryCorrupt } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"

const initial = State.initial("00112233445566778899aabbccddeeff")
const folder: State.FolderState = {
  id: "f",
  label: "",
  indexId: 1n,
  sequence: 1,
  segments: [],
  inline: [],
  inlineSizes: [],
  remotes: new Map(),
  changedAt: 0,
  milestones: []
}

const newer: Staged = {
  device: DeviceId.fromBytes(new Uint8Array(32).fill(2)),
  style: "2.x",
  folder: "f",
  indexId: 1n,
  sequence: 1,
  info: Result.getOrThrow(FileInfo.decode(FileInfo.encode({
    name: "a",
    type: "file",
    version: [{ id: 2n, value: 1n }],
    modifiedS: 100,
    size: 1,
    hashes: new Uint8Array(32)
  }))),
  runs: [],
  at: 0
}

const over = (options: {
  readonly repository: Partial<Repository["Service"]>
  readonly replica: Partial<Replica["Service"]>
  readonly segments: Partial<SegmentReader["Service"]>
}) =>
  GroupCommitRepository.layer.pipe(Layer.provide([
    Layer.succeed(Identity, { device: DeviceId.fromBytes(new Uint8Array(32).fill(1)) } as Identity["Service"]),
    Layer.succeed(Replica, options.replica as Replica["Service"]),
    Layer.succeed(Repository, options.repository as Repository["Service"]),
    Layer.mock(SegmentReader, options.segments)
  ]))

/** An older version of "a" of three blocks in a pack that was replaced, and a newer one that does not know it. */
const conflict = ({ forgotten = false } = {}) => {
  const [old, one, two] = ["3", "4", "5"].map((digit) => `1-${digit.repeat(32)}`) as [string, string, string]
  const hashes = [1, 2, 3].map((n) => Buffer.alloc(32, n))
  const [first, second, third] = hashes as [Buffer, Buffer, Buffer]
  const size = 2 * 131_072 + 5
  const held = FileInfo.encode({
    name: "a",
    type: "file",
    version: [{ id: 9n, value: 1n }],
    modifiedS: 1,
    size,
    blockSize: 131_072,
    hashes: Buffer.concat(hashes)
  })
  const ref = (id: string): State.PackRef => ({ id, size: 100, trailerLength: 10, blocks: 2, bytes: 90 })
  const state: State.State = {
    ...initial,
    folders: new Map([["f", folder]]),
    packs: {
      ...initial.packs,
      inline: new Map([one, two].map((id) => [id, { ref: ref(id), position: 1 }]))
    },
    redirects: forgotten ? new Map() : new Map([[old, [one, two]]])
  }
  const committed: Array<Op> = []
  return {
    committed,
    packs: { one, two },
    hashes: { first, second, third },
    file: newer,
    replica: {
      catchUp: () => Effect.void,
      settle: () => Effect.void,
      siblingsUnsafe: () => [],
      markUnsafe: () => undefined,
      recordUnsafe: (_: string, name: string) =>
        name === "a" ? { name, sequence: 1, info: held, runs: [{ pack: old, count: 3 }] } : undefined,
      movedUnsafe: (pack: string) => forgotten && pack === old ? [one, two] : [],
      findBlockUnsafe: (hash: Uint8Array) => Buffer.compare(hash, first) === 0 ? one : undefined
    },
    repository: {
      head: Effect.succeed(state),
      commit: (plan) =>
        Effect.map(plan(state), (ops) => {
          committed.push(...ops)
          return undefined
        })
    } satisfies Partial<Repository["Service"]>
  }
}

const copyRuns = (ops: ReadonlyArray<Op>) =>
  ops.flatMap((op) => op._tag === "FilesChanged" ? op.records : [])
    .filter(({ name }) => name.includes(".sync-conflict-")).map(({ runs }) => runs)

describe("GroupCommitRepository", () => {
  for (const forgotten of [false, true]) {
    const whose = forgotten ? "a replaced pack that only the replica remembers" : "a replaced pack"
    it.effect(`a conflict copy of what lay in ${whose} names the packs that hold its blocks now`, () => {
      const { committed, file, hashes: { second, third }, packs: { one, two }, replica, repository } = conflict({
        forgotten
      })
      const looked: Array<string> = []
      const layer = over({
        repository,
        replica,
        segments: {
          contents: ({ id }) =>
            Effect.sync(() => {
              looked.push(id)
              return { hashes: id === one ? second : third }
            })
        }
      })
      return Effect.gen(function*() {
        const groups = yield* GroupCommit
        yield* groups.make([file], [], fenceOf(1))
        assert.deepStrictEqual(copyRuns(committed), [[{ pack: one, count: 2 }, { pack: two, count: 1 }]])
        assert.deepStrictEqual(looked, [one, two])
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("one whose content no pack holds has no copy, which is told, and the newer version is kept", () => {
    const { committed, file, hashes: { second }, replica, repository } = conflict()
    const said: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Error") said.push(String(message))
    })
    const layer = over({
      repository,
      replica,
      segments: {
        contents: ({ id }) =>
          id.startsWith("1-4")
            ? Effect.succeed({ hashes: second })
            : Effect.fail(new RepositoryCorrupt({ key: id, reason: "it is missing" }))
      }
    })
    return Effect.gen(function*() {
      const groups = yield* GroupCommit
      yield* groups.make([file], [], fenceOf(1))
      assert.deepStrictEqual(copyRuns(committed), [])
      assert.strictEqual(committed.filter((op) => op._tag === "FilesChanged").length, 1)
      assert.isTrue(said.some((line) => line.includes("no conflict copy")))
    }).pipe(Effect.provide(Layer.merge(layer, Logger.layer([logger]))))
  })
})
