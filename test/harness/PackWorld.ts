/** A bucket with packs of given blocks, what the log says of them, and every request that a block reader makes for them. */
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { createHash, createSecretKey } from "node:crypto"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../src/domain/repository/Pack.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { BlockReader } from "../../src/services/BlockReader.ts"
import { ObjectStore, type StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Tree from "./Tree.ts"

export const plain: Sealing = { suite: "plain", repository: "00112233445566778899aabbccddeeff" }
export const sealed: Sealing = {
  suite: "aes-256-gcm",
  repository: "00112233445566778899aabbccddeeff",
  key: createSecretKey(Buffer.alloc(32, 7))
}
export interface Block {
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
}

export const block = (bytes: Uint8Array): Block => ({ hash: createHash("sha256").update(bytes).digest(), bytes })

const target = 2 * 1024 * 1024
export const idOf = (n: number) => ObjectKey.makeId(1, Buffer.alloc(16, n))

/** The bucket, and the reader over it. */
export class World {
  readonly objects = new Map<string, Uint8Array>()
  readonly refs = new Map<string, State.PackRef>()
  readonly redirects = new Map<string, ReadonlyArray<string>>()
  readonly gets: Array<string> = []
  refreshes = 0
  /** Of the log. */
  position = 1
  /** Called at each refresh. */
  onRefresh: () => void = () => {}
  /** Waited for by each refresh. */
  refreshGate: Effect.Effect<void> = Effect.void
  /** Waited for by each GET. */
  gate: Effect.Effect<void, StoreUnavailable> = Effect.void
  readAhead = 256 * 1024
  /** Whether the store puts bytes where it is told to. */
  fills = true
  active = 0
  mostActive = 0
  readonly sealing: Sealing

  constructor(sealing: Sealing) {
    this.sealing = sealing
  }

  pack(n: number, blocks: ReadonlyArray<Block>): string {
    const id = idOf(n)
    const writer = new Pack.PackWriter({
      sealing: this.sealing,
      id,
      salt: Buffer.alloc(32, n),
      buffer: new Uint8Array(Pack.bufferLength(target * 16)),
      target: target * 16
    })
    for (const { bytes, hash } of blocks) writer.add(hash, bytes)
    const { body, ref } = writer.finish()
    this.objects.set(ObjectKey.pack(id), Buffer.concat(body))
    this.refs.set(id, ref)
    return id
  }

  /** The log says that the packs took the place of the old one, whose object is deleted. */
  replace(old: string, packs: ReadonlyArray<string>): void {
    this.refs.delete(old)
    this.objects.delete(ObjectKey.pack(old))
    for (const [other, targets] of this.redirects) {
      this.redirects.set(other, targets.flatMap((id) => id === old ? packs : [id]))
    }
    this.redirects.set(old, packs)
    this.position++
  }

  get layer(): Layer.Layer<BlockReader> {
    const below = ObjectStoreMemory.make(this.objects)
    const store = ObjectStore.of({
      ...below,
      readAhead: this.readAhead,
      get: (key, range, into) =>
        Effect.gen({ self: this }, function*() {
          this.gets.push(`${key} ${range?.start}-${range?.end}`)
          this.mostActive = Math.max(this.mostActive, ++this.active)
          return yield* this.gate.pipe(
            Effect.andThen(below.get(key, range, this.fills ? into : undefined)),
            Effect.ensuring(Effect.sync(() => this.active--))
          )
        })
    })
    const head = () => ({
      ...State.initial(this.sealing.repository),
      position: this.position,
      redirects: new Map(this.redirects)
    })
    const repository = Layer.mock(Repository, {
      id: this.sealing.repository,
      sealing: this.sealing,
      pack: (id) => Effect.sync(() => this.refs.get(id)),
      head: Effect.sync(head),
      refresh: Effect.suspend(() => {
        this.refreshes++
        this.onRefresh()
        return Effect.map(this.refreshGate, head)
      })
    })
    return BlockReaderPacks.layer.pipe(Layer.provide([Layer.succeed(ObjectStore, store), repository]))
  }
}

/** 128 KiB each, incompressible. */
export const large = (count: number, seed: number): ReadonlyArray<Block> =>
  Array.from({ length: count }, (_, i) => block(Tree.bytes(131_072, seed * 1000 + i)))

export const equal = (actual: Uint8Array | undefined, expected: Uint8Array) =>
  assert.isTrue(actual !== undefined && Buffer.compare(actual, expected) === 0)
