/**
 * Sends index messages out of the replica, at most one waiting per connection: so a stop is prompt, and a peer that does
 * not read costs one message of memory. Names Syncthing keeps to itself are never told.
 */
import { Effect, Latch, Layer, type Scope, Stream } from "effect"
import * as IndexExchange from "../domain/bep/IndexExchange.ts"
import * as FileName from "../domain/FileName.ts"
import type { Outbox } from "../services/BepConnection.ts"
import { type IndexSender, IndexSending } from "../services/IndexSending.ts"
import { Replica } from "../services/Replica.ts"

/** How long changes are gathered before they are told. */
const coalesce = "250 millis"
/** One record more than a message can hold, so that the halves of a rename are seen together. */
const page = { records: IndexExchange.batchLimit.entries + 1, bytes: IndexExchange.batchLimit.bytes + 64 * 1024 }
const one = { records: 1, bytes: 1 }

interface Sending {
  cursor: IndexExchange.Cursor
  /** Records up to this sequence were sent or left out. */
  read: number
  /** `now`: look at once; `soon`: after gathering. */
  due: "now" | "soon" | "no"
}

export const layer: Layer.Layer<IndexSending, never, Replica> = Layer.effect(
  IndexSending,
  Effect.map(Replica, (replica) => IndexSending.of({ open: (outbox) => open(replica, outbox) }))
)

const open = Effect.fnUntraced(function*(
  replica: Replica["Service"],
  outbox: Outbox
): Effect.fn.Return<IndexSender, never, Scope.Scope> {
  const folders = new Map<string, Sending>()
  const woken = Latch.makeUnsafe()

  const sender: IndexSender = {
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
    if (message !== undefined) {
      outbox.push("index", [message.frame], folder)
      sending.cursor = message.cursor
    }
    sending.read = message === undefined || message.taken === told.length ? last : message.cursor.after
    if (replica.recordsAfterUnsafe(folder, sending.read, one).records.length === 0) sending.due = "no"
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
          if (folders.delete(folder)) folders.set(folder, sending)
          yield* Effect.yieldNow
        } else yield* outbox.until(() => outbox.size("index") === 0)
        continue
      }
      if (next("soon") === undefined) {
        yield* woken.await
        continue
      }
      yield* Effect.sleep(coalesce)
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
  yield* Effect.forkScoped(listen, { startImmediately: true })
  yield* Effect.forkScoped(loop, { startImmediately: true })
  return sender
})
