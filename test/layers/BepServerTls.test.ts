import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Queue, Scope, Stream } from "effect"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as PeerTransportTls from "../../src/layers/PeerTransportTls.ts"
import { Identity } from "../../src/services/Identity.ts"
import { PeerTransport } from "../../src/services/PeerTransport.ts"
import * as Certificates from "../harness/Certificates.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as Rig from "../harness/Rig.ts"
import { type Command, digestOf, seeded } from "../harness/scripted-device-process.ts"
import * as ScriptedPeer from "../harness/ScriptedPeer.ts"

const identity = (made: Certificates.TestIdentity) => ({ ...made, device: DeviceId.fromCertificate(made.certificate) })
const us = identity(Certificates.makeIdentity())
const master = identity(Certificates.makeIdentity())
const stranger = identity(Certificates.makeIdentity())

const rigOver = (listen = "127.0.0.1:0") =>
  Rig.makeOver({
    transport: PeerTransportTls.layer,
    identity: us,
    masters: [master.device],
    listen,
    masterAddress: undefined
  })

const transportOf = (as: Identity["Service"]) =>
  Effect.map(
    Layer.build(PeerTransportTls.layer.pipe(Layer.provide(Layer.succeed(Identity, as)))),
    (context) => Context.get(context, PeerTransport)
  )

/** The scripted device in a process of its own; `tell` answers with its answer. */
const spawn = (as: Identity["Service"]) =>
  Effect.gen(function*() {
    const secrets = JSON.stringify({
      certificate: Buffer.from(as.certificate).toString("base64"),
      privateKey: Buffer.from(as.privateKey).toString("base64")
    })
    const script = Path.resolve(import.meta.dirname, "../harness/scripted-device-process.ts")
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        ChildProcess.spawn(process.execPath, [script, secrets], { stdio: ["pipe", "pipe", "inherit"] })
      ),
      (child) =>
        Effect.callback<void>((resume) => {
          child.once("exit", () => resume(Effect.void))
          child.stdin.end()
        })
    )
    const answers = yield* Queue.make<Record<string, unknown>>()
    let rest = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) Queue.offerUnsafe(answers, JSON.parse(line) as Record<string, unknown>)
    })
    return (command: Command) =>
      Effect.suspend(() => {
        child.stdin.write(`${JSON.stringify(command)}\n`)
        return Queue.take(answers)
      })
  })

it.live("a device in another process pulls everything over TLS", () =>
  Effect.gen(function*() {
    const rig = yield* rigOver()
    const files = Array.from(
      { length: 40 },
      (_, n) => [`file ${n}`, seeded(n, n * 30_011).read(0, n * 30_011)] as const
    )
    for (const [, bytes] of files) rig.control.keep(bytes)
    rig.control.commit("photos", files.map(([name, bytes]) => FakeEngine.fileOf(name, bytes)))
    rig.control.cached = false
    const tell = yield* spawn(master)
    yield* tell({ do: "share", folder: "photos" })
    yield* tell({ do: "put", folder: "photos", name: "mine", size: 300_000, seed: 5 })
    yield* tell({ do: "behave", manners: "good", pulling: true })
    assert.deepStrictEqual(yield* tell({ do: "dial", address: rig.peers.listening }), { peer: "the repository" })
    // Its index came; what Ingest asks for is answered by the other process.
    yield* Stream.fromEffectRepeat(Effect.sleep("20 millis")).pipe(
      Stream.takeUntil(() => rig.control.heard.length > 0),
      Stream.runDrain
    )
    const { responses, source } = rig.control.attached[0]!
    source.request([Rig.request({ id: 4, name: "mine", offset: 131_072, size: 131_072 })])
    const complete = yield* tell({ do: "await", what: "complete" })
    assert.deepStrictEqual(complete, { files: 40, digest: digestOf(files), answered: 1 })
    assert.isTrue(Buffer.from(responses[0]?.data ?? []).equals(seeded(5, 300_000).read(131_072, 131_072)))
  }).pipe(Effect.scoped, noLeaks))

it.live("a device that is not in the list gets an empty Hello and the end, over TLS too", () =>
  Effect.gen(function*() {
    const rig = yield* rigOver()
    const link = yield* (yield* transportOf(stranger)).dial(rig.peers.listening)
    const script = yield* ScriptedPeer.open(link)
    assert.deepStrictEqual([script.hello.deviceName, script.hello.clientName, script.hello.clientVersion], ["", "", ""])
    yield* script.ended
    assert.strictEqual(script.bytes(), 0)
  }).pipe(Effect.scoped, noLeaks))

it.live("the last words of a server that stops arrive before the end", () =>
  Effect.gen(function*() {
    const dialler = yield* transportOf(master)
    const outer = yield* Effect.scope
    const script = yield* Effect.scoped(Effect.gen(function*() {
      const rig = yield* rigOver()
      const open = Effect.flatMap(dialler.dial(rig.peers.listening), (link) => ScriptedPeer.open(link))
      const script = yield* Effect.provideService(open, Scope.Scope, outer)
      yield* script.say(Rig.configOf({}))
      // A message on its way to us, so that the socket is not clean when it is closed.
      yield* Effect.forkIn(Effect.ignore(Effect.forever(script.say({ _tag: "Ping" }))), outer)
      return script
    }))
    assert.strictEqual(yield* script.ended, "bepository shutting down")
  }).pipe(Effect.scoped, noLeaks))

it.live("a port that is taken stops the server with what to do", () =>
  Effect.gen(function*() {
    const rig = yield* rigOver()
    const again = yield* Effect.flip(rigOver(rig.peers.listening))
    assert.strictEqual(again._tag, "ListenFailed")
    assert.match(again.message, /the port is taken; choose another with --listen/)
  }).pipe(Effect.scoped, noLeaks))
