/**
 * How every object is sealed: header, parts, and for objects read by range a tail. A part opens only under the
 * repository, the name and the place it was sealed for. A salt seals one build of one object: fresh random bytes for
 * each attempt, or two different texts would share a key and a nonce.
 */
import * as Result from "effect/Result"
import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from "node:crypto"
import * as Codec from "./Codec.ts"
import * as ObjectKey from "./ObjectKey.ts"

export type Suite = "plain" | "aes-256-gcm"

/** What seals and opens the objects of one repository. `repository`: 32 hex digits. */
export type Sealing =
  | { readonly suite: "plain"; readonly repository: string }
  /** `key`: the master key, 32 bytes. */
  | { readonly suite: "aes-256-gcm"; readonly repository: string; readonly key: KeyObject }

/**
 * `corrupt`: damaged, cut, or moved under this name. `newer`: of a format or with a feature this program lacks.
 * `foreign`: not an object of this repository. `suite`: of this repository, and not sealed the way all of it is.
 */
export interface EnvelopeError {
  readonly kind: "corrupt" | "newer" | "foreign" | "suite"
  readonly reason: string
  /** Who wrote it, for people, if it said so before it could not be understood. */
  readonly host?: string
}

export interface Header {
  readonly suite: Suite
  readonly repository: string
}

/** The format this program writes, and the highest it reads. */
export const formatVersion = 1

/** Bytes of randomness one sealed object needs (used by the aes suite only). */
export const saltLength = 32

/** Bytes at an object's beginning that say of which format and repository it is. */
export const beginning = 24
const prefixLength = beginning

/** Largest payload of an object of one part. */
export const maxPayload = 64 * 1024 * 1024

/** A whole object of one part: marker, key slot, commit, base, lease. Marker and key slots need no more than a header. */
export const sealObject = (
  sealing: Sealing | Header,
  name: string,
  salt: Uint8Array,
  payload: Uint8Array
): Uint8Array => {
  const parts = new Parts(sealing, name, salt)
  const body = Codec.wrap(payload)
  const out = new Uint8Array(parts.header.length + body.length + parts.overhead)
  out.set(parts.header)
  parts.sealInto(out, parts.header.length, 0, 1, body)
  return out
}

/**
 * What `sealObject` was given, if it has at most `limit` bytes. Marker and key slots, which lie open in both suites, need only
 * what their header claims.
 */
export const openObject = (
  sealing: Sealing | Header,
  name: string,
  bytes: Uint8Array,
  limit = maxPayload
): Result.Result<Uint8Array, EnvelopeError> => {
  const parts = openHeader(sealing, name, bytes)
  if (Result.isFailure(parts)) {
    // What opens as one of ours is ours, whatever its header says of format and repository.
    const isOurs = parts.failure.kind !== "corrupt" && isOfToday(sealing, name, bytes)
    return Result.fail(isOurs ? headerDamaged : parts.failure)
  }
  const body = parts.success.open(0, 1, bytes.subarray(parts.success.header.length))
  if (Result.isFailure(body)) return body
  return Result.mapError(Codec.unwrap(body.success, limit), corrupt)
}

/** Of an object that is of this format and repository, though its header does not say so. */
export const headerDamaged: EnvelopeError = { kind: "corrupt", reason: "its header is damaged" }

/** The end of a whole object of many parts, if its beginning is of the same object. */
export const bothEnds = <A extends { readonly parts: Parts }>(
  sealing: Sealing,
  name: string,
  bytes: Uint8Array,
  ending: Result.Result<A, EnvelopeError>
): Result.Result<A, EnvelopeError> => {
  const header = openHeader(sealing, name, bytes)
  if (Result.isFailure(header)) {
    const isOurs = header.failure.kind !== "corrupt" && Result.isSuccess(ending)
    return Result.fail(isOurs ? headerDamaged : header.failure)
  }
  if (Result.isFailure(ending)) return ending
  return Buffer.compare(header.success.header, ending.success.parts.header) === 0
    ? ending
    : Result.fail(corrupt("its header and its tail have different salts"))
}

/** Whether an object of one part opens as one of this format, whatever its header says. */
const isOfToday = (sealing: Sealing | Header, name: string, bytes: Uint8Array): boolean => {
  const length = headerLength(sealing, name)
  if (bytes.length < length) return false
  const parts = new Parts(sealing, name, bytes.subarray(prefixLength, length))
  return Result.isSuccess(parts.open(0, 1, bytes.subarray(length)))
}

/**
 * Why the end of an object of many parts does not open: an object of a format to come says so at its beginning, and is not
 * damaged. One whose end opens is of this format, whatever became of its beginning. `bytes`: the beginning, if it could be read.
 */
export const explained = (name: string, error: EnvelopeError, bytes: Uint8Array | undefined): EnvelopeError => {
  const header = bytes === undefined ? undefined : readHeader(name, bytes)
  return header !== undefined && Result.isFailure(header) && header.failure.kind === "newer" ? header.failure : error
}

