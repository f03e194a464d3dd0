import { assert, describe, it } from "@effect/vitest"
import * as HostRows from "../../../src/domain/repository/HostRows.ts"
import { type LeaseClaim, noProgress } from "../../../src/domain/repository/LeaseClaim.ts"

const claim = (label: string, version: string, time = 0): LeaseClaim => ({
  holder: label,
  nonce: label,
  label,
  version,
  process: 1,
  priority: 100,
  duration: 0,
  time,
  queued: 0,
  term: 0,
  since: 0,
  progress: noProgress
})

describe("the newest program", () => {
  it.each<[ReadonlyArray<LeaseClaim>, string | undefined]>([
    [[], undefined],
    [[claim("a", "0.9.0"), claim("b", "0.10.0"), claim("c", "0.2.0")], "b"],
    [[claim("a", "1.0.0"), claim("b", "0.99.99")], "a"],
    [[claim("a", "1.0"), claim("b", "1.0.1")], "b"],
    // Of equals whoever was seen last.
    [[claim("a", "1.2.3", 5), claim("b", "1.2.3", 7), claim("c", "1.2.3", 6)], "b"],
    // What is no version at all is older than any.
    [[claim("a", "nightly"), claim("b", "0.0.1")], "b"]
  ])("of %#", (claims, label) => assert.strictEqual(HostRows.newestProgram(claims)?.label, label))
})
