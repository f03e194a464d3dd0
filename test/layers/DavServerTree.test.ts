import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as DavRig from "../harness/DavRig.ts"
import { hrefs, propfind, rigged } from "../harness/DavRig.ts"
import type * as Http from "../harness/Http.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import * as Tree from "../harness/Tree.ts"

describe("DavServer: tree", () => {
  it.effect("reaches every name it lists", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const filesIn = (directory: string): Effect.Effect<ReadonlyArray<string>, Http.Aborted> =>
          Effect.gen(function*() {
            const [, ...found] = yield* hrefs(rig, directory)
            return (yield* Effect.forEach(found, (href) => href.endsWith("/") ? filesIn(href) : Effect.succeed([href])))
              .flat()
          })
        const all = yield* filesIn("/Photos/latest/names/")
        const contents: Array<string> = []
        for (const href of all) {
          const reply = yield* rig.ask(href)
          assert.strictEqual(reply.status, 200, href)
          contents.push(reply.body.toString())
        }
        const numbers = Tree.oddNames.map((_, i) => i)
        assert.deepStrictEqual(contents.map(Number).toSorted((a, b) => a - b), numbers)
      })
    ))

  it.effect("shows pages to people: escaped, with nothing that runs", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        const root = yield* rig.ask("/")
        assert.include(root.body.toString(), `<a href="/Photos/">`)
        const listing = (yield* rig.ask("/Photos/latest/")).body.toString()
        assert.match(listing, /<a href="\/Photos\/latest\/sub\/"><bdi>sub<\/bdi>\/<\/a>/)
        assert.include(listing, "293 KiB")
        assert.isBelow(listing.indexOf("sub/"), listing.indexOf("big.bin"))
        assert.include(listing, "→ <bdi>../../../etc/passwd</bdi>")
        assert.notInclude(listing, `href="/Photos/latest/escape`)
        const names = (yield* rig.ask("/Photos/latest/names/")).body.toString()
        assert.notInclude(names, "<script")
        assert.include(names, "quote&#39;&#34;`$(x);&#38;|&#60;&#62;*?.txt")
      })
    ))

  it.effect("shows no symbolic link to clients, and follows none", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        assert.notInclude((yield* hrefs(rig, "/Photos/latest/")).join(" "), "escape")
        assert.strictEqual((yield* rig.ask("/Photos/latest/escape")).status, 404)
        assert.strictEqual((yield* propfind(rig, "/Photos/latest/escape", "0")).status, 404)
      })
    ))

  it.effect("shows new checkpoints without a restart, and no longer those that expired", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        yield* rig.ask("/Photos/")
        Tree.write(source, "new", "new")
        yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
        yield* rig.checkpoint("abcd-1234")
        Fs.rmSync(Path.join(source, "big.bin"))
        yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
        yield* rig.checkpoint("abcd-1234")
        yield* TestClock.adjust("3 seconds")
        // All three were made in one second.
        const moment = "/Photos/1970-01-01T00-00-00Z"
        assert.deepStrictEqual(yield* hrefs(rig, "/Photos/"), [
          "/Photos/",
          "/Photos/latest/",
          `${moment}-3/`,
          `${moment}-2/`,
          `${moment}/`
        ])
        assert.strictEqual((yield* rig.ask(`${moment}/new`)).status, 404)
        assert.strictEqual((yield* rig.ask(`${moment}-2/new`)).body.toString(), "new")
        assert.strictEqual((yield* rig.ask(`${moment}-2/big.bin`)).status, 200)
        assert.strictEqual((yield* rig.ask("/Photos/latest/big.bin")).status, 404)
        const repository = Context.get(rig.services, Repository)
        yield* repository.commit(() => Effect.succeed([{ _tag: "CheckpointsExpired", ids: [1] }]))
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* hrefs(rig, "/Photos/"), [
          "/Photos/",
          "/Photos/latest/",
          `${moment}-3/`,
          `${moment}/`
        ])
        // A name that was shown stays right.
        assert.strictEqual((yield* rig.ask(`${moment}-2/new`)).body.toString(), "new")
      })
    ))

  it.effect("tells folders apart whatever they are called", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        const labels = [["a", ""], ["b", "twins"], ["c", "Twins"], ["d", "up/../and down"], ["e", "50%?#"], [
          "f",
          "empty"
        ]]
        for (const [id, label] of labels) {
          Tree.write(source, "which", id!)
          yield* rig.commit({ id: id!, label: label! }, source)
          if (id !== "f") yield* rig.checkpoint(id!)
        }
        yield* TestClock.adjust("3 seconds")
        const [, ...folders] = yield* hrefs(rig, "/")
        assert.deepStrictEqual(folders.toSorted(), [
          "/50%25%3F%23/",
          "/Photos/",
          "/Twins%20%28c%29/",
          "/a/",
          "/empty/",
          "/twins%20%28b%29/",
          "/up_.._and%20down/"
        ])
        assert.deepStrictEqual(yield* hrefs(rig, "/empty/"), ["/empty/"])
        for (const folder of folders) {
          if (folder === "/empty/" || folder === "/Photos/") continue
          const reply = yield* rig.ask(`${folder}latest/which`)
          assert.strictEqual(reply.status, 200, folder)
        }
        assert.strictEqual((yield* rig.ask("/twins%20%28b%29/latest/which")).body.toString(), "b")
      })
    ))

  it.effect("streams long directories", () =>
    rigged((rig, source) =>
      Effect.gen(function*() {
        for (let i = 0; i < 1500; i++) Tree.write(source, `long/${i}`, "")
        yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
        yield* rig.checkpoint("abcd-1234")
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* hrefs(rig, "/Photos/latest/long/")).length, 1501)
        const listing = (yield* rig.ask("/Photos/latest/long/")).body.toString()
        assert.strictEqual(listing.split("<tr>").length, 1 + 1 + 1500)
        assert.isTrue(listing.endsWith("</html>\n"))
      })
    ))

  it.effect("a fresh host shows its root after six requests, and each level below after a few more", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        yield* Effect.gen(function*() {
          const fence = yield* Effect.flatMap(Lease, (lease) => lease.fence)
          yield* Effect.flatMap(Repository, (repository) => repository.flush(fence))
        }).pipe(Effect.provideContext(rig.services), Effect.orDie)
        const requests: Array<string> = []
        const below = ObjectStoreMemory.make(rig.objects)
        const store = ObjectStore.of({
          ...below,
          put: (key) => Effect.die(`a reader put ${key}`),
          get: (key, range) => Effect.suspend(() => (requests.push(`get ${key}`), below.get(key, range))),
          list: (prefix, after) => Stream.suspend(() => (requests.push(`list ${prefix}`), below.list(prefix, after)))
        })
        const fresh = yield* DavRig.serve(rig.objects, SeedRepository.opened(Layer.succeed(ObjectStore, store)))
        assert.deepStrictEqual(yield* hrefs(fresh, "/"), ["/", "/Photos/"])
        assert.isAtMost(requests.length, 6, requests.join(", "))
        requests.length = 0
        assert.strictEqual((yield* hrefs(fresh, "/Photos/latest/")).length, 8)
        assert.isAtMost(requests.length, 1, requests.join(", "))
        requests.length = 0
        assert.strictEqual((yield* fresh.ask("/Photos/latest/big.bin")).status, 200)
        assert.isAtMost(requests.length, 2, requests.join(", "))
      }).pipe(Effect.scoped)
    ))

  it.effect("what was removed while somebody looked is not there any more", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        // Another host's view, which has read nothing but the log when the checkpoint and its objects go.
        const host = yield* DavRig.serve(
          rig.objects,
          SeedRepository.opened(Layer.succeed(ObjectStore, ObjectStoreMemory.make(rig.objects)))
        )
        const [name] = (yield* hrefs(host, "/Photos/")).slice(-1)
        yield* Context.get(rig.services, Repository).commit((state) =>
          Effect.succeed([{ _tag: "CheckpointsRemoved", ids: state.checkpoints.map(({ id }) => id) }])
        )
        for (const key of rig.objects.keys()) if (key.startsWith("segment/")) rig.objects.delete(key)
        for (const target of ["/Photos/latest/", name ?? "", "/Photos/latest/notes.txt"]) {
          assert.strictEqual((yield* host.ask(target)).status, 404, target)
        }
        assert.strictEqual((yield* DavRig.propfind(host, "/Photos/latest/", "1")).status, 404)
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* hrefs(host, "/Photos/"), ["/Photos/"])
      }).pipe(Effect.scoped)
    ))

  it.effect("shows what it knows while the store is away, says so of the rest, and comes back", () =>
    rigged((rig) =>
      Effect.gen(function*() {
        let away = false
        const below = ObjectStoreMemory.make(rig.objects)
        const unless = <A, E>(operation: string, key: string, effect: Effect.Effect<A, E>) =>
          Effect.suspend((): Effect.Effect<A, E | StoreUnavailable> =>
            away ? new StoreUnavailable({ operation, key, reason: "secret-bucket-name is away" }) : effect
          )
        const store = ObjectStore.of({
          ...below,
          get: (key, range) => unless("get", key, below.get(key, range)),
          list: (prefix, after) => Stream.unwrap(unless("list", prefix, Effect.succeed(below.list(prefix, after))))
        })
        const host = yield* DavRig.serve(rig.objects, SeedRepository.opened(Layer.succeed(ObjectStore, store)))
        yield* hrefs(host, "/Photos/latest/")
        away = true
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* hrefs(host, "/Photos/latest/")).length, 8)
        const reply = yield* host.ask("/Photos/latest/notes.txt")
        assert.strictEqual(reply.status, 503)
        assert.strictEqual(reply.headers["retry-after"], "30")
        assert.notInclude(reply.body.toString(), "secret")
        away = false
        assert.strictEqual((yield* host.ask("/Photos/latest/notes.txt")).status, 200)
      }).pipe(Effect.scoped)
    ))
})
