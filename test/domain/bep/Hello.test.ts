import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Hello from "../../../src/domain/bep/Hello.ts"
import { bytes, int, int32, text, uint64 } from "./arbitraries.ts"
import { bep, hex, unhex } from "./oracle.ts"

const sample: Hello.Hello = {
  deviceName: "dev",
  clientName: "syncthing",
  clientVersion: "v2.1.3",
  numConnections: 1,
  timestamp: 1_700_000_000_000_000_000n
}
const sampleBytes = "2ea7d90b00240a03646576120973796e637468696e671a0676322e312e332001288080a8b1e39fe7cb17"

const frame = (message: Uint8Array) => {
  const head = Buffer.alloc(6)
  head.writeUInt32BE(0x2EA7D90B)
  head.writeUInt16BE(message.length, 4)
  return new Uint8Array([...head, ...message])
}

describe("Hello", () => {
  it("encodes to the bytes Syncthing sends", () => {
    assert.strictEqual(hex(Hello.encode(sample)), sampleBytes)
  })

  it("comes out whole however it is cut, with what followed", () => {
    const input = unhex(`${sampleBytes}000000`)
    for (let cut = 0; cut <= input.length; cut++) {
      const parser = Hello.makeParser()
      let found = Result.getOrThrow(parser.push(input.subarray(0, cut)))
      const first = found !== undefined
      assert.strictEqual(first, cut >= 42)
      found ??= Result.getOrThrow(parser.push(input.subarray(cut)))
      assert.deepStrictEqual(found?.hello, sample)
      assert.strictEqual(found?.rest.length, first ? cut - 42 : 3)
    }
    const byByte = Hello.makeParser()
    const results = Array.from(unhex(sampleBytes), (b) => Result.getOrThrow(byByte.push(Uint8Array.of(b))))
    assert.deepStrictEqual(results.at(-1)?.hello, sample)
    assert(results.slice(0, -1).every((r) => r === undefined))
  })

  it("needs no field: a device that does not know us names nothing", () => {
    const empty = Result.getOrThrow(Hello.makeParser().push(frame(new Uint8Array(0))))
    assert.deepStrictEqual(empty?.hello, {
      deviceName: "",
      clientName: "",
      clientVersion: "",
      numConnections: 0,
      timestamp: 0n
    })
    const old = bep.Hello.encode({ clientName: "syncthing", clientVersion: "v1.19.2-ds1" }).finish()
    const hello = Result.getOrThrow(Hello.makeParser().push(frame(old)))?.hello
    assert.strictEqual(hello?.clientVersion, "v1.19.2-ds1")
  })

  it.each([
    ["9f79bc40", "too old"],
    ["00010001", "too old"],
    ["00010000", "too old"],
    ["deadbeef", "does not speak BEP"],
    ["47455420", "does not speak BEP"],
    ["2ea7d90b8000", "32768"],
    ["2ea7d90bffff", "65535"],
    ["2ea7d90b00020a05", "broken Hello"]
  ])("refuses %s at once", (input, reason) => {
    const result = Hello.makeParser().push(unhex(input))
    assert(Result.isFailure(result))
    assert.include(result.failure, reason)
  })

  it("accepts the largest length", () => {
    const long = new Uint8Array(32767)
    const name = "x".repeat(32763)
    long.set([0x0A, 0xFB, 0xFF, 0x01])
    long.set(new TextEncoder().encode(name), 4)
    assert.strictEqual(Result.getOrThrow(Hello.makeParser().push(frame(long)))?.hello.deviceName, name)
  })

  it.each(
    [
      ["v1.19.2-ds1", "1.x"],
      ["v1.29.5", "1.x"],
      ["v0.14.0", "1.x"],
      ["v2.1.3", "2.x"],
      ["v10.0.0", "2.x"],
      ["0.1.0", "2.x"],
      ["", "2.x"]
    ] as const
  )("a client %j follows the rules of %s", (clientVersion, style) => {
    assert.strictEqual(Hello.style({ ...sample, clientVersion }), style)
  })

  it.prop("any Hello survives", { name: text, version: text, connections: int32, time: uint64 }, (h) => {
    const timestamp = BigInt.asIntN(64, h.time)
    const hello = {
      deviceName: h.name,
      clientName: h.version,
      clientVersion: h.version,
      numConnections: h.connections,
      timestamp
    }
    assert.deepStrictEqual(Result.getOrThrow(Hello.makeParser().push(Hello.encode(hello)))?.hello, hello)
    const read = bep.Hello.decode(Hello.encode(hello).subarray(6))
    assert.strictEqual(read.deviceName, h.name)
    assert.strictEqual(String(read.timestamp), String(timestamp))
  })

  it.prop("no bytes make it throw", [bytes(0, 60), int(0, 6)], ([noise, kept]) => {
    Hello.makeParser().push(noise)
    const start = unhex(sampleBytes).subarray(0, kept)
    Hello.makeParser().push(new Uint8Array([...start, ...noise]))
  }, { arbitrary: { runs: 500 } })
})
