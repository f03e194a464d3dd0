/** Operations that keep a repository small and sound, as bytes: the rest of the message `Op`. */
import type { Writer } from "../Wire.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Condemned, Doomed, Merge, Op, Rows } from "./Op.ts"
import type { SegmentRef } from "./Refs.ts"
import { readId, readIds, readSegment, writeIds, writeList, writeSegment } from "./RefWire.ts"
import type { Strict } from "./Strict.ts"

export type Upkeep = Extract<Op, {
  readonly _tag:
    | "FolderRemoved"
    | "RemoteIndexesForgotten"
    | "IndexRenewed"
    | "SegmentsMerged"
    | "PackReplaced"
    | "RedirectsDropped"
    | "ObjectsCondemned"
    | "ObjectsDeleted"
    | "DeletionStopped"
    | "DeletionResumed"
    | "ScheduleSet"
    | "ScheduleRemoved"
    | "CheckpointPinned"
    | "CheckpointUnpinned"
    | "CheckpointsRemoved"
    | "FeatureRequired"
}>

/** Features that this program knows. Another one makes the commit, and any base after it, newer than it. */
export const features: ReadonlySet<string> = new Set()

export const write = (writer: Writer, op: Upkeep): unknown => {
  switch (op._tag) {
    case "FolderRemoved":
    case "RemoteIndexesForgotten":
      return writer.string(1, op.folder)
    case "IndexRenewed":
      return writer.string(1, op.folder).bigint(2, op.indexId).number(3, op.sequence)
    case "SegmentsMerged":
      return writeMerge(writer, op)
    case "PackReplaced":
      writer.data(1, ObjectKey.idBytes(op.old))
      writeIds(writer, 2, op.packs)
      return writer.number(3, op.scanned)
    case "RedirectsDropped":
      return writeIds(writer, 1, op.packs)
    case "ObjectsCondemned":
      return writeCondemned(writer, op.objects)
    case "ObjectsDeleted":
      writeIds(writer, 1, idsOf("pack", op.objects))
      return writeIds(writer, 2, idsOf("segment", op.objects))
    case "DeletionStopped":
      return writer.string(1, op.reason)
    case "DeletionResumed":
      return undefined
    case "ScheduleSet":
      return writer.number(1, op.every).number(2, op.keep)
    case "ScheduleRemoved":
      return writer.number(1, op.every)
    case "CheckpointPinned":
      return writer.number(1, op.id).string(2, op.holder).string(3, op.reason).number(4, op.until ?? 0)
    case "CheckpointUnpinned":
      return writer.number(1, op.id).string(2, op.holder)
    case "CheckpointsRemoved":
      return writeList(writer, 1, op.ids)
    case "FeatureRequired":
      return writer.string(1, op.feature)
  }
}

/** Fields of a list of condemned objects; also of the base's groups of them. */
export const writeCondemned = (writer: Writer, objects: ReadonlyArray<Condemned>): void => {
  for (const [i, kind] of (["pack", "segment"] as const).entries()) {
    writeIds(writer, i * 2 + 1, idsOf(kind, objects))
    writeList(writer, i * 2 + 2, objects.filter((object) => object.kind === kind).map(({ size }) => size))
  }
}

/** Reads those fields, tag by tag; `finish` gives the list. */
export const condemnedReader = (reader: Strict) => {
  let packs: ReadonlyArray<string> = []
  let segments: ReadonlyArray<string> = []
  const sizes: { readonly pack: Array<number>; readonly segment: Array<number> } = { pack: [], segment: [] }
  const of = (kind: Doomed["kind"], ids: ReadonlyArray<string>) => {
    if (ids.length !== sizes[kind].length) reader.fail("condemned objects have no sizes")
    return ids.map((id, i): Condemned => ({ kind, id, size: sizes[kind][i] ?? 0 }))
  }
  return {
    field: (tag: number): boolean => {
      if (tag === 10) packs = readIds(reader)
      else if (tag === 18) reader.packed(sizes.pack)
      else if (tag === 26) segments = readIds(reader)
      else if (tag === 34) reader.packed(sizes.segment)
      else return false
      return true
    },
    finish: (): ReadonlyArray<Condemned> => [...of("pack", packs), ...of("segment", segments)]
  }
}

