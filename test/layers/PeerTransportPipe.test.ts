import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import type { PeerLink } from "../../src/services/PeerTransport.ts"
import { peerTransportContract } from "../contracts/PeerTransportContract.ts"

const near = DeviceId.fromCertificate(Uint8Array.of(1))
const far = DeviceId.fromCertificate(Uint8Array.of(2))

const stations = (options?: PeerTransportPipe.Options) =>
  Effect.sync(() => {
    const network = PeerTransportPipe.makeNetwork(options)
    return {
      near: { device: near, transport: network.transport(near) },
      far: { device: far, transport: network.transport(far) }
    }
  })

peerTransportContract("pipe", stations())
peerTransportContract("narrow pipe", stations({ capacity: 1000, pieceSize: () => 7777 }))

it.effect("a cut ends both sides at once and loses what was under way", () =>
  Effect.gen(function*() {
    const network = PeerTransportPipe.makeNetwork()
    const arrived = yield* Deferred.make<PeerLink>()
    yield* network.transport(far).listen("far:22000", (link) =>
      Effect.andThen(Deferred.succeed(arrived, link), Effect.never))
    const link = yield* network.transport(near).dial("tcp://far:22000")
    const other = yield* Deferred.await(arrived)
    yield* link.send([new Uint8Array(100)])
    const sender = yield* Effect.forkChild(Effect.exit(link.send([new Uint8Array(1_000_000)])), {
      startImmediately: true
    })
    assert.deepStrictEqual(network.wires(), [{ dialler: near, listener: far, address: "tcp://far:22000" }])
    network.cut((wire) =>
      wire.dialler === far
    )
    assert.lengthOf(network.wires(), 1)
    network.cut((wire) => wire.dialler === near)
    assert.lengthOf(network.wires(), 0)
    assert.isTrue(Exit.isFailure(yield* Fiber.join(sender)))
    assert.isTrue(Exit.isFailure(yield* Effect.exit(other.receive)))
    assert.isTrue(Exit.isFailure(yield* Effect.exit(other.send([Uint8Array.of(1)]))))
  }))
