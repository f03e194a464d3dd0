/**
 * A device that behaves like a Syncthing as far as the wire can tell: announces trees, serves them, pulls and verifies what
 * the other side announces, and misbehaves when told to. What it knows survives its connections, so the next one is a delta.
 */
import { Deferred, Effect, Result, type Scope } from "effect"
import { hash as digest } from "node:crypto"
import * as IndexExchange from "../../src/domain/bep/IndexExchange.ts"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as VersionVector from "../../src/domain/VersionVector.ts"
import { PeerGone, type PeerLink } from "../../src/services/PeerTransport.ts"
import * as ScriptedPeer from "./ScriptedPeer.ts"

/** What a file holds; large ones are made as they are asked for. */
export interface Content {
  readonly size: number
  readonly read: (offset: number, length: number) => Uint8Array
}

export const bytes = (content: Uint8Array): Content => ({
  size: content.length,
  read: (offset, length) => content.subarray(offset, offset + length)
})

/** How requests are answered. `silent` never answers. */
export type Manners = "good" | "generic" | "no such file" | "invalid file" | "wrong data" | "short" | "long" | "silent"

export interface Tree {
  readonly folder: string
  /** Creates or replaces. */
  readonly put: (name: string, content: Content, fields?: Partial<FileInfo.Fields>) => void
  readonly directory: (name: string) => void
  readonly symlink: (name: string, target: string) => void
  readonly remove: (name: string) => void
  /** Announces these bytes as they are, sequence appended, right or wrong. */
  readonly announce: (name: string, info: Uint8Array) => void
  /** What the other side announced, newest by name. */
  readonly theirs: ReadonlyMap<string, FileInfo.FileInfo>
  /** Contents pulled from the other side and verified. */
  readonly pulled: ReadonlyMap<string, Uint8Array>
  /** Names of ours that the other side has not announced with our version. */
  readonly unstored: () => ReadonlyArray<string>
  /** Live files of theirs that were not pulled yet. */
  readonly unpulled: () => ReadonlyArray<string>
}

export interface Conversation {
  readonly script: ScriptedPeer.Script
  /** Tells what changed in the trees since it was last told. */
  readonly tell: Effect.Effect<void, PeerGone>
  /** States the folders anew; those named are paused, those left out of `share` are not shared any more. */
  readonly restate: (
    state: { readonly share: ReadonlyArray<string>; readonly paused?: ReadonlyArray<string> }
  ) => Effect.Effect<
    void,
    PeerGone
  >
  /** Waits until everything of ours is announced back; fails when the connection ends before. */
  readonly stored: Effect.Effect<void, PeerGone>
  /** Waits until everything they stated to have is known and pulled. */
  readonly complete: Effect.Effect<void, PeerGone>
}

export interface Device {
  readonly id: DeviceId.DeviceId
  readonly share: (folder: string) => Tree
  manners: Manners
  /** Whether it asks for what the other side has. */
  pulling: boolean
  /** Requests answered, rightly or wrongly. */
  answered: number
  readonly folders: () => ReadonlyArray<Tree>
  readonly converse: (link: PeerLink, hello?: Parameters<typeof ScriptedPeer.open>[1]) => Effect.Effect<
    Conversation,
    PeerGone,
    Scope.Scope
  >
}

/** Blocks asked for at a time. */
const window = 64

/** A file on its way. */
interface Pull {
  readonly folder: Folder
  readonly info: FileInfo.FileInfo
  readonly into: Uint8Array
  left: number
}

interface Wanted {
  readonly pull: Pull
  readonly index: number
}

class Folder implements Tree {
  readonly folder: string
  readonly indexId: bigint
  readonly theirs = new Map<string, FileInfo.FileInfo>()
  readonly pulled = new Map<string, Uint8Array>()
  theirIndexId = 0n
  theirSequence = 0
  /** What they said they have; undefined before. */
  theirMax: number | undefined = undefined
  sequence = 0
  cursor: IndexExchange.Cursor | undefined = undefined
  private readonly entries = new Map<string, { readonly sequence: number; readonly info: Uint8Array }>()
  private readonly contents = new Map<string, Content>()
  private readonly short: bigint

  constructor(folder: string, device: DeviceId.DeviceId) {
    this.folder = folder
    this.short = DeviceId.short(device)
    this.indexId = this.short ^ 0x5555_5555_5555_5555n
  }

  put(name: string, content: Content, fields: Partial<FileInfo.Fields> = {}): void {
    const blockSize = fields.blockSize ?? BlockSize.forFile(content.size)
    const hashes = Array.from(
      { length: BlockSize.count(content.size, blockSize) },
      (_, index) =>
        digest("sha256", content.read(index * blockSize, BlockSize.sizeAt(content.size, blockSize, index)), "buffer")
    )
    this.contents.set(name, content)
    this.announce(
      name,
      FileInfo.encode({
        ...this.fresh(name),
        type: "file",
        size: content.size,
        permissions: 0o644,
        modifiedS: 1_700_000_000 + this.sequence,
        blockSize,
        hashes: Buffer.concat(hashes),
        ...fields
      })
    )
  }

