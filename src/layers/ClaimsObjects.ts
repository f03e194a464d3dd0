/** Claims as objects of the store. */
import { Clock, Effect, Layer, Option } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as HostRows from "../domain/repository/HostRows.ts"
import * as LeaseClaim from "../domain/repository/LeaseClaim.ts"
import * as LeaseDecision from "../domain/repository/LeaseDecision.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import { Claims } from "../services/Claims.ts"
import { HostIdentity } from "../services/HostIdentity.ts"
import * as LeaseObjects from "../services/LeaseObjects.ts"
import { ObjectStore, StoreUnavailable } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"

/** Tries against hosts that put claims at the same time. */
const rounds = 8

/** `version`: of the program. Without a HostIdentity what is cleared leaves a claim of nobody's. */
export const layer = (
  version: string
): Layer.Layer<Claims, never, ObjectStore | Repository | SecureRandom.SecureRandom> =>
  Layer.effect(
    Claims,
    Effect.gen(function*() {
      const store = yield* ObjectStore
      const repository = yield* Repository
      const random = yield* SecureRandom.SecureRandom
      const host = Option.getOrUndefined(yield* Effect.serviceOption(HostIdentity))
      const nonce = Buffer.from(yield* random.randomBytes(16)).toString("hex")
      const me: LeaseDecision.Me = {
        holder: host?.id ?? nonce,
        nonce,
        priority: 0,
        isAlive: host?.isAlive ?? (() => true)
      }

      const objects = LeaseObjects.make(store, repository.sealing, random)

      const seenAt = Effect.fnUntraced(function*(now: number) {
        const { epoch } = yield* repository.head
        yield* objects.look(now)
        return { now, epoch, claims: objects.claims() } satisfies LeaseDecision.View
      })
      const view = Effect.flatMap(store.now, seenAt)

      /** So that no number that is taken away is given out again. */
      const marked = Effect.fnUntraced(function*() {
        for (let round = 0; round < rounds; round++) {
          const on = yield* view
          const { above, remove } = LeaseDecision.clearable(on, me)
          if (remove.length === 0) return { on, remove }
          const claim: LeaseClaim.LeaseClaim = {
            holder: me.holder,
            nonce,
            label: host?.label ?? "clear-lock",
            version,
            process: host?.process ?? 0,
            priority: 0,
            duration: 0,
            time: on.now,
            queued: 0,
            term: 0,
            since: 0,
            progress: LeaseClaim.noProgress
          }
          if (yield* objects.put(above, claim)) return { on, remove }
        }
        return yield* new StoreUnavailable({
          operation: "put",
          key: ObjectKey.leasePrefix,
          reason: "others put claims all the while"
        })
      })

      return Claims.of({
        // A directory's clock is asked by a file in it: whoever only looks goes by the host's own.
        hosts: Effect.map(Effect.flatMap(Clock.currentTimeMillis, seenAt), HostRows.rows).pipe(
          Effect.withSpan("Claims.hosts")
        ),
        clear: Effect.gen(function*() {
          const { on, remove } = yield* marked()
          yield* objects.remove(remove)
          const gone = new Set(remove)
          const kept = HostRows.rows({ ...on, claims: on.claims.filter(({ number }) => !gone.has(number)) })
          return { removed: remove.length, kept }
        }).pipe(Effect.withSpan("Claims.clear"))
      })
    })
  )
