/**
 * A store seen through bad weather: requests that are slow, that never arrive, that succeed and lose their reply; and a
 * host that dies at a chosen request. Everything follows from the seed and the order of requests; time is the `Clock`'s.
 */
import { Clock, Effect, Layer, Stream } from "effect"
import { type ObjectEntry, ObjectStore, type StoreError, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import * as Seeded from "./Seeded.ts"

export interface Request {
  /** 0 for the first request of this store. */
  readonly index: number
  readonly operation: "put" | "get" | "list" | "remove" | "now"
  readonly key: string
}

/**
 * `fail`: the request does not arrive. `lose`: it is carried out, the reply is an error. `crash before`, `crash after`: the
 * host dies around it; nothing it asks for later is carried out.
 */
export type Fault = "fail" | "lose" | "crash before" | "crash after"

export interface Weather {
  readonly seed?: number
  /** Probabilities per request. */
  readonly fail?: number
  readonly lose?: number
  /** Longest time a request takes, and its reply, milliseconds. */
  readonly delay?: number
  /** What happens to this request, before chance is asked. */
  readonly decide?: (request: Request) => Fault | undefined
}

export interface Faulty {
  readonly store: ObjectStore["Service"]
  readonly requests: ReadonlyArray<Request>
  /** One line per request and per reply, with its time: equal for equal seeds. */
  readonly history: ReadonlyArray<string>
  /** Kills the host: from now on nothing is carried out. */
  readonly crash: () => void
}

/** What a dead host's fibers die of. */
export const crashed = "the host crashed"

export const make = (below: ObjectStore["Service"], weather: Weather = {}): Faulty => {
  const random = Seeded.make(weather.seed ?? 0)
  const requests: Array<Request> = []
  const history: Array<string> = []
  let dead = false

  const note = (line: string) =>
    Effect.map(Clock.currentTimeMillis, (time) => {
      history.push(`${time} ${line}`)
    })

  const pause = Effect.suspend(() => {
    const longest = weather.delay ?? 0
    return longest === 0 ? Effect.void : Effect.sleep(random.int(longest + 1))
  })

  const begin = Effect.fnUntraced(function*(operation: Request["operation"], key: string) {
    if (dead) return yield* Effect.die(crashed)
    const request: Request = { index: requests.length, operation, key }
    requests.push(request)
    const chance = random.next()
    const fault = weather.decide?.(request) ?? (chance < (weather.fail ?? 0)
      ? "fail"
      : chance < (weather.fail ?? 0) + (weather.lose ?? 0)
      ? "lose"
      : undefined)
    yield* note(`${operation} ${key} ${fault ?? ""}`)
    yield* pause
    if (dead) return yield* Effect.die(crashed)
    if (fault === "crash before") {
      dead = true
      return yield* Effect.die(crashed)
    }
    if (fault === "fail") return yield* new StoreUnavailable({ operation, key, reason: "the request was lost" })
    return fault
  })

  const end = Effect.fnUntraced(function*(operation: Request["operation"], key: string, fault: Fault | undefined) {
    if (fault === "crash after") dead = true
    if (dead) return yield* Effect.die(crashed)
    yield* pause
    if (dead) return yield* Effect.die(crashed)
    if (fault === "lose") return yield* new StoreUnavailable({ operation, key, reason: "the reply was lost" })
  })

  const through = <A, E>(
    operation: Request["operation"],
    key: string,
    run: Effect.Effect<A, E>,
    say: (answer: A) => string = () => ""
  ) =>
    Effect.gen(function*() {
      const fault = yield* begin(operation, key)
      const answer = yield* Effect.exit(run)
      yield* end(operation, key, fault)
      const value = yield* answer
      yield* note(`${operation} ${key} answered ${say(value)}`)
      return value
    })

  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> =>
    Stream.unwrap(Effect.gen(function*() {
      const fault = yield* begin("list", prefix)
      const entries = yield* Stream.runCollect(below.list(prefix, startAfter))
      // A reply that is cut off: some entries, then the error.
      const shown = fault === "lose" ? entries.slice(0, random.int(entries.length + 1)) : entries
      return Stream.concat(Stream.fromIterable(shown), Stream.fromEffectDrain(end("list", prefix, fault)))
    }))

  const store = ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => through("put", key, below.put(key, body), (outcome) => outcome),
    get: (key, range) => through("get", key, below.get(key, range), (bytes) => `${bytes.length}`),
    list,
    remove: (keys) => through("remove", keys.join(" "), below.remove(keys)),
    now: through("now", "", below.now)
  })
  return {
    store,
    requests,
    history,
    crash: () => {
      dead = true
    }
  }
}

/** The decorator as a layer. */
export const layer = (weather: Weather): Layer.Layer<ObjectStore, never, ObjectStore> =>
  Layer.effect(ObjectStore, Effect.map(ObjectStore, (below) => make(below, weather).store))