  directory(name: string): void {
    this.announce(name, FileInfo.encode({ ...this.fresh(name), type: "directory", permissions: 0o755 }))
  }

  symlink(name: string, target: string): void {
    const symlinkTarget = new TextEncoder().encode(target)
    this.announce(name, FileInfo.encode({ ...this.fresh(name), type: "symlink", noPermissions: true, symlinkTarget }))
  }

  remove(name: string): void {
    const { type } = decoded(this.entries.get(name)?.info)
    this.contents.delete(name)
    this.announce(name, FileInfo.encode({ ...this.fresh(name), type, deleted: true, modifiedS: 1_700_000_000 }))
  }

  announce(name: string, info: Uint8Array): void {
    this.entries.delete(name)
    this.entries.set(name, { sequence: ++this.sequence, info })
  }

  unstored(): ReadonlyArray<string> {
    return [...this.entries].filter(([name, { info }]) => !sameVersion(this.theirs.get(name), decoded(info))).map((
      [name]
    ) => name)
  }

  unpulled(): ReadonlyArray<string> {
    return [...this.theirs.values()].filter((info) => isLiveFile(info) && !this.pulled.has(info.name)).map(({ name }) =>
      name
    )
  }

  /** The next message of our index, if anything is left to tell. */
  next(): Uint8Array | undefined {
    const { cursor } = this
    if (cursor === undefined) return undefined
    const records = [...this.entries.values()].filter((entry) => entry.sequence > cursor.after)
    const message = IndexExchange.nextMessage(this.folder, cursor, records)
    this.cursor = message?.cursor ?? cursor
    return message?.frame
  }

  read(name: string, offset: number, length: number): Uint8Array | undefined {
    const content = this.contents.get(name)
    return content === undefined || offset < 0 || offset + length > content.size
      ? undefined
      : content.read(offset, length)
  }

  private fresh(name: string) {
    const old = this.entries.get(name)
    const version = old === undefined ? [] : decoded(old.info).version
    return { name, version: VersionVector.update(version, this.short, 1), modifiedBy: this.short }
  }
}

export const make = (id: DeviceId.DeviceId): Device => {
  const folders = new Map<string, Folder>()
  const device: Device = {
    id,
    manners: "good",
    pulling: false,
    answered: 0,
    share: (name) => {
      const folder = folders.get(name) ?? new Folder(name, id)
      folders.set(name, folder)
      return folder
    },
    folders: () => [...folders.values()],
    converse: (link, hello) => converse(device, folders, link, hello)
  }
  return device
}

