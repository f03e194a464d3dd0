import { assert, describe, it } from "@effect/vitest"
import type { FileInfo } from "../../../src/domain/FileInfo.ts"
import * as DownloadUpdates from "../../../src/domain/sync/DownloadUpdates.ts"
import type { Job } from "../../../src/domain/sync/Fetcher.ts"

const job = (name: string, fresh: ReadonlyArray<number>, more: Partial<Job> = {}): Job => ({
  folder: "f",
  name,
  sequence: 1,
  info: { version: [{ id: 1n, value: 2n }], blockSize: 131_072 } as unknown as FileInfo,
  packs: Array.from({ length: DownloadUpdates.progressBlocks }, () => ""),
  missing: 3,
  fresh: [...fresh],
  told: false,
  state: "active",
  ...more
})

const version = [{ id: 1n, value: 2n }]

describe("DownloadUpdates", () => {
  it("tells of each block once", () => {
    const one = job("one", [2, 0])
    assert.deepStrictEqual(DownloadUpdates.fresh([one]), [
      { type: "append", name: "one", version, blockIndexes: [2, 0], blockSize: 131_072 }
    ])
    assert.isTrue(one.told)
    assert.deepStrictEqual(DownloadUpdates.fresh([one]), [])
    one.fresh.push(1)
    assert.deepStrictEqual(DownloadUpdates.fresh([one])[0]?.blockIndexes, [1])
  })

  const silent: ReadonlyArray<readonly [string, Job]> = [
    ["nothing arrived", job("x", [])],
    ["it is small", job("x", [1], { packs: Array.from({ length: DownloadUpdates.progressBlocks - 1 }, () => "") })],
    ["it is complete", job("x", [1], { state: "ready" })],
    ["it failed", job("x", [1], { state: "failed" })],
    ["it was given up", job("x", [1], { state: "abandoned" })]
  ]
  for (const [why, quiet] of silent) {
    it(`tells nothing of a file if ${why}`, () => {
      const before = [...quiet.fresh]
      assert.deepStrictEqual(DownloadUpdates.fresh([quiet, job("other", [1])]).map(({ name }) => name), ["other"])
      assert.deepStrictEqual([quiet.told, quiet.fresh], [false, before])
    })
  }

  it("takes back what was told", () => {
    assert.deepStrictEqual(DownloadUpdates.forgotten(job("one", [1], { state: "failed", told: true })), {
      _tag: "DownloadProgress",
      folder: "f",
      updates: [{ type: "forget", name: "one", version, blockIndexes: [], blockSize: 131_072 }]
    })
  })
})
