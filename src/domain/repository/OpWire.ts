/**
 * Operations as bytes: the message `Op` of proto/repository.proto. A number of an operation is never used for another; one
 * that is not known here makes the commit `newer`, it is never skipped.
 */
import * as DeviceId from "../DeviceId.ts"
import type { Writer } from "../Wire.ts"
import type { Op } from "./Op.ts"
import * as Record from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { Counts, PackRef, SegmentRef } from "./Refs.ts"
import {
  readCounts,
  readIds,
  readPacks,
  readSegment,
  writeCounts,
  writeIds,
  writePacks,
  writeSegment
} from "./RefWire.ts"
import type { Strict } from "./Strict.ts"
import * as Upkeep from "./UpkeepWire.ts"

/** The fields of the message `Op`. */
export const writeOp = (writer: Writer, op: Op): void => {
  writer.message(numbers[op._tag], (writer) => {
    switch (op._tag) {
      case "EpochOpened":
        return writer.number(1, op.epoch)
      case "IdentitySet":
        return writer.data(1, op.certificate).data(2, op.privateKey)
      case "FolderAdded":
        return writer.string(1, op.folder).string(2, op.label).bigint(3, op.indexId)
      case "FolderRelabelled":
        return writer.string(1, op.folder).string(2, op.label)
      case "FilesChanged":
        return writeFiles(writer.string(1, op.folder), op.records)
      case "SegmentAdded":
        return writeSegment(writer.string(1, op.folder), 2, op.segment)
      case "PacksAdded":
        return writePacks(writer, 1, op.packs)
      case "RemoteIndexAdvanced":
        return writer.string(1, op.folder).data(2, DeviceId.toBytes(op.device)).bigint(3, op.indexId).number(
          4,
          op.sequence
        )
      case "InlineFlushed":
        return writeSegment(writer.string(1, op.folder).number(2, op.through), 3, op.segment)
      case "PacksFlushed":
        return writeSegment(writer.number(1, op.through), 2, op.segment)
      case "CheckpointCreated":
        writer.number(1, op.id).string(2, op.folder).number(3, reasons.indexOf(op.reason) + 1)
        return op.counts === undefined ? undefined : writeCounts(writer, 4, op.counts)
      case "CheckpointsExpired":
        return writer.message(1, (writer) => {
          for (const id of op.ids) writer.varint(id)
        })
      case "TimelineForked":
        writer.number(1, op.epoch)
        for (const { folder, indexId, sequence } of op.folders) {
          writer.message(2, (writer) => writer.string(1, folder).bigint(2, indexId).number(3, sequence))
        }
        return undefined
      default:
        return Upkeep.write(writer, op)
    }
  })
}

/** One message `Op`; undefined, with the reader's problem set, if it is none we know. */
export const readOp = (reader: Strict): Op | undefined => {
  let op: Op | undefined
  reader.message((tag) => {
    const name = (tag & 7) === 2 ? names.get(tag >>> 3) : undefined
    if (name === undefined) reader.unknown("Op", tag)
    else if (op !== undefined) reader.fail("an operation is two")
    else op = readers[name](reader)
  })
  if (op === undefined) reader.fail("an operation is empty")
  return op
}

/** Field numbers in the message `Op`. */
const numbers = {
  EpochOpened: 1,
  IdentitySet: 2,
  FolderAdded: 3,
  FolderRelabelled: 4,
  FolderRemoved: 5,
  FilesChanged: 6,
  SegmentAdded: 7,
  PacksAdded: 8,
  RemoteIndexAdvanced: 9,
  InlineFlushed: 10,
  PacksFlushed: 11,
  SegmentsMerged: 12,
  PackReplaced: 13,
  CheckpointCreated: 14,
  CheckpointsExpired: 15,
  CheckpointPinned: 16,
  ScheduleSet: 17,
  ScheduleRemoved: 18,
  ObjectsCondemned: 19,
  ObjectsDeleted: 20,
  DeletionStopped: 21,
  TimelineForked: 22,
  FeatureRequired: 23,
  CheckpointUnpinned: 24,
  CheckpointsRemoved: 25,
  DeletionResumed: 26,
  RedirectsDropped: 27,
  RemoteIndexesForgotten: 28,
  IndexRenewed: 29
} as const satisfies Readonly<{ [Tag in Op["_tag"]]: number }>

