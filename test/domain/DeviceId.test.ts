import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import { byte, bytes } from "./bep/arbitraries.ts"

const certificates = [
  {
    made: "by Syncthing 1.19.2 (P-384)",
    der: `MIICHTCCAaKgAwIBAgIIeefVJs/pmr4wCgYIKoZIzj0EAwIwSjESMBAGA1UEChMJ
U3luY3RoaW5nMSAwHgYDVQQLExdBdXRvbWF0aWNhbGx5IEdlbmVyYXRlZDESMBAG
A1UEAxMJc3luY3RoaW5nMB4XDTI2MTEyMjAwMDAwMFoXDTQ2MTExNzAwMDAwMFow
SjESMBAGA1UEChMJU3luY3RoaW5nMSAwHgYDVQQLExdBdXRvbWF0aWNhbGx5IEdl
bmVyYXRlZDESMBAGA1UEAxMJc3luY3RoaW5nMHYwEAYHKoZIzj0CAQYFK4EEACID
YgAE1B6l/8lfjunEKjmjhdaQ/lPN/CK8Fl9kOWMudVSx92rd+mM/WI5eKDEndvUs
ZShybrSJ+/94Fwc2w6X4XEZ+j5rdE7bn5YGPCn9evKeNjRKJrC34aoQd4BL2/reI
RMdHo1UwUzAOBgNVHQ8BAf8EBAMCBaAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsG
AQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYDVR0RBA0wC4IJc3luY3RoaW5nMAoGCCqG
SM49BAMCA2kAMGYCMQDmnXgjJhGUCDG0KNL7z8EZlx7NhQceYgBbmVYynOdXxP1r
/t4Vzt4zJd5CWbn42XYCMQDRc9DVqvsTuxUU46aMi9jRo7qz2pHOd/BI78wedt1H
goCGwgR+Fx+9dmtlpSvcAkU=`,
    bytes: "cf5a36d7686427f283848608d0e83bb6649482e5fc2b47d2db1f57ad6f3cc80b",
    id: "Z5NDNV3-IMQT7FS-A4EQYEN-B2B3WZW-SJJAXF7-QVUPUWG-3D5L223-Z4ZAFQG",
    short: 0xcf5a36d7686427f2n,
    shortText: "Z5NDNV3"
  },
  {
    made: "by Syncthing 2.1.3 (Ed25519)",
    der: `MIIBnzCCAVGgAwIBAgIIRZ5V2/twNwYwBQYDK2VwMEoxEjAQBgNVBAoTCVN5bmN0
aGluZzEgMB4GA1UECxMXQXV0b21hdGljYWxseSBHZW5lcmF0ZWQxEjAQBgNVBAMT
CXN5bmN0aGluZzAeFw0yNjExMjIwMDAwMDBaFw00NjExMTcwMDAwMDBaMEoxEjAQ
BgNVBAoTCVN5bmN0aGluZzEgMB4GA1UECxMXQXV0b21hdGljYWxseSBHZW5lcmF0
ZWQxEjAQBgNVBAMTCXN5bmN0aGluZzAqMAUGAytlcAMhAGqnkdkz6DwRG2IShQrd
mr+BU9HIVIueOUX1VjvWbTQbo1UwUzAOBgNVHQ8BAf8EBAMCBaAwHQYDVR0lBBYw
FAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYDVR0RBA0wC4IJ
c3luY3RoaW5nMAUGAytlcANBAAoFa/Doo21z6pzJv7BXarvBmsQixBcJgVDklpbR
mldRq3BLNJ53oNaOfkSOAZdtNFT/cgLrEO7VBxOrAs8W+wo=`,
    bytes: "343474fabe4fad48c4ac2283a01bdbd92a675e2a6df91631e9652bb2dd784a9e",
    id: "GQ2HJ6V-6J6WURD-RFMEKB2-AG633ES-VGOXRKN-X4RMMPP-JMUV3FX-LYJKPA4",
    short: 3761760209044745544n,
    shortText: "GQ2HJ6V"
  }
]

