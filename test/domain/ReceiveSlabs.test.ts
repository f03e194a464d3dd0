import { describe, expect, it } from "vitest"
import { ReceiveSlabs } from "../../src/domain/ReceiveSlabs.ts"
import * as Seeded from "../harness/Seeded.ts"

/** Sends a counted stream through in random pieces, with takes at random times, and compares what comes out. */
const run = (seed: number, capacity: number) => {
  const random = Seeded.make(seed)
  const slabs = new ReceiveSlabs(capacity)
  let sent = 0
  let received = 0
  let region = slabs.region()
  const land = () => {
    const count = 1 + random.int(Math.min(region.length, 9000))
    for (let i = 0; i < count; i++) region[i] = (sent + i) % 251
    sent += count
    slabs.landed(region, count)
    region = slabs.region()
  }
  for (let step = 0; step < 400; step++) {
    // The next region is handed out before whoever receives takes its turn.
    for (let n = random.int(6); n > 0; n--) land()
    expect(slabs.buffered).toBe(sent - received)
    const taken = slabs.take()
    // What lands now must not touch what was taken.
    if (random.chance(0.5)) land()
    for (const chunk of taken) {
      for (const byte of chunk) if (byte !== received++ % 251) throw new Error(`byte ${received - 1} is ${byte}`)
    }
  }
  for (const chunk of slabs.take()) received += chunk.length
  expect(received).toBe(sent)
}

describe("ReceiveSlabs", () => {
  for (const capacity of [16_384, 20_000, 262_144]) {
    it(`what lands comes out in order, slabs of ${capacity}`, () => {
      for (let seed = 0; seed < 10; seed++) run(seed, capacity)
    })
  }
})
