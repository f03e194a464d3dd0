import { assert, describe, it } from "@effect/vitest"
import * as Codec from "../../../src/domain/repository/Codec.ts"
import { Parts } from "../../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as PackWindows from "../../../src/domain/repository/PackWindows.ts"
import { Trailer } from "../../../src/domain/repository/Trailer.ts"
import { idOf, plain, sealed } from "../../harness/PackWorld.ts"
import * as Seeded from "../../harness/Seeded.ts"

const KiB = 1024
const MiB = 1024 * KiB

/** Chunks of one frame each, of so many bytes. */
const chunksOf = (sizes: ReadonlyArray<number>): ReadonlyArray<PackWindows.Chunk> => {
  let start = 24
  return sizes.map((size, i) => ({ first: i, end: i + 1, start, stop: start += size }))
}

const even = chunksOf(Array.from({ length: 20 }, () => 100))

/** `.` here or on its way, `w` wanted, `-` missing. */
const around = (map: string): PackWindows.Around => ({
  missing: (chunk) => map[chunk] !== ".",
  wanted: (chunk) => map[chunk] === "w"
})

describe("span", () => {
  const span = (map: string, at: number, extra = 0, window = 1000, spare = 100) =>
    PackWindows.span(even, at, around(map.padEnd(20, "-")), { extra, window, spare })

  it.each(
    [
      ["alone", "---w-", 3, 0, [3, 4]],
      ["with its wanted neighbours", "-wwwww-", 3, 0, [1, 6]],
      ["over a gap that is worth no request", "-w-w-w", 3, 0, [1, 6]],
      ["not over a larger one", "w--w--w", 3, 0, [3, 4]],
      ["not over what is here", "ww.w.ww", 3, 0, [3, 4]],
      ["with what comes after it", "---w---", 3, 400, [3, 7]],
      ["but not what is here", "---w--.", 3, 400, [3, 6]],
      ["no more than a window", "w".repeat(20), 8, 0, [8, 18]],
      ["no more than a window backwards", "w".repeat(20), 18, 0, [10, 20]],
      ["no more than a window of extra", "-".repeat(20), 2, 5000, [2, 12]]
    ] as const
  )("%s", (_, map, at, extra, expected) => {
    assert.deepStrictEqual(span(map, at, extra), expected)
  })

  it("takes a chunk that is larger than a window", () => {
    assert.deepStrictEqual(
      PackWindows.span(chunksOf([100, 5000, 100]), 1, around("www"), { extra: 0, window: 1000, spare: 0 }),
      [1, 2]
    )
  })

  it("is whole, missing, within the window and never waits for nothing, whatever the map", () => {
    const random = Seeded.make(1)
    for (let round = 0; round < 3000; round++) {
      const sizes = Array.from({ length: 1 + random.int(40) }, () => 1 + random.int(300))
      const chunks = chunksOf(sizes)
      const map = sizes.map(() => "..-w"[random.int(4)]!).join("")
      const at = map.search(/[^.]/)
      if (at < 0) continue
      const known = around(map)
      const [window, spare, extra] = [random.int(2000), random.int(300), random.chance(0.5) ? 0 : random.int(2000)]
      const [first, end] = PackWindows.span(chunks, at, known, { window, spare, extra })
      assert.isTrue(first <= at && at < end && first >= 0 && end <= chunks.length)
      for (let chunk = first; chunk < end; chunk++) assert.isTrue(known.missing(chunk))
      if (end - first > 1) assert.isAtMost(chunks[end - 1]!.stop - chunks[first]!.start, window)
      if (extra === 0) assert.isTrue(end - 1 === at || known.wanted(end - 1))
      assert.isTrue(first === at || known.wanted(first))
    }
  })
})

describe("nextMissing", () => {
  it("is the first within reach", () => {
    const next = (map: string, at: number, ahead: number) =>
      PackWindows.nextMissing(even, at, around(map.padEnd(20, "-")).missing, ahead)
    assert.strictEqual(next("...-", 0, 1000), 3)
    assert.strictEqual(next("-..", 0, 1000), 3)
    assert.strictEqual(next("...-", 0, 200), undefined)
    assert.strictEqual(next("...-", 0, 201), 3)
    assert.strictEqual(next(".".repeat(20), 0, 1e9), undefined)
    assert.strictEqual(next("-", 19, 1e9), undefined)
  })
})