/** Suite and repository an object claims, before anything is proved. Refuses what is no object of ours, or newer. */
export const readHeader = (name: string, bytes: Uint8Array): Result.Result<Header, EnvelopeError> => {
  if (bytes.length < 4 || Buffer.compare(bytes.subarray(0, 4), magic) !== 0) {
    return Result.fail({ kind: "foreign", reason: "it does not begin like an object of bepository" })
  }
  if (bytes.length < prefixLength) return Result.fail(corrupt("it ends inside its header"))
  const [kind, version, suite, reserved] = [bytes[4]!, bytes[5]!, bytes[6]!, bytes[7]!]
  if (version > formatVersion) return Result.fail({ kind: "newer", reason: `its format is ${version}` })
  if (version === 0) return Result.fail(corrupt("its format is 0"))
  if (suite > 2) return Result.fail({ kind: "newer", reason: `its cipher suite is ${suite}` })
  if (suite === 0) return Result.fail(corrupt("its cipher suite is 0"))
  if (reserved !== 0) return Result.fail({ kind: "newer", reason: "it uses a reserved byte" })
  if (kind !== kindOf(name)) return Result.fail(corrupt("it is of another kind than its name says"))
  return Result.succeed({ suite: suite === 1 ? "plain" : "aes-256-gcm", repository: hex(bytes.subarray(8, 24)) })
}

/** Checks an object's header and gives what opens its parts. */
export const openHeader = (
  sealing: Sealing | Header,
  name: string,
  bytes: Uint8Array
): Result.Result<Parts, EnvelopeError> => {
  const header = readHeader(name, bytes)
  if (Result.isFailure(header)) return Result.fail(header.failure)
  if (header.success.repository !== sealing.repository) {
    return Result.fail({ kind: "foreign", reason: `it belongs to the repository ${header.success.repository}` })
  }
  if (header.success.suite !== sealing.suite) {
    return Result.fail({ kind: "suite", reason: `it is sealed as ${header.success.suite}, not as ${sealing.suite}` })
  }
  const length = headerLength(sealing, name)
  if (bytes.length < length) return Result.fail(corrupt("it ends inside its header"))
  return Result.succeed(new Parts(sealing, name, bytes.subarray(prefixLength, length)))
}

/** Header bytes of an object of that name. */
export const headerLength = (sealing: Sealing | Header, name: string): number =>
  prefixLength + (isSealed(sealing, name) ? saltLength : 0)

/** Tail bytes of an object of many parts. */
export const tailLength = (sealing: Sealing): number => sealing.suite === "plain" ? 12 : 12 + saltLength

/** Ends an object of many parts: what a reader of the object's end needs to open the last one. */
export const tail = (parts: Parts, count: number, lastLength: number): Uint8Array => {
  const salt = parts.header.subarray(prefixLength)
  const out = new Uint8Array(salt.length + 12)
  out.set(salt)
  const view = new DataView(out.buffer, salt.length)
  view.setUint32(0, count)
  view.setUint32(4, lastLength)
  out.set(endMagic, salt.length + 8)
  return out
}

export interface Ending {
  readonly parts: Parts
  /** Number of parts. */
  readonly count: number
  /** The last part, opened. */
  readonly last: Uint8Array
  /** Where in the object the last part begins: the parts before it lie between the header and here. */
  readonly start: number
}

/** Opens the last part of an object of `size` bytes from its end. `bytes`: any range that reaches to the end. */
export const openEnding = (
  sealing: Sealing,
  name: string,
  size: number,
  bytes: Uint8Array
): Result.Result<Ending, EnvelopeError> => {
  const tail = tailLength(sealing)
  const head = headerLength(sealing, name)
  if (bytes.length < tail || bytes.length > size) return Result.fail(corrupt("it ends inside its tail"))
  const at = bytes.length - tail
  if (Buffer.compare(bytes.subarray(bytes.length - 4), endMagic) !== 0) {
    return Result.fail(corrupt("it does not end like an object of many parts"))
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + tail - 12, 8)
  const count = view.getUint32(0)
  const length = view.getUint32(4)
  if (length > at || length > size - tail - head) return Result.fail(corrupt("its last part is longer than it says"))
  if (count === 0) return Result.fail(corrupt("it has no parts"))
  const parts = new Parts(sealing, name, bytes.subarray(at, at + tail - 12))
  const last = parts.open(count - 1, count, bytes.subarray(at - length, at))
  if (Result.isFailure(last)) return Result.fail(last.failure)
  return Result.succeed({ parts, count, last: last.success, start: size - tail - length })
}

/** Seals and opens the parts of one object. */
export class Parts {
  /** The object's first bytes. */
  readonly header: Uint8Array
  /** Bytes a sealed part is longer. */
  readonly overhead: number
  private readonly key: KeyObject | undefined
  private readonly context: Uint8Array
  private readonly place: DataView

