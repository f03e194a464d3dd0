/** The parts of a base: messages inside `Base` of proto/repository.proto. Equal values give equal bytes. */
import * as DeviceId from "../DeviceId.ts"
import type { Writer } from "../Wire.ts"
import { compareText } from "./Order.ts"
import type { Checkpoint, Counts, Pin, SegmentRef } from "./Refs.ts"
import { readCounts, writeCounts, writeList } from "./RefWire.ts"
import type { FolderState, Milestone, RemoteIndex, State } from "./State.ts"
import type { Strict } from "./Strict.ts"

export type Places = ReadonlyMap<string, number>

export const writeFolder = (writer: Writer, folder: FolderState, places: Places): void => {
  writer.string(1, folder.id).string(2, folder.label).bigint(3, folder.indexId).number(4, folder.sequence)
  writer.number(5, folder.changedAt)
  writePlaces(writer, 6, folder.segments, places)
  const remotes = [...folder.remotes].toSorted(([a], [b]) => compareText(a, b))
  for (const [device, { indexId, sequence }] of remotes) {
    writer.message(7, (writer) => writer.data(1, DeviceId.toBytes(device)).bigint(2, indexId).number(3, sequence))
  }
  for (const { sequence, time } of folder.milestones) {
    writer.message(8, (writer) => writer.number(1, time).number(2, sequence))
  }
}

export const readFolder = (reader: Strict, all: ReadonlyArray<SegmentRef>): FolderState => {
  const folder = { id: "", label: "", indexId: 0n, sequence: 0, changedAt: 0 }
  let segments: ReadonlyArray<string> = []
  const remotes = new Map<DeviceId.DeviceId, RemoteIndex>()
  const milestones: Array<Milestone> = []
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
      case 66:
        milestones.push(readMilestone(reader))
        break
      default:
        reader.unknown("Base.Folder", tag)
    }
  })
  if (folder.id === "" || folder.indexId === 0n) reader.fail("a folder is not complete")
  return { ...folder, segments, inline: [], inlineSizes: [], remotes, milestones }
}

const readMilestone = (reader: Strict): Milestone => {
  const milestone = { time: 0, sequence: 0 }
  reader.message((tag) => {
    if (tag === 8) milestone.time = reader.safe()
    else if (tag === 16) milestone.sequence = reader.safe()
    else reader.unknown("Base.Milestone", tag)
  })
  return milestone
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

export const writeCheckpoint = (writer: Writer, checkpoint: Checkpoint, places: Places): void => {
  writer.number(1, checkpoint.id).string(2, checkpoint.folder).string(3, checkpoint.label).number(4, checkpoint.time)
  writer.number(5, checkpoint.position).number(6, checkpoint.sequence)
  writer.number(7, checkpoint.reason === "manual" ? 1 : 2)
  writePlaces(writer, 8, checkpoint.segments, places)
  if (checkpoint.supersededAt !== undefined) writer.varint(72).varint(checkpoint.supersededAt)
  if (checkpoint.counts !== undefined) writeCounts(writer, 10, checkpoint.counts)
  for (const { holder, reason, until } of checkpoint.pins ?? []) {
    writer.message(11, (writer) => writer.string(1, holder).string(2, reason).number(3, until ?? 0))
  }
}

export const readCheckpoint = (reader: Strict, all: ReadonlyArray<SegmentRef>): Checkpoint => {
  const fields = { id: 0, folder: "", label: "", time: 0, position: 0, sequence: 0 }
  let reason = 0
  let segments: ReadonlyArray<string> = []
  let supersededAt: number | undefined
  let counts: Counts | undefined
  const pins: Array<Pin> = []
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
      case 82:
        counts = readCounts(reader)
        break
      case 90:
        pins.push(readPin(reader))
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
    ...(supersededAt === undefined ? {} : { supersededAt }),
    ...(counts === undefined ? {} : { counts }),
    ...(pins.length === 0 ? {} : { pins })
  }
}

const readPin = (reader: Strict): Pin => {
  const pin = { holder: "", reason: "" }
  let until = 0
  reader.message((tag) => {
    if (tag === 10) pin.holder = reader.string()
    else if (tag === 18) pin.reason = reader.string()
    else if (tag === 24) until = reader.safe()
    else reader.unknown("Base.Pin", tag)
  })
  return until === 0 ? pin : { ...pin, until }
}

export const readIdentity = (reader: Strict): State["identity"] => {
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
export const writePlaces = (writer: Writer, field: number, ids: ReadonlyArray<string>, places: Places): void => {
  const list = ids.map((id) => places.get(id))
  const absent = list.indexOf(undefined)
  if (absent >= 0) throw new RangeError(`the state does not hold the segment ${ids[absent]}`)
  writeList(writer, field, list.filter((place) => place !== undefined))
}

export const readPlaces = (reader: Strict, segments: ReadonlyArray<SegmentRef>): ReadonlyArray<string> => {
  const places: Array<number> = []
  reader.packed(places)
  return places.map((place) => {
    const segment = segments[place]
    if (segment === undefined) reader.fail("it names a segment it does not hold")
    return segment?.id ?? ""
  })
}
