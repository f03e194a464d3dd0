/** Whether an object proves itself when all of it is there. Nothing is needed for that but what opens the repository. */
import * as Result from "effect/Result"
import { type EnvelopeError, explained, openObject, type Sealing } from "./Envelope.ts"
import * as KeySlot from "./KeySlot.ts"
import * as Marker from "./Marker.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as Pack from "./Pack.ts"
import * as Segment from "./Segment.ts"

/**
 * What is wrong with it; undefined if nothing is, or if it is none of the repository's objects. `newer`: it cannot be told.
 * Every part is opened and every block hashed: some milliseconds for each megabyte.
 */
export const problem = (sealing: Sealing, key: string, bytes: Uint8Array): EnvelopeError | undefined => {
  const proved = read(sealing, key, bytes)
  return Result.isSuccess(proved) ? undefined : explained(key, proved.failure, bytes)
}

const read = (sealing: Sealing, key: string, bytes: Uint8Array): Result.Result<unknown, EnvelopeError> => {
  const parsed = ObjectKey.parse(key)
  switch (parsed?._tag) {
    case "Pack":
      return Pack.readAll(sealing, parsed.id, bytes)
    case "Segment":
      return Segment.prove(sealing, parsed.id, bytes)
    case "Log":
    case "Base":
      return openObject(sealing, key, bytes)
    case "Key": {
      // One of another repository is harmless.
      const slot = KeySlot.look(sealing, parsed.id, bytes)
      return slot._tag === "Damaged" ? Result.fail({ kind: "corrupt", reason: slot.reason }) : Result.succeed(slot)
    }
    case "Marker":
      return Marker.decode(bytes)
    case "Lease":
    case undefined:
      return Result.void
  }
}