  /** `salt`: 32 bytes, for the aes suite; else ignored. */
  constructor(sealing: Sealing | Header, name: string, salt: Uint8Array) {
    const title = Buffer.from(name)
    const sealed = isSealed(sealing, name)
    if (kindOf(name) === 0) throw new RangeError(`not the name of an object: ${name}`)
    if (sealed && salt.length !== saltLength) throw new RangeError(`a salt has ${saltLength} bytes`)
    const context = new Uint8Array(prefixLength + 2 + title.length + 8)
    context.set(magic)
    context.set([kindOf(name), formatVersion, sealing.suite === "plain" ? 1 : 2, 0], 4)
    context.set(Buffer.from(sealing.repository, "hex"), 8)
    const view = new DataView(context.buffer)
    view.setUint16(prefixLength, title.length)
    context.set(title, prefixLength + 2)
    this.context = context
    this.place = new DataView(context.buffer, context.length - 8)
    this.header = new Uint8Array(prefixLength + (sealed ? saltLength : 0))
    this.header.set(context.subarray(0, prefixLength))
    this.overhead = sealed ? 16 : 32
    if (sealed) {
      if (!("key" in sealing)) throw new RangeError(`${name} is sealed, and there is no key`)
      this.header.set(salt, prefixLength)
      const info = context.subarray(0, context.length - 8)
      const derived = hkdfSync("sha256", sealing.key, this.header.subarray(prefixLength), info, 32)
      this.key = createSecretKey(new Uint8Array(derived))
    }
  }

  /** Seals part `number` into `out` at `at` and gives the offset after it. `count`: of all parts if it is the last, else 0. */
  sealInto(out: Uint8Array, at: number, number: number, count: number, bytes: Uint8Array): number {
    this.locate(number, count)
    const end = at + bytes.length
    if (this.key === undefined) {
      out.set(bytes, at)
      out.set(createHash("sha256").update(this.context).update(bytes).digest(), end)
      return end + 32
    }
    let to = at
    this.sealTo(
      (piece) => {
        out.set(piece, to)
        to += piece.length
      },
      number,
      count,
      bytes
    )
    return to
  }

  /** Only with a key: hands the sealed part to `write`, piece by piece. A piece must be copied: it is gone after the call. */
  sealTo(write: (piece: Uint8Array) => void, number: number, count: number, bytes: Uint8Array): void {
    if (this.key === undefined) throw new RangeError("there is no key to seal with")
    this.locate(number, count)
    const cipher = createCipheriv("aes-256-gcm", this.key, this.nonce(number))
    cipher.setAAD(this.context)
    const text = cipher.update(bytes)
    write(text)
    free(text)
    cipher.final()
    write(cipher.getAuthTag())
  }

  /** Opens part `number`; in the plain suite a view of `bytes`. */
  open(number: number, count: number, bytes: Uint8Array): Result.Result<Uint8Array, EnvelopeError> {
    const end = bytes.length - this.overhead
    if (end < 0) return Result.fail(corrupt("a part is shorter than its seal"))
    this.locate(number, count)
    const body = bytes.subarray(0, end)
    if (this.key === undefined) {
      const proof = createHash("sha256").update(this.context).update(body).digest()
      return Buffer.compare(proof, bytes.subarray(end)) === 0
        ? Result.succeed(body)
        : Result.fail(corrupt("a checksum is wrong"))
    }
    const decipher = createDecipheriv("aes-256-gcm", this.key, this.nonce(number), { authTagLength: 16 })
    decipher.setAAD(this.context)
    decipher.setAuthTag(bytes.subarray(end))
    return Result.try({
      try: () => {
        const text = decipher.update(body)
        decipher.final()
        return text
      },
      catch: () => corrupt("it does not open: it is damaged, or the key is another")
    })
  }

  private locate(number: number, count: number): void {
    this.place.setUint32(0, number)
    this.place.setUint32(4, count)
  }

  private nonce(number: number): Uint8Array {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setUint32(8, number)
    return nonce
  }
}

/**
 * Gives the memory back at once. Node has a buffer made for every part that is sealed; left to the collector, those of each
 * few dozen megabytes start a collection of the whole heap, which costs several times what AES does.
 */
const free = ({ buffer, byteLength }: Buffer): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** Damage, with what shows it. */
export const corrupt = (reason: string): EnvelopeError => ({ kind: "corrupt", reason })

/** Marker and key slots are read before there is a key: they carry a checksum in both suites. */
const isSealed = (sealing: Sealing | Header, name: string): boolean =>
  sealing.suite === "aes-256-gcm" && !openKinds.has(kindOf(name))

/** 0 for a name that is none of ours: it matches no object. */
const kindOf = (name: string): number => {
  const key = ObjectKey.parse(name)
  return key === undefined ? 0 : kinds[key._tag]
}

const kinds = { Marker: 1, Key: 2, Log: 3, Base: 4, Pack: 5, Segment: 6, Lease: 7 } as const
const openKinds: ReadonlySet<number> = new Set([kinds.Marker, kinds.Key])
const magic = new Uint8Array([0x62, 0x65, 0x70, 0x6F])
const endMagic = new Uint8Array([0x6F, 0x70, 0x65, 0x62])

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")
