/** Values the format's tests share: two sealings, reproducible ids, records, objects, and a small history that uses every operation. */
import * as Result from "effect/Result"
import { createCipheriv, createSecretKey, hash, type KeyObject, scryptSync } from "node:crypto"
import * as DeviceId from "../../../src/domain/DeviceId.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import * as Base from "../../../src/domain/repository/Base.ts"
import * as Commit from "../../../src/domain/repository/Commit.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as KeySlot from "../../../src/domain/repository/KeySlot.ts"
import * as Marker from "../../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../../src/domain/repository/Pack.ts"
import type { BlockRun, FileRecord } from "../../../src/domain/repository/Record.ts"
import * as Segment from "../../../src/domain/repository/Segment.ts"
import * as State from "../../../src/domain/repository/State.ts"

export const repository = "00112233445566778899aabbccddeeff"
export const plain: Envelope.Sealing = { suite: "plain", repository }
export const masterKey = createSecretKey(Uint8Array.from({ length: 32 }, (_, i) => i))
export const aes: Envelope.Sealing = { suite: "aes-256-gcm", repository, key: masterKey }
export const sealings = [plain, aes] as const

/** What scrypt makes of a passphrase. */
export const stretched = (passphrase: string, salt: Uint8Array, { logN, p, r }: KeySlot.Cost): KeyObject =>
  createSecretKey(
    scryptSync(KeySlot.passphraseBytes(passphrase), salt, 32, { N: 2 ** logN, r, p, maxmem: 2 ** 31 })
  )

export const ok = <A, E>(result: Result.Result<A, E>): A =>
  Result.getOrThrowWith(result, (error) => new Error(JSON.stringify(error)))

/** 32 bytes that look random and are always the same for a name. */
export const seeded = (name: string): Uint8Array => hash("sha256", name, "buffer")
export const packId = (name: string, term = 1): string => ObjectKey.makeId(term, seeded(`pack ${name}`).subarray(0, 16))
export const segmentId = (name: string, term = 1): string =>
  ObjectKey.makeId(term, seeded(`segment ${name}`).subarray(0, 16))
export const device = DeviceId.fromBytes(seeded("device"))

/** Bytes nothing compresses, always the same for a name. */
export const noise = (length: number, name = "noise"): Uint8Array =>
  createCipheriv("aes-256-ctr", seeded(name), new Uint8Array(16)).update(new Uint8Array(length))

/** Bytes that compress well. */
export const prose = (length: number, name = "prose"): Uint8Array => {
  const line = Buffer.from(`${name}: all work and no play makes a dull block, said line `)
  const out = new Uint8Array(length)
  for (let at = 0, n = 0; at < length; n++) {
    const text = Buffer.concat([line, Buffer.from(String(n * 7919 % 1000))]).subarray(0, length - at)
    out.set(text, at)
    at += text.length
  }
  return out
}

export const sha = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer")

export const passphrase = "correct horse battery staple"

/** The golden repository's key slot, and what it says. */
export const keySlot = () => {
  const about = {
    id: "0123456789abcdef0123456789abcdef",
    label: "the laptop's",
    host: "laptop",
    created: 1_700_000_000_000,
    cost: KeySlot.usualCost,
    salt: seeded("salt of the key slot")
  }
  const sealing = stretched(passphrase, about.salt, about.cost)
  return {
    about,
    sealing,
    object: { name: ObjectKey.key(about.id), bytes: KeySlot.seal(aes, about, sealing, masterKey) }
  }
}

/** A record of a file of 128 KiB blocks, with a field no program knows yet. */
export const record = (
  name: string,
  sequence: number,
  runs: ReadonlyArray<BlockRun> = [],
  more: Partial<FileInfo.Fields> = {}
): FileRecord => {
  const blocks = runs.reduce((sum, run) => sum + run.count, 0)
  const info = FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 7n, value: BigInt(sequence) }],
    size: blocks * 131_072,
    permissions: 0o644,
    modifiedS: 1_700_000_000 + sequence,
    modifiedBy: 7n,
    hashes: Buffer.concat(Array.from({ length: blocks }, (_, i) => seeded(`${name} block ${i}`))),
    ...more
  })
  return { name, sequence, info: Buffer.concat([info, unknownField]), runs }
}