const idsOf = (kind: Doomed["kind"], objects: ReadonlyArray<Doomed>): ReadonlyArray<string> =>
  objects.filter((object) => object.kind === kind).map(({ id }) => id)

const writeMerge = (writer: Writer, op: Merge): void => {
  writer.string(1, op.folder).number(2, op.table === "files" ? 1 : 2)
  writeIds(writer, 3, op.inputs)
  if (op.output !== undefined) writeSegment(writer, 4, op.output)
  writeRows(writer, 5, op.dropped)
  writeRows(writer, 7, op.tombstones)
  writer.number(9, op.tombstones.maxSequence)
  if (op.renamed !== undefined) {
    writer.number(10, op.renamed.records).data(11, op.renamed.before).data(12, op.renamed.after)
  }
}

/** A digest of no rows is not written. */
const writeRows = (writer: Writer, field: number, { digest, records }: Rows): void => {
  if (records > 0) writer.number(field, records).data(field + 1, digest)
}

const readMerge = (reader: Strict): Op => {
  const op = { folder: "", dropped: 0, tombstones: 0, maxSequence: 0 }
  let table = 0
  let inputs: ReadonlyArray<string> = []
  let output: SegmentRef | undefined
  let dropped: Uint8Array = none
  let tombstones: Uint8Array = none
  const renamed = { records: 0, before: none, after: none }
  reader.message((tag) => {
    if (tag === 10) op.folder = reader.string()
    else if (tag === 16) table = reader.uint32()
    else if (tag === 26) inputs = readIds(reader)
    else if (tag === 34) output = readSegment(reader)
    else if (tag === 40) op.dropped = reader.safe()
    else if (tag === 50) dropped = reader.copy()
    else if (tag === 56) op.tombstones = reader.safe()
    else if (tag === 66) tombstones = reader.copy()
    else if (tag === 72) op.maxSequence = reader.safe()
    else if (tag === 80) renamed.records = reader.safe()
    else if (tag === 90) renamed.before = reader.copy()
    else if (tag === 98) renamed.after = reader.copy()
    else reader.unknown("SegmentsMerged", tag)
  })
  if (table > 2) reader.unknown("Table", table * 8)
  const whole = [dropped, tombstones, renamed.before, renamed.after].every(({ length }) => length === 32)
  const isRenaming = renamed.records > 0
  if (table === 0 || !whole || isRenaming !== (renamed.before !== none) || isRenaming !== (renamed.after !== none)) {
    reader.fail("a merge is not complete")
  }
  return {
    _tag: "SegmentsMerged",
    table: table === 1 ? "files" : "packs",
    folder: op.folder,
    inputs,
    ...(output === undefined ? {} : { output }),
    dropped: { records: op.dropped, digest: dropped },
    tombstones: { records: op.tombstones, digest: tombstones, maxSequence: op.maxSequence },
    ...(isRenaming ? { renamed } : {})
  }
}

const none: Uint8Array = new Uint8Array(32)

/** An operation of one folder and nothing else. */
const folderOnly = (tag: "FolderRemoved" | "RemoteIndexesForgotten") => (reader: Strict): Op => {
  let folder = ""
  reader.message((field) => {
    if (field === 10) folder = reader.string()
    else reader.unknown(tag, field)
  })
  return { _tag: tag, folder }
}

const text = (reader: Strict, message: string): string => {
  let value = ""
  reader.message((tag) => {
    if (tag === 10) value = reader.string()
    else reader.unknown(message, tag)
  })
  return value
}

