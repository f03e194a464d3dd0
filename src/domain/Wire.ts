/**
 * Protobuf by hand: a reader and a writer for the messages of BEP and of the repository. Plain code, because an index row
 * is read in about two microseconds (decision 0003).
 *
 * A reader never throws. What is malformed sets `problem` and moves to the end, so every loop ends and every later read
 * answers 0 or nothing; the caller looks at `problem` once, at the end, before it believes anything it read.
 */

/** The wire types. Field numbers and wire types together make a tag: `number << 3 | type`. */
export const varint = 0
export const fixed64 = 1
export const delimited = 2
export const fixed32 = 5

/** Objects one message may decode into, however many bytes it has: what a tiny encoding of nothing can make us allocate. */
export const maxObjects = 1_000_000

export class Reader {
  readonly bytes: Uint8Array
  readonly limit: number
  /** Offset in `bytes` of the next field. */
  pos: number
  /** The first thing found wrong. */
  problem: string | undefined = undefined
  /** A string read since this was last cleared was not valid UTF-8. */
  badText = false
  private buffer: Buffer | undefined = undefined
  private data: DataView | undefined = undefined
  private high = 0
  private objects = 0
  private idLow = 0
  private idHigh = 0
  private id = 0n

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.pos = start
    this.limit = end
  }

  /** Makes everything read so far worthless. Answers 0 so that a read can return it. */
  fail(problem: string): 0 {
    this.problem ??= problem
    this.pos = this.limit
    return 0
  }

  /** Counts `weight` objects against the ceiling; call it once for each element of a repeated field. */
  object(weight = 1): void {
    this.objects += weight
    if (this.objects > maxObjects) this.fail("the message holds too many elements")
  }

  /** The next tag. */
  tag(): number {
    const first = this.bytes[this.pos]!
    if (first < 128 && this.pos < this.limit) {
      this.pos++
      return first < 8 ? this.fail("field number 0") : first
    }
    const tag = this.uint32()
    if (this.high !== 0 || tag < 8) return this.fail("a field number out of range")
    return tag
  }

  /** A varint's low 32 bits, unsigned; the upper ones are kept for `uint64` and its like. */
  uint32(): number {
    const first = this.bytes[this.pos]!
    if (first > 127 || this.pos >= this.limit) return this.longVarint()
    this.pos++
    this.high = 0
    return first
  }

  private longVarint(): number {
    const bytes = this.bytes
    const limit = this.limit
    let pos = this.pos
    let low = 0
    let high = 0
    let shift = 0
    while (pos < limit) {
      const b = bytes[pos++]!
      if (shift < 28) low |= (b & 127) << shift
      else if (shift === 28) {
        low |= (b & 127) << 28
        high = (b & 127) >>> 4
      } else if (shift < 63) high |= (b & 127) << shift - 32
      else if (b > 1) break
      else high |= b << 31
      if (b < 128) {
        this.pos = pos
        this.high = high >>> 0
        return low >>> 0
      }
      shift += 7
    }
    this.high = 0
    return this.fail(pos < limit ? "a varint is longer than 64 bits" : "the message ends inside a varint")
  }

  /** An int32 or enum: the low 32 bits, signed. */
  int32(): number {
    return this.uint32() | 0
  }

  bool(): boolean {
    return (this.uint32() | this.high) !== 0
  }

  /** A uint64, exact. */
  uint64(): bigint {
    const low = this.uint32()
    const high = this.high
    if (high === 0) return BigInt(low)
    if (low === this.idLow && high === this.idHigh) return this.id
    halves[0] = low
    halves[1] = high
    this.idLow = low
    this.idHigh = high
    return this.id = unsigned[0]!
  }

  /** An int64, exact. */
  int64(): bigint {
    halves[0] = this.uint32()
    halves[1] = this.high
    return signed[0]!
  }

  /** An int64 as a number: exact if `Number.isSafeInteger` says so. */
  int64Number(): number {
    const low = this.uint32()
    return (this.high | 0) * 4294967296 + low
  }

  /** The end offset of a delimited field whose length comes next; `pos` is then its first byte. Never past `limit`. */
  end(): number {
    const length = this.uint32()
    const end = this.pos + length
    if (end > this.limit || this.high !== 0) {
      this.fail("a field reaches past the end of its message")
      return this.limit
    }
    return end
  }

  /** The end of an embedded message, which must lie within the one that ends at `outer`. */
  endWithin(outer: number): number {
    const end = this.end()
    if (end <= outer) return end
    this.fail("a field reaches past the end of its message")
    return this.limit
  }

  /** Every field of an embedded message was read: the position must be its end, else a field reached past it. */
  at(end: number): void {
    if (this.pos !== end) this.fail("a field reaches past the end of its message")
  }

  /** A view of a bytes field. */
  view(): Uint8Array {
    const end = this.end()
    const start = this.pos
    this.pos = end
    return this.bytes.subarray(start, end)
  }

  /** Copies the 32 bytes at `from` into `to`; the caller has checked that they are there. */
  copy32(from: number, to: DataView, at: number): void {
    const view = this.data ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    to.setBigUint64(at, view.getBigUint64(from, true), true)
    to.setBigUint64(at + 8, view.getBigUint64(from + 8, true), true)
    to.setBigUint64(at + 16, view.getBigUint64(from + 16, true), true)
    to.setBigUint64(at + 24, view.getBigUint64(from + 24, true), true)
  }

  /** A string. Invalid UTF-8 becomes U+FFFD and sets `badText`. */
  string(): string {
    const end = this.end()
    const start = this.pos
    this.pos = end
    if (start === end) return ""
    const buffer = this.buffer ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    const text = buffer.toString("utf8", start, end)
    if (text.includes("\ufffd") && !Buffer.from(text).equals(buffer.subarray(start, end))) {
      this.badText = true
    }
    return text
  }

  /** Passes over the value of a field we do not know. */
  skip(tag: number): void {
    const type = tag & 7
    if (type === delimited) this.pos = this.end()
    else if (type === varint) this.uint32()
    else if (type === fixed64) this.advance(8)
    else if (type === fixed32) this.advance(4)
    else if (type === 3) this.skipGroup(tag)
    else this.fail("an unknown wire type")
  }

  private advance(bytes: number): void {
    this.pos += bytes
    if (this.pos > this.limit) this.fail("the message ends inside a field")
  }

  /** Groups are obsolete but legal among unknown fields. Without recursion: depth is the peer's choice. */
  private skipGroup(tag: number): void {
    const open = [tag >>> 3]
    while (open.length > 0) {
      if (this.pos >= this.limit) {
        this.fail("the message ends inside a group")
        return
      }
      const next = this.tag()
      if ((next & 7) === 3) {
        open.push(next >>> 3)
        if (open.length > 100) this.fail("groups are nested too deeply")
      } else if ((next & 7) === 4) {
        if (open.pop() !== next >>> 3) this.fail("a group ends that did not begin")
      } else this.skip(next)
    }
  }
}

