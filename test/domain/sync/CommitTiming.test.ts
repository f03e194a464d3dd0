import { describe, expect, it } from "vitest"
import { dueAt, type Limits, quiet, type Situation, spacing } from "../../../src/domain/sync/CommitTiming.ts"

const limits: Limits = { interval: 10_000, bytes: 256 * 1024 * 1024 }
const base: Situation = {
  stagedFiles: 1,
  stagedBytes: 100,
  packedBytes: 0,
  since: 50_000,
  activeAt: 50_000,
  drained: true,
  committedAt: 0
}

describe("CommitTiming.dueAt", () => {
  const cases: ReadonlyArray<readonly [string, Partial<Situation>, number | undefined]> = [
    ["nothing to commit waits for ever", { since: undefined }, undefined],
    ["a pause after the work commits soon", {}, 50_000 + quiet],
    ["activity moves the pause on", { activeAt: 50_900 }, 50_900 + quiet],
    ["two commits are spaced", { committedAt: 49_900 }, 49_900 + spacing],
    ["work that goes on is committed at the interval", { drained: false }, 60_000],
    ["a trickle is committed at the interval at the latest", { activeAt: 59_990 }, 60_000],
    ["many packed bytes commit at once", { drained: false, packedBytes: limits.bytes }, 0],
    ["many staged records commit at once", { drained: false, stagedBytes: 16 * 1024 * 1024 }, 0],
    ["many staged files commit at once", { drained: false, stagedFiles: 8000 }, 0]
  ]
  for (const [name, change, expected] of cases) {
    it(name, () => expect(dueAt({ ...base, ...change }, limits)).toBe(expected))
  }
})
