/**
 * Protobuf for what the whole fleet must read alike: a field that is not known is never skipped, it makes the message
 * `newer`. Hence nobody folds a commit of which it understood only a part.
 */
import * as Result from "effect/Result"
import { Reader } from "../Wire.ts"
import type { EnvelopeError } from "./Envelope.ts"

export class Strict extends Reader {
  private newer: string | undefined

  /** A field that this program does not know: ends the reading. */
  unknown(message: string, tag: number): void {
    if (this.problem === undefined) this.newer = `${message} has field ${tag >>> 3}`
    this.fail("an unknown field")
  }

  /** A feature that this program does not have: ends the reading. */
  lacks(feature: string): void {
    if (this.problem === undefined) this.newer = `it needs the feature ${feature}`
    this.fail("an unknown feature")
  }

  /** A varint below 2^53. */
  safe(): number {
    const value = this.int64Number()
    return Number.isSafeInteger(value) && value >= 0 ? value : this.fail("a number is out of range")
  }

  /** Reads the fields of the embedded message that comes next. `field` reads one value, or calls `unknown`. */
  message(field: (tag: number) => void): void {
    const end = this.endWithin(this.scope)
    const outer = this.scope
    this.scope = end
    this.fields(end, field)
    this.scope = outer
  }

  /** Reads all fields up to the end. */
  all(field: (tag: number) => void): void {
    this.fields(this.limit, field)
  }

  /** A packed list of varints below 2^53. */
  packed(into: Array<number>): void {
    const end = this.endWithin(this.scope)
    while (this.pos < end && this.problem === undefined) into.push(this.safe())
    if (this.pos !== end) this.fail("a list ends inside a number")
  }

  /** A copy of a bytes field: what was read may outlive the object it lay in. */
  copy(): Uint8Array {
    // A Buffer's `slice` would be a view.
    return new Uint8Array(this.view())
  }

  /** What was read, if all of it may be believed. */
  result<A>(value: A): Result.Result<A, EnvelopeError> {
    if (this.newer !== undefined) return Result.fail({ kind: "newer", reason: this.newer })
    if (this.problem === undefined && this.badText) this.fail("a text is not UTF-8")
    return this.problem === undefined
      ? Result.succeed(value)
      : Result.fail({ kind: "corrupt", reason: this.problem })
  }

  private scope = this.limit

  private fields(end: number, field: (tag: number) => void): void {
    while (this.pos < end) field(this.tag())
    if (this.pos !== end) this.fail("a field reaches past the end of its message")
  }
}
