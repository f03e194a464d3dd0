import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as Frames from "../../../src/domain/bep/Frames.ts"
import * as Messages from "../../../src/domain/bep/Messages.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import { bytes, damage, dice, int, int32, safe, signedSafe, text, uint64, version } from "./arbitraries.ts"
import { bep, big, encoded, hex, long, unhex } from "./oracle.ts"

const decode = (type: number, body: Uint8Array | string): Messages.Message | undefined =>
  Result.getOrThrow(Messages.decode({ type, body: typeof body === "string" ? unhex(body) : body }))

/** Through a frame and back. */
const roundTrip = <M extends Messages.Message>(message: M): M => {
  const frames = Result.getOrThrow(Frames.makeParser().push(Messages.encodeFrame(message)))
  assert.strictEqual(frames.length, 1)
  return Result.getOrThrow(Messages.decode(frames[0]!)) as M
}

const info = (name: string, sequence: number) =>
  FileInfo.encode({ name, type: "file", version: [{ id: 7n, value: 1n }], sequence, hashes: new Uint8Array(32) })

describe("Messages, the samples of the specification", () => {
  it.each(
    [
      [{ _tag: "ClusterConfig", folders: [], secondary: false }, "000000000000"],
      [{ _tag: "ClusterConfig", folders: [], secondary: true }, "0000000000021001"],
      [{ _tag: "Ping" }, "0002080600000000"],
      [{ _tag: "Close", reason: "bye" }, "00020807000000050a03627965"],
      [{ _tag: "Response", id: 7, code: 2, data: new Uint8Array(0) }, "000208040000000408071802"],
      [{ _tag: "Response", id: 0, code: 0, data: new Uint8Array(0) }, "0002080400000000"],
      [
        {
          _tag: "Request",
          id: 7,
          folder: "default",
          name: "a.txt",
          offset: 131072,
          size: 131072,
          hash: new Uint8Array(32).fill(0xAA),
          fromTemporary: false,
          blockNo: 1
        },
        `000208030000003e0807120764656661756c741a05612e74787420808008288080083220${"aa".repeat(32)}4801`
      ]
    ] satisfies ReadonlyArray<readonly [Messages.Message, string]>
  )("%j", (message, bytes) => {
    assert.strictEqual(hex(Messages.encodeFrame(message)), bytes)
    assert.deepStrictEqual(roundTrip(message), message)
  })
})

it("Messages.encodeFrames puts whole frames one after the other", () => {
  const request: Messages.Request = {
    _tag: "Request",
    id: 1,
    folder: "földer",
    name: "n".repeat(5000),
    offset: 0,
    size: 5,
    hash: new Uint8Array(32).fill(1),
    fromTemporary: true,
    blockNo: 0
  }
  const messages: ReadonlyArray<Messages.Message> = [
    { _tag: "ClusterConfig", folders: [], secondary: true },
    request,
    { _tag: "Ping" },
    { ...request, id: 2 },
    { _tag: "Close", reason: "bye" }
  ]
  const frames = Result.getOrThrow(Frames.makeParser().push(Messages.encodeFrames(messages)))
  assert.deepStrictEqual(frames.map((frame) => Result.getOrThrow(Messages.decode(frame))), messages.slice())
  assert.strictEqual(
    hex(Messages.encodeFrames(messages)),
    messages.map((message) => hex(Messages.encodeFrame(message))).join("")
  )
  assert.strictEqual(Messages.encodeFrames([]).length, 0)
})

