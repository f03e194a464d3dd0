/** A pack's row, the same in commits, bases and the pack table: id in 24 bytes, then four varints. */
import type { Reader, Writer } from "../Wire.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { safe } from "./Record.ts"
import type { PackRef } from "./Refs.ts"

export const write = (writer: Writer, ref: PackRef): void => {
  writer.raw(ObjectKey.idBytes(ref.id)).varint(ref.size).varint(ref.trailerLength).varint(ref.blocks).varint(ref.bytes)
}

/** The row at the reader's position; undefined, with the reader's `problem` set, if it is none. */
export const read = (reader: Reader): PackRef | undefined => {
  const id = ObjectKey.idFromBytes(reader.bytes, reader.pos)
  if (id === undefined || reader.pos + ObjectKey.idLength > reader.limit) {
    reader.fail("a pack row has no id")
    return undefined
  }
  reader.pos += ObjectKey.idLength
  const ref = { id, size: safe(reader), trailerLength: safe(reader), blocks: safe(reader), bytes: safe(reader) }
  return reader.problem === undefined ? ref : undefined
}
