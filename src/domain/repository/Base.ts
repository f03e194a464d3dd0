/**
 * A state as one object, so that opening needs no log from its beginning. Written only when no record lies in commits
 * alone; equal states give equal bytes, whatever way they were folded.
 */
import * as Result from "effect/Result"
import * as DeviceId from "../DeviceId.ts"
import { Writer } from "../Wire.ts"
import type { EnvelopeError } from "./Envelope.ts"
import { compareText } from "./Order.ts"
import type { Checkpoint, PackRef, SegmentRef } from "./Refs.ts"
import { readPacks, readSegment, writePacks, writeSegment } from "./RefWire.ts"
import { type FolderState, maxInlinePacks, type RemoteIndex, type State } from "./State.ts"
import { Strict } from "./Strict.ts"

/** The payload of `base/<position>`, or why there can be none for this state. */
export const encode = (state: State): Result.Result<Uint8Array, string> => {
  const unflushed = [...state.folders.values()].find((folder) => folder.inline.length > 0)
  if (unflushed !== undefined) return Result.fail(`the folder ${unflushed.id} has records that no segment holds`)
  if (state.packs.inline.size > maxInlinePacks) return Result.fail("too many packs are in no pack table")
  if (state.position === 0) return Result.fail("there is nothing to write down before the first commit")
  const writer = new Writer(16_384)
  writer.number(1, state.position).data(2, state.digest).number(3, state.epoch).number(4, state.time)
  if (state.identity !== undefined) {
    const { certificate, privateKey } = state.identity
    writer.message(5, (writer) => writer.data(1, certificate).data(2, privateKey))
  }
  const segments = [...state.segments.values()].toSorted((a, b) => compareText(a.id, b.id))
  const places = new Map(segments.map((segment, place) => [segment.id, place]))
  for (const segment of segments) writeSegment(writer, 6, segment)
  const folders = [...state.folders.values()].toSorted((a, b) => compareText(a.id, b.id))
  for (const folder of folders) writer.message(7, (writer) => writeFolder(writer, folder, places))
  const packs = [...state.packs.inline.values()].toSorted((a, b) =>
    a.position - b.position || compareText(a.ref.id, b.ref.id)
  )
  if (packs.length > 0) {
    writePacks(writer, 8, packs.map((pack) => pack.ref))
    writeList(writer, 9, packs.map((pack) => pack.position))
  }
  writePlaces(writer, 10, state.packs.segments, places)
  for (const checkpoint of state.checkpoints) {
    writer.message(11, (writer) => writeCheckpoint(writer, checkpoint, places))
  }
  return Result.succeed(writer.number(12, state.nextCheckpoint).finish())
}

/** The state a base holds. Its packs are complete only after `withFlushed`: until then those of its pack table are unknown. */
export const decode = (bytes: Uint8Array): Result.Result<State, EnvelopeError> => {
  const reader = new Strict(bytes)
  const head = { position: 0, epoch: 0, time: 0, nextCheckpoint: 0 }
  let digest: Uint8Array = new Uint8Array(0)
  let identity: State["identity"]
  const segments: Array<SegmentRef> = []
  const folders = new Map<string, FolderState>()
  let packs: ReadonlyArray<PackRef> = []
  const positions: Array<number> = []
  let packSegments: ReadonlyArray<string> = []
  const checkpoints: Array<Checkpoint> = []
  reader.all((tag) => {
    switch (tag) {
      case 8:
        head.position = reader.safe()
        break
      case 18:
        digest = reader.copy()
        break
      case 24:
        head.epoch = reader.safe()
        break
      case 32:
        head.time = reader.safe()
        break
      case 42:
        identity = readIdentity(reader)
        break
      case 50:
        segments.push(readSegment(reader))
        break
      case 58: {
        const folder = readFolder(reader, segments)
        folders.set(folder.id, folder)
        break
      }
      case 66:
        packs = readPacks(reader)
        break
      case 74:
        reader.packed(positions)
        break
      case 82:
        packSegments = readPlaces(reader, segments)
        break
      case 90:
        checkpoints.push(readCheckpoint(reader, segments))
        break
      case 96:
        head.nextCheckpoint = reader.safe()
        break
      default:
        reader.unknown("Base", tag)
    }
  })
  if (head.position === 0 || digest.length !== 32 || head.nextCheckpoint === 0) reader.fail("the base is not complete")
  if (packs.length !== positions.length || packs.length > maxInlinePacks) reader.fail("its packs have no positions")
  return reader.result({
    ...head,
    digest,
    ...(identity === undefined ? {} : { identity }),
    folders,
    segments: new Map(segments.map((segment) => [segment.id, segment])),
    packs: {
      flushed: new Map(),
      inline: new Map(packs.map((ref, i) => [ref.id, { ref, position: positions[i] ?? 0 }])),
      segments: packSegments
    },
    checkpoints,
    inlineBytes: 0,
    basePosition: head.position
  })
}

/** The state with the rows of its pack-table segments. */
export const withFlushed = (state: State, packs: Iterable<PackRef>): State => {
  const flushed = new Map(state.packs.flushed)
  for (const ref of packs) flushed.set(ref.id, ref)
  return { ...state, packs: { ...state.packs, flushed } }
}

type Places = ReadonlyMap<string, number>

