/** Where a store lies, what is shown of it, what is refused at once; patience; ranges. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { S3Exchange } from "../../../src/domain/store/S3Exchange.ts"
import * as S3Place from "../../../src/domain/store/S3Place.ts"

const make = (options: Partial<S3Place.Options>) => S3Place.make({ bucket: "b-1", prefix: "", ...options })
const place = (options: Partial<S3Place.Options>) => {
  const made = make(options)
  return Result.isSuccess(made) ? made.success : assert.fail(made.failure.reason)
}
const reason = (options: Partial<S3Place.Options>) => {
  const made = make(options)
  return Result.isFailure(made) ? `${made.failure.reason}; ${made.failure.mend}` : assert.fail(made.success.location)
}

describe("S3Place", () => {
  it("has buckets in host names at AWS and in the path elsewhere, unless it is told", () => {
    assert.isFalse(place({}).pathStyle)
    assert.isTrue(place({ bucket: "with.dots" }).pathStyle)
    assert.isTrue(place({ endpoint: "https://h:9000/" }).pathStyle)
    assert.isFalse(place({ endpoint: "https://h", pathStyle: false }).pathStyle)
    assert.isTrue(place({ pathStyle: true }).pathStyle)
  })

  it("shows the place and nothing more", () => {
    assert.strictEqual(place({}).location, "s3://b-1")
    const made = place({ prefix: "a/b/", endpoint: "https://h:9000/base/" })
    assert.strictEqual(made.location, "s3://b-1/a/b")
    assert.strictEqual(made.endpoint, "https://h:9000/base")
    assert.isTrue(place({}).secure)
    assert.isFalse(place({ endpoint: "http://h" }).secure)
  })

  it("refuses what cannot work, and repeats no secret", () => {
    assert.match(reason({ bucket: "a b" }), /no name of a bucket/)
    assert.match(reason({ bucket: "x--use1-az4--x-s3" }), /S3 Express/)
    assert.match(reason({ storageClass: "DEEP_ARCHIVE" }), /cannot be read at once.*STANDARD_IA/)
    assert.match(reason({ endpoint: "h:9000" }), /no http:\/\/ or https:\/\/ URL/)
    assert.match(reason({ endpoint: "nonsense" }), /no http/)
    assert.match(reason({ configured: "https://elsewhere" }), /AWS_ENDPOINT_URL.*endpoint=/)
    assert.strictEqual(place({ configured: "https://elsewhere", endpoint: "https://h" }).endpoint, "https://h")
    for (const endpoint of ["https://user:hidden@h", "https://h?key=hidden", "https://h#hidden"]) {
      assert.match(reason({ endpoint }), /holds a user.*AWS_ACCESS_KEY_ID/)
      assert.notInclude(reason({ endpoint }), "hidden")
    }
  })

  it("writes queries as signatures do", () => {
    assert.strictEqual(S3Place.queryOf(), "")
    assert.strictEqual(
      S3Place.queryOf({ delete: "", a: "x y/+*'()!é", none: null, many: ["1", "2"] }),
      "?delete=&a=x%20y%2F%2B%2A%27%28%29%21%C3%A9&many=1&many=2"
    )
  })
})

describe("S3Exchange", () => {
  const etag = "\"1\""
  const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at)

  it("puts an object where it is told to if it fits, else in memory of its own", () => {
    for (const [room, there] of [[10, true], [12, true], [9, false]] as const) {
      const into = new Uint8Array(room)
      const exchange = new S3Exchange("get", { into })
      assert.isUndefined(exchange.begin("GET", 200, { etag, "content-length": "10" }))
      assert.isUndefined(exchange.push(bytes(10).subarray(0, 4)))
      assert.isUndefined(exchange.push(bytes(10).subarray(4)))
      assert.isUndefined(exchange.status)
      assert.isUndefined(exchange.end(true))
      assert.strictEqual(exchange.status, 200)
      assert.deepStrictEqual(exchange.bytes, bytes(10))
      assert.strictEqual(exchange.bytes.buffer === into.buffer, there)
      if (!there) assert.strictEqual(exchange.bytes.buffer.byteLength, 10, "nothing else lies in its memory")
    }
  })

  it("never puts an error document there", () => {
    const into = new Uint8Array(100)
    const exchange = new S3Exchange("get", { into })
    exchange.begin("GET", 404, { "content-length": "3" })
    exchange.push(bytes(3))
    exchange.end(true)
    assert.deepStrictEqual(into, new Uint8Array(100))
  })

  it("collects a reply of unstated length, whoever writes to its chunks later", () => {
    const exchange = new S3Exchange("look")
    exchange.begin("GET", 200, {})
    const chunk = bytes(5)
    exchange.push(chunk)
    chunk.fill(9)
    exchange.push(chunk)
    assert.isUndefined(exchange.end(true))
    assert.deepStrictEqual([...exchange.bytes], [0, 1, 2, 3, 4, 9, 9, 9, 9, 9])
  })

  it("objects to less, to more, and to far too much", () => {
    const begun = (stated: string | undefined, range?: { readonly start: number; readonly end: number }) => {
      const exchange = new S3Exchange("get", { range })
      return [
        exchange,
        exchange.begin("GET", 200, stated === undefined ? { etag } : { etag, "content-length": stated })
      ] as const
    }
    const [short] = begun("10")
    short.push(bytes(9))
    assert.match(short.end(true) ?? "", /cut after 9/)
    assert.isUndefined(short.status)
    const [long] = begun("10")
    assert.isString(long.push(bytes(11)))
    const [aborted] = begun(undefined)
    aborted.push(bytes(9))
    assert.isString(aborted.end(false))
    for (const stated of ["99999999999999", "ten"]) assert.isString(begun(stated)[1], stated)
  })
})
