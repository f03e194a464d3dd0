/**
 * A store seen through bad weather: requests that are slow, that never arrive, that succeed and lose their reply, that are
 * carried out much later; and a host that dies at a chosen request. Everything follows from the seed and the order of
 * requests; time is the `Clock`'s.
 */
import { Clock, Effect, Layer, Stream } from "effect"
import * as Parts from "../../src/domain/Parts.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  type StoreError,
  StoreUnavailable
} from "../../src/services/ObjectStore.ts"
import * as Seeded from "./Seeded.ts"

export interface Request {
  /** 0 for the first request of this store. */
  readonly index: number
  readonly operation: "put" | "get" | "list" | "remove" | "now"
  readonly key: string
}

/**
 * `fail`: the request does not arrive. `lose`: it is carried out, the reply is an error. `crash before`, `crash after`: the
 * host dies around it; nothing it asks for later is carried out. `late`: the reply is an error, and it is carried out when
 * `Weather.later` lets it, whatever became of the host. `twice`: it is carried out twice, the second reply counts.
 * `absent`: a GET finds nothing. `flip`: a GET answers with one bit wrong. `torn`: a put leaves a piece in `tmp/`, as on a
 * directory or over SFTP, and fails. `short`: a listing leaves out its end and says nothing.
 */
export type Fault =
  | "fail"
  | "lose"
  | "crash before"
  | "crash after"
  | "late"
  | "twice"
  | "absent"
  | "flip"
  | "torn"
  | "short"

export interface Weather {
  readonly seed?: number
  /** Probabilities per request. */
  readonly fail?: number
  readonly lose?: number
  /** Of puts and removals. */
  readonly late?: number
  readonly twice?: number
  /** Of GETs. */
  readonly absent?: number
  readonly flip?: number
  /** Of puts. */
  readonly torn?: number
  /** Of listings. */
  readonly short?: number
  /** Who carries out what is late. */
  readonly later?: (request: Effect.Effect<void>) => void
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

  const drawn = (operation: Request["operation"]): Fault | undefined => {
    let left = random.next()
    const writes = operation === "put" || operation === "remove"
    const odds: ReadonlyArray<readonly [Fault, number | undefined]> = [
      ["fail", weather.fail],
      ["lose", weather.lose],
      ["late", writes ? weather.late : 0],
      ["twice", writes ? weather.twice : 0],
      ["absent", operation === "get" ? weather.absent : 0],
      ["flip", operation === "get" ? weather.flip : 0],
      ["torn", operation === "put" ? weather.torn : 0],
      ["short", operation === "list" ? weather.short : 0]
    ]
    for (const [fault, probability = 0] of odds) {
      if (left < probability) return fault
      left -= probability
    }
    return undefined
  }

  const begin = Effect.fnUntraced(function*(operation: Request["operation"], key: string) {
    if (dead) return yield* Effect.die(crashed)
    const request: Request = { index: requests.length, operation, key }
    requests.push(request)
    const chance = drawn(operation)
    const fault = weather.decide?.(request) ?? chance
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
    if (fault === "late") return yield* new StoreUnavailable({ operation, key, reason: "no reply came" })
  })

  const through = <A, E>(
    operation: Request["operation"],
    key: string,
    run: Effect.Effect<A, E>,
    say: (answer: A) => string = () => "",
    spoiled: (fault: Fault | undefined, answer: A) => A = (_, answer) => answer,
    /** What of it is carried out when it is torn. */
    torn: (index: number) => Effect.Effect<unknown, StoreError> = () => Effect.void
  ) =>
    Effect.gen(function*() {
      const fault = yield* begin(operation, key)
      if (fault === "torn") {
        yield* Effect.ignore(torn(requests.length))
        return yield* new StoreUnavailable({ operation, key, reason: "the disk of the server failed" })
      }
      if (fault === "late") {
        weather.later?.(Effect.ignore(run))
        yield* end(operation, key, fault)
      }
      if (fault === "twice") yield* Effect.exit(run)
      const answer = yield* Effect.exit(run)
      yield* end(operation, key, fault)
      const value = yield* answer
      yield* note(`${operation} ${key} answered ${say(value)}`)
      return spoiled(fault, value)
    })

  const get: ObjectStore["Service"]["get"] = (key, range) => {
    let found: Uint8Array | undefined
    const read = Effect.tap(below.get(key, range), (bytes) =>
      Effect.sync(() => {
        found = bytes
      }))
    return through("get", key, read, (bytes) => `${bytes.length}`, (fault, bytes) => {
      if (fault === "absent") found = undefined
      return fault === "flip" ? flipped(bytes, random) : bytes
    }).pipe(
      Effect.flatMap((bytes) => found === undefined ? Effect.fail(new ObjectNotFound({ key })) : Effect.succeed(bytes))
    )
  }

  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> =>
    Stream.unwrap(Effect.gen(function*() {
      const fault = yield* begin("list", prefix)
      const entries = yield* Stream.runCollect(below.list(prefix, startAfter))
      // A reply that is cut off: some entries, then the error.
      const cut = fault === "lose" || fault === "short"
      const shown = cut ? entries.slice(0, random.int(entries.length + 1)) : entries
      return Stream.concat(Stream.fromIterable(shown), Stream.fromEffectDrain(end("list", prefix, fault)))
    }))

  const store = ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => {
      // What is late has left the host long ago: the caller's memory may hold something else by then.
      const sent = (weather.late ?? 0) > 0 ? body.map((part) => Uint8Array.from(part)) : body
      return through(
        "put",
        key,
        below.put(key, sent),
        (outcome) => outcome,
        undefined,
        (index) => below.put(`tmp/${index}-torn`, pieceOf(sent, random))
      )
    },
    get,
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

const flipped = (bytes: Uint8Array, random: Seeded.Seeded): Uint8Array => {
  const wrong = Uint8Array.from(bytes)
  if (wrong.length > 0) wrong[random.int(wrong.length)]! ^= 1 << random.int(8)
  return wrong
}

const pieceOf = (body: ReadonlyArray<Uint8Array>, random: Seeded.Seeded): ReadonlyArray<Uint8Array> => {
  const bytes = Parts.concatenate(body)
  return [bytes.subarray(0, random.int(bytes.length + 1))]
}

/** The decorator as a layer. */
export const layer = (weather: Weather): Layer.Layer<ObjectStore, never, ObjectStore> =>
  Layer.effect(ObjectStore, Effect.map(ObjectStore, (below) => make(below, weather).store))
