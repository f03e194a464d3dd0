/**
 * The check-up as a sequence of small experiments. Each cleans up after itself as far as it can; the finaliser removes what
 * is left whatever happened, and says so if it cannot.
 */
import { type Cause, Clock, Effect, Layer, Queue, Random, Result, Stream } from "effect"
import * as Checkup from "../domain/store/Checkup.ts"
import { ObjectStore, type ObjectUnreadable, type StoreError } from "../services/ObjectStore.ts"
import { type Finding, StoreCheckup } from "../services/StoreCheckup.ts"

/** Rounds of the race, and writers in each. */
const rounds = 6
const racers = 16
/** Objects of the listing. */
const listed = 24
/** Requests that latency is the median of. */
const samples = 9

type Store = ObjectStore["Service"]
type Experiment = Effect.Effect<Omit<Finding, "check">, StoreError | ObjectUnreadable>

const ok = (seen: string, figures?: Finding["figures"]): Omit<Finding, "check"> => ({
  verdict: "ok",
  seen,
  ...(figures === undefined ? {} : { figures })
})
const failed = (seen: string, mend: string): Omit<Finding, "check"> => ({ verdict: "failed", seen, mend })

const conditional =
  "use a store that creates only if absent (S3 with If-None-Match: AWS, R2, MinIO, Ceph, Garage, Wasabi; Google Cloud Storage; SFTP; a local disk)"
const consistent =
  "use a store that is consistent after each request; a cache or a gateway in between must not answer for it"

const textOf = (store: Store, key: string) =>
  Effect.map(store.get(key), (bytes) => Buffer.from(bytes).toString()).pipe(
    Effect.catchTag("ObjectNotFound", () => Effect.undefined)
  )
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const keepsBytes = (store: Store): Experiment =>
  Effect.gen(function*() {
    const text = `bepository was here ${(yield* Random.nextIntBetween(0, 0x7fffffff)).toString(36)}\n`
    const body = bytesOf(text)
    const outcome = yield* store.put("first", [body.subarray(0, 5), body.subarray(5)])
    const read = yield* textOf(store, "first")
    if (read === text) return ok("an object was written and read")
    // "It exists" with our bytes in it is an answer that was lost and asked for again.
    if (outcome === "Exists") return failed("a name nobody used is taken", "look at what else writes to this place")
    return failed(
      read === undefined ? "an object is not there right after it was put" : "an object reads as other bytes",
      consistent
    )
  })

const createsOnce = (store: Store): Experiment =>
  Effect.gen(function*() {
    yield* store.put("once", [bytesOf("first")])
    const again = yield* store.put("once", [bytesOf("second, and longer")])
    if (again === "Created" || (yield* textOf(store, "once")) !== "first") {
      return failed("it overwrites objects that exist", conditional)
    }
    for (let round = 0; round < rounds; round++) {
      const key = `race/${round}`
      const outcomes = yield* Effect.forEach(Array.from({ length: racers }, (_, racer) => racer), (racer) =>
        store.put(key, [bytesOf(`racer ${racer}`)]).pipe(
          Effect.catchTag("StoreUnavailable", () =>
            Effect.succeed("undecided" as const))
        ), { concurrency: "unbounded" })
      const found = /^racer (\d+)$/.exec((yield* textOf(store, key)) ?? "")?.[1]
      const problem = Checkup.raceProblem({ outcomes, found: found === undefined ? undefined : Number(found) })
      if (problem !== undefined) {
        return failed(problem, conditional)
      }
    }
    return ok(`of ${racers} writers at once exactly one created the object, ${rounds} times of ${rounds}`)
  })

