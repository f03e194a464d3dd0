import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { createHash } from "node:crypto"
import { BufferPool } from "../../../src/domain/BufferPool.ts"
import type { Sealing } from "../../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../../src/domain/repository/Pack.ts"
import * as PackCache from "../../../src/domain/repository/PackCache.ts"
import type { Trailer } from "../../../src/domain/repository/Trailer.ts"
import * as Seeded from "../../harness/Seeded.ts"
import * as Tree from "../../harness/Tree.ts"

const KiB = 1024
const sealing: Sealing = { suite: "plain", repository: "00112233445566778899aabbccddeeff" }

/** One block of 64 KiB a frame, one frame a chunk. */
const trailerOf = (n: number, blocks = 40): Trailer => {
  const writer = new Pack.PackWriter({
    sealing,
    id: ObjectKey.makeId(1, Buffer.alloc(16, n)),
    salt: Buffer.alloc(32, n),
    buffer: new Uint8Array(Pack.bufferLength())
  })
  for (let i = 0; i < blocks; i++) {
    const bytes = Tree.bytes(64 * KiB, n * 1000 + i)
    writer.add(createHash("sha256").update(bytes).digest(), bytes)
  }
  return writer.finish().trailer
}
const trailers = [trailerOf(1), trailerOf(2), trailerOf(3)]

const policy = { chunk: 64 * KiB, window: 256 * KiB, spare: 64 * KiB, gets: 4 }
const limits = { chunks: 640 * KiB, trailers: 1024 * KiB, coming: 512 * KiB }

const make = (pool = new BufferPool(1024 * KiB)) => {
  const cache = new PackCache.PackCache<number>(policy, limits, pool)
  const packs = trailers.map((trailer) => cache.opened(trailer.pack, trailer))
  /** Does what the layer does: the buffer filled with `fill`. */
  const bring = (fetch: PackCache.Fetch<number>, fill: number) => {
    const buffer = pool.take(fetch.stop - fetch.start)
    buffer.fill(fill)
    const frames = Array.from(
      { length: fetch.end - fetch.first },
      (_, i) => Result.succeed(buffer.subarray(i * 64 * KiB, (i + 1) * 64 * KiB))
    )
    return cache.arrived(fetch, frames, buffer, buffer.length)
  }
  return { cache, packs, pool, bring }
}

const ranges = (fetches: ReadonlyArray<PackCache.Fetch<number> | undefined>) =>
  fetches.map((fetch) => fetch === undefined ? undefined : [fetch.first, fetch.end])

