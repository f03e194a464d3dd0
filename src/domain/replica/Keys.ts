/**
 * Keys of the replica's tables. LMDB compares them as bytes and takes at most 1,978: what is longer gets a stand-in, its
 * beginning and its SHA-256. A folder's entries are ordered by (parent directory, base name), stand-ins included, so that
 * a directory is always one range.
 */
import { hash } from "node:crypto"

export const longest = 1978

/** Of encoded names in a key, bytes; more is replaced by a stand-in of that length. */
const longestParent = 1400
const longestBase = 500
const longestText = 1400
/** Occurs in no UTF-8 text: what follows is the SHA-256 of the whole. */
const standIn = 0xFF

/** The range of keys `[start, end)`. */
export interface Range {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

/** The entry of a name, `folder` as numbered by this replica. `exact`: the name can be told from the key. */
export const file = (folder: number, name: string): { readonly key: Uint8Array; readonly exact: boolean } => {
  const length = scratch.write(name, 5)
  if (length > scratch.length - 16) return longFile(folder, Buffer.from(name))
  const slash = scratch.lastIndexOf(47, 4 + length)
  if (slash < 5) {
    if (length > longestBase) return longFile(folder, scratch.subarray(5, 5 + length))
    scratch.writeUInt32BE(folder, 0)
    scratch[4] = 0
    return { key: copy(0, 5 + length), exact: true }
  }
  if (slash - 5 > longestParent || 4 + length - slash > longestBase) {
    return longFile(folder, scratch.subarray(5, 5 + length))
  }
  scratch.writeUInt32BE(folder, 1)
  scratch[slash] = 0
  return { key: copy(1, 5 + length), exact: true }
}

/** The name an exact key stands for. */
export const nameOf = (key: Uint8Array): string => {
  const nul = key.indexOf(0, 4)
  const base = text(key, nul + 1, key.length)
  return nul === 4 ? base : `${text(key, 4, nul)}/${base}`
}

/** All entries of the directory ("" is the root) whose base name begins so; with a long prefix, others too. */
export const siblings = (folder: number, parent: string, basePrefix: string): Range => {
  const directory = Buffer.concat([
    uint32(folder),
    bounded(Buffer.from(parent), longestParent),
    nul,
    Buffer.from(basePrefix).subarray(0, longestBase - 33)
  ])
  return { start: directory, end: after(directory) }
}

/** All keys that begin with the number. */
export const within = (number: number): Range => ({ start: uint32(number), end: uint32(number + 1) })

/** Where a sequence of a folder, or of a box of the inbox, points to. */
export const sequence = (number: number, sequence: number): Uint8Array => {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(number, 0)
  key.writeUInt32BE(Math.floor(sequence / 0x1_0000_0000), 4)
  key.writeUInt32BE(sequence % 0x1_0000_0000, 8)
  return key
}

/** The sequence in such a key. */
export const sequenceOf = (key: Uint8Array): number => {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  return view.getUint32(4) * 0x1_0000_0000 + view.getUint32(8)
}

/** Sequences greater than `after`. */
export const sequencesAfter = (number: number, after: number): Range => ({
  start: sequence(number, Math.max(0, after + 1)),
  end: uint32(number + 1)
})

/** A waiting entry's name in a box. */
export const waiting = (box: number, name: string): Uint8Array =>
  Buffer.concat([uint32(box), bounded(Buffer.from(name), longestText)])

/** A row or pack by its number. */
export const uint32 = (number: number): Uint8Array => {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(number, 0)
  return key
}

/** A pack by its id; never four bytes long, so never a number's key. */
export const pack = (id: string): Uint8Array => Buffer.from(`id ${id}`)

export const stamp: Uint8Array = Buffer.from("stamp")
/** The number of a folder. */
export const folder = (id: string): Uint8Array => Buffer.from(bounded(Buffer.from(`folder ${id}`), longestText))
/** What is kept of a folder. */
export const totals = (folder: number): Uint8Array => Buffer.concat([Buffer.from("totals "), uint32(folder)])
/** A device's (32 bytes) announced entries of a folder. */
export const box = (device: Uint8Array, folder: string): Uint8Array =>
  Buffer.concat([Buffer.from("box "), device, bounded(Buffer.from(folder), longestText)])

/** Whether a key of `box` is of that folder. */
export const isBoxOf = (key: Uint8Array, folder: string): boolean =>
  Buffer.compare(key.subarray(4 + 32), bounded(Buffer.from(folder), longestText)) === 0

/** A box that is no longer used and whose entries are still to be removed. */
export const left = (box: number): Uint8Array => Buffer.concat([Buffer.from("left "), uint32(box)])
/** A number that no folder has any more and whose rows are still to be removed. */
export const gone = (folder: number): Uint8Array => Buffer.concat([Buffer.from("gone "), uint32(folder)])
/** What took the place of a pack, by its number. */
export const moved = (pack: number): Uint8Array => Buffer.concat([Buffer.from("moved "), uint32(pack)])
/** In a key of `left` or `gone`. */
export const numberLeft = (key: Uint8Array): number => Buffer.prototype.readUInt32BE.call(key, 5)

/** All keys that begin with the word. */
export const all = (word: "totals" | "box" | "left" | "gone" | "moved"): Range => {
  const start = Buffer.from(`${word} `)
  return { start, end: after(start) }
}

const scratch = Buffer.alloc(16 * 1024)
const nul = Buffer.alloc(1)

const copy = (start: number, end: number): Uint8Array => {
  const key = Buffer.allocUnsafe(end - start)
  scratch.copy(key, 0, start, end)
  return key
}

const text = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.prototype.utf8Slice.call(bytes, start, end)

/** The bytes, or a stand-in of exactly `limit` bytes. */
const bounded = (bytes: Uint8Array, limit: number): Uint8Array =>
  bytes.length <= limit
    ? bytes
    : Buffer.concat([bytes.subarray(0, limit - 33), Buffer.of(standIn), hash("sha256", bytes, "buffer")])

const longFile = (
  folder: number,
  name: Uint8Array
): { readonly key: Uint8Array; readonly exact: boolean } => {
  const slash = name.lastIndexOf(47)
  const parent = name.subarray(0, Math.max(slash, 0))
  const base = name.subarray(slash + 1)
  const key = Buffer.concat([uint32(folder), bounded(parent, longestParent), nul, bounded(base, longestBase)])
  return { key, exact: parent.length <= longestParent && base.length <= longestBase }
}

/** The first key that does not begin with `prefix`, which must not be all 0xFF. */
const after = (prefix: Uint8Array): Uint8Array => {
  let end = prefix.length
  while (prefix[end - 1] === 0xFF) end--
  const key = Buffer.from(prefix.subarray(0, end))
  key[end - 1]!++
  return key
}