/** All operations there are. */
export const tags = Object.keys(numbers) as ReadonlyArray<Op["_tag"]>

const names: ReadonlyMap<number, Op["_tag"]> = new Map(
  tags.map((name) => [numbers[name], name])
)

const reasons = ["manual", "schedule"] as const

const readers: { readonly [Tag in Op["_tag"]]: (reader: Strict) => Op } = {
  ...Upkeep.readers,
  EpochOpened: (reader) => {
    const op = { _tag: "EpochOpened" as const, epoch: 0 }
    reader.message((tag) => {
      if (tag === 8) op.epoch = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  IdentitySet: (reader) => {
    let certificate: Uint8Array = new Uint8Array(0)
    let privateKey: Uint8Array = new Uint8Array(0)
    reader.message((tag) => {
      if (tag === 10) certificate = reader.copy()
      else if (tag === 18) privateKey = reader.copy()
      else reader.unknown("IdentitySet", tag)
    })
    return { _tag: "IdentitySet", certificate, privateKey }
  },
  FolderAdded: (reader) => ({ _tag: "FolderAdded", ...readFolder(reader, "FolderAdded") }),
  FolderRelabelled: (reader) => {
    const op = { _tag: "FolderRelabelled" as const, folder: "", label: "" }
    reader.message((tag) => {
      if (tag === 10) op.folder = reader.string()
      else if (tag === 18) op.label = reader.string()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  FilesChanged: (reader) => {
    const op = { _tag: "FilesChanged" as const, folder: "" }
    let packs: ReadonlyArray<string> = []
    const records: Array<FileRecord> = []
    reader.message((tag) => {
      if (tag === 10) op.folder = reader.string()
      else if (tag === 18) packs = readIds(reader)
      else if (tag === 26) readRows(reader, packs, records)
      else reader.unknown(op._tag, tag)
    })
    return { ...op, records }
  },
  SegmentAdded: (reader) => {
    let folder = ""
    let segment: SegmentRef | undefined
    reader.message((tag) => {
      if (tag === 10) folder = reader.string()
      else if (tag === 18) segment = readSegment(reader)
      else reader.unknown("SegmentAdded", tag)
    })
    return { _tag: "SegmentAdded", folder, segment: segment ?? missing(reader) }
  },
  PacksAdded: (reader) => {
    let packs: ReadonlyArray<PackRef> = []
    reader.message((tag) => {
      if (tag === 10) packs = readPacks(reader)
      else reader.unknown("PacksAdded", tag)
    })
    return { _tag: "PacksAdded", packs }
  },
  RemoteIndexAdvanced: (reader) => {
    const op = { _tag: "RemoteIndexAdvanced" as const, folder: "", indexId: 0n, sequence: 0 }
    let device: Uint8Array = new Uint8Array(0)
    reader.message((tag) => {
      if (tag === 10) op.folder = reader.string()
      else if (tag === 18) device = reader.view()
      else if (tag === 24) op.indexId = reader.uint64()
      else if (tag === 32) op.sequence = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    if (device.length !== 32) reader.fail("a device id has not 32 bytes")
    return { ...op, device: DeviceId.fromBytes(device) }
  },
  InlineFlushed: (reader) => {
    const op = { _tag: "InlineFlushed" as const, folder: "", through: 0 }
    let segment: SegmentRef | undefined
    reader.message((tag) => {
      if (tag === 10) op.folder = reader.string()
      else if (tag === 16) op.through = reader.safe()
      else if (tag === 26) segment = readSegment(reader)
      else reader.unknown(op._tag, tag)
    })
    return { ...op, segment: segment ?? missing(reader) }
  },
  PacksFlushed: (reader) => {
    let through = 0
    let segment: SegmentRef | undefined
    reader.message((tag) => {
      if (tag === 8) through = reader.safe()
      else if (tag === 18) segment = readSegment(reader)
      else reader.unknown("PacksFlushed", tag)
    })
    return { _tag: "PacksFlushed", through, segment: segment ?? missing(reader) }
  },
  CheckpointCreated: (reader) => {
    const op = { _tag: "CheckpointCreated" as const, id: 0, folder: "" }
    let reason: (typeof reasons)[number] | undefined
    let counts: Counts | undefined
    reader.message((tag) => {
      if (tag === 8) op.id = reader.safe()
      else if (tag === 18) op.folder = reader.string()
      else if (tag === 34) counts = readCounts(reader)
      else if (tag === 24) {
        const number = reader.uint32()
        reason = reasons[number - 1]
        if (reason === undefined) reader.unknown("Reason", number * 8)
      } else reader.unknown(op._tag, tag)
    })
    if (reason === undefined) reader.fail("a checkpoint has no reason")
    return { ...op, reason: reason ?? "manual", ...(counts === undefined ? {} : { counts }) }
  },
  CheckpointsExpired: (reader) => {
    const ids: Array<number> = []
    reader.message((tag) => {
      if (tag === 10) reader.packed(ids)
      else reader.unknown("CheckpointsExpired", tag)
    })
    return { _tag: "CheckpointsExpired", ids }
  },
  TimelineForked: (reader) => {
    let epoch = 0
    const folders: Array<{ readonly folder: string; readonly indexId: bigint; readonly sequence: number }> = []
    reader.message((tag) => {
      if (tag === 8) epoch = reader.safe()
      else if (tag === 18) {
        const fork = { folder: "", indexId: 0n, sequence: 0 }
        reader.message((tag) => {
          if (tag === 10) fork.folder = reader.string()
          else if (tag === 16) fork.indexId = reader.uint64()
          else if (tag === 24) fork.sequence = reader.safe()
          else reader.unknown("TimelineForked.Folder", tag)
        })
        folders.push(fork)
      } else reader.unknown("TimelineForked", tag)
    })
    return { _tag: "TimelineForked", epoch, folders }
  }
}

const readFolder = (reader: Strict, message: string) => {
  const fields = { folder: "", label: "", indexId: 0n }
  reader.message((tag) => {
    if (tag === 10) fields.folder = reader.string()
    else if (tag === 18) fields.label = reader.string()
    else if (tag === 24) fields.indexId = reader.uint64()
    else reader.unknown(message, tag)
  })
  return fields
}

/** Stands for what was not there, so that reading can go on to its end: the reader has a problem now. */
const missing = (reader: Strict): SegmentRef => {
  reader.fail("an operation names no segment")
  return {
    id: "",
    table: "files",
    folder: "",
    records: 0,
    minSequence: 0,
    maxSequence: 0,
    size: 0,
    footerLength: 0,
    digest: new Uint8Array(32)
  }
}

/** The packs first: rows name them by their place. */
const writeFiles = (writer: Writer, records: ReadonlyArray<FileRecord>): Writer => {
  const packs = new Record.PackIndex()
  for (const record of records) for (const run of record.runs) packs.place(run.pack)
  if (packs.ids.length > 0) {
    writeIds(writer, 2, packs.ids)
  }
  return writer.message(3, (writer) => {
    for (const record of records) Record.write(writer, record, packs)
  })
}

const readRows = (reader: Strict, packs: ReadonlyArray<string>, into: Array<FileRecord>): void => {
  const end = reader.end()
  while (reader.pos < end) {
    const record = Record.read(reader, packs)
    if (record !== undefined) into.push(record)
  }
  if (reader.pos !== end) reader.fail("a list of records does not end with a record")
}
