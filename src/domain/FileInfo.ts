/**
 * One entry of an index: what a device says about one name. `raw` is the message as it came and stays the truth: what we
 * store and announce again is `raw` with only the sequence exchanged, so fields we do not know survive.
 * An entry with a `problem` must be skipped: it is never stored, fetched or announced.
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import * as BlockList from "./BlockList.ts"
import * as BlockSize from "./BlockSize.ts"
import * as FileName from "./FileName.ts"
import type { Counter, VersionVector } from "./VersionVector.ts"
import * as Wire from "./Wire.ts"

export type FileType = "file" | "directory" | "symlink"

export interface FileInfo {
  readonly name: string
  readonly type: FileType
  /** Bytes; 0 for everything but files. */
  readonly size: number
  /** The low nine bits. */
  readonly permissions: number
  readonly noPermissions: boolean
  /** Unix seconds, and the nanoseconds beyond them. */
  readonly modifiedS: number
  readonly modifiedNs: number
  /** Short id of the device that made this version. */
  readonly modifiedBy: bigint
  readonly deleted: boolean
  readonly invalid: boolean
  readonly version: VersionVector
  /** In the numbering of the device that sent it. */
  readonly sequence: number
  /** Effective: at least 131072. */
  readonly blockSize: number
  /** 32 bytes per block, a view; empty if `blocksProblem` is set. */
  readonly hashes: Uint8Array
  readonly symlinkTarget: Uint8Array
  /** The encoded message, a view of what it was decoded from. */
  readonly raw: Uint8Array
  /** Set when the block list breaks §5.2. */
  readonly blocksProblem?: string
  /** Set when a field has a value we cannot represent: the name is not UTF-8, a number is out of range, the type unknown. */
  readonly fieldProblem?: string
}

/** What an entry we originate says; what is left out is 0, false or empty. */
export interface Fields {
  readonly name: string
  readonly type: FileType
  readonly version: VersionVector
  readonly size?: number
  readonly permissions?: number
  readonly noPermissions?: boolean
  readonly modifiedS?: number
  readonly modifiedNs?: number
  readonly modifiedBy?: bigint
  readonly deleted?: boolean
  readonly invalid?: boolean
  readonly sequence?: number
  readonly blockSize?: number
  /** 32 bytes per block; a live file has at least one. */
  readonly hashes?: Uint8Array
  readonly symlinkTarget?: Uint8Array
  /** `blocksHash` of the content this version replaces. */
  readonly previousBlocksHash?: Uint8Array
}

/** The message in `raw`; fails only if it is not protobuf, which is fatal for the connection. */
export const decode = (raw: Uint8Array): Result.Result<FileInfo, string> => {
  const reader = new Wire.Reader(raw)
  const info = read(reader, reader.limit)
  return reader.problem === undefined ? Result.succeed(info) : Result.fail(reader.problem)
}

