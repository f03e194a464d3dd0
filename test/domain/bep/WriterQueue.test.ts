import { assert, describe, it } from "@effect/vitest"
import { type Kind, WriterQueue, writes } from "../../../src/domain/bep/WriterQueue.ts"
import * as Seeded from "../../harness/Seeded.ts"

const limits = { control: 100, response: 100, request: 100, index: 100 }
const buffer = (n: number, size = 1) => new Uint8Array(size).fill(n)
const numbers = (batch: ReadonlyArray<Uint8Array> | undefined) => batch?.map((buffer) => buffer[0])

describe("WriterQueue", () => {
  it("gives the urgent first, each kind in its order", () => {
    const queue = new WriterQueue(limits)
    queue.push("index", [buffer(7)])
    queue.push("request", [buffer(5)])
    queue.push("response", [buffer(3), buffer(4)])
    queue.push("request", [buffer(6)])
    queue.push("control", [buffer(1)])
    queue.push("control", [buffer(2)])
    assert.deepStrictEqual(numbers(queue.take(100)), [1, 2, 3, 4, 5, 6, 7])
    assert.isUndefined(queue.take(100))
  })

  it("takes whole entries until the target is reached", () => {
    const queue = new WriterQueue(limits)
    for (let n = 1; n <= 4; n++) queue.push("response", [buffer(n, 5), buffer(n, 5)])
    queue.push("index", [buffer(9)])
    assert.deepStrictEqual(numbers(queue.take(11)), [1, 1, 2, 2])
    assert.deepStrictEqual(numbers(queue.take(1)), [3, 3])
    assert.deepStrictEqual(numbers(queue.take(11)), [4, 4, 9])
  })

  it("refuses what passes the bound of its kind, and never a first one", () => {
    const queue = new WriterQueue(limits)
    assert.isTrue(queue.push("index", [buffer(1, 500)]))
    assert.isFalse(queue.push("index", [buffer(2)]))
    assert.isTrue(queue.push("request", [buffer(3, 60)]))
    assert.isFalse(queue.push("request", [buffer(4, 41)]))
    assert.isTrue(queue.push("request", [buffer(5, 40)]))
    assert.strictEqual(queue.room("request"), 0)
    assert.deepStrictEqual(numbers(queue.take(10_000)), [3, 5, 1])
  })

  it("counts what was taken until it is written", () => {
    const queue = new WriterQueue(limits)
    queue.push("response", [buffer(1, 60)])
    queue.push("response", [buffer(2, 40)])
    queue.take(1)
    assert.strictEqual(queue.size("response"), 100)
    assert.isFalse(queue.push("response", [buffer(3)]))
    queue.written()
    assert.strictEqual(queue.size("response"), 40)
    assert.strictEqual(queue.room("response"), 60)
  })

  it("drops by tag what waits, not what was taken", () => {
    const queue = new WriterQueue(limits)
    queue.push("index", [buffer(1, 10)], "a")
    queue.push("index", [buffer(2, 10)], "b")
    queue.push("index", [buffer(3, 10)], "a")
    queue.take(1)
    queue.drop("index", "a")
    assert.strictEqual(queue.size("index"), 20)
    queue.written()
    assert.strictEqual(queue.size("index"), 10)
    assert.deepStrictEqual(numbers(queue.take(100)), [2])
    queue.written()
    queue.push("index", [buffer(4)], "c")
    queue.drop("index")
    assert.strictEqual(queue.size("index"), 0)
    assert.isUndefined(queue.take(1))
  })

  describe("copies", () => {
    const frame = (n: number, size: number) => new Uint8Array(size).map((_, i) => n * 31 + i * 7 + (i >>> 8))
    const roomy = { control: 1e9, response: 1e9, request: 1e9, index: 1e9 }
    const joined = (batch: ReadonlyArray<Uint8Array> | undefined) => Buffer.concat(batch ?? [])

    it("lie together in the order in which they came, and are the pusher's no more", () => {
      const queue = new WriterQueue(roomy)
      const head = frame(1, 30)
      const data = frame(2, 5000)
      const expected = Buffer.concat([head, data, head, data])
      for (let n = 0; n < 2; n++) {
        const [one, two] = [head.slice(), data.slice()]
        assert.isTrue(queue.pushCopy("response", [one, two]))
        one.fill(0)
        two.fill(0)
      }
      assert.strictEqual(queue.size("response"), expected.length)
      const batch = queue.take(1)
      assert.lengthOf(batch!, 1)
      assert.isTrue(joined(batch).equals(expected))
      queue.written()
      assert.strictEqual(queue.size("response"), 0)
    })

    it("are taken whole, however many buffers one fills, and obey the bound of their kind", () => {
      const queue = new WriterQueue({ ...roomy, response: 3_000_000 })
      const large = frame(1, 1_000_000)
      const small = frame(2, 100)
      for (const one of [large, small, large]) assert.isTrue(queue.pushCopy("response", [one]))
      assert.isFalse(queue.pushCopy("response", [large]))
      assert.isTrue(joined(queue.take(1)).equals(large))
      queue.written()
      queue.pushCopy("response", [small])
      assert.isTrue(joined(queue.take(10_000_000)).equals(Buffer.concat([small, large, small])))
    })

    it("are not overwritten before they are written, and use the same memory afterwards", () => {
      const queue = new WriterQueue(roomy)
      const used = new Set<ArrayBufferLike>()
      const dice = Seeded.make(4)
      let pushed = 0
      let seen = 0
      const next = () => frame(pushed++, 1 + (pushed * 7919) % 100_000)
      const expected = () => frame(seen++, 1 + (seen * 7919) % 100_000)
      for (let round = 0; round < 300; round++) {
        for (let n = dice.int(6); n > 0; n--) queue.pushCopy("response", [next()])
        const batch = queue.take(512 * 1024)
        if (batch === undefined) continue
        for (const buffer of batch) used.add(buffer.buffer)
        // While these are written, others come.
        for (let n = dice.int(6); n > 0; n--) queue.pushCopy("response", [next()])
        let bytes = joined(batch)
        while (bytes.length > 0) {
          const one = expected()
          assert.isTrue(bytes.subarray(0, one.length).equals(one))
          bytes = bytes.subarray(one.length)
        }
        queue.written()
        while (queue.size("response") > 1_500_000) {
          const more = queue.take(512 * 1024)
          let bytes = joined(more)
          while (bytes.length > 0) bytes = bytes.subarray(expected().length)
          queue.written()
        }
      }
      // 75 MB went through.
      assert.isAbove(pushed, 1000)
      assert.isBelow(used.size, 60)
    })

    it("that are dropped give their memory back, those being written do not", () => {
      const queue = new WriterQueue(roomy)
      queue.pushCopy("response", [frame(1, 10)])
      const batch = queue.take(1)
      queue.pushCopy("response", [frame(2, 10)])
      queue.drop("response")
      queue.pushCopy("response", [frame(3, 300_000)])
      assert.isTrue(joined(batch).equals(frame(1, 10)))
      queue.written()
      assert.isTrue(joined(queue.take(1)).equals(frame(3, 300_000)))
    })

    it("are handed to the link so that no large buffer shares a write", () => {
      const batch = [10, 20, 100_000, 262_144, 5, 65_536, 65_535, 1].map((size) => new Uint8Array(size))
      assert.deepStrictEqual(
        writes(batch).map((group) => group.map((buffer) => buffer.length)),
        [[10, 20], [100_000], [262_144], [5], [65_536], [65_535, 1]]
      )
      assert.deepStrictEqual(writes([]), [])
    })
  })

  it("agrees with a plain list under random use", () => {
    const kinds: ReadonlyArray<Kind> = ["control", "response", "request", "index"]
    for (let seed = 0; seed < 200; seed++) {
      const dice = Seeded.make(seed)
      const queue = new WriterQueue(limits)
      let model: Array<{ kind: Kind; n: number; size: number; tag: string; taken: boolean }> = []
      for (let n = 0; n < 60; n++) {
        const kind = kinds[dice.int(4)]!
        const tag = ["a", "b"][dice.int(2)]!
        const held = (of: Kind) =>
          model.filter((entry) => entry.kind === of).reduce((sum, entry) => sum + entry.size, 0)
        switch (dice.int(5)) {
          case 0:
          case 1: {
            const size = 1 + dice.int(60)
            const fits = held(kind) === 0 || held(kind) + size <= 100
            assert.strictEqual(queue.push(kind, [buffer(n, size)], tag), fits)
            if (fits) model.push({ kind, n, size, tag, taken: false })
            break
          }
          case 2: {
            queue.written()
            model = model.filter((entry) => !entry.taken)
            const target = 1 + dice.int(150)
            const expected: Array<number> = []
            let total = 0
            for (const of of kinds) {
              for (const entry of model) {
                if (entry.kind !== of || total >= target) continue
                entry.taken = true
                total += entry.size
                expected.push(entry.n)
              }
            }
            assert.deepStrictEqual(numbers(queue.take(target)), expected.length === 0 ? undefined : expected)
            break
          }
          case 3:
            queue.drop(kind, tag)
            model = model.filter((entry) => entry.taken || entry.kind !== kind || entry.tag !== tag)
            break
          case 4:
            queue.written()
            model = model.filter((entry) => !entry.taken)
        }
        for (const of of kinds) assert.strictEqual(queue.size(of), held(of), `seed ${seed}`)
      }
    }
  })
})
