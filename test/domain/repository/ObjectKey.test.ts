import { assert, describe, it } from "@effect/vitest"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import { bytes, safe } from "../bep/arbitraries.ts"

describe("ObjectKey", () => {
  it.prop("what is built is parsed to the same", [safe, bytes(16, 16)], ([number, random]) => {
    const id = ObjectKey.makeId(number, random)
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.log(number)), { _tag: "Log", position: number })
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.base(number)), { _tag: "Base", position: number })
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.lease(number)), { _tag: "Lease", epoch: number })
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.pack(id)), { _tag: "Pack", id })
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.segment(id)), { _tag: "Segment", id })
    assert.strictEqual(ObjectKey.parseId(id)?.term, number)
    assert.deepStrictEqual(Uint8Array.from(ObjectKey.parseId(id)?.random ?? []), random)
    assert.strictEqual(ObjectKey.idFromBytes(ObjectKey.idBytes(id)), id)
  })

  it.prop("byte order of positions is their order", [safe, safe], ([a, b]) => {
    assert.strictEqual(ObjectKey.log(a) < ObjectKey.log(b), a < b)
    assert.strictEqual(ObjectKey.log(a).length, 24)
  })

  it("spells them so", () => {
    const id = ObjectKey.makeId(12, Uint8Array.from({ length: 16 }, (_, i) => i + 0xA0))
    assert.strictEqual(id, "12-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
    assert.strictEqual(ObjectKey.pack(id), "pack/a0/12-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
    assert.strictEqual(ObjectKey.segment(id), "segment/12-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
    assert.strictEqual(ObjectKey.log(7), "log/00000000000000000007")
    assert.deepStrictEqual(ObjectKey.parse("repository"), { _tag: "Marker" })
    const slot = "0123456789abcdef0123456789abcdef"
    assert.deepStrictEqual(ObjectKey.parse(ObjectKey.key(slot)), { _tag: "Key", id: slot })
  })

  it.each([
    "",
    "repository/",
    "Repository",
    "log/",
    "log/7",
    "log/000000000000000000007",
    "log/0000000000000000000x",
    "log/99999999999999999999",
    "log/00000000000000000007/",
    "/log/00000000000000000007",
    "pack/12-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "pack/a1/12-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "pack/a0/012-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "pack/a0/12-A0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "pack/a0/12-a0a1a2a3a4a5a6a7a8a9aaabacadaea",
    "segment/-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "segment/99999999999999999-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "segment/9999999999999999-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "key/0123",
    "key/0123456789ABCDEF0123456789ABCDEF",
    "lease/1",
    "tmp/x",
    "elsewhere"
  ])("%s is none of ours", (name) => {
    assert.isUndefined(ObjectKey.parse(name))
  })

  it("bytes that are no id are none", () => {
    assert.isUndefined(ObjectKey.idFromBytes(new Uint8Array(23)))
    assert.isUndefined(ObjectKey.idFromBytes(new Uint8Array(24).fill(0xFF)))
    assert.throws(() => ObjectKey.idBytes("12-xy"), /not the id/)
  })
})
