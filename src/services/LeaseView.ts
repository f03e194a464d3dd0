/**
 * The queue for the term as a host sees it in the store: whose claims lie there, what time it is there, and the host's own
 * claims put behind them. It decides nothing.
 */
import { Effect } from "effect"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import type * as LeaseClaim from "../domain/repository/LeaseClaim.ts"
import * as LeaseDecision from "../domain/repository/LeaseDecision.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as LeaseObjects from "./LeaseObjects.ts"
import { type ObjectStore, StoreUnavailable } from "./ObjectStore.ts"
import type { Repository } from "./Repository.ts"

export interface Options {
  readonly store: ObjectStore["Service"]
  readonly repository: Repository["Service"]
  readonly random: SecureRandom.SecureRandom["Service"]
  /** This machine's milliseconds, which count its sleep. */
  readonly now: () => number
  readonly me: LeaseDecision.Me
  /** What every claim of this host says of it. */
  readonly host: Pick<LeaseClaim.LeaseClaim, "label" | "version" | "process">
  /** How far it is, as of now. */
  readonly progress: () => LeaseClaim.LeaseClaim["progress"]
  /** Of a claim, milliseconds. */
  readonly duration: number
}

export const make = ({ duration, host, me, now, progress, random, repository, store }: Options) => {
  /** The store's clock at the last look, and when that was on ours. */
  let looked = { now: 0, at: 0 }

  /** A store that does not answer in time is one that cannot be asked: the claim would be old news. */
  const asked = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E | StoreUnavailable> =>
    Effect.timeoutOrElse(request, {
      duration: Math.max(1000, Math.ceil(duration / 6)),
      orElse: () =>
        Effect.fail(
          new StoreUnavailable({ operation: "claim", key: ObjectKey.leasePrefix, reason: "it takes too long" })
        )
    })

  const objects = LeaseObjects.make(store, repository.sealing, random, asked)

  /** As it was at the last look. */
  const known = Effect.map(repository.head, ({ epoch }): LeaseDecision.View => ({
    now: Math.floor(looked.now + now() - looked.at),
    epoch,
    claims: objects.claims()
  }))

  /** What lies there now, and the store's time. */
  const fresh = Effect.gen(function*() {
    const at = now()
    const time = yield* asked(store.now)
    yield* objects.look(time)
    looked = { now: time, at }
    return yield* known
  })

  /** What lies there now. What is new counts as seen at that time: the store's clock is not asked again. */
  const glance = Effect.fnUntraced(function*(time: number) {
    yield* objects.look(time)
    return yield* known
  })

  /** Puts the next claim: its number, or undefined if another has it. */
  const claim = Effect.fnUntraced(function*(
    on: LeaseDecision.View,
    what: (number: number) => Pick<LeaseClaim.LeaseClaim, "duration" | "queued" | "term" | "since">
  ) {
    const number = LeaseDecision.nextNumber(on)
    const put = yield* objects.put(number, {
      holder: me.holder,
      nonce: me.nonce,
      priority: me.priority,
      ...host,
      time: on.now,
      progress: progress(),
      ...what(number)
    })
    return put ? number : undefined
  })

  /** Older claims of this host say nothing any more. That they stay is harmless. */
  const tidy = Effect.gen(function*() {
    yield* objects.remove(LeaseDecision.removable(yield* known, me))
  }).pipe(Effect.catch((error) => Effect.logDebug("old claims stay", error.message)))

  return { asked, known, fresh, glance, claim, tidy }
}
