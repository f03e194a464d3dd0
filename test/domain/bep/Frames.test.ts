import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as Frames from "../../../src/domain/bep/Frames.ts"
import { byte, bytes, damage, dice, int } from "./arbitraries.ts"
import { bep, encoded, hex, unhex } from "./oracle.ts"

const push = (parser: Frames.Parser, chunk: Uint8Array) => Result.getOrThrow(parser.push(chunk))

/** The input in pieces that end at the given places. */
const cut = (input: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = [0, ...places.map((place) => place % (input.length + 1)).toSorted((a, b) => a - b), input.length]
  return at.slice(1).map((end, i) => input.slice(at[i], end))
}

const failure = (input: Uint8Array, options?: { readonly maxBody: number }): string => {
  const result = Frames.makeParser(options).push(input)
  assert(Result.isFailure(result))
  const byByte = Frames.makeParser(options)
  const last = Array.from(input, (b) => byByte.push(Uint8Array.of(b))).findLast((r) => Result.isFailure(r))
  assert.deepStrictEqual(last, result, "the same when it comes byte by byte")
  return result.failure
}

const samples = [
  ["an empty ClusterConfig", "000000000000", Frames.CLUSTER_CONFIG, ""],
  ["a secondary ClusterConfig", "0000000000021001", Frames.CLUSTER_CONFIG, "1001"],
  ["Ping", "0002080600000000", Frames.PING, ""],
  ["Close", "00020807000000050a03627965", Frames.CLOSE, "0a03627965"],
  ["a failed Response", "000208040000000408071802", Frames.RESPONSE, "08071802"],
  ["an empty Response", "0002080400000000", Frames.RESPONSE, ""]
] as const

