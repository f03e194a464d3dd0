import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import { BlockStore } from "../../src/services/BlockStore.ts"
import { Lease } from "../../src/services/Lease.ts"
import { Repository } from "../../src/services/Repository.ts"
import { big, bigFile, type DavRig, page, rigged } from "../harness/DavRig.ts"
import * as Http from "../harness/Http.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import * as Tree from "../harness/Tree.ts"

/** The big file is another one now, changed at `seconds`, and a checkpoint has it. */
const replaced = Effect.fnUntraced(function*(rig: DavRig, source: string, bytes: Uint8Array, seconds: number) {
  Fs.writeFileSync(Path.join(source, "big.bin"), bytes)
  Fs.utimesSync(Path.join(source, "big.bin"), seconds, seconds)
  yield* TestClock.adjust("1 minute")
  yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
  yield* rig.checkpoint("abcd-1234")
  yield* TestClock.adjust("5 seconds")
})

describe("DavServer: files", () => {
  it.effect("sends files whole and in parts", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const whole = yield* rig.ask(bigFile)
        assert.strictEqual(whole.status, 200)
        assert.isTrue(whole.body.equals(big))
        assert.strictEqual(whole.headers["content-length"], "300001")
        assert.strictEqual(whole.headers["accept-ranges"], "bytes")
        const part = (range: string, more = {}) => rig.ask(bigFile, { headers: { range, ...more } })
        for (
          const [range, start, end] of [
            ["bytes=0-0", 0, 1],
            ["bytes=131070-131075", 131_070, 131_076],
            ["bytes=262144-", 262_144, 300_001],
            ["bytes=-100", 299_901, 300_001],
            ["bytes=0-999999", 0, 300_001]
          ] as const
        ) {
          const reply = yield* part(range)
          assert.strictEqual(reply.status, 206, range)
          assert.strictEqual(reply.headers["content-range"], `bytes ${start}-${end - 1}/300001`)
          assert.strictEqual(reply.headers["content-length"], `${end - start}`)
          assert.isTrue(reply.body.equals(big.subarray(start, end)), range)
        }
        for (const range of ["bytes=300001-", "bytes=-0"]) {
          const reply = yield* part(range)
          assert.strictEqual(reply.status, 416)
          assert.strictEqual(reply.headers["content-range"], "bytes */300001")
        }
        for (const range of ["bytes=0-1,5-6", "bytes=5-1", "chunks=1-2"]) {
          const reply = yield* part(range)
          assert.strictEqual(reply.status, 200)
          assert.isTrue(reply.body.equals(big))
        }
        const etag = whole.headers.etag!
        assert.strictEqual((yield* part("bytes=0-1", { "if-range": etag })).status, 206)
        assert.strictEqual((yield* part("bytes=0-1", { "if-range": `"other"` })).status, 200)
        assert.strictEqual((yield* part("bytes=0-1", { "if-range": whole.headers["last-modified"]! })).status, 200)
        const empty = yield* rig.ask("/Photos/latest/empty")
        assert.strictEqual(empty.status, 200)
        assert.strictEqual(empty.headers["content-length"], "0")
      })
    ))

  it.effect("HEAD is GET without the body", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (const target of [bigFile, "/Photos/latest/empty", "/Photos/latest/", "/", "/none"]) {
          const got = yield* rig.ask(target)
          const head = yield* rig.ask(target, { method: "HEAD", headers: { range: "bytes=0-1" } })
          assert.strictEqual(head.status, got.status)
          assert.strictEqual(head.body.length, 0)
          for (const name of ["content-length", "content-type", "etag", "last-modified"]) {
            assert.strictEqual(head.headers[name], got.headers[name], `${target} ${name}`)
          }
        }
      })
    ))

  it.effect("answers conditions", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const { headers } = yield* rig.ask(bigFile)
        const status = (conditions: Record<string, string>) =>
          Effect.map(rig.ask(bigFile, { headers: conditions }), (reply) => reply.status)
        assert.match(headers.etag!, /^"[0-9a-f]{40}"$/)
        const unchanged = yield* rig.ask(bigFile, { headers: { "if-none-match": headers.etag! } })
        assert.strictEqual(unchanged.status, 304)
        assert.strictEqual(unchanged.headers.etag, headers.etag)
        assert.strictEqual(unchanged.body.length, 0)
        assert.strictEqual(yield* status({ "if-modified-since": headers["last-modified"]! }), 304)
        assert.strictEqual(yield* status({ "if-modified-since": "Tue, 14 Nov 2023 22:13:19 GMT" }), 200)
        assert.strictEqual(yield* status({ "if-match": `"other"` }), 412)
        assert.strictEqual(yield* status({ "if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT" }), 412)
      })
    ))

  it.effect("the same content has the same tag, other content another, whatever the time says", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        const first = yield* rig.ask(bigFile)
        const changed = Buffer.from(big)
        changed[200_000]! ^= 1
        yield* replaced(rig, source, changed, 1_700_000_000)
        const second = yield* rig.ask(bigFile)
        assert.isTrue(second.body.equals(changed))
        assert.notStrictEqual(second.headers.etag, first.headers.etag)
        const old = yield* rig.ask("/Photos/1970-01-01T00-00-00Z/big.bin")
        assert.isTrue(old.body.equals(big))
        assert.strictEqual(old.headers.etag, first.headers.etag)
      })
    ))

  it.effect("an older file that is put back is not the newer one that a client holds", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        const newer = yield* rig.ask(bigFile)
        const older = Buffer.from(big)
        older[300_000]! ^= 1
        yield* replaced(rig, source, older, 1_600_000_000)
        const held = newer.headers["last-modified"]!
        const again = yield* rig.ask(bigFile, { headers: { "if-modified-since": held } })
        assert.strictEqual(again.status, 200)
        assert.isTrue(again.body.equals(older))
        const range = { range: "bytes=0-9", "if-unmodified-since": held }
        assert.strictEqual((yield* rig.ask(bigFile, { headers: range })).status, 412)
      })
    ))

  it.effect("guards every answer: types are believed, pages of the archive run nothing", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (const target of ["/", "/Photos/latest/", bigFile, "/none", "/%zz"]) {
          const { headers } = yield* rig.ask(target)
          assert.strictEqual(headers["x-content-type-options"], "nosniff", target)
          assert.strictEqual(headers["x-frame-options"], "DENY", target)
          assert.strictEqual(headers["referrer-policy"], "no-referrer", target)
          assert.strictEqual(headers["cache-control"], "private, no-cache", target)
          assert.isDefined(headers["content-security-policy"], target)
        }
        const html = yield* rig.ask("/Photos/latest/page.html")
        assert.strictEqual(html.headers["content-type"], "text/html")
        assert.match(String(html.headers["content-security-policy"]), /^sandbox; default-src 'none'/)
        assert.strictEqual(html.body.toString(), page)
        const notes = yield* rig.ask("/Photos/latest/notes.txt")
        assert.strictEqual(notes.headers["content-type"], "text/plain; charset=utf-8")
        assert.strictEqual((yield* rig.ask(bigFile)).headers["content-type"], "application/octet-stream")
      })
    ))

  it.effect("never sends what it cannot prove: a status while there is one, else the connection is cut", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const key = Array.from(rig.objects.keys()).find((key) => key.startsWith("pack/"))!
        const pack = Buffer.from(rig.objects.get(key)!)
        const at = pack.indexOf(big.subarray(131_072 * 2, 131_072 * 2 + 64))
        pack[at + 7]! ^= 1
        rig.objects.set(key, pack)
        const cut = yield* Effect.flip(rig.ask(bigFile))
        assert.strictEqual(cut.status, 200)
        assert.isAtMost(cut.received, 131_072 * 2)
        const good = yield* rig.ask(bigFile, { headers: { range: "bytes=0-262143" } })
        assert.isTrue(good.body.equals(big.subarray(0, 262_144)))
        const told = yield* rig.ask(bigFile, { headers: { range: "bytes=262144-" } })
        assert.strictEqual(told.status, 500)
        assert.notInclude(told.body.toString(), key)
        // What is gone is as bad as what is damaged.
        rig.objects.clear()
        const asking = yield* Effect.forkChild(Effect.exit(rig.ask(bigFile)))
        // A log that is not there is looked for once more, and again: it may be a listing that errs.
        while (asking.pollUnsafe() === undefined) {
          yield* TestClock.adjust("5 seconds")
          yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        }
        const gone = yield* Fiber.join(asking)
        if (Exit.isSuccess(gone)) assert.strictEqual(gone.value.status, 500)
      })
    ))

  it.effect("counts beyond four gigabytes", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const blockSize = 16 * 1024 * 1024
        const block = Tree.bytes(blockSize, 5)
        const hash = createHash("sha256").update(block).digest()
        const count = 300
        const size = count * blockSize
        yield* Effect.gen(function*() {
          const repository = yield* Repository
          const fence = yield* Effect.flatMap(Lease, (lease) => lease.fence)
          const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
          const pack = builder.add(hash, block)
          const packs = (yield* builder.seal).map(({ ref }) => ref)
          const hashes = Buffer.concat(Array.from({ length: count }, () => hash))
          const info = FileInfo.encode({
            name: "huge",
            type: "file",
            size,
            blockSize,
            hashes,
            version: [{ id: 1n, value: 1n }]
          })
          yield* repository.commit(() =>
            Effect.succeed([
              { _tag: "FolderAdded", folder: "huge", label: "Huge", indexId: 1n },
              { _tag: "PacksAdded", packs },
              {
                _tag: "FilesChanged",
                folder: "huge",
                records: [{ name: "huge", sequence: 1, info, runs: [{ pack, count }] }]
              }
            ]), fence)
        }).pipe(Effect.provideContext(rig.services), Effect.orDie)
        yield* rig.checkpoint("huge")
        yield* TestClock.adjust("3 seconds")
        const head = yield* rig.ask("/Huge/latest/huge", { method: "HEAD" })
        assert.strictEqual(head.headers["content-length"], String(size))
        for (const start of [2 ** 32 - 5, 2 ** 32 + 123_456_789, size - 10]) {
          const reply = yield* rig.ask("/Huge/latest/huge", { headers: { range: `bytes=${start}-${start + 9}` } })
          assert.strictEqual(reply.status, 206)
          const expected = Buffer.from(Array.from({ length: 10 }, (_, i) => block[(start + i) % blockSize]!))
          assert.isTrue(reply.body.equals(expected), `${start}`)
        }
      })
    ))

  it.live("a client that goes away, or never reads, stops its download", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        Tree.write(source, "large.bin", Tree.bytes(40_000_000, 3))
        yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
        yield* rig.checkpoint("abcd-1234")
        const target = new URL(rig.url)
        yield* Effect.callback<void>((resume) => {
          const socket = Net.connect(Number(target.port), target.hostname, () => {
            const authorization = Http.basic("x", SeedRepository.password)
            socket.write(`GET /Photos/latest/large.bin HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`)
          })
          socket.once("data", () => {
            socket.destroy()
            resume(Effect.void)
          })
        })
        // `noLeaks` sees that nothing of it is left.
        assert.strictEqual((yield* rig.ask("/")).status, 200)
      })
    ))
})
