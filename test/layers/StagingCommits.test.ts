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

describe("StagingCommits", () => {
  it.effect("does not look at a pack again and again because much of it is not durable yet", () => {
    let looks = 0
    const builder: PackBuilderHandle = {
      term: 1,
      add: () => "1-00000000000000000000000000000000",
      find: () => undefined,
      room: () => 1000,
      awaitRoom: () => Effect.void,
      seal: Effect.succeed([]),
      take: Effect.succeed([]),
      forget: () => {},
      pending: () => 1_000_000,
      durable: () => 0
    }
    const lease = Lease.of({
      fence: Effect.suspend(() => ++looks > 100 ? Effect.never : Effect.succeed({ _tag: "WriteFence", term: 1 }))
    })
    const layer = StagingCommits.layer.pipe(Layer.provide([
      Layer.succeed(BlockStore, BlockStore.of({ builder: Effect.succeed(builder) })),
      Layer.mock(Fault, {}),
      Layer.succeed(Identity, { device: DeviceId.fromBytes(new Uint8Array(32).fill(1)) } as Identity["Service"]),
      Layer.succeed(Lease, lease),
      Layer.succeed(Replica, {} as Replica["Service"]),
      Layer.succeed(
        Repository,
        { head: Effect.succeed(State.initial("00112233445566778899aabbccddeeff")) } as Repository["Service"]
      ),
      Layer.succeed(Settings, { commitInterval: Duration.seconds(10), commitBytes: 1000 } as Settings["Service"])
    ]))
    return Effect.gen(function*() {
      const staging = yield* Staging
      staging.activity(false)
      yield* staging.open(1)
      staging.add(new Uint8Array(32), new Uint8Array(1))
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual(looks, 2)
    }).pipe(Effect.provide(layer))
  })
})
