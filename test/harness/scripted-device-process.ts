/**
 * A `ScriptedDevice` as a process of its own, over TLS. Takes commands as lines of JSON on standard input, answers each with
 * one line; ends when the input does.
 *
 *   node test/harness/scripted-device-process.ts '{"certificate": "<base64>", "privateKey": "<base64>"}'
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { Context, Effect, Layer, Schema, Stdio, Stream } from "effect"
import * as Crypto from "node:crypto"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as PeerTransportTls from "../../src/layers/PeerTransportTls.ts"
import { Identity } from "../../src/services/Identity.ts"
import { PeerTransport } from "../../src/services/PeerTransport.ts"
import * as ScriptedDevice from "./ScriptedDevice.ts"

const Manners = Schema.Literals([
  "good",
  "generic",
  "no such file",
  "invalid file",
  "wrong data",
  "short",
  "long",
  "silent"
])

export const Command = Schema.Union([
  Schema.Struct({ do: Schema.Literal("share"), folder: Schema.String }),
  /** A file of `size` bytes that follow from the seed and do not compress. */
  Schema.Struct({
    do: Schema.Literal("put"),
    folder: Schema.String,
    name: Schema.String,
    size: Schema.Int,
    seed: Schema.Int
  }),
  Schema.Struct({ do: Schema.Literal("remove"), folder: Schema.String, name: Schema.String }),
  Schema.Struct({ do: Schema.Literal("behave"), manners: Manners, pulling: Schema.Boolean }),
  Schema.Struct({ do: Schema.Literal("dial"), address: Schema.String }),
  Schema.Struct({ do: Schema.Literal("tell") }),
  /** Answers when it is so. */
  Schema.Struct({ do: Schema.Literal("await"), what: Schema.Literals(["stored", "complete", "ended"]) })
])
export type Command = typeof Command.Type

/** SHA-256 over names and contents of what was pulled, so that two sides can be compared. */
export const digestOf = (contents: Iterable<readonly [string, Uint8Array]>): string => {
  const digest = Crypto.createHash("sha256")
  for (const [name, content] of [...contents].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    digest.update(name).update("\0").update(Crypto.createHash("sha256").update(content).digest())
  }
  return digest.digest("hex")
}

/** Random access into a stream of pseudo-random bytes: the same for the same seed. */
export const seeded = (seed: number, size: number): ScriptedDevice.Content => ({
  size,
  read: (offset, length) => {
    const iv = Buffer.alloc(16)
    iv.writeUInt32BE(seed, 0)
    iv.writeUInt32BE(Math.floor(offset / 16), 12)
    const cipher = Crypto.createCipheriv("aes-128-ctr", Buffer.alloc(16), iv)
    cipher.update(Buffer.alloc(offset % 16))
    return cipher.update(Buffer.alloc(length))
  }
})

const main = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const secrets = JSON.parse((yield* stdio.args)[0] ?? "{}") as { certificate: string; privateKey: string }
  const identity = {
    certificate: Buffer.from(secrets.certificate, "base64"),
    privateKey: Buffer.from(secrets.privateKey, "base64"),
    device: DeviceId.fromCertificate(Buffer.from(secrets.certificate, "base64"))
  }
  const layer = PeerTransportTls.layer.pipe(Layer.provide(Layer.succeed(Identity, identity)))
  const transport = Context.get(yield* Layer.build(layer), PeerTransport)
  const device = ScriptedDevice.make(identity.device)
  let talk: ScriptedDevice.Conversation | undefined

  const perform = Effect.fnUntraced(function*(command: Command) {
    switch (command.do) {
      case "share":
        device.share(command.folder)
        return {}
      case "put":
        device.share(command.folder).put(command.name, seeded(command.seed, command.size))
        return {}
      case "remove":
        device.share(command.folder).remove(command.name)
        return {}
      case "behave":
        device.manners = command.manners
        device.pulling = command.pulling
        return {}
      case "dial":
        talk = yield* device.converse(yield* transport.dial(command.address))
        return { peer: talk.script.hello.deviceName }
      case "tell":
        yield* talk?.tell ?? Effect.void
        return {}
      case "await": {
        if (talk === undefined) return { error: "not connected" }
        if (command.what === "ended") return { reason: yield* talk.script.ended }
        yield* talk[command.what]
        const pulled = device.folders().flatMap((tree) => Array.from(tree.pulled))
        return { files: pulled.length, digest: digestOf(pulled), answered: device.answered }
      }
    }
  })
  yield* stdio.stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapEffect((line) =>
      Schema.decodeEffect(Schema.fromJsonString(Command))(line).pipe(
        Effect.flatMap(perform),
        Effect.catch((error) => Effect.succeed({ error: error.message }))
      )
    ),
    Stream.map((answer) => `${JSON.stringify(answer)}\n`),
    Stream.run(stdio.stdout())
  )
}).pipe(Effect.scoped, Effect.provide(NodeStdio.layer))

if (import.meta.main) NodeRuntime.runMain(main)
