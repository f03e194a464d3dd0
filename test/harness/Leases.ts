/** Leases that nobody competes for. */
import { Effect, Stream } from "effect"
import { Lease } from "../../src/services/Lease.ts"

/** What it answers is the test's. */
export const answering = (fence: Lease["Service"]["fence"]): Lease["Service"] =>
  Lease.of({
    fence,
    hold: () => () => {},
    tell: () => {},
    standing: Effect.succeed({ _tag: "Standby" }),
    changes: Stream.never
  })
