/**
 * The scripted peer of the demo, for machines without Syncthing: a BEP device with one directory, over real TLS, as a
 * process of its own (`node peer.ts DIRECTORY`). Commands are lines of JSON on stdin, its state lines of JSON on stdout.
 * It keeps nothing between runs and resolves no conflicts: it is an actor, not a Syncthing.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Clock, Console, Effect, Layer, Result, Schedule, Schema, type Scope, Stdio, Stream } from "effect"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import * as Frames from "../../domain/bep/Frames.ts"
import * as Hello from "../../domain/bep/Hello.ts"
import * as Messages from "../../domain/bep/Messages.ts"
import * as BlockSize from "../../domain/BlockSize.ts"
import * as DeviceId from "../../domain/DeviceId.ts"
import * as FileInfo from "../../domain/FileInfo.ts"
import * as VersionVector from "../../domain/VersionVector.ts"
import { Identity } from "../../services/Identity.ts"
import { PeerGone, type PeerLink, PeerTransport } from "../../services/PeerTransport.ts"
import { stranger } from "../wiring.ts"
import { folder } from "./actor.ts"
import * as Disk from "./disk.ts"

const Command = Schema.Union([
  Schema.Struct({ do: Schema.Literal("share"), device: Schema.String, address: Schema.String }),
  Schema.Struct({ do: Schema.Literal("rescan") })
])

/** Requests on the way to bepository at any time. */
const outstanding = 32

/** What both sides hold, by name. */
class Model {
  readonly ours = new Map<string, FileInfo.FileInfo>()
  readonly theirs = new Map<string, FileInfo.FileInfo>()
  sequence = 0
  scans = 0
  readonly root: string
  readonly self: bigint

  constructor(root: string, self: bigint) {
    this.root = root
    this.self = self
  }

  /** Takes the entry into our index with the next sequence. */
  adopt(fields: FileInfo.Fields): FileInfo.FileInfo {
    const sequence = ++this.sequence
    const info = Result.getOrThrow(FileInfo.decode(FileInfo.encode({ ...fields, sequence })))
    this.ours.set(info.name, info)
    return info
  }

  /** Compares the directory with our index; answers what changed. */
  scan(now: number): ReadonlyArray<FileInfo.FileInfo> {
    const changed: Array<FileInfo.FileInfo> = []
    const seen = new Set<string>()
    const bump = (before: FileInfo.FileInfo | undefined) => VersionVector.update(before?.version ?? [], this.self, now)
    for (const found of Disk.scan(this.root)) {
      seen.add(found.name)
      const before = this.ours.get(found.name)
      if (before !== undefined && !before.deleted && isSame(before, found)) continue
      changed.push(this.adopt({ ...found, modifiedBy: this.self, version: bump(before) }))
    }
    for (const before of this.ours.values()) {
      if (before.deleted || seen.has(before.name)) continue
      changed.push(
        this.adopt({
          name: before.name,
          type: before.type,
          deleted: true,
          modifiedS: now,
          modifiedBy: this.self,
          version: bump(before)
        })
      )
    }
    this.scans++
    return changed
  }

  /** Entries of theirs that are newer than ours: what comes first has to exist first. */
  needed(): ReadonlyArray<FileInfo.FileInfo> {
    return [...this.theirs.values()].filter((info) => {
      if (info.invalid || FileInfo.problem(info) !== undefined) return false
      const own = this.ours.get(info.name)
      return own === undefined || VersionVector.compare(info.version, own.version) === "greater"
    }).toSorted((a, b) => a.name < b.name ? -1 : 1)
  }

  state() {
    let stored = 0
    for (const info of this.ours.values()) {
      const held = this.theirs.get(info.name)
      if (held !== undefined && VersionVector.compare(held.version, info.version) === "equal") stored++
    }
    const files = [...this.ours.values()].filter((info) => !info.deleted && info.type === "file").length
    return { event: "state", scans: this.scans, files, needed: this.needed().length, unstored: this.ours.size - stored }
  }
}

