/** Whether an object proves itself when all of it is there. Nothing is needed for that but what opens the repository. */
import * as Result from "effect/Result"
import { type EnvelopeError, openObject, type Sealing } from "./Envelope.ts"
import * as KeySlot from "./KeySlot.ts"
import * as Marker from "./Marker.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as Pack from "./Pack.ts"
import * as Segment from "./Segment.ts"
import type { Steps } from "./Steps.ts"

/**
 * What is wrong with it; undefined if nothing is, or if it is none of the repository's objects. `newer`: it cannot be told.
 * Every part is opened, every block hashed, every row of a segment looked at: about 5 ms for a megabyte of a pack, 20 of a segment.
 */
export function* problem(sealing: Sealing, key: string, bytes: Uint8Array): Steps<EnvelopeError | undefined> {
  const proved = yield* read(sealing, key, bytes)
  return Result.isSuccess(proved) ? undefined : proved.failure
}

function* read(sealing: Sealing, key: string, bytes: Uint8Array): Steps<Result.Result<unknown, EnvelopeError>> {
  const parsed = ObjectKey.parse(key)
  switch (parsed?._tag) {
    case "Pack":
      return yield* Pack.proving(sealing, parsed.id, bytes)
    case "Segment":
      return yield* Segment.proving(sealing, parsed.id, bytes)
    case "Log":
    case "Base":
      return openObject(sealing, key, bytes)
    case "Key": {
      // One of another repository opens nothing here, one of a newer program something else: both are as they should be.
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
