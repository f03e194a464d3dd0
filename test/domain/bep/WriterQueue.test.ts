import { assert, describe, it } from "@effect/vitest"
import { type Kind, WriterQueue } from "../../../src/domain/bep/WriterQueue.ts"
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
