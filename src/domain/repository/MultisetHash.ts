/**
 * A digest of rows that does not depend on their order: the sum of the rows' SHA-256 modulo 2^256. Sums add, so a merge
 * proves that it lost nothing: in = out + dropped. It guards against mistakes; against forgers the seal of each part does.
 */
import { hash } from "node:crypto"
import { type FileRecord, IdBytes } from "./Record.ts"
import type { PackRef } from "./Refs.ts"

export class MultisetHash {
  private readonly lanes = new Uint32Array(8)
  private readonly ids = new IdBytes()
  private scratch = Buffer.alloc(4096)

  /** Adds a record: `1 ‖ sequence u64 ‖ length u32 ‖ info ‖ (pack id ‖ count u32)*`. */
  record(record: FileRecord): this {
    const { info, runs } = record
    const size = 13 + info.length + runs.length * 28
    const row = this.room(size)
    row[0] = 1
    row.writeUInt32BE(Math.floor(record.sequence / 2 ** 32), 1)
    row.writeUInt32BE(record.sequence % 2 ** 32, 5)
    row.writeUInt32BE(info.length, 9)
    row.set(info, 13)
    let at = 13 + info.length
    for (const run of runs) {
      row.set(this.ids.of(run.pack), at)
      row.writeUInt32BE(run.count, at + 24)
      at += 28
    }
    return this.row(row.subarray(0, size))
  }

  /** Adds a row of the pack table: `2 ‖ id ‖ size u64 ‖ trailer length u32 ‖ blocks u32 ‖ bytes u64`. */
  pack(ref: PackRef): this {
    const row = this.room(49)
    row[0] = 2
    row.set(this.ids.of(ref.id), 1)
    row.writeBigUInt64BE(BigInt(ref.size), 25)
    row.writeUInt32BE(ref.trailerLength, 33)
    row.writeUInt32BE(ref.blocks, 37)
    row.writeBigUInt64BE(BigInt(ref.bytes), 41)
    return this.row(row.subarray(0, 49))
  }

  /** Adds all rows another digest stands for. */
  add(digest: Uint8Array): this {
    const view = new DataView(digest.buffer, digest.byteOffset, 32)
    let carry = 0
    for (let lane = 0; lane < 8; lane++) {
      const sum = this.lanes[lane]! + view.getUint32(28 - lane * 4) + carry
      this.lanes[lane] = sum % 2 ** 32
      carry = sum >= 2 ** 32 ? 1 : 0
    }
    return this
  }

  /** Takes away all rows another digest stands for. */
  subtract(digest: Uint8Array): this {
    const view = new DataView(digest.buffer, digest.byteOffset, 32)
    let borrow = 0
    for (let lane = 0; lane < 8; lane++) {
      const left = this.lanes[lane]! - view.getUint32(28 - lane * 4) - borrow
      borrow = left < 0 ? 1 : 0
      this.lanes[lane] = left + borrow * 2 ** 32
    }
    return this
  }

  /** 32 bytes, big-endian. */
  digest(): Uint8Array {
    const out = new Uint8Array(32)
    const view = new DataView(out.buffer)
    for (let lane = 0; lane < 8; lane++) view.setUint32(28 - lane * 4, this.lanes[lane]!)
    return out
  }

  private row(bytes: Uint8Array): this {
    return this.add(hash("sha256", bytes, "buffer"))
  }

  private room(size: number): Buffer {
    if (size > this.scratch.length) this.scratch = Buffer.alloc(size * 2)
    return this.scratch
  }
}

/** Of a list of packs. */
export const ofPacks = (packs: Iterable<PackRef>): Uint8Array => {
  const sum = new MultisetHash()
  for (const ref of packs) sum.pack(ref)
  return sum.digest()
}

/** Of a list of records. */
export const ofRecords = (records: Iterable<FileRecord>): Uint8Array => {
  const sum = new MultisetHash()
  for (const record of records) sum.record(record)
  return sum.digest()
}
