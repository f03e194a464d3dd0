import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import { describe, expect, it } from "vitest"
import type { Request, Response } from "../../../src/domain/bep/Messages.ts"
import * as BlockSize from "../../../src/domain/BlockSize.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import { Fetcher, type Limits, runsOf } from "../../../src/domain/sync/Fetcher.ts"

const sha = (bytes: Uint8Array) => Crypto.hash("sha256", bytes, "buffer")

/** Content of `size` bytes that differs by seed and by block. */
const content = (seed: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 64) bytes.writeUInt32LE((seed * 2_654_435_761 + at) >>> 0, Math.min(at, size - 4))
  return bytes
}

const file = (name: string, bytes: Buffer): FileInfo.FileInfo => {
  const blockSize = BlockSize.forFile(bytes.length)
  const hashes = Buffer.concat(
    Array.from(
      { length: BlockSize.count(bytes.length, blockSize) },
      (_, i) => sha(bytes.subarray(i * blockSize, (i + 1) * blockSize))
    )
  )
  const raw = FileInfo.encode({
    name,
    type: "file",
    size: bytes.length,
    permissions: 0o644,
    noPermissions: false,
    modifiedS: 1,
    modifiedNs: 2,
    modifiedBy: 3n,
    deleted: false,
    invalid: false,
    version: [{ id: 3n, value: 1n }],
    sequence: 1,
    blockSize,
    hashes,
    symlinkTarget: new Uint8Array(0)
  })
  return Result.getOrThrow(FileInfo.decode(raw))
}

const world = (limits?: Limits) => {
  const packs = new Map<string, string>()
  const added: Array<string> = []
  let room = Number.MAX_SAFE_INTEGER
  const fetcher = new Fetcher({
    find: (hash) => packs.get(Buffer.from(hash).toString("hex")),
    add: (hash, bytes) => {
      expect(sha(bytes).equals(Buffer.from(hash))).toBe(true)
      packs.set(Buffer.from(hash).toString("hex"), "open")
      added.push(Buffer.from(hash).toString("hex"))
      return "open"
    },
    room: () => room
  }, limits)
  return {
    fetcher,
    packs,
    added,
    setRoom: (bytes: number) => {
      room = bytes
    }
  }
}

const answer = (request: Request, bytes: Buffer): Response => ({
  _tag: "Response",
  id: request.id,
  code: 0,
  data: bytes.subarray(request.offset, request.offset + request.size)
})

const code = (request: Request, value: 1 | 2 | 3): Response => ({
  _tag: "Response",
  id: request.id,
  code: value,
  data: new Uint8Array(0)
})

