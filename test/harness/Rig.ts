/** A real BepServer with everything of a connection, on a network in memory, around a `FakeEngine`. */
import { Context, Duration, Effect, Layer, type Scope } from "effect"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as BepConnectionPeer from "../../src/layers/BepConnectionPeer.ts"
import * as BepServer from "../../src/layers/BepServer.ts"
import * as BlockServingReplica from "../../src/layers/BlockServingReplica.ts"
import * as IndexSendingReplica from "../../src/layers/IndexSendingReplica.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import { Identity } from "../../src/services/Identity.ts"
import { Peers } from "../../src/services/Peers.ts"
import type { ListenFailed, PeerTransport } from "../../src/services/PeerTransport.ts"
import { aloneTurns, Settings } from "../../src/services/Settings.ts"
import * as FakeEngine from "./FakeEngine.ts"
import * as ScriptedPeer from "./ScriptedPeer.ts"

export const us = DeviceId.fromCertificate(Uint8Array.of(1))
export const master = DeviceId.fromCertificate(Uint8Array.of(2))
export const secondMaster = DeviceId.fromCertificate(Uint8Array.of(3))
export const stranger = DeviceId.fromCertificate(Uint8Array.of(4))

export const ourIndexId = 0xF0_0000_0000_0001n
export const theirIndexId = 0xFFFF_FFFF_FFFF_FFFFn

export interface Rig extends FakeEngine.Engine {
  readonly network: PeerTransportPipe.Network
  readonly peers: Peers["Service"]
}

export const make = Effect.fnUntraced(function*(
  options: { readonly masterAddress?: string; readonly pipe?: PeerTransportPipe.Options } = {}
): Effect.fn.Return<Rig, ListenFailed, Scope.Scope> {
  const network = PeerTransportPipe.makeNetwork(options.pipe)
  const rig = yield* makeOver({
    transport: network.layer,
    identity: { device: us, certificate: new Uint8Array(0), privateKey: new Uint8Array(0) },
    masters: [master, secondMaster],
    listen: "us:22000",
    masterAddress: options.masterAddress
  })
  return { ...rig, network }
})

/** The same over any transport. */
export const makeOver = Effect.fnUntraced(function*(options: {
  readonly transport: Layer.Layer<PeerTransport, never, Identity>
  readonly identity: Identity["Service"]
  readonly masters: ReadonlyArray<DeviceId.DeviceId>
  readonly listen: string
  readonly masterAddress: string | undefined
}): Effect.fn.Return<Omit<Rig, "network">, ListenFailed, Scope.Scope> {
  const { identity, listen, masterAddress, masters, transport } = options
  const engine = FakeEngine.makeEngine(identity.device)
  const settings = Layer.succeed(Settings, {
    cacheDirectory: "/nowhere",
    masters,
    listen,
    masterAddress,
    deviceName: "the repository",
    turns: aloneTurns,
    davPassword: undefined,
    packSize: 0,
    commitInterval: Duration.zero,
    commitBytes: 0
  })
  const context = yield* Layer.build(
    BepServer.layer.pipe(
      Layer.provide(BepConnectionPeer.layer),
      Layer.provide([BlockServingReplica.layer, IndexSendingReplica.layer]),
      Layer.provide([engine.layer, transport, settings]),
      Layer.provide(Layer.succeed(Identity, identity))
    )
  )
  return { ...engine, peers: Context.get(context, Peers) }
})

/** A device connects and says Hello. */
export const dial = (rig: Rig, device = master, hello: Parameters<typeof ScriptedPeer.open>[1] = {}) =>
  Effect.flatMap(
    rig.network.transport(device).dial(`tcp://${rig.peers.listening}`),
    (link) => ScriptedPeer.open(link, hello)
  )

export interface Stated {
  /** What the peer has of our index. */
  readonly indexId?: bigint
  readonly maxSequence?: number
  readonly paused?: boolean
  readonly theirIndexId?: bigint
}

/** What a device says it shares with us. */
export const configOf = (
  folders: Readonly<Record<string, Stated>>,
  device = master,
  others: { readonly secondary?: boolean } = {}
): Messages.ClusterConfig => ({
  _tag: "ClusterConfig",
  secondary: others.secondary ?? false,
  folders: Object.entries(folders).map(([id, stated]) => ({
    id,
    label: `the ${id}`,
    type: 0,
    paused: stated.paused ?? false,
    devices: [
      deviceOf(device, "peer", stated.theirIndexId ?? theirIndexId, 10),
      deviceOf(us, "us", stated.indexId ?? 0n, stated.maxSequence ?? 0)
    ]
  }))
})

export const deviceOf = (
  id: DeviceId.DeviceId,
  name: string,
  indexId: bigint,
  maxSequence: number
): Messages.Device => ({
  id: DeviceId.toBytes(id),
  name,
  addresses: ["dynamic"],
  compression: 0,
  certName: "",
  maxSequence,
  indexId,
  introducer: false,
  encryptionPasswordToken: new Uint8Array(0)
})

/** A connection with its ClusterConfigs exchanged. */
export const connect = Effect.fnUntraced(function*(
  rig: Rig,
  folders: Readonly<Record<string, Stated>>,
  device = master,
  hello: Parameters<typeof ScriptedPeer.open>[1] = {}
) {
  const script = yield* dial(rig, device, hello)
  yield* script.say(configOf(folders, device))
  yield* script.expect("ClusterConfig")
  return script
})

export const request = (fields: Partial<Messages.Request>): Messages.Request => ({
  _tag: "Request",
  id: 1,
  folder: "photos",
  name: "a.txt",
  offset: 0,
  size: 0,
  hash: new Uint8Array(0),
  fromTemporary: false,
  blockNo: 0,
  ...fields
})