describe("Followed", () => {
  it("knows a reader in order after a few steps", () => {
    const followed = new PackWindows.Followed()
    assert.deepStrictEqual([5, 6, 7, 8, 9].map((frame) => followed.step(frame)), [false, false, false, true, true])
    assert.isTrue(followed.isSequential(10))
    assert.isFalse(followed.isSequential(30))
    // The same frame again, for its other blocks, is no step.
    assert.isFalse(followed.step(9))
    assert.isTrue(followed.step(10))
  })

  it("knows one whose requests overtake each other, and two at a time among some random ones", () => {
    const followed = new PackWindows.Followed()
    const random = Seeded.make(2)
    let steps = 0
    for (let at = 0; at < 50; at++) {
      for (const from of [0, 60]) {
        for (const frame of random.chance(0.5) ? [2 * at + 1, 2 * at] : [2 * at, 2 * at + 1]) {
          if (followed.step(from * 10 + frame)) steps++
        }
      }
      if (random.chance(0.5)) followed.step(2000 + random.int(1000))
    }
    assert.isAbove(steps, 80)
  })

  it("takes random readers for none", () => {
    for (const frames of [128, 400, 5000]) {
      const random = Seeded.make(frames)
      const followed = new PackWindows.Followed()
      let steps = 0
      for (let i = 0; i < 20_000; i++) if (followed.step(random.int(frames))) steps++
      assert.isBelow(steps, 20_000 / 100, `${frames} frames`)
    }
  })

  it("forgets who went away", () => {
    const random = Seeded.make(5)
    const followed = new PackWindows.Followed()
    for (let frame = 0; frame < 100; frame++) followed.step(frame)
    for (let i = 0; i < 30; i++) followed.step(200 + random.int(10_000))
    assert.isFalse(followed.isSequential(100))
  })
})

describe("policyOf", () => {
  it("fits a disk and a far store", () => {
    assert.deepStrictEqual(PackWindows.policyOf(256 * KiB), {
      chunk: 256 * KiB,
      window: MiB,
      spare: 256 * KiB,
      gets: 4
    })
    assert.deepStrictEqual(PackWindows.policyOf(4 * MiB), { chunk: MiB, window: 8 * MiB, spare: 4 * MiB, gets: 12 })
    assert.strictEqual(PackWindows.policyOf(0).chunk, 256 * KiB)
    assert.strictEqual(PackWindows.policyOf(1e9).window, 8 * MiB)
  })
})

describe("a stretch of chunks", () => {
  const pack = (suite: "plain" | "sealed", codecs: ReadonlyArray<Codec.Codec>): PackWindows.Stretch["pack"] => {
    const sealing = suite === "plain" ? plain : sealed
    const frames = codecs.map((codec, at) => ({ start: 0, stored: 1, raw: 10 ** at, codec, first: at, blocks: 1 }))
    const trailer = new Trailer({
      pack: "a",
      size: 0,
      length: 0,
      frames,
      lengths: new Uint32Array(0),
      hashes: new Uint8Array(0),
      parts: new Parts(sealing, ObjectKey.pack(idOf(1)), new Uint8Array(32)),
      sealing
    })
    // Chunks of two frames each.
    const chunks = Array.from(
      { length: frames.length / 2 },
      (_, at) => ({ first: at * 2, end: at * 2 + 2, start: 0, stop: 0 })
    )
    return { trailer, chunks }
  }
  const { raw, zstd } = Codec
  const cases: ReadonlyArray<
    readonly [
      suite: "plain" | "sealed",
      codecs: ReadonlyArray<Codec.Codec>,
      first: number,
      end: number,
      views: boolean,
      bytes: number
    ]
  > = [
    ["plain", [raw, raw, raw, raw], 0, 2, true, 0],
    ["plain", [raw, zstd, raw, zstd], 0, 2, true, 1010],
    ["plain", [raw, raw, zstd, zstd], 1, 2, false, 1100],
    ["plain", [zstd, zstd, zstd, raw], 1, 2, true, 100],
    ["plain", [raw, zstd, zstd, raw, zstd, raw], 1, 2, true, 100],
    ["sealed", [raw, raw, raw, zstd], 0, 2, false, 1111],
    ["sealed", [raw, raw, raw, raw], 0, 1, false, 11]
  ]
  it.each(cases)("%s, frames %j, chunks %d to %d", (suite, codecs, first, end, views, bytes) => {
    const stretch = { pack: pack(suite, codecs), first, end }
    assert.deepStrictEqual(PackWindows.framesOf(stretch), [first * 2, end * 2])
    assert.strictEqual(PackWindows.hasViews(stretch), views)
    assert.strictEqual(PackWindows.decodedBytes(stretch), bytes)
  })
})
