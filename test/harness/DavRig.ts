/** A WebDAV server on a port of its own, over a repository in memory that can be seeded from directories. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert } from "@effect/vitest"
import { Context, Effect, Layer, References, type Scope, Stream } from "effect"
import * as Xml from "effect/encoding/Xml"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as DavServer from "../../src/layers/DavServer.ts"
import * as DavTreeCheckpoints from "../../src/layers/DavTreeCheckpoints.ts"
import * as ReaderPinsRepository from "../../src/layers/ReaderPinsRepository.ts"
import { Dav } from "../../src/services/Dav.ts"
import * as Http from "./Http.ts"
import { noLeaks } from "./NoLeaks.ts"
import * as Process from "./Process.ts"
import * as SeedRepository from "./SeedRepository.ts"
import * as Tree from "./Tree.ts"

export interface DavRig extends SeedRepository.Seeder {
  /** `http://127.0.0.1:port/` */
  readonly url: string
  /** The bucket. */
  readonly objects: Map<string, Uint8Array>
  readonly services: Context.Context<SeedRepository.Services>
  /** A directory that goes with the scope. */
  readonly directory: string
  /** A request with the right password. */
  readonly ask: (target: string, options?: Http.Options) => Effect.Effect<Http.Reply, Http.Aborted>
}

export const make = Effect.fnUntraced(function*(): Effect.fn.Return<DavRig, never, Scope.Scope> {
  const objects = new Map<string, Uint8Array>()
  return yield* serve(objects, SeedRepository.inMemory(objects))
})

/** Serves the repository that these layers open. */
export const serve = Effect.fnUntraced(function*(
  objects: Map<string, Uint8Array>,
  repository: Layer.Layer<SeedRepository.Services>
): Effect.fn.Return<DavRig, never, Scope.Scope> {
  const directory = yield* Process.tempDirectory("dav")
  const services = yield* Layer.build(repository)
  const served = yield* Layer.build(
    DavServer.layer("127.0.0.1:0").pipe(
      Layer.provide(DavTreeCheckpoints.layer),
      Layer.provide(ReaderPinsRepository.layer),
      Layer.provide(NodeCrypto.layer),
      Layer.provide(Layer.succeedContext(services)),
      Layer.orDie
    )
  )
  const { url } = Context.get(served, Dav)
  const seeder = yield* SeedRepository.make.pipe(Effect.provideContext(services))
  return {
    ...seeder,
    url,
    objects,
    services,
    directory,
    ask: (target, options) => Http.request(url, target, { password: SeedRepository.password, ...options })
  }
})

/** What `rigged` serves, beside a few small entries. */
export const big = Tree.bytes(300_001, 1)
export const bigFile = "/Photos/latest/big.bin"
export const page = "<script>alert(1)</script>"

/** One folder with a bit of everything, at one checkpoint; the rig's clock is the test's. */
export const rigged = <A, E>(body: (rig: DavRig, source: string) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const rig = yield* make()
    const source = Path.join(rig.directory, "source")
    Tree.write(source, "big.bin", big, 0o755)
    Tree.write(source, "empty", "")
    Tree.write(source, "page.html", page)
    Tree.write(source, "notes.txt", "žluťoučký")
    Tree.write(source, "sub/deeper/x", "x")
    Fs.mkdirSync(Path.join(source, "nothing in it"))
    Fs.symlinkSync("../../../etc/passwd", Path.join(source, "escape"))
    for (const [i, name] of Tree.oddNames.entries()) Tree.write(source, Path.join("names", name), `${i}`)
    Fs.utimesSync(Path.join(source, "big.bin"), 1_700_000_000, 1_700_000_000)
    yield* rig.commit({ id: "abcd-1234", label: "Photos" }, source)
    yield* rig.checkpoint("abcd-1234")
    return yield* body(rig, source)
  }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"), noLeaks)

/** The responses of a multistatus. */
export const responses = (xml: Buffer) =>
  Stream.make(xml.toString()).pipe(
    Stream.pipeThroughChannel(Xml.decodeString()),
    Stream.pipeThroughChannel(Xml.elements(["D:multistatus", "D:response"])),
    Stream.runCollect,
    Effect.orDie
  )

/** The text of every element of that name, at any depth. */
export const texts = (element: Xml.Element, name: string): ReadonlyArray<string> =>
  element.children.flatMap((child) =>
    typeof child === "string"
      ? []
      : child.name === name
      ? [child.children.filter((part) => typeof part === "string").join("")]
      : texts(child, name)
  )

export const propfind = (rig: DavRig, target: string, depth: string, body = "") =>
  rig.ask(target, { method: "PROPFIND", headers: { depth }, body })

/** Of the directory and what is in it. */
export const hrefs = (rig: DavRig, target: string) =>
  Effect.gen(function*() {
    const reply = yield* propfind(rig, target, "1")
    assert.strictEqual(reply.status, 207)
    return (yield* responses(reply.body)).map((response) => texts(response, "D:href")[0]!)
  })
