import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestConsole } from "effect/testing"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import { type FolderState, initial } from "../../src/domain/repository/State.ts"
import * as Report from "../../src/programs/report.ts"

const state = (labels: Record<string, string>) => ({
  ...initial("00".repeat(16)),
  folders: new Map(Object.entries(labels).map(([id, label]) => [id, { id, label } as FolderState]))
})

describe("what serve says", () => {
  it("folders that are new or have a new name", () => {
    const before = state({ a: "Photos", b: "Music" })
    assert.deepStrictEqual(Report.news(before, before), [])
    assert.deepStrictEqual(Report.news(before, state({ a: "Photos", b: "Songs", c: "" })), [
      { message: "folder relabelled", folder: "b", label: "Songs" },
      { message: "folder added", folder: "c", label: "" }
    ])
  })

  it("a line at a terminal is short and safe", () => {
    const peer = DeviceId.fromBytes(new Uint8Array(32).fill(3))
    const entry = { level: "INFO", timestamp: "2026-01-31T12:34:56.789Z", message: ["folder added"], annotations: {} }
    assert.strictEqual(
      Report.terminalLine({ ...entry, annotations: { peer, label: "a\u001B[2J", count: 3 } }),
      `12:34:56 folder added peer=${peer.slice(0, 7)} label=a\\x1b[2J count=3`
    )
    assert.strictEqual(
      Report.terminalLine({ ...entry, level: "WARN", message: "odd" }),
      "12:34:56 warning: odd"
    )
  })

  it.effect("logs go to stderr, as logfmt without fibers or as JSON", () =>
    Effect.gen(function*() {
      const log = Effect.annotateLogs(Effect.logInfo("folder added"), { folder: "a b" })
      yield* Effect.provide(log, Report.loggers(undefined, false))
      yield* Effect.provide(log, Report.loggers(undefined, true))
      assert.deepStrictEqual(yield* TestConsole.logLines, [])
      const [logfmt, json] = (yield* TestConsole.errorLines).map(String)
      assert.match(logfmt!, /^timestamp=\S+ level=INFO message="?folder added"? folder="a b"$/)
      assert.deepInclude(JSON.parse(json!), { level: "INFO", annotations: { folder: "a b" } })
    }).pipe(Effect.provide(TestConsole.layer)))
})
