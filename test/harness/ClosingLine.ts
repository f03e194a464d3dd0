/**
 * Ends a test run: names loudly every skipped test and what would enable it, then one plain line `N passed, N failed, N skipped`.
 * Files that could not be loaded and errors outside tests count as failed. With BEPOSITORY_TEST_ALL=1 a skipped interop test fails the run.
 */
import type { Reporter, TestModule } from "vitest/node"
import * as Programs from "./Programs.ts"

/** Counts of a finished run, and what was skipped by full name. */
export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: ReadonlyArray<string>
}

export const closingLine = (totals: Totals): string =>
  `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`

/** Lines about what was skipped, empty when nothing was. */
export const skippedReport = (skipped: ReadonlyArray<string>, missing = Programs.missing): ReadonlyArray<string> => {
  if (skipped.length === 0) return []
  const enablers = new Set(skipped.flatMap((name) => missing(name).map((need) => Programs.programs[need].from)))
  return [
    "",
    `!!! ${skipped.length} tests were SKIPPED on this machine:`,
    ...skipped.map((name) => `!!!   ${name}`),
    ...[...enablers].map((from) => `!!! to run them: ${from}`)
  ]
}

const total = (modules: ReadonlyArray<TestModule>, unhandled: number): Totals => {
  let passed = 0
  let failed = unhandled
  const skipped: Array<string> = []
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === "passed") passed++
      else if (state === "skipped") skipped.push(`${module.relativeModuleId} > ${test.fullName}`)
      else failedHere++
    }
    failed += failedHere
    if (failedHere === 0 && !module.ok()) failed++
  }
  return { passed, failed, skipped }
}

export class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): void {
    const totals = total(modules, unhandled.length)
    if (process.env.BEPOSITORY_TEST_ALL === "1" && totals.skipped.some((name) => name.startsWith("test/interop/"))) {
      process.exitCode = 1
    }
    // Written as the process ends: no other reporter and no late warning comes after it.
    process.once(
      "exit",
      () => process.stdout.write([...skippedReport(totals.skipped), "", closingLine(totals), ""].join("\n"))
    )
  }
}
