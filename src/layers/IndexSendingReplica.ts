/**
 * Sends index messages out of the replica, at most one waiting per connection: so a stop is prompt, and a peer that does
 * not read costs one message of memory. Names Syncthing keeps to itself are never told.
 */
import { Clock, Effect, Latch, Layer, Stream } from "effect"
import * as IndexExchange from "../domain/bep/IndexExchange.ts"
import * as FileName from "../domain/FileName.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import type { Outbox } from "../services/BepConnection.ts"
import { type IndexSender, IndexSending } from "../services/IndexSending.ts"
import { Replica } from "../services/Replica.ts"

/** Milliseconds between two rounds of changes: the first after a rest is told at once, those right after it together. */
const coalesce = 250
/** One record more than a message can hold, so that the halves of a rename are seen together. */
const page = { records: IndexExchange.batchLimit.entries + 1, bytes: IndexExchange.batchLimit.bytes + 64 * 1024 }
const one = { records: 1, bytes: 1 }

interface Sending {
  cursor: IndexExchange.Cursor
  /** Records up to this sequence were sent or left out. */
  read: number
  /** `now`: look at once; `soon`: with the next round. */
  due: "now" | "soon" | "no"
}

export const layer: Layer.Layer<IndexSending, never, Replica> = Layer.effect(
  IndexSending,
  Effect.map(Replica, (replica) => IndexSending.of({ open: (outbox) => open(replica, outbox) }))
)

const open = Effect.fnUntraced(function*(
  replica: Replica["Service"],
  outbox: Outbox
): Effect.fn.Return<IndexSender> {
  const clock = yield* Clock.Clock
  const folders = new Map<string, Sending>()
  const woken = Latch.makeUnsafe()
  let roundAt = Number.NEGATIVE_INFINITY

  const sender: Omit<IndexSender, "run"> = {
    start: (folder, after) => {
      sender.stop(folder)
      folders.set(folder, { cursor: { after, full: after === 0 }, read: after, due: "now" })
      woken.openUnsafe()
    },
    stop: (folder) => {
      folders.delete(folder)
      outbox.drop("index", folder)
    }
  }

  /** Puts the folder's next message into the outbox, if there is anything to tell; it stays due if there is more. */
  const advance = (folder: string, sending: Sending): void => {
    const { records, last } = replica.recordsAfterUnsafe(folder, sending.read, page)
    const told = records.filter((record) => !FileName.isInternal(record.name))
    const message = IndexExchange.nextMessage(folder, sending.cursor, told)
    sending.read = message === undefined || message.taken === told.length ? last : message.cursor.after
    if (replica.recordsAfterUnsafe(folder, sending.read, one).records.length === 0) sending.due = "no"
    if (message === undefined) return
    sending.cursor = message.cursor
    // Last, for others may run meanwhile. Nothing else waits, so it fits, unless the connection has ended.
    if (!outbox.push("index", [message.frame], folder)) sending.due = "no"
  }

  const next = (due: Sending["due"]): [string, Sending] | undefined => {
    for (const entry of folders) if (entry[1].due === due) return entry
    return undefined
  }

  const loop = Effect.gen(function*() {
    while (true) {
      woken.closeUnsafe()
      const now = next("now")
      if (now !== undefined) {
        const [folder, sending] = now
        if (outbox.size("index") === 0) {
          advance(folder, sending)
          // To the end of the line: one large folder must not keep the others waiting.
          if (folders.get(folder) === sending) {
            folders.delete(folder)
            folders.set(folder, sending)
          }
          yield* Effect.yieldNow
        } else yield* outbox.until(() => outbox.size("index") === 0)
        continue
      }
      if (next("soon") === undefined) {
        yield* woken.await
        continue
      }
      const rest = roundAt + coalesce - Monotonic.millis(clock)
      if (rest > 0) yield* Effect.sleep(rest)
      roundAt = Monotonic.millis(clock)
      for (const sending of folders.values()) if (sending.due === "soon") sending.due = "now"
    }
  })
  const listen = Stream.runForEach(replica.changes, (changed) =>
    Effect.sync(() => {
      for (const folder of changed) {
        const sending = folders.get(folder)
        if (sending?.due === "no") sending.due = "soon"
      }
      woken.openUnsafe()
    }))
  return { ...sender, run: Effect.raceFirst(listen, loop) }
})