const converse = Effect.fnUntraced(function*(
  device: Device,
  folders: ReadonlyMap<string, Folder>,
  link: PeerLink,
  hello: Parameters<typeof ScriptedPeer.open>[1]
): Effect.fn.Return<Conversation, PeerGone, Scope.Scope> {
  for (const folder of folders.values()) {
    folder.cursor = undefined
    folder.theirMax = undefined
  }
  const script = yield* ScriptedPeer.open(link, hello)
  const wanted: Array<Wanted> = []
  const asked = new Map<number, Wanted>()
  let nextId = 0

  const ask = Effect.suspend(() => {
    const requests: Array<Messages.Request> = []
    while (asked.size < window && wanted.length > 0) {
      const want = wanted.shift()!
      asked.set(nextId, want)
      requests.push({
        _tag: "Request",
        id: nextId++,
        folder: want.pull.folder.folder,
        name: want.pull.info.name,
        offset: want.index * want.pull.info.blockSize,
        size: sizeOf(want),
        hash: FileInfo.blockHash(want.pull.info, want.index),
        fromTemporary: false,
        blockNo: want.index
      })
    }
    return script.say(...requests)
  })

  const want = (folder: Folder, info: FileInfo.FileInfo): void => {
    folder.pulled.delete(info.name)
    if (!device.pulling || !isLiveFile(info)) return
    const into = new Uint8Array(info.size)
    if (info.size === 0) folder.pulled.set(info.name, into)
    else {
      const pull: Pull = { folder, info, into, left: FileInfo.blockCount(info) }
      for (let index = 0; index < pull.left; index++) wanted.push({ pull, index })
    }
  }

  const takeIndex = (message: Messages.Index | Messages.IndexUpdate): void => {
    const folder = folders.get(message.folder)
    if (folder === undefined) return
    if (message._tag === "Index") folder.theirs.clear()
    for (const info of message.files) {
      folder.theirs.set(info.name, info)
      folder.theirSequence = Math.max(folder.theirSequence, info.sequence)
      want(folder, info)
    }
  }

  const takeResponse = (message: Messages.Response): void => {
    const want = asked.get(message.id)
    asked.delete(message.id)
    if (want === undefined || message.code !== 0 || message.data.length !== sizeOf(want)) return
    const { folder, info, into } = want.pull
    if (Buffer.compare(digest("sha256", message.data, "buffer"), FileInfo.blockHash(info, want.index)) !== 0) return
    into.set(message.data, want.index * info.blockSize)
    if (--want.pull.left === 0 && folder.theirs.get(info.name) === info) folder.pulled.set(info.name, into)
  }

  const respond = (request: Messages.Request): Effect.Effect<void, PeerGone> => {
    const right = folders.get(request.folder)?.read(request.name, request.offset, request.size)
    const [data, code] = answer(device.manners, right)
    if (data === undefined) return Effect.void
    device.answered++
    return script.say({ _tag: "Response", id: request.id, data, code })
  }

  const tell = Effect.gen(function*() {
    for (const folder of folders.values()) {
      for (let frame = folder.next(); frame !== undefined; frame = folder.next()) yield* script.sayBytes(frame)
    }
  })

  const takeConfig = (config: Messages.ClusterConfig): void => {
    for (const folder of folders.values()) {
      const devices = config.folders.find(({ id }) => id === folder.folder)?.devices ?? []
      const find = (id: DeviceId.DeviceId) =>
        devices.find((entry) => Buffer.compare(entry.id, DeviceId.toBytes(id)) === 0)
      const [ours, theirs] = [find(device.id), find(link.device)]
      if (theirs !== undefined && theirs.indexId !== folder.theirIndexId) {
        folder.theirIndexId = theirs.indexId
        folder.theirSequence = 0
        folder.theirs.clear()
      }
      folder.theirMax = theirs?.maxSequence
      folder.cursor = ours === undefined
        ? undefined
        : IndexExchange.sendStart({ ourIndexId: folder.indexId, ourMax: folder.sequence, stated: ours })
    }
  }

  const waiting = new Set<() => void>()
  script.onMessage((message) =>
    Effect.gen(function*() {
      switch (message._tag) {
        case "ClusterConfig":
          takeConfig(message)
          yield* tell
          break
        case "Index":
        case "IndexUpdate":
          takeIndex(message)
          yield* ask
          break
        case "Response":
          takeResponse(message)
          yield* ask
          break
        case "Request":
          yield* respond(message)
      }
      for (const look of waiting) look()
    })
  )
  const until = (done: (folder: Folder) => boolean) =>
    Effect.suspend(() => {
      const reached = Deferred.makeUnsafe<void, PeerGone>()
      const look = () => {
        if ([...folders.values()].every(done)) Deferred.doneUnsafe(reached, Effect.void)
      }
      waiting.add(look)
      look()
      const lost = Effect.flatMap(script.ended, (reason) => Effect.fail(new PeerGone({ reason })))
      return Effect.raceFirst(Deferred.await(reached), lost).pipe(
        Effect.ensuring(Effect.sync(() => waiting.delete(look)))
      )
    })
  const restate: Conversation["restate"] = ({ paused = [], share }) =>
    script.say({
      _tag: "ClusterConfig",
      secondary: false,
      folders: [...folders.values()].filter(({ folder }) => share.includes(folder)).map((folder) => ({
        id: folder.folder,
        label: folder.folder,
        type: 0,
        paused: paused.includes(folder.folder),
        devices: [
          stated(device.id, folder.indexId, folder.sequence),
          stated(link.device, folder.theirIndexId, folder.theirSequence)
        ]
      }))
    })
  yield* restate({ share: [...folders.keys()] })
  return {
    script,
    tell,
    restate,
    stored: until((folder) => folder.unstored().length === 0),
    complete: until((folder) =>
      folder.theirMax !== undefined && folder.theirSequence >= folder.theirMax && folder.unpulled().length === 0
    )
  }
})

const answer = (manners: Manners, right: Uint8Array | undefined): [Uint8Array | undefined, Messages.ResponseCode] => {
  const none = new Uint8Array(0)
  switch (manners) {
    case "good":
      return right === undefined ? [none, 2] : [right, 0]
    case "generic":
      return [none, 1]
    case "no such file":
      return [none, 2]
    case "invalid file":
      return [none, 3]
    case "wrong data":
      return [new Uint8Array(right?.length ?? 10).fill(0xbd), 0]
    case "short":
      return [right?.subarray(0, right.length >> 1) ?? none, 0]
    case "long":
      return [Buffer.concat([right ?? none, Uint8Array.of(1, 2, 3)]), 0]
    case "silent":
      return [undefined, 0]
  }
}

const sizeOf = ({ index, pull: { info } }: Wanted): number => BlockSize.sizeAt(info.size, info.blockSize, index)

const isLiveFile = (info: FileInfo.FileInfo): boolean => info.type === "file" && !info.deleted && !info.invalid

const sameVersion = (a: FileInfo.FileInfo | undefined, b: FileInfo.FileInfo): boolean =>
  a !== undefined && VersionVector.compare(a.version, b.version) === "equal" && a.deleted === b.deleted

const decoded = (info: Uint8Array | undefined): FileInfo.FileInfo => {
  if (info === undefined) throw new Error("no such entry")
  return Result.getOrThrow(FileInfo.decode(info))
}

const stated = (id: DeviceId.DeviceId, indexId: bigint, maxSequence: number): Messages.Device => ({
  id: DeviceId.toBytes(id),
  name: "",
  addresses: [],
  compression: 0,
  certName: "",
  maxSequence,
  indexId,
  introducer: false,
  encryptionPasswordToken: new Uint8Array(0)
})
