import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, References } from "effect"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/testing/TestClock"
import * as Net from "node:net"
import * as DavServer from "../../src/layers/DavServer.ts"
import * as DavTreeCheckpoints from "../../src/layers/DavTreeCheckpoints.ts"
import { ReaderPins } from "../../src/services/ReaderPins.ts"
import { Settings } from "../../src/services/Settings.ts"
import { big, bigFile, hrefs, propfind, responses, rigged, texts } from "../harness/DavRig.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

describe("DavServer", () => {
  it.effect("says what it can do", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (const target of ["/", "*", bigFile]) {
          const reply = yield* rig.ask(target, { method: "OPTIONS" })
          assert.strictEqual(reply.status, 200)
          assert.strictEqual(reply.headers["dav"], "1")
          assert.strictEqual(reply.headers["allow"], "OPTIONS, GET, HEAD, PROPFIND")
          assert.strictEqual(reply.headers["ms-author-via"], "DAV")
        }
      })
    ))

  it.effect("refuses every way to write", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const methods = [
          "PUT",
          "POST",
          "DELETE",
          "MKCOL",
          "COPY",
          "MOVE",
          "PROPPATCH",
          "LOCK",
          "UNLOCK",
          "PATCH",
          "TRACE"
        ]
        for (const method of methods) {
          const reply = yield* rig.ask(bigFile, { method, ...(method === "TRACE" ? {} : { body: "x" }) })
          assert.strictEqual(reply.status, 405, method)
          assert.strictEqual(reply.headers["allow"], "OPTIONS, GET, HEAD, PROPFIND")
        }
        const still = yield* rig.ask(bigFile)
        assert.isTrue(still.body.equals(big))
      })
    ))

  it.effect("asks for the password, takes any user, and never lets a wrong one in", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const none = yield* rig.ask("/", { password: undefined })
        assert.strictEqual(none.status, 401)
        assert.strictEqual(none.headers["www-authenticate"], `Basic realm="bepository", charset="UTF-8"`)
        const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` })
        const right = SeedRepository.password
        for (const pair of [`any:${right}`, `:${right}`, `ü:${right}`]) {
          assert.strictEqual((yield* rig.ask("/", { password: undefined, headers: basic(pair) })).status, 200)
        }
        for (const header of [basic(right), { authorization: "Basic" }, { authorization: `Bearer ${right}` }]) {
          assert.strictEqual((yield* rig.ask("/", { password: undefined, headers: header })).status, 401)
        }
        for (const wrong of ["", "x", `${right} `, right.slice(0, -1)]) {
          assert.strictEqual((yield* rig.ask(bigFile, { password: wrong })).status, 401)
        }
      })
    ))

  it.effect("looks at no password for a while after too many wrong ones, then again", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (let i = 0; i < 5; i++) assert.strictEqual((yield* rig.ask("/", { password: `${i}` })).status, 401)
        const refused = yield* rig.ask("/")
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers["retry-after"], "1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* rig.ask("/")).status, 200)
        assert.strictEqual((yield* rig.ask("/", { password: "wrong" })).status, 401)
        assert.strictEqual((yield* rig.ask("/")).status, 200)
      })
    ))

  it.effect("does not start without a password, or on a port that is taken", () =>
    Effect.gen(function*() {
      const start = (address: string, davPassword: Redacted.Redacted | undefined) =>
        Effect.flip(Effect.scoped(Layer.build(
          DavServer.layer(address).pipe(
            Layer.provide(Layer.succeed(Settings, SeedRepository.settings({ davPassword }))),
            Layer.provide(DavTreeCheckpoints.layer),
            Layer.provide(Layer.mock(ReaderPins, {})),
            Layer.provide(SeedRepository.inMemory())
          )
        )))
      for (const password of [undefined, Redacted.make(""), Redacted.make("  ")]) {
        const error = yield* start("127.0.0.1:0", password)
        assert.strictEqual(error._tag, "DavPasswordMissing")
        assert.strictEqual(Runtime.getErrorExitCode(error), 2)
        assert.include(error.message, "BEPOSITORY_DAV_PASSWORD")
      }
      const taken = Net.createServer()
      yield* Effect.callback<void>((resume) => void taken.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const { port } = taken.address() as Net.AddressInfo
      const error = yield* start(`127.0.0.1:${port}`, Redacted.make("x"))
      assert.strictEqual(error._tag, "ListenFailed")
      assert.strictEqual(Runtime.getErrorExitCode(error), 21)
      assert.include(error.message, "the port is taken")
      assert.strictEqual((yield* start("nonsense", Redacted.make("x")))._tag, "ListenFailed")
      yield* Effect.callback<void>((resume) => void taken.close(() => resume(Effect.void)))
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), noLeaks))

  it.effect("lists by depth", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const self = yield* propfind(rig, "/Photos/latest/sub", "0")
        assert.strictEqual(self.status, 207)
        const [only, ...none] = yield* responses(self.body)
        assert.deepStrictEqual(none, [])
        assert.deepStrictEqual(texts(only!, "D:href"), ["/Photos/latest/sub/"])
        assert.deepStrictEqual(yield* hrefs(rig, "/Photos/latest/sub"), [
          "/Photos/latest/sub/",
          "/Photos/latest/sub/deeper/"
        ])
        assert.deepStrictEqual(yield* hrefs(rig, "/"), ["/", "/Photos/"])
        assert.deepStrictEqual(yield* hrefs(rig, "/Photos"), [
          "/Photos/",
          "/Photos/latest/",
          "/Photos/1970-01-01T00-00-00Z/"
        ])
        assert.deepStrictEqual(yield* hrefs(rig, "/Photos/latest/nothing%20in%20it/"), [
          "/Photos/latest/nothing%20in%20it/"
        ])
        assert.deepStrictEqual(yield* hrefs(rig, bigFile), [bigFile])
        for (const headers of [{ depth: "infinity" }, { depth: "Infinity" }, {}]) {
          const reply = yield* rig.ask("/", { method: "PROPFIND", headers })
          assert.strictEqual(reply.status, 403)
          assert.include(reply.body.toString(), "<D:propfind-finite-depth/>")
        }
        assert.strictEqual((yield* propfind(rig, "/", "2")).status, 400)
        assert.strictEqual((yield* propfind(rig, "/Photos/latest/none", "1")).status, 404)
      })
    ))

  it.effect("gives the properties asked for, and says which it has not", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const asked =
          `<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getcontentlength/><d:getlastmodified/>` +
          `<d:resourcetype/><d:getetag/><d:quota-used-bytes/></d:prop></d:propfind>`
        const reply = yield* propfind(rig, bigFile, "0", asked)
        const [response] = yield* responses(reply.body)
        assert.deepStrictEqual(texts(response!, "D:getcontentlength"), ["300001"])
        assert.deepStrictEqual(texts(response!, "D:getlastmodified"), ["Tue, 14 Nov 2023 22:13:20 GMT"])
        assert.deepStrictEqual(texts(response!, "D:status"), ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"])
        const etag = texts(response!, "D:getetag")[0]
        assert.strictEqual((yield* rig.ask(bigFile)).headers.etag, etag)
        const directory = yield* propfind(rig, "/Photos/latest/sub", "0")
        assert.include(directory.body.toString(), "<D:resourcetype><D:collection/></D:resourcetype>")
        assert.notInclude(directory.body.toString(), "getcontentlength")
      })
    ))

  it.effect("answers 400 to bodies that are no propfind, 413 to endless ones, and goes on", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (
          const body of [
            "<D:propfind xmlns:D=\"DAV:\">",
            "nonsense",
            "<D:propfind xmlns:D=\"DAV:\"><D:prop><bar:foo xmlns:bar=\"\"/></D:prop></D:propfind>",
            `<!DOCTYPE x [<!ENTITY a "b">]><D:propfind xmlns:D="DAV:"><D:prop>&a;</D:prop></D:propfind>`,
            "<a>".repeat(100)
          ]
        ) {
          assert.strictEqual((yield* propfind(rig, "/", "0", body)).status, 400, body)
        }
        assert.strictEqual((yield* propfind(rig, "/", "0", " ".repeat(100_000))).status, 413)
        assert.strictEqual((yield* propfind(rig, "/", "0")).status, 207)
      })
    ))

  it.effect("refuses nonsense without a 500", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        for (const target of ["/%zz", "/%ff", "/../etc/passwd", "/Photos/latest/..%2f..%2fetc", "/a%00b"]) {
          assert.strictEqual((yield* rig.ask(target)).status, 400, target)
        }
        for (
          const target of [
            "/none",
            "/Photos/none",
            "/Photos/latest/none",
            "/Photos/latest/big.bin/below",
            "/photos/",
            `/Photos/latest/${"x".repeat(4000)}`
          ]
        ) {
          assert.strictEqual((yield* rig.ask(target)).status, 404, target)
        }
      })
    ))
})