const isSame = (info: FileInfo.FileInfo, found: Omit<FileInfo.Fields, "version">): boolean =>
  info.type === found.type && info.size === (found.size ?? 0) &&
  Buffer.compare(info.hashes, found.hashes ?? nothing) === 0

const nothing = new Uint8Array(0)

const say = (value: unknown) => Console.log(JSON.stringify(value))

const session = Effect.fn("Peer.session")(function*(
  link: PeerLink,
  self: DeviceId.DeviceId,
  model: Model
): Effect.fn.Return<void, PeerGone, Scope.Scope> {
  const send = (message: Messages.Message) => link.send([Messages.encodeFrame(message)])
  const violated = (reason: string) => new PeerGone({ reason })
  const devices = [self, link.device].map((id): Messages.Device => ({
    id: DeviceId.toBytes(id),
    name: "",
    addresses: [],
    compression: 1,
    certName: "",
    maxSequence: id === self ? model.sequence : 0,
    indexId: id === self ? 7n : 0n,
    introducer: false,
    encryptionPasswordToken: nothing
  }))
  const announce = (infos: ReadonlyArray<FileInfo.FileInfo>, full: boolean) => {
    const files = infos.toSorted((a, b) => a.sequence - b.sequence)
    const last = files.at(-1)?.sequence ?? 0
    return send(
      full
        ? { _tag: "Index", folder: folder.id, files, lastSequence: last }
        : {
          _tag: "IndexUpdate",
          folder: folder.id,
          files,
          lastSequence: last,
          prevSequence: (files[0]?.sequence ?? 1) - 1
        }
    )
  }

  const answer = (request: Messages.Request) => {
    const info = model.ours.get(request.name)
    const path = join(model.root, request.name)
    const data = info === undefined || info.deleted || !existsSync(path)
      ? undefined
      : Disk.read(path, request.offset, request.size)
    return link.send(Frames.encodeResponse(request.id, data === undefined ? 2 : 0, data))
  }

  /** The file being received, block by block. */
  let receiving:
    | { readonly info: FileInfo.FileInfo; readonly content: Uint8Array; asked: number; got: number }
    | undefined
  const request = Effect.fnUntraced(function*() {
    if (receiving === undefined) return
    const { info } = receiving
    const buffers: Array<Uint8Array> = []
    while (receiving.asked < FileInfo.blockCount(info) && receiving.asked - receiving.got < outstanding) {
      const index = receiving.asked++
      buffers.push(Messages.encodeFrame({
        _tag: "Request",
        id: index,
        folder: folder.id,
        name: info.name,
        offset: index * info.blockSize,
        size: BlockSize.sizeAt(info.size, info.blockSize, index),
        hash: FileInfo.blockHash(info, index),
        fromTemporary: false,
        blockNo: index
      }))
    }
    if (buffers.length > 0) yield* link.send(buffers)
  })

  const done = Effect.fnUntraced(function*(info: FileInfo.FileInfo, content: Uint8Array) {
    Disk.write(model.root, info, content)
    const { fieldProblem: _, blocksProblem: __, raw: ___, ...fields } = info
    yield* announce([model.adopt(fields)], false)
  })

  /** Works through what is needed until a file has to be waited for. */
  const pull = Effect.fnUntraced(function*() {
    while (receiving === undefined) {
      const [info] = model.needed()
      if (info === undefined) return yield* say(model.state())
      if (info.type === "file" && !info.deleted && info.size > 0) {
        receiving = { info, content: new Uint8Array(info.size), asked: 0, got: 0 }
        yield* request()
      } else yield* done(info, nothing)
    }
  })

  const receive = Effect.fnUntraced(function*(response: Messages.Response) {
    if (receiving === undefined) return
    const { content, info } = receiving
    const hash = createHash("sha256").update(response.data).digest()
    if (response.code !== 0 || Buffer.compare(hash, FileInfo.blockHash(info, response.id)) !== 0) {
      return yield* violated(`block ${response.id} of ${info.name} came back wrong (code ${response.code})`)
    }
    content.set(response.data, response.id * info.blockSize)
    if (++receiving.got < FileInfo.blockCount(info)) return yield* request()
    receiving = undefined
    yield* done(info, content)
    yield* pull()
  })

  const handle = Effect.fnUntraced(function*(message: Messages.Message) {
    switch (message._tag) {
      case "ClusterConfig":
        // Empty entries of an index that begins anew are fine: the whole index follows.
        return yield* announce([...model.ours.values()], true)
      case "Index":
      case "IndexUpdate":
        if (message.folder !== folder.id) return
        if (message._tag === "Index") model.theirs.clear()
        for (const info of message.files) {
          model.theirs.set(info.name, Result.getOrThrow(FileInfo.decode(Uint8Array.from(info.raw))))
        }
        yield* pull()
        return yield* say(model.state())
      case "Request":
        return yield* answer(message)
      case "Response":
        return yield* receive(message)
      case "Close":
        return yield* violated(`closed: ${message.reason}`)
      case "Ping":
      case "DownloadProgress":
        return
    }
  })

  yield* link.send([Hello.encode({
    deviceName: "scripted peer",
    clientName: "syncthing",
    clientVersion: "v1.29.5",
    numConnections: 1,
    timestamp: 0n
  })])
  const hello = Hello.makeParser()
  const frames = Frames.makeParser()
  let greeted = false
  onScan = (changed) => (greeted && changed.length > 0 ? announce(changed, false) : Effect.void)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      onScan = () => Effect.void
    })
  )
  while (true) {
    for (let chunk of yield* link.receive) {
      if (!greeted) {
        const parsed = hello.push(chunk)
        if (Result.isFailure(parsed)) return yield* violated(parsed.failure)
        if (parsed.success === undefined) continue
        greeted = true
        chunk = parsed.success.rest
        yield* send({
          _tag: "ClusterConfig",
          folders: [{ id: folder.id, label: folder.label, type: 0, paused: false, devices }],
          secondary: false
        })
      }
      const parsed = frames.push(chunk)
      if (Result.isFailure(parsed)) return yield* violated(parsed.failure)
      for (const frame of parsed.success) {
        const message = Messages.decode(frame)
        if (Result.isFailure(message)) return yield* violated(message.failure)
        if (message.success !== undefined) yield* handle(message.success)
      }
    }
  }
})

