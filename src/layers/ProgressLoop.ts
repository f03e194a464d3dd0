/** Tells the lease how far this host is, so that others see it with the next claim, for no request more. */
import { Clock, Effect, Layer, Schedule } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import { Ingest } from "../services/Ingest.ts"
import { Lease } from "../services/Lease.ts"

const every = "5 seconds"
/** Looks that a rate is measured over: half a minute. */
const window = 6

export const layer: Layer.Layer<never, never, Ingest | Lease> = Layer.effectDiscard(Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const ingest = yield* Ingest
  const lease = yield* Lease
  const past: Array<{ readonly at: number; readonly bytes: number }> = []
  const tell = Effect.map(ingest.progress, (rows) => {
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0)
    const bytes = sum(({ bytesReceived }) => bytesReceived)
    const at = Monotonic.millis(clock)
    past.push({ at, bytes })
    if (past.length > window) past.shift()
    const [first = { at, bytes }] = past
    // Counts of a connection that ended may be gone for a moment.
    const rate = at === first.at ? 0 : Math.max(0, Math.round((bytes - first.bytes) * 1000 / (at - first.at)))
    lease.tell({ waiting: sum(({ waiting }) => waiting), files: sum(({ files }) => files), bytes, rate })
  })
  yield* tell.pipe(Effect.repeat(Schedule.spaced(every)), Effect.forkScoped)
}))