describe("PackCache", () => {
  it("a pack that is closed: gives back who waits for what is not on its way, and fetches nothing of it any more", () => {
    const { bring, cache, packs: [pack, other] } = make()
    cache.want(pack!, 0, 1)
    const coming = cache.fetch()!
    cache.want(pack!, 20, 2)
    cache.want(pack!, 30, 3)
    cache.want(pack!, 20, 4)
    cache.want(other!, 0, 5)
    assert.deepStrictEqual(cache.close(pack!.id), [2, 4, 3])
    assert.deepStrictEqual(cache.close(pack!.id), [])
    assert.strictEqual(cache.fetch()?.pack, other)
    assert.isUndefined(cache.fetch())
    assert.deepStrictEqual(bring(coming, 1).waiting, [1])
  })

  it("fetches a chunk once, for all who wait, the longest wanted first", () => {
    const { bring, cache, packs: [pack] } = make()
    assert.isTrue(cache.want(pack!, 30, 1))
    assert.isTrue(cache.want(pack!, 5, 2))
    assert.isFalse(cache.want(pack!, 30, 3))
    const first = cache.fetch()!
    assert.deepStrictEqual([first.first, first.end], [30, 31])
    assert.isFalse(cache.want(pack!, 30, 4))
    const second = cache.fetch()!
    assert.strictEqual(second.first, 5)
    assert.isUndefined(cache.fetch())
    assert.deepStrictEqual(bring(second, 7).waiting, [2])
    assert.deepStrictEqual(bring(first, 8).waiting, [1, 3, 4])
    assert.strictEqual(cache.at(pack!, 30)?._tag, "Extent")
    assert.strictEqual(cache.at(pack!, 31), undefined)
  })

  it("fetches neighbours together, and no more at a time than it may", () => {
    const { bring, cache, packs: [pack, other] } = make()
    for (const frame of [3, 10, 4, 6, 2, 30]) cache.want(pack!, frame, frame)
    for (let frame = 0; frame < 8; frame++) cache.want(other!, frame, frame)
    const fetches = [cache.fetch(), cache.fetch(), cache.fetch()]
    // Chunk 5 comes along: what lies between is not worth a request.
    assert.deepStrictEqual(ranges(fetches), [[3, 7], [10, 11], [2, 3]])
    // 6 chunks are on their way, and 8 may be: chunk 30 is one of them, the window of the other pack must wait.
    assert.deepStrictEqual(ranges([cache.fetch(), cache.fetch()]), [[30, 31], undefined])
    assert.deepStrictEqual(bring(fetches[0]!, 1).waiting, [3, 4, 6])
    assert.deepStrictEqual(ranges([cache.fetch()]), [[0, 4]])
  })

  it("fetches ahead of a reader in order when nobody waits, as long as it is of use", () => {
    const { bring, cache, packs: [pack] } = make()
    for (let frame = 0; frame < 3; frame++) assert.isFalse(cache.follow(pack!, frame))
    assert.isTrue(cache.follow(pack!, 3))
    cache.want(pack!, 39, 1)
    assert.deepStrictEqual(ranges([cache.fetch()]), [[39, 40]])
    const ahead = cache.fetch()!
    assert.deepStrictEqual(ranges([ahead]), [[4, 8]])
    assert.deepStrictEqual(bring(ahead, 1).waiting, [])
    assert.isTrue(cache.follow(pack!, 4))
    assert.isFalse(cache.follow(pack!, 4))
    cache.close(pack!.id)
    assert.isUndefined(cache.fetch())
  })

  it("a fetch that failed leaves nothing behind, and is over once", () => {
    const { cache, packs: [pack] } = make()
    cache.want(pack!, 3, 1)
    const fetch = cache.fetch()!
    cache.want(pack!, 3, 2)
    assert.deepStrictEqual(cache.failed(fetch), [1, 2])
    assert.deepStrictEqual(cache.failed(fetch), [])
    assert.isTrue(cache.want(pack!, 3, 3))
    assert.deepStrictEqual(ranges([cache.fetch()]), [[3, 4]])
  })

  it("a pack that was closed gets what was on its way, and keeps nothing", () => {
    const { bring, cache, packs: [pack] } = make()
    cache.want(pack!, 3, 1)
    const fetch = cache.fetch()!
    cache.close(pack!.id)
    assert.isUndefined(cache.pack(pack!.id))
    assert.deepStrictEqual(bring(fetch, 1).waiting, [1])
    assert.strictEqual(cache.bytes, 0)
  })

  for (const held of ["shown", "lent"] as const) {
    it(`never fills a buffer again of which a view is ${held}`, () => {
      const random = Seeded.make(held.length)
      const { bring, cache, packs, pool } = make()
      const out: Array<
        { readonly extent: PackCache.Extent<number>; readonly view: Uint8Array; readonly fill: number }
      > = []
      let reused = 0
      const seen = new Set<ArrayBufferLike>()
      for (let round = 1; round < 2000; round++) {
        const pack = packs[random.int(3)]!
        const frame = random.int(40)
        const fill = round % 251
        if (cache.at(pack, frame) === undefined) cache.want(pack, frame, round)
        for (let fetch = cache.fetch(); fetch !== undefined; fetch = cache.fetch()) {
          const { extent } = bring(fetch, fill)
          if (seen.has(extent.buffer!.buffer)) reused++
          seen.add(extent.buffer!.buffer)
          const view = Result.getOrThrow(extent.frames[0]!)
          if (random.chance(0.2)) {
            if (held === "shown") extent.shown = true
            else extent.lent++
            out.push({ extent, view, fill })
          }
        }
        for (const { fill, view } of out) assert.isTrue(view[0] === fill && view[view.length - 1] === fill)
        if (out.length > 30) {
          const [done] = out.splice(random.int(out.length), 1)
          if (held === "lent") done!.extent.lent--
        }
        assert.isAtMost(cache.bytes, limits.chunks)
      }
      assert.isAbove(reused, 300)
      assert.isAtMost(pool.bytes, 1024 * KiB)
    })
  }
})
