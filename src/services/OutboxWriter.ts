/**
 * The writing half of a connection: what waits, by urgency, and the loop that hands it to the link. Nothing waits for the peer but
 * the loop.
 */
import { type Clock, Effect, Latch } from "effect"
import * as Messages from "../domain/bep/Messages.ts"
import { type Kind, WriterQueue, writes } from "../domain/bep/WriterQueue.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import type { Outbox } from "./BepConnection.ts"
import type { PeerLink } from "./PeerTransport.ts"

/** Bytes handed to the link at once: enough to be efficient, little enough that what is urgent comes soon. */
const writeBatch = 512 * 1024

export interface OutboxWriter extends Outbox {
  readonly loop: Effect.Effect<void>
  /** Monotonic milliseconds of the last write. */
  readonly writtenAt: () => number
  /** Drops what waits, says Close if there is a reason, and lets the loop end. */
  readonly finish: (close: string | undefined) => void
}

/** `fail` is told why nothing can be written any more. */
export const make = (
  link: Pick<PeerLink, "send">,
  clock: Clock.Clock,
  fail: (reason: string) => void
): OutboxWriter => {
  const queue = new WriterQueue()
  const filled = Latch.makeUnsafe()
  const waiting = new Set<() => void>()
  let writtenAt = Monotonic.millis(clock)
  let finished = false
  const moved = () => {
    for (const look of waiting) look()
  }
  const pushed = (kind: Kind, fits: boolean): boolean => {
    // Index and progress ask for room first; the others are bounded by those who make them, so this is our own fault.
    if (!fits) fail(`too many bytes of ${kind} unsent`)
    filled.openUnsafe()
    return fits
  }
  return {
    push: (kind, buffers, tag) => !finished && pushed(kind, queue.push(kind, buffers, tag)),
    pushCopy: (kind, buffers) => !finished && pushed(kind, queue.pushCopy(kind, buffers)),
    room: (kind) => queue.room(kind),
    size: (kind) => queue.size(kind),
    drop: (kind, tag) => queue.drop(kind, tag),
    until: (condition) =>
      Effect.callback<void>((resume) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      }),
    writtenAt: () => writtenAt,
    finish: (close) => {
      for (const kind of ["control", "response", "request", "index"] as const) queue.drop(kind)
      if (close !== undefined) queue.push("control", [Messages.encodeFrame({ _tag: "Close", reason: close })])
      finished = true
      filled.openUnsafe()
    },
    loop: Effect.gen(function*() {
      while (true) {
        filled.closeUnsafe()
        const batch = queue.take(writeBatch)
        if (batch === undefined) {
          if (finished) return
          yield* filled.await
          continue
        }
        for (const buffers of writes(batch)) yield* link.send(buffers)
        writtenAt = Monotonic.millis(clock)
        // Only now: until the link answers it may read the buffers, and the queue fills them again.
        queue.written()
        moved()
      }
    }).pipe(Effect.catchTag("PeerGone", ({ reason }) => Effect.sync(() => fail(reason))))
  }
}