describe("Frames", () => {
  it.each(samples)("%s", (_, frame, type, body) => {
    assert.strictEqual(hex(Frames.encode(type, unhex(body))), frame)
    for (const pieces of [[unhex(frame)], Array.from(unhex(frame), (b) => Uint8Array.of(b))]) {
      const parser = Frames.makeParser()
      const frames = pieces.flatMap((piece) => push(parser, piece))
      assert.deepStrictEqual(frames.map((f) => [f.type, hex(f.body)]), [[type, body]])
      assert.isTrue(Result.isSuccess(parser.end()))
    }
  })

  it("a released body is filled again, one that is not is left alone", () => {
    const parser = Frames.makeParser()
    const frameOf = (fill: number) => Frames.encode(Frames.RESPONSE, new Uint8Array(100_000).fill(fill))
    const receive = (fill: number): Frames.Frame => {
      const bytes = frameOf(fill)
      return [...push(parser, bytes.subarray(0, 50_000)), ...push(parser, bytes.subarray(50_000))][0]!
    }
    const [first, second] = [receive(1), receive(2)]
    assert.notStrictEqual(first.body.buffer, second.body.buffer)
    parser.release([first])
    const third = receive(3)
    assert.strictEqual(third.body.buffer, first.body.buffer)
    assert.isTrue(second.body.every((byte) => byte === 2))
    assert.isTrue(third.body.every((byte) => byte === 3) && third.body.length === 100_000)
    parser.release([third, third, { type: Frames.RESPONSE, body: new Uint8Array(100_000) }])
    const [fourth, fifth] = [receive(4), receive(5)]
    assert.notStrictEqual(fourth.body.buffer, fifth.body.buffer, "given back twice, kept once")
  })

  it("a thousand in one chunk", () => {
    const input = new Uint8Array(
      Buffer.concat(Array.from({ length: 1000 }, (_, i) => unhex(samples[i % samples.length]![1])))
    )
    const frames = push(Frames.makeParser(), input)
    assert.deepStrictEqual(
      frames.map((f) => f.type),
      Array.from({ length: 1000 }, (_, i) => samples[i % samples.length]![2])
    )
  })

  it("a compressed body comes out decompressed", () => {
    const header = unhex("0004 0801 1001")
    const input = new Uint8Array([...header, ...unhex("0000000f 00000028 1f6101000f506161616161")])
    for (const pieces of [[input], Array.from(input, (b) => Uint8Array.of(b))]) {
      const parser = Frames.makeParser()
      const frames = pieces.flatMap((piece) => push(parser, piece))
      assert.deepStrictEqual(frames.map((f) => [f.type, hex(f.body)]), [[Frames.INDEX, "61".repeat(40)]])
    }
    assert.include(failure(new Uint8Array([...header, ...unhex("00000005 00000028 00")])), "compressed")
    assert.include(failure(input, { maxBody: 39 }), "limit")
  })

  it("a header may hold fields we do not know, and name its type at the end", () => {
    const header = encoded(bep.Header, { type: 6 })
    const unknown = new Uint8Array([...unhex("7a03010203 a20601ff"), ...header])
    const input = new Uint8Array([0, unknown.length, ...unknown, 0, 0, 0, 0])
    assert.deepStrictEqual(push(Frames.makeParser(), input).map((f) => f.type), [Frames.PING])
  })

  it.each([
    ["header length 0x8000", "8000", "header length"],
    ["a broken header", "0002 08ff 00000000", "header"],
    ["body length 0x80000000", "0000 80000000", "negative body length"],
    ["body length 500,000,001", "0000 1dcd6501", "500000001"],
    ["a body above our own limit", "0000 08000001", "134217729"],
    ["compression 7", "0004 0801 1007 00000000", "compression 7"]
  ])("refuses %s", (_, input, reason) => assert.include(failure(unhex(input)), reason))

  it("never allows more than the protocol's limit", () => {
    assert.include(failure(unhex("0000 1dcd6501"), { maxBody: 1e12 }), "500000000")
  })

  it("a failure is final", () => {
    const parser = Frames.makeParser()
    assert(Result.isFailure(parser.push(unhex("8000"))))
    assert(Result.isFailure(parser.push(unhex("0002080600000000"))))
    assert(Result.isFailure(parser.end()))
  })

  it("frames before a broken one are lost with the connection", () => {
    assert(Result.isFailure(Frames.makeParser().push(unhex("0002080600000000 8000"))))
  })

  it("an unknown type comes out, and so does what follows", () => {
    const frames = push(Frames.makeParser(), unhex("0002 082a 00000002 ffff 0002080600000000"))
    assert.deepStrictEqual(frames.map((f) => f.type), [42, Frames.PING])
  })

  it("the end inside a frame is a failure, between frames it is not", () => {
    const whole = unhex("00020807000000050a03627965")
    for (let length = 0; length <= whole.length; length++) {
      const parser = Frames.makeParser()
      push(parser, whole.subarray(0, length))
      assert.strictEqual(Result.isFailure(parser.end()), length > 0 && length < whole.length, `after ${length} bytes`)
    }
  })

  const frame = Arbitrary.all({ type: int(0, 50), body: bytes(0, 200) })
  it.prop(
    "however the bytes are cut, the same messages come out",
    [Arbitrary.array(frame, { maxLength: 12 }), Arbitrary.array(int(0, 5000), { maxLength: 30 })],
    ([frames, places]) => {
      const input = new Uint8Array(Buffer.concat(frames.map((f) => Frames.encode(f.type, f.body))))
      const parser = Frames.makeParser()
      const out = cut(input, places).flatMap((piece) => push(parser, piece))
      assert.deepStrictEqual(out.map((f) => [f.type, hex(f.body)]), frames.map((f) => [f.type, hex(f.body)]))
      assert.isTrue(Result.isSuccess(parser.end()))
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "encodeResponse is one frame and does not copy the data",
    [int(-5, 100_000), byte, bytes(0, 50)],
    ([id, code, data]) => {
      const buffers = Frames.encodeResponse(id, code % 4, data)
      if (data.length > 0) assert.strictEqual(buffers[1], data)
      const [frame] = push(Frames.makeParser(), new Uint8Array(Buffer.concat(buffers)))
      assert.strictEqual(frame?.type, Frames.RESPONSE)
      const response = bep.Response.decode(frame!.body)
      assert.deepStrictEqual([response.id, response.code, hex(response.data)], [id, code % 4, hex(data)])
    }
  )

  it("a large body is one allocation of its size, filled once", () => {
    const size = 32 * 1024 * 1024
    const parser = Frames.makeParser()
    push(parser, new Uint8Array([0, 2, 8, 4, size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255]))
    const before = process.memoryUsage().arrayBuffers
    const chunk = new Uint8Array(16 * 1024).fill(7)
    let frames: ReadonlyArray<Frames.Frame> = []
    for (let sent = 0; sent < size; sent += chunk.length) frames = push(parser, chunk)
    assert(process.memoryUsage().arrayBuffers - before < size / 4, "nothing but the body")
    const body = Buffer.from(frames[0]!.body.buffer)
    assert.strictEqual(body.length, size)
    for (let at = 0; at < size; at += chunk.length) {
      assert.strictEqual(body.compare(chunk, 0, chunk.length, at, at + chunk.length), 0)
    }
  })

  it("survives damage within its limit", () => {
    const original = new Uint8Array(Buffer.concat([
      ...samples.map((s) => unhex(s[1])),
      unhex("0004 0801 1001 0000000f 00000028 1f6101000f506161616161"),
      Frames.encode(Frames.INDEX, new Uint8Array(300))
    ]))
    let failures = 0
    for (let seed = 0; seed < 20_000; seed++) {
      const roll = dice(seed)
      const input = damage(original, roll)
      const parser = Frames.makeParser({ maxBody: 1000 })
      const whole = Frames.makeParser({ maxBody: 1000 }).push(input)
      const out: Array<Frames.Frame> = []
      let broken = false
      for (const piece of cut(input, [roll(500), roll(500), roll(500)])) {
        const result = parser.push(piece)
        if (Result.isFailure(result)) broken = true
        else out.push(...result.success)
      }
      assert.strictEqual(broken, Result.isFailure(whole), `seed ${seed}`)
      if (broken) failures++
      for (const { body } of out) assert(body.length <= 1000)
    }
    assert(failures > 2000 && failures < 19_000, `${failures} failures`)
  })
})