/** Reads the message that lies between the reader's position and `end`. */
export const read = (reader: Wire.Reader, end: number): FileInfo => {
  const start = reader.pos
  let name = ""
  let type = 0
  let size = 0
  let permissions = 0
  let noPermissions = false
  let modifiedS = 0
  let modifiedNs = 0
  let modifiedBy = 0n
  let deleted = false
  let invalid = false
  let version: Array<Counter> | undefined
  let sequence = 0
  let statedBlockSize = 0
  let firstBlock = -1
  let blocks = 0
  let hashes: Uint8Array | undefined
  let usualSize = 0
  let usualBlockSize = 0
  let usualBlocks = 0
  let symlinkTarget: Uint8Array = nothing
  reader.badText = false
  while (reader.pos < end) {
    const fieldStart = reader.pos
    const tag = reader.tag()
    switch (tag) {
      case BlockList.tag: {
        if (firstBlock < 0) {
          firstBlock = fieldStart
          hashes = BlockList.readUsual(reader, fieldStart, end, size, Math.max(statedBlockSize, BlockSize.minimum))
          if (hashes !== undefined) {
            blocks = hashes.length / 32
            usualBlocks = blocks
            usualSize = size
            usualBlockSize = statedBlockSize
            break
          }
        }
        blocks++
        reader.pos = reader.endWithin(end)
        break
      }
      case 0x0A:
        name = reader.string()
        break
      case 0x10:
        type = reader.int32()
        break
      case 0x18:
        size = reader.int64Number()
        break
      case 0x20:
        permissions = reader.uint32()
        break
      case 0x28:
        modifiedS = reader.int64Number()
        break
      case 0x30:
        deleted = reader.bool()
        break
      case 0x38:
        invalid = reader.bool()
        break
      case 0x40:
        noPermissions = reader.bool()
        break
      case 0x4A:
        readVersion(reader, reader.endWithin(end), version ??= [])
        break
      case 0x50:
        sequence = reader.int64Number()
        break
      case 0x58:
        modifiedNs = reader.int32()
        break
      case 0x60:
        modifiedBy = reader.uint64()
        break
      case 0x68:
        statedBlockSize = reader.int32()
        break
      case 0x8A:
        symlinkTarget = reader.view()
        break
      default:
        reader.skip(tag)
    }
  }
  reader.at(end)
  const blockSize = Math.max(statedBlockSize, BlockSize.minimum)
  const info: FileInfo = {
    name,
    type: type === 0 ? "file" : type === 1 ? "directory" : "symlink",
    size: size >= 0 && Number.isSafeInteger(size) ? size : 0,
    permissions: permissions & 0o777,
    noPermissions,
    modifiedS: Number.isSafeInteger(modifiedS) ? modifiedS : 0,
    modifiedNs,
    modifiedBy,
    deleted,
    invalid,
    version: version ?? noVersion,
    sequence: sequence >= 0 && Number.isSafeInteger(sequence) ? sequence : 0,
    blockSize,
    hashes: hashes ?? nothing,
    symlinkTarget,
    raw: reader.bytes.subarray(start, end)
  }
  if (reader.problem !== undefined) return info
  const fieldProblem = reader.badText
    ? "the name is not valid UTF-8"
    : type < 0 || type > 4
    ? `an unknown type of entry (${type})`
    : size !== info.size
    ? "the size is out of range"
    : modifiedS !== info.modifiedS
    ? "the modification time is out of range"
    : sequence !== info.sequence
    ? "the sequence is out of range"
    : undefined
  if (fieldProblem !== undefined) return { ...info, hashes: nothing, fieldProblem }
  // Nothing that came after the blocks may contradict what they were read with.
  if (blocks === usualBlocks && size === usualSize && statedBlockSize === usualBlockSize) return info
  if (blocks === 0) return info
  const list = BlockList.read(reader, firstBlock, end, { count: blocks, size, blockSize })
  return typeof list === "string" ? { ...info, hashes: nothing, blocksProblem: list } : { ...info, hashes: list }
}

/** Why the entry must be skipped (§5.1, §5.2), undefined for a good one. */
export const problem = (info: FileInfo): string | undefined => {
  if (info.fieldProblem !== undefined) return info.fieldProblem
  const name = FileName.problem(info.name)
  if (name !== undefined) return name
  const hasBlocks = info.hashes.length > 0 || info.blocksProblem !== undefined
  if (info.type !== "file") {
    if (hasBlocks) return `a ${info.type} with a block list`
    if (info.size !== 0 && !(info.type === "directory" && info.size === 128)) return `a ${info.type} with a size`
    return undefined
  }
  if (info.deleted) return hasBlocks ? "a deleted file with a block list" : undefined
  if (info.invalid) return undefined
  return hasBlocks ? info.blocksProblem : "a file with an empty block list"
}

/**
 * The bytes to keep: a copy of `raw` without the sequence and without the fields that are local to a host (1000-1003).
 * The two ancient kinds of symlink, which must never be sent, become the present one.
 */
export const stored = (info: FileInfo): Uint8Array => {
  const { raw } = info
  const reader = new Wire.Reader(raw)
  const copy = new Uint8Array(raw.length)
  let length = 0
  let from = 0
  while (reader.pos < reader.limit) {
    const start = reader.pos
    const tag = reader.tag()
    const field = tag >>> 3
    if (tag === 0x10) {
      const value = reader.int32()
      if (value === 2 || value === 3) {
        copy.set(raw.subarray(from, start), length)
        length += start - from
        copy[length++] = 0x10
        copy[length++] = 4
        from = reader.pos
      }
      continue
    }
    reader.skip(tag)
    if (field === 10 || (field >= 1000 && field <= 1003)) {
      copy.set(raw.subarray(from, start), length)
      length += start - from
      from = reader.pos
    }
  }
  copy.set(raw.subarray(from), length)
  return copy.subarray(0, length + raw.length - from)
}

/** A stored entry under another version; whatever else it says stays. */
export const withVersion = (stored: Uint8Array, version: VersionVector): Uint8Array => {
  const reader = new Wire.Reader(stored)
  const writer = new Wire.Writer(stored.length + 32 * version.length)
  let from = 0
  while (reader.pos < reader.limit) {
    const start = reader.pos
    const tag = reader.tag()
    reader.skip(tag)
    if (tag >>> 3 !== 9) continue
    writer.raw(stored.subarray(from, start))
    from = reader.pos
  }
  return writer.raw(stored.subarray(from)).message(9, (w) => writeVersion(w, version)).finish()
}

