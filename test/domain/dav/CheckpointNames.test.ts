import { assert, describe, it } from "@effect/vitest"
import * as CheckpointNames from "../../../src/domain/dav/CheckpointNames.ts"
import type { Checkpoint } from "../../../src/domain/repository/Refs.ts"
import type { FolderState } from "../../../src/domain/repository/State.ts"

const at = Date.UTC(2026, 0, 31, 10)

const checkpoint = (id: number, folder: string, label: string, time: number): Checkpoint => ({
  id,
  folder,
  label,
  time,
  position: id,
  sequence: id,
  reason: "schedule",
  segments: []
})

const folders = new Map(
  [["p", "My Photos"], ["d", "Docs/Work"], ["5", "Five"]].map(([id = "", label = ""]): [string, FolderState] => [id, {
    id,
    label,
    indexId: 1n,
    sequence: 1,
    segments: [],
    inline: [],
    inlineSizes: [],
    remotes: new Map(),
    changedAt: 0,
    milestones: []
  }])
)

const state = {
  folders,
  checkpoints: [
    checkpoint(1, "p", "My Photos", at),
    checkpoint(2, "d", "Docs/Work", at),
    checkpoint(3, "p", "My Photos", at + 100),
    checkpoint(4, "p", "My Photos", at + 3_600_000),
    checkpoint(5, "d", "Docs/Work", at + 7_200_000),
    checkpoint(6, "5", "Five", at + 9_000_000)
  ]
}

const find = (name: string) => CheckpointNames.find(state, name).map(({ id }) => id)

describe("CheckpointNames", () => {
  it("finds each by what lists and WebDAV show", () => {
    const paths = CheckpointNames.paths(state)
    assert.strictEqual(paths.get(3), "/My%20Photos/2026-01-31T10-00-00Z-3/")
    for (const [id, path] of paths) assert.deepStrictEqual(find(path), [id], path)
  })

  it.each([
    ["4", [4]],
    ["#4", [4]],
    ["5", [5]],
    ["My Photos/2026-01-31T11-00-00Z", [4]],
    ["My Photos/2026-01-31T11:00:00Z", [4]],
    ["p/latest", [4]],
    ["d/latest/", [5]],
    ["Docs/Work/2026-01-31T12-00-00Z", [5]],
    ["2026-01-31T11-00-00Z", [4]],
    ["2026-01-31T10-00-00Z", [1, 2]],
    ["latest", []],
    ["7", []],
    ["q/latest", []],
    ["", []],
    ["/", []],
    ["p/../latest", []]
  ])("%s", (name, ids) => {
    assert.deepStrictEqual(find(name), ids)
  })
})
