/** Which rows count, by where they were found and what their folder and its checkpoints hold. */
import { assert, describe, it } from "@effect/vitest"
import { Roots, type Row } from "../../../src/domain/repository/Roots.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { repository } from "./fixtures.ts"

const row = (source: string, sequence: number, name = "f", folder = "a"): Row => ({ folder, name, sequence, source })

/** Folder "a" has segments s and t, checkpoint 1 of it s and u, checkpoint 2 of folder "b" v. */
const state = (): State.State => {
  const none = State.initial(repository)
  const checkpoint = (id: number, folder: string, segments: ReadonlyArray<string>) =>
    ({ id, folder, segments }) as unknown as State.Checkpoint
  return {
    ...none,
    folders: new Map([["a", { id: "a", segments: ["s", "t"] } as unknown as State.FolderState]]),
    checkpoints: [checkpoint(1, "a", ["s", "u"]), checkpoint(2, "b", ["v"])]
  }
}

describe("Roots", () => {
  const tables: ReadonlyArray<
    readonly [what: string, suspect: Row, noted: ReadonlyArray<Row>, head: boolean, checkpoints: ReadonlyArray<number>]
  > = [
    ["of a segment of both", row("s", 5), [row("s", 5)], true, [1]],
    ["of a segment of the folder alone", row("t", 5), [row("t", 5)], true, []],
    ["of a segment of a checkpoint alone", row("u", 5), [row("u", 5)], false, [1]],
    ["of a checkpoint of a folder that is gone", row("v", 5, "f", "b"), [row("v", 5, "f", "b")], false, [2]],
    ["of a segment that nothing has any more", row("w", 5), [row("w", 5)], false, []],
    ["superseded in the folder by another segment", row("s", 5), [row("s", 5), row("t", 6)], false, [1]],
    ["superseded in the checkpoint by another segment", row("s", 5), [row("s", 5), row("u", 6)], true, []],
    ["superseded in a commit, which no checkpoint has", row("s", 5), [row("s", 5), row("", 6)], false, [1]],
    ["another of a higher sequence", row("s", 5), [row("s", 5), row("", 6, "g"), row("t", 6, "f", "b")], true, [1]],
    ["older ones elsewhere", row("t", 5), [row("t", 5), row("s", 4), row("", 3)], true, []],
    ["in a commit", row("", 5), [row("", 5)], true, []],
    ["in a commit, older ones in segments", row("", 5), [row("s", 4), row("", 5)], true, []],
    ["in a commit, of several there", row("", 5), [row("", 4), row("", 5), row("", 3)], true, []],
    ["in a commit, superseded by another", row("", 5), [row("", 5), row("", 6)], false, []],
    ["in a commit, superseded in a segment", row("", 5), [row("", 5), row("t", 6)], false, []],
    ["in a commit that was flushed: the segment has it", row("", 5), [row("t", 5)], false, []],
    ["in a commit that was flushed, and an older one is in another", row("", 5), [row("t", 5), row("", 4)], false, []],
    ["in a commit that was flushed, and dropped with its name", row("", 5), [], false, []],
    ["what was flushed, in its segment", row("t", 5), [row("t", 5)], true, []]
  ]
  for (const [what, suspect, noted, head, checkpoints] of tables) {
    it(what, () => {
      const roots = new Roots(state(), [suspect])
      for (const each of noted) roots.note(each)
      const hits = roots.judge([suspect])
      assert.deepStrictEqual(hits, head || checkpoints.length > 0 ? [{ row: suspect, head, checkpoints }] : [])
    })
  }

  it("asks for all segments of the folders that rows are of, and for no others", () => {
    assert.sameMembers([...new Roots(state(), [row("", 1)]).segments()], ["s", "t", "u"])
    assert.sameMembers([...new Roots(state(), [row("v", 1, "f", "b")]).segments()], ["v"])
    assert.sameMembers([...new Roots(state(), [row("v", 1, "f", "none")]).segments()], [])
  })
})