const known = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"

describe("DeviceId", () => {
  it.each(certificates)("of a certificate made $made", ({ bytes, der, id, short, shortText }) => {
    const device = DeviceId.fromCertificate(Buffer.from(der, "base64"))
    assert.strictEqual<string>(device, id)
    assert.strictEqual(Buffer.from(DeviceId.toBytes(device)).toString("hex"), bytes)
    assert.strictEqual(DeviceId.short(device), short)
    assert.strictEqual(DeviceId.shortText(short), shortText)
    assert.deepStrictEqual(DeviceId.parse(id), Result.succeed(device))
  })

  it("of raw bytes", () => {
    const bytes = Buffer.from("24a32473421879ca2976c066345ac056e65a07902c0163865b27fcaca89d8597", "hex")
    assert.strictEqual<string>(
      DeviceId.fromBytes(bytes),
      "ESRSI42-CDB44UU-KLWYBTD-IWWAK3M-TFUB4QF-QAWHBSC-3E76KZK-E5QWLQY"
    )
  })

  it.each([
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ",
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ====",
    "p561017mzjnu2yiqgdreydm2mgtimgl3bxnpq6w5bmt88z4tjxzwicq2",
    "P56IOI7MZJNU2YIQGDREYDM2MGTIMGL3BXNPQ6W5BMTBBZ4TJXZWICQ2",
    "P56IOI7 MZJNU2Y IQGDREY DM2MGTI MGL3BXN PQ6W5BM TBBZ4TJ XZWICQ2",
    "p56ioi7-mzjnu2y-iqgdrey-dm2mgti-mgl3bxn-pq6w5bm-tbbz4tj-xzwicq2",
    known
  ])("is read from %s", (text) => {
    assert.deepStrictEqual(DeviceId.parse(text), Result.succeed(known as DeviceId.DeviceId))
  })

  it.each([
    ["one letter", "a"],
    ["55 characters", known.replaceAll("-", "").slice(1)],
    ["57 characters", `${known}A`],
    ["a wrong check character", known.replace("J-XZ", "K-XZ")],
    ["the last check character wrong", `${known.slice(0, -1)}3`],
    ["a character of another alphabet", known.replace("P56", "P59")],
    ["letters that only upper-case to A-Z", known.replace("IOI", "ıOı")]
  ])("refuses %s", (_, text) => assert(Result.isFailure(DeviceId.parse(text))))

  it("reads the empty text as the all-zero id", () => {
    const zero = Result.getOrThrow(DeviceId.parse(""))
    assert.deepStrictEqual(DeviceId.toBytes(zero), new Uint8Array(32))
    assert.strictEqual(DeviceId.short(zero), 0n)
    assert.strictEqual(DeviceId.shortText(0n), "")
  })

  it("computes Syncthing's check character, whose factors begin with 1 on the left", () => {
    assert.strictEqual(DeviceId.checkCharacter("AB725E4GHIQPL3ZFGT"), "G")
    assert.strictEqual(DeviceId.shortText(0x0123456789abcdefn), "AERUKZ4")
  })

  it.prop(
    "any 32 bytes survive, and one mistyped character is always noticed",
    [bytes(32, 32), byte],
    ([bytes, mistyped]) => {
      const id = DeviceId.fromBytes(bytes)
      assert.match(id, /^([A-Z2-7]{7}-){7}[A-Z2-7]{7}$/)
      assert.deepStrictEqual(DeviceId.toBytes(id), bytes)
      assert.deepStrictEqual(DeviceId.parse(id.toLowerCase()), Result.succeed(id))
      const at = mistyped % 63
      if (id[at] !== "-") {
        const other = id[at] === "A" ? "B" : "A"
        assert(Result.isFailure(DeviceId.parse(id.slice(0, at) + other + id.slice(at + 1))))
      }
    }
  )
})