/** Appends fields to a buffer that grows. `finish` hands the buffer over; the writer must not be used after it. */
export class Writer {
  private bytes: Uint8Array
  private pos = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  /** What was written, as a view of the writer's buffer. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.pos)
  }

  /** Begins anew in the same buffer: what `finish` gave is overwritten. */
  clear(): void {
    this.pos = 0
  }

  /** A bare varint of a non-negative number below 2^53. */
  varint(value: number): this {
    this.reserve(10)
    this.pos = putVarint(this.bytes, this.pos, value)
    return this
  }

  /** A uint32, uint64 or enum field, left out when 0. */
  number(field: number, value: number): this {
    return value === 0 ? this : this.varint(field * 8).varint(value)
  }

  /** An int32 or int64 field, left out when 0. A safe integer. */
  signed(field: number, value: number): this {
    return value >= 0 ? this.number(field, value) : this.bigint(field, BigInt(value))
  }

  /** A uint64 or int64 field, left out when 0. */
  bigint(field: number, value: bigint): this {
    if (value === 0n) return this
    this.varint(field * 8)
    this.reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 127n) {
      this.bytes[this.pos++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.bytes[this.pos++] = Number(rest)
    return this
  }

  bool(field: number, value: boolean): this {
    return this.number(field, value ? 1 : 0)
  }

  /** A string field, left out when empty. */
  string(field: number, value: string): this {
    return value === "" ? this : this.element(field, value)
  }

  /** A bytes field, left out when empty. */
  data(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.element(field, value)
  }

  /** One element of a repeated string, bytes or message field: written even when empty. */
  element(field: number, value: Uint8Array | string): this {
    this.varint(field * 8 + delimited)
    if (typeof value === "string" && this.ascii(value)) return this
    const bytes = typeof value === "string" ? utf8.encode(value) : value
    return this.varint(bytes.length).raw(bytes)
  }

  /** An embedded message, written even when empty. */
  message(field: number, write: (writer: this) => void): this {
    this.varint(field * 8 + delimited)
    this.reserve(10)
    const start = this.pos++
    write(this)
    const length = this.pos - start - 1
    if (length < 128) this.bytes[start] = length
    else {
      const more = varintSize(length) - 1
      this.reserve(more)
      this.bytes.copyWithin(start + 1 + more, start + 1, this.pos)
      this.pos += more
      putVarint(this.bytes, start, length)
    }
    return this
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.pos)
    this.pos += bytes.length
    return this
  }

  /** Bytes written so far. */
  get length(): number {
    return this.pos
  }

  /** Overwrites four bytes at `at` with a big-endian number. */
  patch32(at: number, value: number): void {
    this.bytes[at] = value >>> 24
    this.bytes[at + 1] = value >>> 16
    this.bytes[at + 2] = value >>> 8
    this.bytes[at + 3] = value
  }

  /** Most strings are short and ASCII: cheaper written here than by the encoder. False, and nothing, for the others. */
  private ascii(value: string): boolean {
    const { length } = value
    if (length > 256) return false
    this.reserve(length + 2)
    const at = putVarint(this.bytes, this.pos, length)
    for (let i = 0; i < length; i++) {
      const c = value.charCodeAt(i)
      if (c > 127) return false
      this.bytes[at + i] = c
    }
    this.pos = at + length
    return true
  }

  private reserve(more: number): void {
    const need = this.pos + more
    if (need <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.pos))
    this.bytes = grown
  }
}

/** Bytes a varint of `value` (non-negative, below 2^53) takes. */
export const varintSize = (value: number): number => {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes the varint of `value` (non-negative, below 2^53) at `at`; answers the offset after it. */
export const putVarint = (bytes: Uint8Array, at: number, value: number): number => {
  let rest = value
  while (rest > 0x7FFF_FFFF) {
    bytes[at++] = rest % 128 | 128
    rest = Math.floor(rest / 128)
  }
  while (rest > 127) {
    bytes[at++] = rest & 127 | 128
    rest >>>= 7
  }
  bytes[at] = rest
  return at + 1
}

const utf8 = new TextEncoder()

const unsigned = new BigUint64Array(1)
const signed = new BigInt64Array(unsigned.buffer)
const halves = new Uint32Array(unsigned.buffer)