/** Field 4242, a string. */
const unknownField = Buffer.from([0x92, 0x89, 0x02, 0x03, 0x61, 0x62, 0x63])

export const buildPack = (
  sealing: Envelope.Sealing,
  id: string,
  blocks: ReadonlyArray<Uint8Array>,
  target = 1024 * 1024
): Pack.FinishedPack & { readonly bytes: Uint8Array } => {
  const salt = seeded(`salt ${id}`)
  const buffer = new Uint8Array(Pack.bufferLength(target))
  const writer = new Pack.PackWriter({ sealing, id, salt, buffer, target })
  for (const block of blocks) writer.add(sha(block), block)
  const finished = writer.finish()
  return { ...finished, bytes: Buffer.concat(finished.body) }
}

export const buildSegment = (sealing: Envelope.Sealing, id: string, content: Segment.SegmentContent) => {
  const built = Segment.build(sealing, id, seeded(`salt ${id}`), content)
  return { ...built, bytes: Buffer.concat(built.body) }
}

/** The commit of these operations on that state, its bytes, and the state after it. */
export const after = (
  state: State.State,
  ops: ReadonlyArray<Commit.Op>,
  more: Partial<Commit.Commit> = {}
): { readonly commit: Commit.Commit; readonly bytes: Uint8Array; readonly state: State.State } => {
  const commit = commitOn(state, ops, more)
  const bytes = Commit.encode(commit)
  return { commit, bytes, state: ok(State.next(state, commit, Commit.digest(bytes), State.noFacts)) }
}

export const commitOn = (
  state: State.State,
  ops: ReadonlyArray<Commit.Op>,
  more: Partial<Commit.Commit> = {}
): Commit.Commit => ({
  position: state.position + 1,
  previous: state.digest,
  term: state.epoch,
  nonce: seeded(`nonce ${state.position + 1}`).subarray(0, 16),
  host: "laptop",
  time: 1_700_000_000_000 + (state.position + 1) * 60_000,
  ops,
  ...more
})

export interface Built {
  readonly name: string
  readonly bytes: Uint8Array
}

export const packBlocks: ReadonlyArray<Uint8Array> = [
  prose(70_000, "a"),
  noise(900, "b"),
  prose(300, "c"),
  noise(1, "d"),
  prose(66_000, "e")
]

