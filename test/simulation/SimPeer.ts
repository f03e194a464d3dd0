/**
 * A Syncthing in the simulation: a tree that it edits, an index that it announces, blocks that it serves. What we announce it
 * writes down and checks against what it announced itself. If it is told to it takes that too, as Syncthing does.
 */
import { Effect, Random, Result } from "effect"
import * as Crypto from "node:crypto"
import type { Index, IndexUpdate, Message, Request } from "../../src/domain/bep/Messages.ts"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as Conflict from "../../src/domain/Conflict.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as VersionVector from "../../src/domain/VersionVector.ts"
import { PeerGone, type PeerTransport } from "../../src/services/PeerTransport.ts"
import * as ScriptedPeer from "../harness/ScriptedPeer.ts"
import * as Seeded from "../harness/Seeded.ts"

/** A version this peer announced, and what the file held. */
export interface Edit {
  readonly name: string
  readonly info: FileInfo.FileInfo
  readonly content: Uint8Array | undefined
  /** Absent for one that was taken from us. Else it was made here, over that. */
  readonly made?: { readonly over: Edit | undefined }
}

export interface SimPeer {
  readonly device: DeviceId.DeviceId
  /** Connects and reconnects until interrupted. */
  readonly run: Effect.Effect<never>
  /** One change of the tree. */
  readonly edit: Effect.Effect<void>
  /** The file has that content now; none: it is deleted. */
  readonly write: (name: string, content: Uint8Array | undefined) => Effect.Effect<void>
  /** The newest version of every name. */
  readonly current: ReadonlyMap<string, Edit>
  /** Every version that was announced to us by the other side with exactly the vector we gave it. */
  readonly acknowledged: ReadonlyMap<string, Edit>
  /** Every version it ever had. */
  readonly edits: ReadonlyMap<string, Edit>
  /** Whether each current version was acknowledged. */
  readonly settled: () => boolean
  /** Asks us for every block of every file we announced; fails if there is no connection, or none any more. */
  readonly pull: Effect.Effect<void, PeerGone>
  /** What went wrong by the protocol, in words. */
  readonly complaints: ReadonlyArray<string>
  readonly requested: () => number
  /** The highest it has given out. */
  readonly sequence: () => number
  /** Hashes of all contents that somebody put here, and of those that somebody who saw them overwrote or deleted here. */
  readonly contents: { readonly made: ReadonlySet<string>; readonly replaced: ReadonlySet<string> }
}

export const folder = "sim"

const nobody = Effect.fail(new PeerGone({ reason: "nobody is there" }))

const versionKey = (name: string, version: VersionVector.VersionVector): string =>
  `${name} ${version.map(({ id, value }) => `${id}:${value}`).join(",")}`