const writeFolder = (writer: Writer, folder: FolderState, places: Places): void => {
  writer.string(1, folder.id).string(2, folder.label).bigint(3, folder.indexId).number(4, folder.sequence)
  writer.number(5, folder.changedAt)
  writePlaces(writer, 6, folder.segments, places)
  const remotes = [...folder.remotes].toSorted(([a], [b]) => compareText(a, b))
  for (const [device, { indexId, sequence }] of remotes) {
    writer.message(7, (writer) => writer.data(1, DeviceId.toBytes(device)).bigint(2, indexId).number(3, sequence))
  }
}

const readFolder = (reader: Strict, all: ReadonlyArray<SegmentRef>): FolderState => {
  const folder = { id: "", label: "", indexId: 0n, sequence: 0, changedAt: 0 }
  let segments: ReadonlyArray<string> = []
  const remotes = new Map<DeviceId.DeviceId, RemoteIndex>()
  reader.message((tag) => {
    switch (tag) {
      case 10:
        folder.id = reader.string()
        break
      case 18:
        folder.label = reader.string()
        break
      case 24:
        folder.indexId = reader.uint64()
        break
      case 32:
        folder.sequence = reader.safe()
        break
      case 40:
        folder.changedAt = reader.safe()
        break
      case 50:
        segments = readPlaces(reader, all)
        break
      case 58:
        readRemote(reader, remotes)
        break
      default:
        reader.unknown("Base.Folder", tag)
    }
  })
  if (folder.id === "" || folder.indexId === 0n) reader.fail("a folder is not complete")
  return { ...folder, segments, inline: [], inlineSizes: [], remotes }
}

const readRemote = (reader: Strict, into: Map<DeviceId.DeviceId, RemoteIndex>): void => {
  let device: Uint8Array = new Uint8Array(0)
  const remote = { indexId: 0n, sequence: 0 }
  reader.message((tag) => {
    if (tag === 10) device = reader.view()
    else if (tag === 16) remote.indexId = reader.uint64()
    else if (tag === 24) remote.sequence = reader.safe()
    else reader.unknown("Base.Remote", tag)
  })
  if (device.length === 32) into.set(DeviceId.fromBytes(device), remote)
  else reader.fail("a device id has not 32 bytes")
}

const writeCheckpoint = (writer: Writer, checkpoint: Checkpoint, places: Places): void => {
  writer.number(1, checkpoint.id).string(2, checkpoint.folder).string(3, checkpoint.label).number(4, checkpoint.time)
  writer.number(5, checkpoint.position).number(6, checkpoint.sequence)
  writer.number(7, checkpoint.reason === "manual" ? 1 : 2)
  writePlaces(writer, 8, checkpoint.segments, places)
  if (checkpoint.supersededAt !== undefined) writer.varint(72).varint(checkpoint.supersededAt)
}

const readCheckpoint = (reader: Strict, all: ReadonlyArray<SegmentRef>): Checkpoint => {
  const fields = { id: 0, folder: "", label: "", time: 0, position: 0, sequence: 0 }
  let reason = 0
  let segments: ReadonlyArray<string> = []
  let supersededAt: number | undefined
  reader.message((tag) => {
    switch (tag) {
      case 8:
        fields.id = reader.safe()
        break
      case 18:
        fields.folder = reader.string()
        break
      case 26:
        fields.label = reader.string()
        break
      case 32:
        fields.time = reader.safe()
        break
      case 40:
        fields.position = reader.safe()
        break
      case 48:
        fields.sequence = reader.safe()
        break
      case 56:
        reason = reader.uint32()
        break
      case 66:
        segments = readPlaces(reader, all)
        break
      case 72:
        supersededAt = reader.safe()
        break
      default:
        reader.unknown("Base.Checkpoint", tag)
    }
  })
  if (reason > 2) reader.unknown("Reason", reason * 8)
  if (fields.id === 0 || reason === 0) reader.fail("a checkpoint is not complete")
  return {
    ...fields,
    reason: reason === 1 ? "manual" : "schedule",
    segments,
    ...(supersededAt === undefined ? {} : { supersededAt })
  }
}

const readIdentity = (reader: Strict): State["identity"] => {
  let certificate: Uint8Array = new Uint8Array(0)
  let privateKey: Uint8Array = new Uint8Array(0)
  reader.message((tag) => {
    if (tag === 10) certificate = reader.copy()
    else if (tag === 18) privateKey = reader.copy()
    else reader.unknown("Base.Identity", tag)
  })
  return { certificate, privateKey }
}

/** Segments by their place among the base's own: a checkpoint costs two bytes for each. */
const writePlaces = (writer: Writer, field: number, ids: ReadonlyArray<string>, places: Places): void => {
  const list = ids.map((id) => places.get(id))
  const absent = list.indexOf(undefined)
  if (absent >= 0) throw new RangeError(`the state does not hold the segment ${ids[absent]}`)
  writeList(writer, field, list.filter((place) => place !== undefined))
}

const readPlaces = (reader: Strict, segments: ReadonlyArray<SegmentRef>): ReadonlyArray<string> => {
  const places: Array<number> = []
  reader.packed(places)
  return places.map((place) => {
    const segment = segments[place]
    if (segment === undefined) reader.fail("it names a segment it does not hold")
    return segment?.id ?? ""
  })
}

const writeList = (writer: Writer, field: number, values: ReadonlyArray<number>): void => {
  if (values.length === 0) return
  writer.message(field, (writer) => {
    for (const value of values) writer.varint(value)
  })
}
