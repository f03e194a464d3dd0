import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as StagingCommits from "../../src/layers/StagingCommits.ts"
import { BlockStore, type PackBuilderHandle } from "../../src/services/BlockStore.ts"
import { Fault } from "../../src/services/Fault.ts"
import { Identity } from "../../src/services/Identity.ts"
import { Lease } from "../../src/services/Lease.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import { Settings } from "../../src/services/Settings.ts"
import { Staging } from "../../src/services/Staging.ts"

const pack = "1-00000000000000000000000000000000"

/** Staging over what the test says; whatever else is asked of a service is a bug. */
const over = (options: {
  readonly builder?: Partial<PackBuilderHandle>
  readonly fence?: Lease["Service"]["fence"]
  readonly repository: Partial<Repository["Service"]>
  readonly replica?: Partial<Replica["Service"]>
}) => {
  const builder: PackBuilderHandle = {
    term: 1,
    add: () => pack,
    find: () => undefined,
    room: () => 1000,
    awaitRoom: () => Effect.void,
    seal: Effect.succeed([]),
    take: Effect.succeed([]),
    forget: () => {},
    pending: () => 0,
    durable: () => 0,
    ...options.builder
  }
  return StagingCommits.layer.pipe(Layer.provide([
    Layer.succeed(BlockStore, BlockStore.of({ builder: Effect.succeed(builder) })),
    Layer.mock(Fault, {}),
    Layer.succeed(Identity, { device: DeviceId.fromBytes(new Uint8Array(32).fill(1)) } as Identity["Service"]),
    Layer.succeed(Lease, Lease.of({ fence: options.fence ?? Effect.succeed({ _tag: "WriteFence", term: 1 }) })),
    Layer.succeed(Replica, (options.replica ?? {}) as Replica["Service"]),
    Layer.succeed(Repository, options.repository as Repository["Service"]),
    Layer.succeed(Settings, { commitInterval: Duration.seconds(10), commitBytes: 1000 } as Settings["Service"])
  ]))
}

const initial = State.initial("00112233445566778899aabbccddeeff")

describe("StagingCommits", () => {
  it.effect("does not look at a pack again and again because much of it is not durable yet", () => {
    let looks = 0
    const layer = over({
      builder: { pending: () => 1_000_000 },
      fence: Effect.suspend(() => ++looks > 100 ? Effect.never : Effect.succeed({ _tag: "WriteFence", term: 1 })),
      repository: { head: Effect.succeed(initial) }
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      staging.activity(false)
      yield* staging.open(1)
      staging.add(new Uint8Array(32), new Uint8Array(1))
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual(looks, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("names no pack twice after a commit that was interrupted and made all the same", () => {
    const ref: State.PackRef = { id: pack, size: 100, trailerLength: 10, blocks: 1, bytes: 50 }
    const made: State.State = {
      ...initial,
      packs: { ...initial.packs, inline: new Map([[pack, { ref, position: 1 }]]) }
    }
    let planned: ReadonlyArray<unknown> | undefined
    const layer = over({
      builder: { seal: Effect.succeed([{ ref, contents: { hashes: new Uint8Array(32) } }]) },
      repository: {
        head: Effect.succeed(made),
        commit: (plan) =>
          Effect.map(plan(made), (ops) => {
            planned = ops
            return undefined
          })
      },
      replica: { catchUp: () => Effect.void }
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      yield* staging.open(1)
      yield* staging.flush
      assert.deepStrictEqual(planned, [])
    }).pipe(Effect.provide(layer))
  })
})