export const make = (options: {
  readonly device: DeviceId.DeviceId
  readonly us: () => DeviceId.DeviceId
  readonly transport: PeerTransport["Service"]
  readonly address: string
  readonly seed: number
  /** Names it edits; shared between peers they make conflicts. */
  readonly names: number
  /** By which rules it takes what we announce; absent: it takes nothing. */
  readonly takes?: Conflict.Style
}): SimPeer => {
  const { device } = options
  const short = DeviceId.short(device)
  const random = Seeded.make(options.seed)
  const indexId = (short | 1n) & 0x7fff_ffff_ffff_ffffn
  const current = new Map<string, Edit>()
  const byVersion = new Map<string, Edit>()
  const acknowledged = new Map<string, Edit>()
  const complaints: Array<string> = []
  /** What each sequence of ours was used for, for ever. */
  const used = new Map<string, string>()
  let sequence = 0
  let ofThem = { indexId: 0n, max: 0 }
  let tick = 1_000
  let requested = 0
  let lastRequest = 0
  let announce: Effect.Effect<void, PeerGone> = Effect.void
  let pull: SimPeer["pull"] = nobody
  /** By name, the newest that was announced to us. */
  const offered = new Map<string, FileInfo.FileInfo>()
  const made = new Set<string>()
  const replaced = new Set<string>()

  const put = (name: string, content: Uint8Array | undefined): void => {
    const before = current.get(name)
    const blockSize = BlockSize.forFile(content?.length ?? 0)
    const hashes = content === undefined ? [] : Array.from(
      { length: BlockSize.count(content.length, blockSize) },
      (_, i) => Crypto.hash("sha256", content.subarray(i * blockSize, (i + 1) * blockSize), "buffer")
    )
    const info = Result.getOrThrow(FileInfo.decode(FileInfo.encode({
      name,
      type: "file",
      size: content?.length ?? 0,
      permissions: 0o644,
      noPermissions: false,
      modifiedS: tick++,
      modifiedNs: random.int(1_000_000_000),
      modifiedBy: short,
      deleted: content === undefined,
      invalid: false,
      version: VersionVector.update(before?.info.version ?? [], short, tick),
      sequence: ++sequence,
      blockSize,
      hashes: Buffer.concat(hashes),
      symlinkTarget: new Uint8Array(0)
    })))
    const edit: Edit = { name, info, content, made: { over: before } }
    if (content !== undefined && content.length > 0) made.add(sha256(content))
    if (before?.content !== undefined && before.content.length > 0) replaced.add(sha256(before.content))
    current.delete(name)
    current.set(name, edit)
    byVersion.set(versionKey(name, info.version), edit)
  }

  /** Takes what was announced in the place of what is here, unless that changed meanwhile. */
  const adopt = (info: FileInfo.FileInfo, content: Uint8Array | undefined, mine: Edit | undefined): void => {
    if (current.get(info.name) !== mine) return
    const isConflict = mine !== undefined && !VersionVector.compare(info.version, mine.info.version).startsWith("great")
    const version = isConflict ? VersionVector.merge(info.version, mine.info.version) : info.version
    if (
      isConflict && mine.content !== undefined && !FileInfo.sameContent(mine.info, info) && !Conflict.isCopy(info.name)
    ) {
      const at = { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
      put(Conflict.copyName(info.name, { ...at, year: 1000 + tick }, info.modifiedBy), mine.content)
    }
    if (isConflict && mine.content !== undefined && Conflict.isCopy(info.name)) replaced.add(sha256(mine.content))
    const taken = Result.getOrThrow(FileInfo.decode(FileInfo.encode({ ...info, version, sequence: ++sequence })))
    const edit: Edit = { name: info.name, info: taken, content }
    current.delete(info.name)
    current.set(info.name, edit)
    byVersion.set(versionKey(info.name, version), edit)
    if (!isConflict) acknowledged.set(versionKey(info.name, version), edit)
  }

  /** Whether Syncthing would take it. */
  const wants = (info: FileInfo.FileInfo, mine: Edit | undefined, style: Conflict.Style): boolean => {
    if (info.invalid) return false
    if (mine === undefined) return true
    const order = VersionVector.compare(info.version, mine.info.version)
    return order !== "equal" && order !== "lesser" && Conflict.winner(info, mine.info, style) === "a"
  }

  const pieces = Array.from({ length: 6 }, (_, i) => Buffer.alloc(131_072, i + 1))
  const content = (): Uint8Array => {
    const kind = random.int(10)
    if (kind === 0) return new Uint8Array(0)
    if (kind < 7) return random.bytes(1 + random.int(3000))
    // Blocks that other files share, so that the repository is asked first.
    const blocks = Array.from({ length: 1 + random.int(4) }, () => pieces[random.int(pieces.length)]!)
    return Buffer.concat([...blocks, random.bytes(random.int(200))])
  }

  const edit = Effect.suspend(() => {
    const names = [...current.values()].filter((one) => one.content !== undefined).map((one) => one.name)
    const kind = random.int(10)
    const some = names[random.int(Math.max(1, names.length))]
    if (kind < 2 && some !== undefined) put(some, undefined)
    else if (kind < 4 && some !== undefined) {
      const moved = current.get(some)
      put(`f${random.int(options.names)}`, moved?.content)
      put(some, undefined)
    } else put(`f${random.int(options.names)}`, content())
    return Effect.ignore(announce)
  })

  const heard = (message: Index | IndexUpdate): void => {
    if (message._tag === "Index") {
      ofThem = { ...ofThem, max: 0 }
      offered.clear()
    }
    let last = message._tag === "Index" ? 0 : ofThem.max
    if (message._tag === "IndexUpdate" && message.prevSequence !== 0 && message.prevSequence !== last) {
      complaints.push(`prev_sequence ${message.prevSequence}, expected ${last}`)
    }
    for (const info of message.files) {
      if (info.sequence <= last) complaints.push(`sequence ${info.sequence} after ${last}`)
      last = info.sequence
      const key = `${ofThem.indexId}/${info.sequence}`
      const entry = versionKey(info.name, info.version)
      const before = used.get(key)
      if (before !== undefined && before !== entry) complaints.push(`sequence ${key} used for ${before} and ${entry}`)
      used.set(key, entry)
      offered.set(info.name, info)
      const mine = byVersion.get(entry)
      if (mine === undefined) {
        // What won a conflict is announced as newer than what it won against.
        const now = current.get(info.name)
        const isMine = now !== undefined && FileInfo.sameContent(now.info, info) &&
          VersionVector.compare(info.version, now.info.version) === "greater"
        if (isMine) acknowledged.set(versionKey(info.name, now.info.version), now)
        continue
      }
      if (!FileInfo.sameContent(mine.info, info) || mine.info.deleted !== info.deleted) {
        complaints.push(`announced ${entry} with other content`)
      }
      acknowledged.set(entry, mine)
    }
    if (message.lastSequence !== last) {
      complaints.push(`last_sequence ${message.lastSequence}, the last entry has ${last}`)
    }
    ofThem = { ...ofThem, max: last }
  }

  const answer = (request: Request): Message => {
    requested++
    const bytes = current.get(request.name)?.content?.subarray(request.offset, request.offset + request.size)
    const good = bytes !== undefined && bytes.length === request.size &&
      Buffer.compare(Crypto.hash("sha256", bytes, "buffer"), request.hash) === 0
    // Now and then a file cannot be read.
    if (random.chance(0.02)) return { _tag: "Response", id: request.id, code: 1, data: new Uint8Array(0) }
    return good
      ? { _tag: "Response", id: request.id, code: 0, data: bytes }
      : { _tag: "Response", id: request.id, code: 2, data: new Uint8Array(0) }
  }

  const session = Effect.scoped(Effect.gen(function*() {
    const link = yield* options.transport.dial(options.address)
    const script = yield* ScriptedPeer.open(link, options.takes === "1.x" ? { clientVersion: "v1.29.5" } : {})
    let sentTo: number | undefined
    const send = Effect.suspend(() => {
      if (sentTo === undefined) return Effect.void
      const after = sentTo
      const files = [...current.values()].map((one) => one.info).filter((info) => info.sequence > after)
        .toSorted((a, b) => a.sequence - b.sequence)
      const last = files.at(-1)
      if (last === undefined) return Effect.void
      sentTo = last.sequence
      return script.say(
        after === 0
          ? { _tag: "Index", folder, files, lastSequence: last.sequence }
          : { _tag: "IndexUpdate", folder, files, lastSequence: last.sequence, prevSequence: after }
      )
    })
    const { takes } = options
    const scope = yield* Effect.scope
    let isTaking = false
    /** The answer to a request for a block. */
    const block = Effect.fnUntraced(function*(info: FileInfo.FileInfo, index: number) {
      const offset = index * info.blockSize
      const id = ++lastRequest
      yield* script.say({
        _tag: "Request",
        id,
        folder,
        name: info.name,
        offset,
        size: Math.min(info.blockSize, info.size - offset),
        hash: FileInfo.blockHash(info, index),
        fromTemporary: false,
        blockNo: index
      })
      return yield* script.expect("Response", (response) => response.id === id)
    })
    const content = Effect.fnUntraced(function*(info: FileInfo.FileInfo) {
      const parts: Array<Uint8Array> = []
      for (let i = 0; i < FileInfo.blockCount(info) && info.size > 0; i++) {
        const { code, data } = yield* block(info, i)
        if (code !== 0) return undefined
        parts.push(data)
      }
      return Buffer.concat(parts)
    })
    const taking = Effect.fnUntraced(function*(style: Conflict.Style) {
      while (true) {
        yield* Effect.sleep(300 + random.int(700))
        for (const info of Array.from(offered.values())) {
          const mine = current.get(info.name)
          if (!wants(info, mine, style)) continue
          const isSame = mine !== undefined && FileInfo.sameContent(mine.info, info)
          const found = info.deleted ? undefined : isSame ? mine.content : yield* content(info)
          if (info.deleted || found !== undefined) adopt(info, found, mine)
        }
        yield* send
      }
    })
    const asking = Effect.gen(function*() {
      const asked = new Set<string>()
      for (const info of offered.values()) {
        for (let i = 0; !info.deleted && i < FileInfo.blockCount(info); i++) {
          const hash = FileInfo.blockHash(info, i)
          const name = Buffer.from(hash).toString("hex")
          if (asked.has(name)) continue
          asked.add(name)
          const { code, data } = yield* block(info, i)
          if (code !== 0) complaints.push(`block ${i} of ${info.name} was announced, and the answer is ${code}`)
          else if (Buffer.compare(Crypto.hash("sha256", data, "buffer"), hash) !== 0) {
            complaints.push(`block ${i} of ${info.name} is another one's`)
          }
        }
      }
    })
    script.onMessage((message) => {
      switch (message._tag) {
        case "ClusterConfig": {
          const devices = message.folders.find((one) => one.id === folder)?.devices ?? []
          const id = (of: DeviceId.DeviceId) =>
            devices.find((one) => Buffer.compare(one.id, DeviceId.toBytes(of)) === 0)
          const them = id(options.us())
          const me = id(device)
          if (them === undefined || me === undefined) return Effect.void
          pull = asking
          if (them.indexId !== ofThem.indexId) ofThem = { indexId: them.indexId, max: 0 }
          sentTo = me.indexId === indexId && me.maxSequence <= sequence ? me.maxSequence : 0
          const begin = takes === undefined || isTaking
            ? Effect.void
            : Effect.forkIn(Effect.ignore(taking(takes)), scope)
          isTaking = true
          return Effect.andThen(begin, send)
        }
        case "Index":
        case "IndexUpdate":
          return Effect.sync(() => heard(message))
        case "Request":
          return Effect.asVoid(Effect.forkScoped(Effect.delay(script.say(answer(message)), random.int(50)))) as never
        default:
          return Effect.void
      }
    })
    const entry = (of: DeviceId.DeviceId, index: bigint, max: number) => ({
      id: DeviceId.toBytes(of),
      name: "",
      addresses: [],
      compression: 0 as const,
      certName: "",
      maxSequence: max,
      indexId: index,
      introducer: false,
      encryptionPasswordToken: new Uint8Array(0)
    })
    yield* script.say({
      _tag: "ClusterConfig",
      secondary: false,
      folders: [{
        id: folder,
        label: "Simulation",
        type: 0,
        paused: false,
        devices: [entry(options.us(), ofThem.indexId, ofThem.max), entry(device, indexId, sequence)]
      }]
    })
    announce = send
    yield* script.ended
  })).pipe(Effect.ignore)

  const run = Effect.gen(function*() {
    while (true) {
      yield* session
      announce = Effect.void
      pull = nobody
      yield* Effect.sleep(500 + (yield* Random.nextIntBetween(0, 2000)))
    }
  })

  return {
    device,
    run,
    edit,
    write: (name, content) =>
      Effect.suspend(() => {
        put(name, content)
        return Effect.ignore(announce)
      }),
    current,
    acknowledged,
    edits: byVersion,
    settled: () => [...current.values()].every((one) => acknowledged.has(versionKey(one.name, one.info.version))),
    pull: Effect.suspend(() => pull),
    complaints,
    requested: () => requested,
    sequence: () => sequence,
    contents: { made, replaced }
  }
}

const sha256 = (bytes: Uint8Array): string => Crypto.hash("sha256", bytes, "hex")