/** A whole small repository: its objects by name, and its states, position by position. */
export const history = (sealing: Envelope.Sealing) => {
  const objects: Array<Built> = []
  const commits: Array<Commit.Commit> = []
  const states: Array<State.State> = [State.initial(repository)]
  const put = (name: string, payload: Uint8Array): void => {
    objects.push({ name, bytes: Envelope.sealObject(sealing, name, seeded(`salt ${name}`), payload) })
  }
  const commit = (...ops: ReadonlyArray<Commit.Op>): void => {
    const opened = ops.find((op) => op._tag === "EpochOpened")
    const done = after(states.at(-1)!, ops, opened === undefined ? {} : { term: opened.epoch })
    put(ObjectKey.log(done.commit.position), done.bytes)
    commits.push(done.commit)
    states.push(done.state)
  }
  const segment = (name: string, content: Segment.SegmentContent) => {
    const built = buildSegment(sealing, segmentId(name), content)
    objects.push({ name: ObjectKey.segment(built.ref.id), bytes: built.bytes })
    return built.ref
  }

  objects.push({
    name: ObjectKey.marker,
    bytes: Marker.encode(sealing, { capabilities: ["date", "put-if-absent"], created: 1_700_000_000_000 })
  })
  const pack = buildPack(sealing, packId("one"), packBlocks)
  objects.push({ name: ObjectKey.pack(pack.ref.id), bytes: pack.bytes })
  const photos = [
    record("album/été.jpg", 1, [{ pack: pack.ref.id, count: 2 }]),
    record("album", 2, [], { type: "directory" }),
    record("readme", 3, [{ pack: pack.ref.id, count: 1 }])
  ]
  const gone = record("readme", 4, [], { deleted: true })
  const docs = [record("a/b/c", 2, [{ pack: pack.ref.id, count: 3 }]), record("a", 1, [], { type: "directory" })]

  commit({ _tag: "EpochOpened", epoch: 1 })
  commit(
    { _tag: "IdentitySet", certificate: noise(200, "certificate"), privateKey: noise(120, "key") },
    { _tag: "FolderAdded", folder: "photos", label: "Photos", indexId: 0xFEDC_BA98_7654_3210n },
    { _tag: "FolderAdded", folder: "docs", label: "", indexId: 5n }
  )
  commit(
    { _tag: "PacksAdded", packs: [pack.ref] },
    { _tag: "FilesChanged", folder: "photos", records: photos },
    { _tag: "RemoteIndexAdvanced", folder: "photos", device, indexId: 0xFFFF_FFFF_FFFF_FFFFn, sequence: 41 }
  )
  commit({
    _tag: "SegmentAdded",
    folder: "docs",
    segment: segment("docs", { table: "files", folder: "docs", records: docs })
  })
  commit({ _tag: "FolderRelabelled", folder: "docs", label: "Documents" })
  commit(
    {
      _tag: "InlineFlushed",
      folder: "photos",
      through: 5,
      segment: segment("photos", { table: "files", folder: "photos", records: photos })
    },
    { _tag: "CheckpointCreated", id: 1, folder: "photos", reason: "manual" },
    { _tag: "CheckpointCreated", id: 2, folder: "docs", reason: "schedule" }
  )
  commit({
    _tag: "PacksFlushed",
    through: 6,
    segment: segment("packs", { table: "packs", packs: [pack.ref] })
  })
  commit({ _tag: "FilesChanged", folder: "photos", records: [gone] })
  commit(
    {
      _tag: "InlineFlushed",
      folder: "photos",
      through: 8,
      segment: segment("photos again", { table: "files", folder: "photos", records: [gone] })
    },
    { _tag: "CheckpointCreated", id: 3, folder: "photos", reason: "schedule" }
  )
  commit({ _tag: "CheckpointsExpired", ids: [1] })
  const second = { ...pack.ref, id: packId("two") }
  commit({ _tag: "PacksAdded", packs: [second] })
  commit({
    _tag: "TimelineForked",
    epoch: 9,
    folders: [{ folder: "photos", indexId: 77n, sequence: 1004 }, { folder: "docs", indexId: 78n, sequence: 1002 }]
  })
  const last = states.at(-1)!
  put(ObjectKey.base(last.position), ok(Base.encode(last)))
  return { objects, commits, states, pack, photos, docs, gone }
}

/** Whatever the object is, opened and read to its last byte. */
export const openAny = (
  sealing: Envelope.Sealing,
  name: string,
  bytes: Uint8Array
): Result.Result<unknown, Envelope.EnvelopeError> => {
  const key = ObjectKey.parse(name)
  switch (key?._tag) {
    case "Marker":
      return Marker.decode(bytes)
    case "Key":
      return KeySlot.decode(sealing, key.id, bytes)
    case "Log":
      return Result.flatMap(Envelope.openObject(sealing, name, bytes), Commit.decode)
    case "Base":
      return Result.flatMap(Envelope.openObject(sealing, name, bytes), Base.decode)
    case "Pack":
      return Result.map(Pack.readAll(sealing, key.id, bytes), (trailer) => [trailer.ref, trailer.contents])
    case "Segment":
      return Result.map(Segment.readAll(sealing, key.id, bytes), ({ content }) => content)
    default:
      return Envelope.openObject(sealing, name, bytes)
  }
}