describe("Messages.decode", () => {
  it("a Response without id is that of id 0, without data it is empty, and unknown codes are generic", () => {
    assert.deepStrictEqual(decode(Frames.RESPONSE, "1803"), {
      _tag: "Response",
      id: 0,
      code: 3,
      data: new Uint8Array(0)
    })
    assert.deepStrictEqual(decode(Frames.RESPONSE, "08051809"), {
      _tag: "Response",
      id: 5,
      code: 1,
      data: new Uint8Array(0)
    })
    const minusOne = `18${"ff".repeat(9)}01`
    assert.deepStrictEqual(decode(Frames.RESPONSE, minusOne), {
      _tag: "Response",
      id: 0,
      code: 1,
      data: new Uint8Array(0)
    })
    assert.deepStrictEqual(decode(Frames.RESPONSE, ""), { _tag: "Response", id: 0, code: 0, data: new Uint8Array(0) })
  })

  it("response data is a view of the body", () => {
    const body = bep.Response.encode({ id: 1, data: new Uint8Array(1000).fill(3) }).finish()
    const response = decode(Frames.RESPONSE, body)
    assert(response?._tag === "Response")
    assert.strictEqual(response.data.buffer, body.buffer)
    assert.strictEqual(response.data.length, 1000)
  })

  it("skips unknown types and unknown fields", () => {
    assert.isUndefined(decode(42, "ffffffff"))
    assert.deepStrictEqual(decode(Frames.PING, "0801 1a0101"), { _tag: "Ping" })
    assert.deepStrictEqual(decode(Frames.CLOSE, "1005 0a0161 a2060101"), { _tag: "Close", reason: "a" })
  })

  it("block indexes are read packed and not, and written not", () => {
    const update: Messages.ProgressUpdate = {
      type: "append",
      name: "n",
      version: [],
      blockIndexes: [0, 1, 300],
      blockSize: 0
    }
    const unpacked = "12 0e 12016e 1a00 2000 2001 20ac02 2800"
    const packed = "12 0b 12016e 1a00 2204 0001ac02"
    for (const body of [unpacked, packed]) {
      assert.deepStrictEqual(decode(Frames.DOWNLOAD_PROGRESS, body), {
        _tag: "DownloadProgress",
        folder: "",
        updates: [update]
      })
    }
    const encoded = Messages.encode({ _tag: "DownloadProgress", folder: "", updates: [update] })
    assert.strictEqual(hex(encoded), hex(unhex("12 0c 12016e 1a00 2000 2001 20ac02")))
  })

  it("ids of the whole 64-bit range and negative block numbers", () => {
    const device = { id: new Uint8Array(32), indexId: long(0xFFFF_FFFF_FFFF_FFFFn, true), maxSequence: long(2n ** 52n) }
    const config = decode(
      Frames.CLUSTER_CONFIG,
      bep.ClusterConfig.encode({ folders: [{ id: "f", devices: [device] }] }).finish()
    )
    assert(config?._tag === "ClusterConfig")
    assert.strictEqual(config.folders[0]?.devices[0]?.indexId, 0xFFFF_FFFF_FFFF_FFFFn)
    assert.strictEqual(config.folders[0]?.devices[0]?.maxSequence, 2 ** 52)
    assert.deepStrictEqual(roundTrip(config), config)
    const counter = [{ id: (1n << 63n) + 5n, value: 1n }]
    const progress: Messages.DownloadProgress = {
      _tag: "DownloadProgress",
      folder: "f",
      updates: [{ type: "forget", name: "n", version: counter, blockIndexes: [], blockSize: 262144 }]
    }
    assert.deepStrictEqual(roundTrip(progress), progress)
    const request = decode(Frames.REQUEST, bep.Request.encode({ blockNo: -3, offset: long(-7), size: -1 }).finish())
    assert(request?._tag === "Request")
    assert.deepStrictEqual([request.blockNo, request.offset, request.size], [-3, -7, -1])
    assert.deepStrictEqual(roundTrip(request), request)
  })

  it("sequences that cannot be are 0", () => {
    for (const value of [-1n, 1n << 60n]) {
      const index = decode(
        Frames.INDEX_UPDATE,
        bep.IndexUpdate.encode({ lastSequence: long(value), prevSequence: long(value) }).finish()
      )
      assert.deepStrictEqual(index, { _tag: "IndexUpdate", folder: "", files: [], lastSequence: 0, prevSequence: 0 })
    }
  })

  it("a broken message is named, and one broken entry breaks its message", () => {
    for (
      const [type, body, name] of [[Frames.INDEX, "12 05 0a01", "Index"], [Frames.CLOSE, "0a05", "Close"]] as const
    ) {
      const result = Messages.decode({ type, body: unhex(body) })
      assert(Result.isFailure(result))
      assert.include(result.failure, `broken ${name}`)
    }
    const good = hex(info("a", 1))
    const cut = unhex(`12 ${(good.length / 2).toString(16)} ${good} 12 03 0a0561 0a0166`)
    assert(Result.isFailure(Messages.decode({ type: Frames.INDEX, body: cut })))
  })

  it("bounds what a few bytes can make us hold", () => {
    const tooMany = (type: number, body: Uint8Array) => {
      const result = Messages.decode({ type, body })
      assert(Result.isFailure(result))
      assert.include(result.failure, "too many elements")
    }
    const emptyEntries = new Uint8Array(2 * 100_001)
    for (let at = 0; at < emptyEntries.length; at += 2) emptyEntries[at] = 0x12
    tooMany(Frames.INDEX, emptyEntries)
    assert(Result.isSuccess(Messages.decode({ type: Frames.INDEX, body: emptyEntries.subarray(2) })))
    const folders = new Uint8Array(2 * 1_000_001)
    for (let at = 0; at < folders.length; at += 2) folders[at] = 0x0A
    tooMany(Frames.CLUSTER_CONFIG, folders)
    const indexes = new Uint8Array(8 + 1_000_001)
    indexes.set(unhex("12 c5843d 22 c1843d"))
    tooMany(Frames.DOWNLOAD_PROGRESS, indexes)
  })
})

