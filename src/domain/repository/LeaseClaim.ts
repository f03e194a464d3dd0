/**
 * A claim on the writer's term: what a host says of itself under `lease/<number>`. Claims steer nothing but who goes first, so
 * fields that a newer program adds are passed over.
 */
import * as Result from "effect/Result"
import { Reader, Writer } from "../Wire.ts"
import { type EnvelopeError, openObject, type Sealing, sealObject } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"

/** What the holder has done and has before it. */
export interface Progress {
  /** Entries that wait to be stored. */
  readonly waiting: number
  /** Files stored in this process's life. */
  readonly files: number
  /** Bytes received from peers in this process's life. */
  readonly bytes: number
  /** Of late, bytes a second. */
  readonly rate: number
}

export const noProgress: Progress = { waiting: 0, files: 0, bytes: 0, rate: 0 }

export interface LeaseClaim {
  /** The host: 32 random hex digits. */
  readonly holder: string
  /** The process: 32 random hex digits. */
  readonly nonce: string
  /** A name that its operator chose. */
  readonly label: string
  /** Of the program. */
  readonly version: string
  /** The process's number on its host. */
  readonly process: number
  /** Who has a higher one goes first. */
  readonly priority: number
  /** For how long the claim stands, milliseconds; 0: it was let go. */
  readonly duration: number
  /** The store's clock, read before the claim was put, Unix milliseconds. */
  readonly time: number
  /** Number of the first claim of this wait: the place in the queue. */
  readonly queued: number
  /** Number of the first claim that holds the term, and so its epoch; 0: it waits, or was let go. */
  readonly term: number
  /** When the term began, on the store's clock; 0 without one. */
  readonly since: number
  readonly progress: Progress
}

/** The whole object. `salt`: fresh random bytes. */
export const encode = (sealing: Sealing, number: number, salt: Uint8Array, claim: LeaseClaim): Uint8Array => {
  const writer = new Writer()
    .data(1, Buffer.from(claim.holder, "hex"))
    .data(2, Buffer.from(claim.nonce, "hex"))
    .string(3, claim.label)
    .string(4, claim.version)
    .number(5, claim.process)
    .number(6, claim.priority)
    .number(7, claim.duration)
    .number(8, claim.time)
    .number(9, claim.queued)
    .number(10, claim.term)
    .number(11, claim.since)
    .message(12, (progress) => {
      const { bytes, files, rate, waiting } = claim.progress
      progress.number(1, waiting).number(2, files).number(3, bytes).number(4, rate)
    })
  return sealObject(sealing, ObjectKey.lease(number), salt, writer.finish())
}

/** Largest payload. */
const limit = 64 * 1024

export const decode = (
  sealing: Sealing,
  number: number,
  object: Uint8Array
): Result.Result<LeaseClaim, EnvelopeError> =>
  Result.flatMap(openObject(sealing, ObjectKey.lease(number), object, limit), (payload) => {
    const reader = new Reader(payload)
    const hex = () => Buffer.from(reader.view()).toString("hex")
    const claim = {
      holder: "",
      nonce: "",
      label: "",
      version: "",
      process: 0,
      priority: 0,
      duration: 0,
      time: 0,
      queued: 0,
      term: 0,
      since: 0
    }
    const progress: { -readonly [Key in keyof Progress]: Progress[Key] } = { ...noProgress }
    const inner = () => {
      const end = reader.end()
      while (reader.pos < end) {
        const tag = reader.tag()
        if (tag === 8) progress.waiting = reader.int64Number()
        else if (tag === 16) progress.files = reader.int64Number()
        else if (tag === 24) progress.bytes = reader.int64Number()
        else if (tag === 32) progress.rate = reader.int64Number()
        else reader.skip(tag)
      }
      reader.at(end)
    }
    while (reader.pos < reader.limit) {
      const tag = reader.tag()
      if (tag === 10) claim.holder = hex()
      else if (tag === 18) claim.nonce = hex()
      else if (tag === 26) claim.label = reader.string()
      else if (tag === 34) claim.version = reader.string()
      else if (tag === 40) claim.process = reader.int64Number()
      else if (tag === 48) claim.priority = reader.int64Number()
      else if (tag === 56) claim.duration = reader.int64Number()
      else if (tag === 64) claim.time = reader.int64Number()
      else if (tag === 72) claim.queued = reader.int64Number()
      else if (tag === 80) claim.term = reader.int64Number()
      else if (tag === 88) claim.since = reader.int64Number()
      else if (tag === 98) inner()
      else reader.skip(tag)
    }
    const problem = reader.problem ?? (reader.badText ? "a text is not UTF-8" : undefined) ?? flaw(claim)
    return problem === undefined
      ? Result.succeed({ ...claim, progress })
      : Result.fail({ kind: "corrupt", reason: problem })
  })

const flaw = (claim: Omit<LeaseClaim, "progress">): string | undefined => {
  if (claim.holder.length !== 32 || claim.nonce.length !== 32) return "an id is not of 16 bytes"
  const { duration, priority, process, queued, since, term, time } = claim
  const sound = [duration, priority, process, queued, since, term, time].every((n) => Number.isSafeInteger(n) && n >= 0)
  return sound ? undefined : "a number is out of range"
}
