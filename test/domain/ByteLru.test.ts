import { assert, describe, it } from "@effect/vitest"
import { ByteLru } from "../../src/domain/ByteLru.ts"

describe("ByteLru", () => {
  it("puts out what was not used for longest, and tells of everything that goes", () => {
    const gone: Array<string> = []
    const cache = new ByteLru<number, string>(10, (value) => gone.push(value))
    for (const [key, value] of ["a", "b", "c"].entries()) cache.set(key, value, 3)
    assert.strictEqual(cache.get(0), "a")
    assert.strictEqual(cache.peek(1), "b")
    cache.set(3, "d", 3)
    assert.deepStrictEqual(gone, ["b"])
    cache.set(0, "e", 4)
    cache.delete(3)
    cache.delete(3)
    assert.deepStrictEqual(gone, ["b", "a", "d"])
    assert.deepStrictEqual([cache.bytes, cache.size], [7, 2])
    cache.set(9, "large", 100)
    assert.deepStrictEqual(gone, ["b", "a", "d", "c", "e"])
    assert.strictEqual(cache.get(9), "large")
  })

  it("makes room when asked, the oldest first", () => {
    const gone: Array<string> = []
    const cache = new ByteLru<string, string>(100, (value) => gone.push(value))
    for (const key of ["a", "b", "c"]) cache.set(key, key, 30)
    cache.get("a")
    cache.trim(90)
    assert.deepStrictEqual(gone, [])
    cache.trim(59)
    assert.deepStrictEqual(gone, ["b", "c"])
    assert.strictEqual(cache.bytes, 30)
    cache.trim(0)
    assert.strictEqual(cache.size, 0)
  })
})