describe("Fetcher", () => {
  it("requests every block once with name, offset, size and hash, and is ready when all have come, in any order", () => {
    const { fetcher, added } = world()
    const bytes = content(1, 300_000)
    const job = fetcher.admit("f", 7, file("a", bytes))
    const requests = fetcher.requests()
    expect(requests.map((r) => [r.folder, r.name, r.offset, r.size, r.blockNo])).toEqual([
      ["f", "a", 0, 131_072, 0],
      ["f", "a", 131_072, 131_072, 1],
      ["f", "a", 262_144, 37_856, 2]
    ])
    expect(fetcher.requests()).toEqual([])
    for (const request of requests.toReversed()) {
      expect(fetcher.takeReady()).toEqual([])
      fetcher.responses([answer(request, bytes)])
    }
    expect(fetcher.takeReady()).toEqual([job])
    expect(runsOf(job)).toEqual([{ pack: "open", count: 3 }])
    expect(added.length).toBe(3)
    expect(fetcher.receivedOf.get("f")).toBe(300_000)
    expect(fetcher.idle).toBe(true)
  })

  it("a known file needs no request (rename, copy)", () => {
    const { fetcher, packs } = world()
    const bytes = content(2, 140_000)
    const info = file("old", bytes)
    for (let i = 0; i < FileInfo.blockCount(info); i++) {
      packs.set(Buffer.from(FileInfo.blockHash(info, i)).toString("hex"), `p${i}`)
    }
    const job = fetcher.admit("f", 1, file("new", bytes))
    expect(fetcher.requests()).toEqual([])
    expect(runsOf(job)).toEqual([{ pack: "p0", count: 1 }, { pack: "p1", count: 1 }])
    expect(fetcher.takeReady()).toEqual([job])
    expect(fetcher.reused).toBe(140_000)
  })

  it("an empty file is ready at once", () => {
    const { fetcher } = world()
    const job = fetcher.admit("f", 1, file("empty", Buffer.alloc(0)))
    expect(fetcher.takeReady()).toEqual([job])
    expect(runsOf(job)).toEqual([])
  })

  it("two files with the same content share one request", () => {
    const { added, fetcher } = world()
    const bytes = content(3, 1000)
    fetcher.admit("f", 1, file("a", bytes))
    fetcher.admit("f", 2, file("b", bytes))
    const requests = fetcher.requests()
    expect(requests.length).toBe(1)
    fetcher.responses([answer(requests[0] as Request, bytes)])
    expect(fetcher.takeReady().map((job) => job.name)).toEqual(["a", "b"])
    expect(added.length).toBe(1)
  })

  it("keeps the window: bytes, requests, room", () => {
    const small = world({ bytes: 262_144, requests: 1000, blocks: 1000 })
    const bytes = content(4, 1_000_000)
    small.fetcher.admit("f", 1, file("a", bytes))
    expect(small.fetcher.requests().length).toBe(2)
    const few = world({ bytes: 1 << 30, requests: 3, blocks: 1000 })
    few.fetcher.admit("f", 1, file("a", bytes))
    expect(few.fetcher.requests().length).toBe(3)
    const tight = world()
    tight.setRoom(131_072)
    tight.fetcher.admit("f", 1, file("a", bytes))
    expect(tight.fetcher.requests().length).toBe(1)
    tight.setRoom(0)
    const none = world()
    none.setRoom(0)
    none.fetcher.admit("f", 1, file("a", bytes))
    expect(none.fetcher.requests()).toEqual([])
    expect(none.fetcher.starved).toBe(131_072)
  })

  it("a block larger than the window is still requested, alone", () => {
    const { fetcher } = world({ bytes: 1000, requests: 10, blocks: 10 })
    fetcher.admit("f", 1, file("a", content(5, 131_073)))
    expect(fetcher.requests().length).toBe(1)
  })

  for (const [value, failure] of [[1, "retry"], [2, "changed"], [3, "refused"]] as const) {
    it(`response code ${value} fails that file as "${failure}" and no other`, () => {
      const { fetcher } = world()
      const [a, b] = [content(6, 1000), content(7, 1000)]
      fetcher.admit("f", 1, file("a", a))
      fetcher.admit("f", 2, file("b", b))
      const [first, second] = fetcher.requests() as [Request, Request]
      fetcher.responses([code(first, value), answer(second, b)])
      expect(fetcher.takeFailed().map((x) => [x.job.name, x.failure])).toEqual([["a", failure]])
      expect(fetcher.takeReady().map((job) => job.name)).toEqual(["b"])
      expect(fetcher.idle).toBe(true)
    })
  }

  it("wrong, short and long data are refused", () => {
    const bytes = content(8, 1000)
    for (
      const data of [content(9, 1000), bytes.subarray(0, 999), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(0)]
    ) {
      const { added, fetcher } = world()
      fetcher.admit("f", 1, file("a", bytes))
      const [request] = fetcher.requests() as [Request]
      fetcher.responses([{ _tag: "Response", id: request.id, code: 0, data }])
      expect(fetcher.takeFailed().map((x) => x.failure)).toEqual(["changed"])
      expect(added).toEqual([])
    }
  })

  it("another file that wants a failed block asks for it in its own name", () => {
    const { fetcher } = world()
    const bytes = content(10, 1000)
    fetcher.admit("f", 1, file("gone", bytes))
    fetcher.admit("f", 2, file("here", bytes))
    const [first] = fetcher.requests() as [Request]
    expect(first.name).toBe("gone")
    fetcher.responses([code(first, 2)])
    const [second] = fetcher.requests() as [Request]
    expect(second.name).toBe("here")
    fetcher.responses([answer(second, bytes)])
    expect(fetcher.takeReady().map((job) => job.name)).toEqual(["here"])
  })

  it("unknown, duplicate and late responses are ignored", () => {
    const { added, fetcher } = world()
    const bytes = content(11, 1000)
    const job = fetcher.admit("f", 1, file("a", bytes))
    const [request] = fetcher.requests() as [Request]
    fetcher.responses([{ ...answer(request, bytes), id: 999 }, answer(request, bytes), answer(request, bytes)])
    expect(added.length).toBe(1)
    expect(fetcher.takeReady()).toEqual([job])
  })

  it("an abandoned job is never ready, its block in flight is kept for the next version", () => {
    const { fetcher } = world()
    const bytes = content(12, 300_000)
    const old = fetcher.admit("f", 1, file("a", bytes))
    const requests = fetcher.requests()
    fetcher.abandon(old)
    const again = fetcher.admit("f", 2, file("a", bytes))
    expect(fetcher.requests()).toEqual([])
    fetcher.responses(requests.map((request) => answer(request, bytes)))
    expect(fetcher.takeReady()).toEqual([again])
    expect(old.state).toBe("abandoned")
  })

  it("when the term ended there is no room: the block is asked for again", () => {
    const w = world()
    const bytes = content(13, 1000)
    const job = w.fetcher.admit("f", 1, file("a", bytes))
    const [request] = w.fetcher.requests() as [Request]
    w.setRoom(0)
    w.fetcher.responses([answer(request, bytes)])
    expect(w.fetcher.takeReady()).toEqual([])
    expect(w.fetcher.starved).toBe(1000)
    w.setRoom(1 << 30)
    const [again] = w.fetcher.requests() as [Request]
    w.fetcher.responses([answer(again, bytes)])
    expect(w.fetcher.takeReady()).toEqual([job])
  })

  it("is full beyond its bound of unresolved blocks, and no more once they came", () => {
    const { fetcher } = world({ bytes: 1 << 30, requests: 1000, blocks: 3 })
    const bytes = content(14, 300_000)
    fetcher.admit("f", 1, file("a", bytes))
    expect(fetcher.full).toBe(true)
    fetcher.responses(fetcher.requests().map((request) => answer(request, bytes)))
    expect(fetcher.full).toBe(false)
  })
})
