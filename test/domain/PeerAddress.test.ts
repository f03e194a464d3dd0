import { assert, describe, it } from "@effect/vitest"
import * as PeerAddress from "../../src/domain/PeerAddress.ts"

describe("PeerAddress", () => {
  it.each([
    ["127.0.0.1:22000", "127.0.0.1", 22_000],
    ["tcp://host.example:1", "host.example", 1],
    ["tcp4://127.0.0.1:0/", "127.0.0.1", 0],
    ["tcp6://[::1]:65535", "::1", 65_535],
    ["[fe80::1%eth0]:22000", "fe80::1%eth0", 22_000]
  ])("reads %s", (text, host, port) => {
    assert.deepStrictEqual(PeerAddress.parse(text), { host, port })
  })

  it.each(["", "host", "host:", ":22000", "host:65536", "host:-1", "::1:22000", "http://host:1", "a b:1", "host:1x"])(
    "refuses %s",
    (text) => {
      assert.isUndefined(PeerAddress.parse(text))
    }
  )

  it("writes what it reads", () => {
    for (const text of ["127.0.0.1:22000", "[::1]:1"]) {
      assert.strictEqual(PeerAddress.format(PeerAddress.parse(text) ?? { host: "", port: 0 }), text)
    }
  })
})