describe("Messages against protobufjs", () => {
  const request = Arbitrary.all({
    id: int32,
    folder: text,
    name: text,
    offset: signedSafe,
    size: int32,
    hash: bytes(0, 32),
    temporary: int(0, 1),
    blockNo: int32
  })
  it.prop("Request", [request], ([r]) => {
    const message: Messages.Request = {
      _tag: "Request",
      id: r.id,
      folder: r.folder,
      name: r.name,
      offset: r.offset,
      size: r.size,
      hash: r.hash,
      fromTemporary: r.temporary === 1,
      blockNo: r.blockNo
    }
    assert.deepStrictEqual(roundTrip(message), message)
    const theirs = bep.Request.decode(Messages.encode(message))
    assert.deepStrictEqual(
      [
        theirs.id,
        theirs.folder,
        theirs.name,
        Number(big(theirs.offset)),
        theirs.size,
        hex(theirs.hash),
        theirs.blockNo
      ],
      [r.id, r.folder, r.name, r.offset, r.size, hex(r.hash), r.blockNo]
    )
    const back = decode(
      Frames.REQUEST,
      bep.Request.encode({ ...r, offset: long(r.offset), fromTemporary: r.temporary === 1, weakHash: 5 }).finish()
    )
    assert.deepStrictEqual(back, message)
  }, { arbitrary: { runs: 300 } })

  const device = Arbitrary.all({
    id: bytes(0, 32),
    name: text,
    addresses: Arbitrary.array(text, { maxLength: 3 }),
    compression: int(0, 2),
    certName: text,
    maxSequence: safe,
    indexId: uint64,
    introducer: Arbitrary.map(int(0, 1), (n) => n === 1),
    encryptionPasswordToken: bytes(0, 16)
  })
  const folder = Arbitrary.all({
    id: text,
    label: text,
    type: int(0, 3),
    paused: Arbitrary.map(int(0, 1), (n) => n === 1),
    devices: Arbitrary.array(device, { maxLength: 3 })
  })
  it.prop("ClusterConfig", [Arbitrary.array(folder, { maxLength: 3 }), int(0, 1)], ([folders, secondary]) => {
    const message: Messages.ClusterConfig = { _tag: "ClusterConfig", folders, secondary: secondary === 1 }
    assert.deepStrictEqual(roundTrip(message), message)
    const theirs = bep.ClusterConfig.encode({
      secondary: secondary === 1,
      folders: folders.map(({ paused, ...f }) => ({
        ...f,
        ignorePermissions: true,
        stopReason: paused ? 1 : 0,
        devices: f.devices.map((d) => ({
          ...d,
          maxSequence: long(d.maxSequence),
          indexId: long(d.indexId, true),
          skipIntroductionRemovals: true
        }))
      }))
    }).finish()
    assert.deepStrictEqual(decode(Frames.CLUSTER_CONFIG, theirs), message)
    const of = (d: bep.Device.$Properties | Messages.Device) => [hex(d.id), String(d.indexId), d.addresses]
    const read = bep.ClusterConfig.decode(Messages.encode(message))
    assert.deepStrictEqual(
      read.folders.map((f) => [f.id, f.label, f.type, f.stopReason, f.devices?.map(of)]),
      folders.map((f) => [f.id, f.label, f.type, f.paused ? 1 : 0, f.devices.map(of)])
    )
  }, { arbitrary: { runs: 200 } })

  const update = Arbitrary.map(
    Arbitrary.all({
      type: int(0, 1),
      name: text,
      version,
      blockIndexes: Arbitrary.array(int(0, 0x7FFF_FFFF), { maxLength: 8 }),
      blockSize: int(0, 16 * 1024 * 1024)
    }),
    (u) => ({ ...u, type: u.type === 1 ? "forget" as const : "append" as const })
  )
  it.prop("DownloadProgress", [text, Arbitrary.array(update, { maxLength: 3 })], ([folder, updates]) => {
    const message: Messages.DownloadProgress = { _tag: "DownloadProgress", folder, updates }
    assert.deepStrictEqual(roundTrip(message), message)
    const read = bep.DownloadProgress.decode(Messages.encode(message))
    assert.deepStrictEqual(
      read.updates.map((u) => [Number(u.updateType) === 1 ? "forget" : "append", u.name, u.blockIndexes, u.blockSize]),
      updates.map((u) => [u.type, u.name, u.blockIndexes, u.blockSize])
    )
    const version = (v: bep.Vector.$Properties | null | undefined) =>
      (v?.counters ?? []).map((c) => [String(c.id), String(c.value)])
    assert.deepStrictEqual(
      read.updates.map((u) => version(u.version)),
      updates.map((u) => u.version.map((c) => [String(c.id), String(c.value)]))
    )
  }, { arbitrary: { runs: 200 } })

  it.prop(
    "Index and IndexUpdate",
    [text, Arbitrary.array(text, { maxLength: 8 }), safe, safe],
    ([folder, names, last, prev]) => {
      const infos = names.map((name, i) =>
        FileInfo.announce(FileInfo.encode({ name, type: "directory", version: [] }), i + 1)
      )
      for (const [type, before] of [[Frames.INDEX, undefined], [Frames.INDEX_UPDATE, prev]] as const) {
        const body = Messages.encodeIndex(folder, infos, last, before)
        const message = decode(type, body)
        assert(message?._tag === "Index" || message?._tag === "IndexUpdate")
        assert.deepStrictEqual([message.folder, message.files.map((f) => f.name), message.lastSequence], [
          folder,
          names,
          last
        ])
        assert.deepStrictEqual(message.files.map((f) => f.sequence), names.map((_, i) => i + 1))
        assert.deepStrictEqual(message.files.map((f) => hex(f.raw)), infos.map((i) => hex(i)))
        if (message._tag === "IndexUpdate") assert.strictEqual(message.prevSequence, prev)
        assert.strictEqual(hex(Messages.encode(message)), hex(body))
        const read = bep.IndexUpdate.decode(body)
        assert.deepStrictEqual(read.files.map((f) => f.name), names)
        assert.strictEqual(big(read.lastSequence), BigInt(last))
        assert.strictEqual(big(read.prevSequence), BigInt(before ?? 0))
      }
    }
  )

  it.prop("Response and Close", [int32, bytes(0, 400), int(0, 3), text], ([id, data, code, reason]) => {
    const response: Messages.Response = { _tag: "Response", id, data, code: code as Messages.ResponseCode }
    assert.deepStrictEqual(roundTrip(response), response)
    assert.deepStrictEqual(decode(Frames.RESPONSE, encoded(bep.Response, { id, data, code })), response)
    assert.deepStrictEqual(roundTrip({ _tag: "Close", reason }), { _tag: "Close", reason })
  })

  it("damaged messages are a failure or a message that can be written again", () => {
    const originals: ReadonlyArray<readonly [number, Uint8Array]> = [
      [
        Frames.CLUSTER_CONFIG,
        bep.ClusterConfig.encode({
          folders: [{
            id: "f",
            label: "Ünï",
            devices: [{ id: new Uint8Array(32), addresses: ["a", "b"], indexId: long(-1, true) }]
          }]
        }).finish()
      ],
      [Frames.INDEX, Messages.encodeIndex("f", [info("a", 1), info("b/c", 2)], 2, undefined)],
      [Frames.INDEX_UPDATE, Messages.encodeIndex("f", [info("a", 3)], 3, 2)],
      [
        Frames.REQUEST,
        bep.Request.encode({ id: 5, folder: "f", name: "a", size: 100, hash: new Uint8Array(32), blockNo: -1 }).finish()
      ],
      [Frames.RESPONSE, encoded(bep.Response, { id: 5, data: new Uint8Array(50), code: 2 })],
      [
        Frames.DOWNLOAD_PROGRESS,
        bep.DownloadProgress.encode({
          folder: "f",
          updates: [{
            name: "a",
            blockIndexes: [1, 2, 300],
            version: { counters: [{ id: long(1, true), value: long(1, true) }] }
          }]
        }).finish()
      ],
      [Frames.PING, new Uint8Array(0)],
      [Frames.CLOSE, unhex("0a03627965")]
    ]
    let failures = 0
    for (let seed = 0; seed < 24_000; seed++) {
      const [type, original] = originals[seed % originals.length]!
      const result = Messages.decode({ type, body: damage(original, dice(seed)) })
      if (Result.isFailure(result)) failures++
      else {
        const again = Messages.decode({ type, body: Messages.encode(result.success!) })
        assert(Result.isSuccess(again) && again.success?._tag === result.success?._tag, `seed ${seed}`)
      }
    }
    assert(failures > 2000 && failures < 22_000, `${failures} failures`)
  })
})
