import { assert, describe, it } from "@effect/vitest"
import * as Recorded from "./Recorded.ts"

const paper = "before\n<!-- simulate -->\n<!-- /simulate -->\nafter\n"
const run = { which: "seeds 1 to 2000", passed: 1999, failed: 1, seconds: 1234, totals: { commits: 5 } }

describe("Recorded", () => {
  it("writes a row for each kind of run, and the newest of each", () => {
    let text = Recorded.withRow(paper, run, "abc1234", "2026-01-02")
    const explored = { which: "stories", passed: 36, failed: 0, seconds: 9, totals: { states: 7000 } }
    text = Recorded.withRow(text, explored, "abc1234", "2026-01-03")
    text = Recorded.withRow(text, { ...run, passed: 2000, failed: 0 }, "def5678, changed", "2026-01-04")
    text = Recorded.withRow(text, { ...explored, totals: { states: 8000 } }, "def5678", "2026-01-05")
    assert.strictEqual(
      text,
      [
        "before",
        "<!-- simulate -->",
        "| what | passed | failed | took | version | day |",
        "| --- | --- | --- | --- | --- | --- |",
        "| seeds 1 to 2000 | 2,000 | 0 | 1,234 s | def5678, changed | 2026-01-04 |",
        "| stories, 8,000 states | 36 | 0 | 9 s | def5678 | 2026-01-05 |",
        "<!-- /simulate -->",
        "after",
        ""
      ].join("\n")
    )
  })

  it("refuses a text that has no place for it", () => {
    assert.throws(() => Recorded.withRow("nothing", run, "abc1234", "2026-01-02"), /no place/)
  })
})
