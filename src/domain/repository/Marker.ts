/**
 * The `repository` object: what the location holds, readable without a key. It is not proof of itself: what a host once
 * knew, or a key slot says, about suite and repository id must agree with it.
 */
import * as Result from "effect/Result"
import { Writer } from "../Wire.ts"
import { type EnvelopeError, type Header, openObject, readHeader, sealObject, type Suite } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { Strict } from "./Strict.ts"

export interface Marker {
  /** Format of the repository: 1. */
  readonly format: number
  readonly suite: Suite
  /** 32 hex digits. */
  readonly repository: string
  /** What `init` found the store to be able to do, by name, in byte order. */
  readonly capabilities: ReadonlyArray<string>
  /** The store's clock at `init`, Unix milliseconds. */
  readonly created: number
}

/** The whole object. */
export const encode = (header: Header, marker: Pick<Marker, "capabilities" | "created">): Uint8Array => {
  const writer = new Writer().number(1, 1).number(2, marker.created)
  for (const capability of marker.capabilities) writer.element(3, capability)
  return sealObject(header, ObjectKey.marker, new Uint8Array(0), writer.finish())
}

/** From the whole object. The sealing of everything else follows from it, and from the master key if it is not plain. */
export const decode = (bytes: Uint8Array): Result.Result<Marker, EnvelopeError> =>
  Result.gen(function*() {
    const { repository, suite } = yield* readHeader(ObjectKey.marker, bytes)
    const payload = yield* openObject({ suite, repository }, ObjectKey.marker, bytes)
    const reader = new Strict(payload)
    const fields = { format: 0, created: 0 }
    const capabilities: Array<string> = []
    reader.all((tag) => {
      if (tag === 8) fields.format = reader.safe()
      else if (tag === 16) fields.created = reader.safe()
      else if (tag === 26) capabilities.push(reader.string())
      else reader.unknown("Marker", tag)
    })
    if (fields.format > 1) {
      return yield* Result.fail({ kind: "newer" as const, reason: `its format is ${fields.format}` })
    }
    if (fields.format === 0) reader.fail("it states no format")
    return yield* reader.result({ ...fields, suite, repository, capabilities })
  })
