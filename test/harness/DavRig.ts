/** A WebDAV server on a port of its own, over a repository in memory that can be seeded from directories. */
import { Context, Effect, Layer, type Scope } from "effect"
import * as DavServer from "../../src/layers/DavServer.ts"
import * as DavTreeCheckpoints from "../../src/layers/DavTreeCheckpoints.ts"
import { Dav } from "../../src/services/Dav.ts"
import * as Http from "./Http.ts"
import * as Process from "./Process.ts"
import * as SeedRepository from "./SeedRepository.ts"

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
  const directory = yield* Process.tempDirectory("dav")
  const objects = new Map<string, Uint8Array>()
  const services = yield* Layer.build(SeedRepository.inMemory(objects))
  const served = yield* Layer.build(
    DavServer.layer("127.0.0.1:0").pipe(
      Layer.provide(DavTreeCheckpoints.layer),
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
