import { describe, expect, it } from "vitest"
import { closingLine, skippedReport } from "./ClosingLine.ts"

describe("ClosingLine", () => {
  it("is one plain line of counts", () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: ["a"] })).toBe("3 passed, 0 failed, 1 skipped")
  })

  it("names each skipped test and, once, the package that would enable it", () => {
    const report = skippedReport(
      ["x.test.ts > Dav [needs rclone, curl] > one", "x.test.ts > Dav [needs rclone, curl] > two"],
      (name) => name.includes("rclone") ? ["rclone"] : []
    )
    expect(report.filter((line) => line.includes("x.test.ts"))).toHaveLength(2)
    expect(report.filter((line) => line.includes("apt-get install rclone"))).toHaveLength(1)
    expect(report.some((line) => line.includes("apt-get install curl"))).toBe(false)
  })

  it("says nothing when nothing was skipped", () => {
    expect(skippedReport([])).toEqual([])
  })
})