const listsAtOnce = (store: Store): Experiment =>
  Effect.gen(function*() {
    const expected = Array.from(
      { length: listed },
      (_, at) => [`list/${String(at).padStart(3, "0")}`, at] as const
    )
    yield* Effect.forEach(expected, ([key, size]) => store.put(key, [new Uint8Array(size)]), { concurrency: 8 })
    const entries = yield* Stream.runCollect(store.list("list/"))
    const problem = Checkup.listingProblem(expected, entries)
    if (problem !== undefined) return failed(problem, consistent)
    const [from] = expected[10]!
    const rest = Checkup.listingProblem(expected.slice(11), yield* Stream.runCollect(store.list("list/", from)))
    return rest === undefined
      ? ok(`${listed} objects were listed right after they were put, in order, with their sizes`)
      : failed(`listing from the middle: ${rest}`, consistent)
  })

const readsRanges = (store: Store): Experiment =>
  Effect.gen(function*() {
    const body = Uint8Array.from({ length: 10_000 }, (_, at) => (at * 7) & 255)
    yield* store.put("range", [body])
    for (const [start, end] of [[0, 1], [17, 4242], [9_999, 10_000], [9_000, 20_000]] as const) {
      const read = yield* store.get("range", { start, end }).pipe(
        Effect.catchTag("ObjectNotFound", () => Effect.undefined)
      )
      if (read === undefined || Buffer.compare(read, body.subarray(start, end)) !== 0) {
        return failed(`bytes ${start} to ${end} of an object are not what was asked for`, consistent)
      }
    }
    return ok("parts of an object can be read")
  })

const tellsAbsence = (store: Store): Experiment =>
  store.get("never-put").pipe(
    Effect.as(failed("it gives bytes for a name that was never put", consistent)),
    Effect.catchTag("ObjectNotFound", () => Effect.succeed(ok("it says of what is absent that it is absent")))
  )

const deletes = (store: Store): Experiment =>
  Effect.gen(function*() {
    const keys = Array.from({ length: listed }, (_, at) => `list/${String(at).padStart(3, "0")}`)
    yield* store.remove([...keys, "never-put"])
    const left = yield* Stream.runCollect(store.list("list/"))
    if (left.length > 0) return failed(`${left.length} objects are still listed after they were deleted`, consistent)
    return (yield* textOf(store, keys[0]!)) === undefined
      ? ok("deleted objects are gone")
      : failed("a deleted object can still be read", consistent)
  })

const clock = (store: Store): Experiment =>
  Effect.gen(function*() {
    // The first request may pay for a connection.
    yield* store.now
    const before = yield* Clock.currentTimeMillis
    const theirs = yield* store.now
    const off = Checkup.skew(before, theirs, yield* Clock.currentTimeMillis)
    const seconds = off.ahead / 1000
    const seen = Math.abs(seconds) < 1 + off.exact / 1000
      ? "this host's clock and the store's agree"
      : `this host's clock is ${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? "ahead of" : "behind"} the store's`
    const mend = Checkup.skewAdvice(off)
    const figures = { clockAheadMs: Math.round(off.ahead) }
    return mend === undefined ? ok(seen, figures) : { verdict: "advice", seen, mend, figures }
  })

/** Milliseconds that the effect took. */
const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<number, E> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const start = clock.monotonicTimeNanosUnsafe()
    yield* effect
    return Number(clock.monotonicTimeNanosUnsafe() - start) / 1e6
  })

const latency = (store: Store): Experiment =>
  Effect.gen(function*() {
    const each = (run: (at: number) => Effect.Effect<unknown, StoreError | ObjectUnreadable>) =>
      Effect.map(Effect.forEach(Array.from({ length: samples }, (_, at) => at), (at) => timed(run(at))), Checkup.median)
    const put = yield* each((at) => store.put(`quick/${at}`, [new Uint8Array(1024)]))
    const get = yield* each((at) => Effect.catchTag(store.get(`quick/${at}`), "ObjectNotFound", () => Effect.void))
    const list = yield* each(() => Stream.runDrain(store.list("quick/")))
    const text = (milliseconds: number) => `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`
    return ok(`1 KiB: put ${text(put)}, get ${text(get)}; list ${text(list)} (medians of ${samples})`, {
      putMs: put,
      getMs: get,
      listMs: list
    })
  })

