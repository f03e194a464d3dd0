/** Protobuf of what both commits and bases name. Field numbers: proto/repository.proto. */
import type { Writer } from "../Wire.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as PackRow from "./PackRow.ts"
import type { Counts, PackRef, SegmentRef } from "./Refs.ts"
import type { Strict } from "./Strict.ts"

export const writeSegment = (writer: Writer, field: number, ref: SegmentRef): void => {
  writer.message(field, (writer) => {
    writer.data(1, ObjectKey.idBytes(ref.id)).number(2, ref.table === "files" ? 1 : 2).string(3, ref.folder)
    writer.number(4, ref.records).number(5, ref.minSequence).number(6, ref.maxSequence)
    writer.number(7, ref.size).number(8, ref.footerLength).data(9, ref.digest)
  })
}

export const readSegment = (reader: Strict): SegmentRef => {
  const ref = { id: "", folder: "", records: 0, minSequence: 0, maxSequence: 0, size: 0, footerLength: 0 }
  let table = 0
  let digest: Uint8Array = new Uint8Array(0)
  reader.message((tag) => {
    switch (tag) {
      case 10:
        ref.id = readId(reader)
        break
      case 16:
        table = reader.uint32()
        break
      case 26:
        ref.folder = reader.string()
        break
      case 32:
        ref.records = reader.safe()
        break
      case 40:
        ref.minSequence = reader.safe()
        break
      case 48:
        ref.maxSequence = reader.safe()
        break
      case 56:
        ref.size = reader.safe()
        break
      case 64:
        ref.footerLength = reader.safe()
        break
      case 74:
        digest = reader.copy()
        break
      default:
        reader.unknown("SegmentRef", tag)
    }
  })
  if (table > 2) reader.unknown("Table", table * 8)
  if (table === 0 || ref.id === "" || digest.length !== 32) reader.fail("a segment is not fully named")
  return { ...ref, table: table === 1 ? "files" : "packs", digest }
}

/** Rows of the pack table, one after the other, in one bytes field. */
export const writePacks = (writer: Writer, field: number, packs: ReadonlyArray<PackRef>): void => {
  writer.message(field, (writer) => {
    for (const ref of packs) PackRow.write(writer, ref)
  })
}

export const readPacks = (reader: Strict): ReadonlyArray<PackRef> => {
  const packs: Array<PackRef> = []
  const end = reader.end()
  while (reader.pos < end) {
    const ref = PackRow.read(reader)
    if (ref !== undefined) packs.push(ref)
  }
  if (reader.pos !== end) reader.fail("a list of packs does not end with a pack")
  return packs
}

/** An id's 24 bytes in a bytes field. */
export const readId = (reader: Strict): string => {
  const bytes = reader.view()
  const id = bytes.length === ObjectKey.idLength ? ObjectKey.idFromBytes(bytes) : undefined
  if (id === undefined) reader.fail("an id is none")
  return id ?? ""
}

/** Ids in one bytes field, 24 bytes each; nothing for none. */
export const writeIds = (writer: Writer, field: number, ids: ReadonlyArray<string>): void => {
  if (ids.length === 0) return
  writer.message(field, (writer) => {
    for (const id of ids) writer.raw(ObjectKey.idBytes(id))
  })
}

export const readIds = (reader: Strict): ReadonlyArray<string> => {
  const bytes = reader.view()
  if (bytes.length % ObjectKey.idLength !== 0) reader.fail("a list of ids does not end with an id")
  const ids: Array<string> = []
  for (let at = 0; at + ObjectKey.idLength <= bytes.length; at += ObjectKey.idLength) {
    const id = ObjectKey.idFromBytes(bytes, at)
    if (id === undefined) reader.fail("an id is none")
    else ids.push(id)
  }
  return ids
}

/** A packed list of varints; nothing for none. */
export const writeList = (writer: Writer, field: number, values: ReadonlyArray<number>): void => {
  if (values.length === 0) return
  writer.message(field, (writer) => {
    for (const value of values) writer.varint(value)
  })
}

export const writeCounts = (writer: Writer, field: number, { bytes, directories, files }: Counts): void => {
  writer.message(field, (writer) => writer.number(1, files).number(2, directories).number(3, bytes))
}

export const readCounts = (reader: Strict): Counts => {
  const counts = { files: 0, directories: 0, bytes: 0 }
  reader.message((tag) => {
    if (tag === 8) counts.files = reader.safe()
    else if (tag === 16) counts.directories = reader.safe()
    else if (tag === 24) counts.bytes = reader.safe()
    else reader.unknown("Counts", tag)
  })
  return counts
}
