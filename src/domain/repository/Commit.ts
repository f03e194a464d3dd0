/**
 * One entry of the log. Its bytes are final once put: `digest` is over exactly the bytes `encode` gave, and the next
 * commit carries it.
 */
import * as Result from "effect/Result"
import { hash } from "node:crypto"
import { Writer } from "../Wire.ts"
import type { EnvelopeError } from "./Envelope.ts"
import type { Op } from "./Op.ts"
import { readOp, writeOp } from "./OpWire.ts"
import { Strict } from "./Strict.ts"

export type { Op }

export interface Commit {
  /** The n of `log/<n>`; the first is 1. */
  readonly position: number
  /** Digest of the commit before; of the first one, `State.initial`'s. 32 bytes. */
  readonly previous: Uint8Array
  /** Epoch of the writer's term; 0 for a writer without one. */
  readonly term: number
  /** 16 random bytes, by which a writer knows its own commit again. */
  readonly nonce: Uint8Array
  /** Who wrote it, for people. */
  readonly host: string
  /** The store's clock, Unix milliseconds. */
  readonly time: number
  readonly ops: ReadonlyArray<Op>
}

/** The commit's bytes: the payload of `log/<position>`. Equal commits give equal bytes. */
export const encode = (commit: Commit): Uint8Array => {
  const writer = new Writer(1024)
  writer.number(1, commit.position).data(2, commit.previous).number(3, commit.term).data(4, commit.nonce)
  writer.string(5, commit.host).number(6, commit.time)
  for (const op of commit.ops) writer.message(16, (writer) => writeOp(writer, op))
  return writer.finish()
}

/** From the payload of `log/<position>`. An operation or a field that is not known is `newer`. Infos are views of `bytes`. */
export const decode = (bytes: Uint8Array): Result.Result<Commit, EnvelopeError> => {
  const reader = new Strict(bytes)
  const head = { position: 0, term: 0, host: "", time: 0 }
  let previous: Uint8Array = new Uint8Array(0)
  let nonce: Uint8Array = new Uint8Array(0)
  const ops: Array<Op> = []
  reader.all((tag) => {
    switch (tag) {
      case 8:
        head.position = reader.safe()
        break
      case 18:
        previous = reader.copy()
        break
      case 24:
        head.term = reader.safe()
        break
      case 34:
        nonce = reader.copy()
        break
      case 42:
        head.host = reader.string()
        break
      case 48:
        head.time = reader.safe()
        break
      case 130: {
        reader.object()
        const op = readOp(reader)
        if (op !== undefined) ops.push(op)
        break
      }
      default:
        reader.unknown("Commit", tag)
    }
  })
  if (head.position === 0 || previous.length !== 32 || nonce.length !== 16) reader.fail("the commit is not complete")
  return Result.mapError(
    reader.result({ ...head, previous, nonce, ops }),
    (error) => head.host === "" ? error : { ...error, host: head.host }
  )
}

/** What the next commit carries: SHA-256 of the bytes `encode` gave. */
export const digest = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer")