/** What we send for a stored entry: the same bytes with our sequence. */
export const announce = (stored: Uint8Array, sequence: number): Uint8Array => {
  const bytes = new Uint8Array(stored.length + 1 + Wire.varintSize(sequence))
  bytes.set(stored)
  bytes[stored.length] = 10 << 3
  Wire.putVarint(bytes, stored.length + 1, sequence)
  return bytes
}

/** The stored entry of a file whose content is lost: the same, but invalid, which tells a peer to ask somebody else. */
export const unavailable = (stored: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(stored.length + 2)
  bytes.set(stored)
  bytes.set([7 << 3, 1], stored.length)
  return bytes
}

/** An entry we originate. Offsets and sizes of blocks follow from `size` and `blockSize`. */
export const encode = (fields: Fields): Uint8Array => {
  const hashes = fields.hashes ?? nothing
  const size = fields.size ?? 0
  const blockSize = fields.blockSize ?? BlockSize.forFile(size)
  const writer = new Wire.Writer(256 + hashes.length * 2)
    .string(1, fields.name)
    .number(2, fields.type === "file" ? 0 : fields.type === "directory" ? 1 : 4)
    .number(3, size)
    .number(4, fields.permissions ?? 0)
    .signed(5, fields.modifiedS ?? 0)
    .bool(6, fields.deleted ?? false)
    .bool(7, fields.invalid ?? false)
    .bool(8, fields.noPermissions ?? false)
    .message(9, (w) => writeVersion(w, fields.version))
    .number(10, fields.sequence ?? 0)
    .signed(11, fields.modifiedNs ?? 0)
    .bigint(12, fields.modifiedBy ?? 0n)
    .number(13, hashes.length === 0 ? 0 : blockSize)
  for (let i = 0; i * 32 < hashes.length; i++) {
    writer.message(
      16,
      (w) =>
        w.number(1, i * blockSize).number(2, BlockSize.sizeAt(size, blockSize, i)).data(
          3,
          hashes.subarray(i * 32, i * 32 + 32)
        )
    )
  }
  return writer
    .data(17, fields.symlinkTarget ?? nothing)
    .data(18, hashes.length === 0 ? nothing : blocksHash(hashes))
    .data(20, fields.previousBlocksHash ?? nothing)
    .finish()
}

/** What batching needs to know of a stored entry, without decoding it. */
export const outline = (stored: Uint8Array): { readonly deleted: boolean; readonly blocks: number } => {
  const reader = new Wire.Reader(stored)
  let deleted = false
  let blocks = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x30) deleted = reader.bool()
    else {
      if (tag === 0x82) blocks++
      reader.skip(tag)
    }
  }
  return { deleted, blocks }
}

/** Syncthing 2's hash of a block list (§5.5). Not for identity: older versions compute it differently. */
export const blocksHash = (hashes: Uint8Array): Uint8Array => hash("sha256", hashes, "buffer")

/** The SHA-256 of block `index`, a view. */
export const blockHash = (info: FileInfo, index: number): Uint8Array =>
  info.hashes.subarray(index * 32, index * 32 + 32)

/** Number of blocks in the list: 1 for an empty file, 0 for what has no content. */
export const blockCount = (info: FileInfo): number => info.hashes.length / 32

/** Whether both are the same kind of thing with the same content: only metadata may differ. */
export const sameContent = (a: FileInfo, b: FileInfo): boolean =>
  a.type === b.type && a.deleted === b.deleted && equalBytes(a.hashes, b.hashes) &&
  equalBytes(a.symlinkTarget, b.symlinkTarget)

/** Writes the counters of a vector into its message. */
export const writeVersion = (writer: Wire.Writer, version: VersionVector): void => {
  for (const { id, value } of version) writer.message(1, (w) => w.bigint(1, id).bigint(2, value))
}

/** Reads a Vector message up to `end` and appends its counters. */
export const readVersion = (reader: Wire.Reader, end: number, into: Array<Counter>): void => {
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag !== 0x0A) {
      reader.skip(tag)
      continue
    }
    const counterEnd = reader.endWithin(end)
    let id = 0n
    let value = 0n
    while (reader.pos < counterEnd) {
      const tag = reader.tag()
      if (tag === 0x08) id = reader.uint64()
      else if (tag === 0x10) value = reader.uint64()
      else reader.skip(tag)
    }
    reader.at(counterEnd)
    reader.object()
    into.push({ id, value })
  }
  reader.at(end)
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0

const nothing = new Uint8Array(0)
const noVersion: VersionVector = []