export const readers: { readonly [Tag in Upkeep["_tag"]]: (reader: Strict) => Op } = {
  FolderRemoved: folderOnly("FolderRemoved"),
  RemoteIndexesForgotten: folderOnly("RemoteIndexesForgotten"),
  IndexRenewed: (reader) => {
    const op = { _tag: "IndexRenewed" as const, folder: "", indexId: 0n, sequence: 0 }
    reader.message((tag) => {
      if (tag === 10) op.folder = reader.string()
      else if (tag === 16) op.indexId = reader.uint64()
      else if (tag === 24) op.sequence = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  SegmentsMerged: readMerge,
  PackReplaced: (reader) => {
    const op = { _tag: "PackReplaced" as const, old: "", scanned: 0 }
    let packs: ReadonlyArray<string> = []
    reader.message((tag) => {
      if (tag === 10) op.old = readId(reader)
      else if (tag === 18) packs = readIds(reader)
      else if (tag === 24) op.scanned = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    if (op.old === "") reader.fail("no pack is replaced")
    return { ...op, packs }
  },
  RedirectsDropped: (reader) => {
    let packs: ReadonlyArray<string> = []
    reader.message((tag) => {
      if (tag === 10) packs = readIds(reader)
      else reader.unknown("RedirectsDropped", tag)
    })
    return { _tag: "RedirectsDropped", packs }
  },
  ObjectsCondemned: (reader) => {
    const objects = condemnedReader(reader)
    reader.message((tag) => {
      if (!objects.field(tag)) reader.unknown("ObjectsCondemned", tag)
    })
    return { _tag: "ObjectsCondemned", objects: objects.finish() }
  },
  ObjectsDeleted: (reader) => {
    const objects: Array<Doomed> = []
    reader.message((tag) => {
      if (tag === 10) objects.push(...readIds(reader).map((id) => ({ kind: "pack" as const, id })))
      else if (tag === 18) objects.push(...readIds(reader).map((id) => ({ kind: "segment" as const, id })))
      else reader.unknown("ObjectsDeleted", tag)
    })
    return { _tag: "ObjectsDeleted", objects }
  },
  DeletionStopped: (reader) => ({ _tag: "DeletionStopped", reason: text(reader, "DeletionStopped") }),
  DeletionResumed: (reader) => {
    reader.message((tag) => reader.unknown("DeletionResumed", tag))
    return { _tag: "DeletionResumed" }
  },
  ScheduleSet: (reader) => {
    const op = { _tag: "ScheduleSet" as const, every: 0, keep: 0 }
    reader.message((tag) => {
      if (tag === 8) op.every = reader.safe()
      else if (tag === 16) op.keep = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  ScheduleRemoved: (reader) => {
    const op = { _tag: "ScheduleRemoved" as const, every: 0 }
    reader.message((tag) => {
      if (tag === 8) op.every = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  CheckpointPinned: (reader) => {
    const op = { _tag: "CheckpointPinned" as const, id: 0, holder: "", reason: "" }
    let until = 0
    reader.message((tag) => {
      if (tag === 8) op.id = reader.safe()
      else if (tag === 18) op.holder = reader.string()
      else if (tag === 26) op.reason = reader.string()
      else if (tag === 32) until = reader.safe()
      else reader.unknown(op._tag, tag)
    })
    return until === 0 ? op : { ...op, until }
  },
  CheckpointUnpinned: (reader) => {
    const op = { _tag: "CheckpointUnpinned" as const, id: 0, holder: "" }
    reader.message((tag) => {
      if (tag === 8) op.id = reader.safe()
      else if (tag === 18) op.holder = reader.string()
      else reader.unknown(op._tag, tag)
    })
    return op
  },
  CheckpointsRemoved: (reader) => {
    const ids: Array<number> = []
    reader.message((tag) => {
      if (tag === 10) reader.packed(ids)
      else reader.unknown("CheckpointsRemoved", tag)
    })
    return { _tag: "CheckpointsRemoved", ids }
  },
  FeatureRequired: (reader) => {
    const feature = text(reader, "FeatureRequired")
    if (!features.has(feature)) reader.lacks(feature)
    return { _tag: "FeatureRequired", feature }
  }
}
