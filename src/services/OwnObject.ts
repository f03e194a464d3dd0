/**
 * Puts of objects whose names are drawn at random. That the name is taken nearly always means that an earlier answer was lost; but
 * a machine that was copied, or set back while it ran, draws its names again, and a proxy may say so of nothing at all.
 */
import { Effect } from "effect"
import * as Parts from "../domain/Parts.ts"
import { type ObjectStore, type StoreError, StoreUnavailable } from "./ObjectStore.ts"

/** Bytes that are compared: the seal of the last part, which binds what the object holds, and part of it. */
const ending = 1024

/** Whether the object lies in the store now; false if another one has its name. May be retried with the same bytes. */
export const put = Effect.fnUntraced(function*(
  store: ObjectStore["Service"],
  key: string,
  body: ReadonlyArray<Uint8Array>
): Effect.fn.Return<boolean, StoreError> {
  if ((yield* store.put(key, body)) === "Created") return true
  const end = endOf(body)
  const size = Parts.size(body)
  // One byte more: an object that goes on is another one.
  const range = { start: size - end.length, end: size + 1 }
  const isOurs = store.get(key, range).pipe(
    Effect.map((found) => Buffer.compare(found, end) === 0),
    Effect.catchTags({
      ObjectUnreadable: () => Effect.succeed(false),
      ObjectNotFound: () =>
        Effect.fail(
          new StoreUnavailable({ operation: "put", key, reason: "it is said to exist, and it is not there" })
        )
    })
  )
  // What was read otherwise than it is once is read again.
  return (yield* isOurs) || (yield* isOurs)
})

/** What there is to say of a name that another object has. */
export const taken = {
  reason: "another object has this name",
  mend: "it is tried again under another; if this machine was copied, or set back to a snapshot, start bepository again"
}

const endOf = (body: ReadonlyArray<Uint8Array>): Uint8Array => {
  const last: Array<Uint8Array> = []
  let missing = ending
  for (const part of body.toReversed()) {
    if (missing === 0) break
    const taken = part.subarray(Math.max(0, part.length - missing))
    last.unshift(taken)
    missing -= taken.length
  }
  return Parts.concatenate(last)
}