/** Announces what a scan found, while connected. */
let onScan: (changed: ReadonlyArray<FileInfo.FileInfo>) => Effect.Effect<void, PeerGone> = () => Effect.void

const main = Effect.gen(function*() {
  const root = process.argv[2] ?? "."
  const identity = yield* Identity
  const transport = yield* PeerTransport
  const stdio = yield* Stdio.Stdio
  const scope = yield* Effect.scope
  const model = new Model(root, DeviceId.short(identity.device))
  const rescan = Effect.gen(function*() {
    const changed = model.scan(Math.floor((yield* Clock.currentTimeMillis) / 1000))
    yield* onScan(changed)
    yield* say(model.state())
  })
  const connect = (address: string) =>
    Effect.gen(function*() {
      const link = yield* transport.dial(address)
      yield* session(link, identity.device, model)
    }).pipe(
      Effect.scoped,
      Effect.tapError((error) => Console.error(error.message)),
      Effect.ignore,
      Effect.repeat(Schedule.spaced("1 second"))
    )

  yield* rescan
  yield* say({ event: "started", device: identity.device })
  yield* stdio.stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) =>
      Effect.gen(function*() {
        const command = yield* Schema.decodeEffect(Schema.fromJsonString(Command))(line)
        if (command.do === "rescan") return yield* rescan
        yield* Effect.forkIn(connect(`tcp://${command.address}`), scope)
      })
    )
  )
}).pipe(Effect.scoped, Effect.provide(Layer.merge(stranger, NodeServices.layer)))

NodeRuntime.runMain(main)