const throughput = (store: Store, bytes: number): Experiment =>
  Effect.gen(function*() {
    const body = new Uint8Array(bytes)
    // Nothing on the way may be able to compress it.
    let seed = yield* Random.nextIntBetween(1, 0x7fffffff)
    for (let at = 0; at < bytes; at++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
      body[at] = seed >>> 24
    }
    const up = bytes / (yield* timed(store.put("large", [body]))) * 1000
    let same = false
    const read = Effect.map(store.get("large"), (back) => {
      same = Buffer.compare(back, body) === 0
    }).pipe(Effect.catchTag("ObjectNotFound", () => Effect.void))
    const down = bytes / (yield* timed(read)) * 1000
    if (!same) return failed(`an object of ${bytes} bytes does not read back as it was put`, consistent)
    const text = (rate: number) => `${(rate / 1_048_576).toFixed(1)} MiB/s`
    return ok(`one object of ${Math.round(bytes / 1_048_576)} MiB: put ${text(up)}, get ${text(down)}`, {
      putBytesPerSecond: up,
      getBytesPerSecond: down
    })
  })

const removeAll = (store: Store) =>
  Effect.gen(function*() {
    const left = yield* Stream.runCollect(store.list(""))
    if (left.length > 0) yield* store.remove(left.map((entry) => entry.key))
    return yield* Stream.runCollect(store.list(""))
  })

const cleansUp = (store: Store): Experiment =>
  Effect.map(removeAll(store), (left) =>
    left.length === 0
      ? ok("nothing was left behind")
      : failed(`${left.length} objects cannot be deleted`, `delete them by hand: they lie at ${store.location}`))

/** The experiments in order; after a failed `vital` one the others would only say the same. */
const experiments = (
  store: Store,
  bytes: number
): ReadonlyArray<readonly [check: string, run: Experiment, vital?: "vital"]> => [
  ["write and read", keepsBytes(store), "vital"],
  ["create only if absent", createsOnce(store)],
  ["list", listsAtOnce(store)],
  ["read ranges", readsRanges(store)],
  ["absence", tellsAbsence(store)],
  ["delete", deletes(store)],
  ["clock", clock(store)],
  ["latency", latency(store)],
  ...(bytes > 0 ? [["throughput", throughput(store, bytes)] as const] : [])
]

export const layer: Layer.Layer<StoreCheckup, never, ObjectStore> = Layer.effect(
  StoreCheckup,
  Effect.map(ObjectStore, (store) => {
    const examine = (check: string, run: Experiment): Effect.Effect<Finding> =>
      Effect.map(Effect.result(run), (result) =>
        Result.isSuccess(result)
          ? { check, ...result.success }
          : {
            check,
            verdict: "failed",
            seen: result.failure.message,
            mend: result.failure._tag === "StoreRefused" ? result.failure.mend : "mend that and run it again"
          })
    const all = (bytes: number, tell: (finding: Finding) => void) =>
      Effect.gen(function*() {
        for (const [check, run, vital] of experiments(store, bytes)) {
          const finding = yield* examine(check, run)
          tell(finding)
          if (vital !== undefined && finding.verdict === "failed") break
        }
        tell(yield* examine("clean up", cleansUp(store)))
      }).pipe(
        Effect.onInterrupt(() =>
          removeAll(store).pipe(
            Effect.timeout("30 seconds"),
            Effect.catch((error) =>
              Effect.logWarning(`objects are left at ${store.location}: ${error.message}; delete them by hand`)
            )
          )
        )
      )
    return StoreCheckup.of({
      run: ({ bytes }) =>
        Stream.unwrap(Effect.gen(function*() {
          const findings = yield* Queue.unbounded<Finding, Cause.Done>()
          yield* all(bytes, (finding) => void Queue.offerUnsafe(findings, finding)).pipe(
            Queue.into(findings),
            Effect.forkScoped
          )
          return Stream.fromQueue(findings)
        }))
    })
  })
)
