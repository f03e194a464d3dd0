/**
 * A host by itself: real layers in an instant world of their own. What it asks for next follows from what it was answered,
 * so it is run once for each sequence of answers, however many orders of other hosts' requests lead to it.
 */
import { Effect, Exit, Stream } from "effect"
import { type GetError, type ObjectEntry, ObjectStore, type PutOutcome } from "../../src/services/ObjectStore.ts"
import * as Instant from "../harness/Instant.ts"
import * as Interning from "./Interning.ts"
import {
  type Answer,
  carriedOut,
  type Operation,
  type Reply,
  type Request,
  type Requests,
  said,
  type Value
} from "./Requests.ts"

/** What a host has come to. */
export interface Local {
  /** Of this host; the same when nothing that differs can come of it. */
  readonly id: number
  /** In the order in which they were sent. */
  readonly pending: ReadonlyArray<Request>
  /** The `awake` for which it waits. */
  readonly due: number
  readonly end: Exit.Exit<unknown, unknown> | undefined
}

/** The world of a host. */
export interface Stage {
  readonly instant: Instant.Instant
  /** Until the host has begun, answered at once. */
  readonly store: ObjectStore["Service"]
  readonly sleep: (milliseconds: number) => Effect.Effect<void>
}

export interface LocalHost {
  readonly first: Local
  /** What it has come to up to now, each once. */
  readonly count: () => number
  /** `at`: the place of the request among those that are pending. */
  readonly answered: (local: Local, at: number, reply: Reply, moment: Instant.Moment) => Local
  readonly woken: (local: Local, moment: Instant.Moment) => Local
}

interface Live {
  readonly instant: Instant.Instant
  readonly pending: Array<{ readonly request: Request; readonly resume: (answer: Answer) => void }>
  end: Exit.Exit<unknown, unknown> | undefined
}

/** An event of a host; without a reply, that it is woken. */
interface Event {
  readonly at: number
  readonly reply: Reply | undefined
  readonly moment: Instant.Moment
}

interface Node extends Local {
  readonly from: readonly [Node, Event] | undefined
  readonly next: Map<string, Node>
  /** Has come to here and not further. */
  live: Live | undefined
}

/** What has come somewhere and waits there takes memory; without it, it is run again from the beginning. */
const mostKept = 64

/** `begin`: opens the host and says what it does. `objects`: what it finds. `time`: Unix milliseconds. */
export const make = (
  begin: (stage: Stage) => Effect.Effect<unknown, unknown>,
  objects: ObjectStore["Service"],
  time: number,
  requests: Requests
): LocalHost => {
  const nodes = Interning.make<number>()
  const kept: Array<Node> = []

  const keep = (node: Node): Node => {
    if (node.live !== undefined && kept.push(node) > mostKept) kept.shift()!.live = undefined
    return node
  }

  const nodeOf = (live: Live, from: Node["from"]): Node => {
    const pending = live.pending.map(({ request }) => request)
    const due = live.instant.due()
    const { end } = live
    // Of one that has ended and waits for nothing nothing comes but what it ended with.
    const isDone = end !== undefined && pending.length === 0 && due === Infinity
    const name = isDone ? `ended ${said(end)}` : from === undefined ? "" : `${from[0].id} ${keyOf(from[1])}`
    const id = nodes.of(name, (id) => id)
    return { id, pending, due, end, from, next: new Map(), live: isDone ? undefined : live }
  }

  const start = (): Live => {
    const instant = Instant.make(time)
    const live: Live = { instant, pending: [], end: undefined }
    let begun = false
    const ask = (operation: Operation, into?: Uint8Array): Effect.Effect<Value, GetError> =>
      Effect.suspend(() => {
        if (!begun) return atOnce(objects, operation)
        const request = requests.of(operation)
        return Effect.callback<Value, GetError>((resume) => {
          const resumed = (answer: Answer) => resume(Exit.map(answer, (value) => own(value, into)))
          const waiting = { request, resume: resumed }
          live.pending.push(waiting)
          return Effect.sync(() => {
            const at = live.pending.indexOf(waiting)
            if (at >= 0) live.pending.splice(at, 1)
          })
        })
      })
    const asked = <A extends Value>(operation: Operation, is: (value: Value) => value is A) =>
      ask(operation).pipe(
        Effect.catchTags({ ObjectNotFound: Effect.die, ObjectUnreadable: Effect.die }),
        Effect.flatMap((value) => is(value) ? Effect.succeed(value) : otherwise(operation))
      )
    const run = begin({
      instant,
      sleep: (milliseconds) => Effect.orDie(asked({ _tag: "sleep", milliseconds }, isNothing)),
      store: ObjectStore.of({
        location: objects.location,
        readAhead: objects.readAhead,
        // The caller's memory may hold something else by the time it is carried out.
        put: (key, body) => Effect.suspend(() => asked({ _tag: "put", key, body: Buffer.concat(body) }, isOutcome)),
        get: (key, range, into) => {
          const operation = { _tag: "get", key, range } as const
          return Effect.flatMap(
            ask(operation, into),
            (value) => value instanceof Uint8Array ? Effect.succeed(value) : otherwise(operation)
          )
        },
        list: (prefix, after) =>
          Stream.unwrap(Effect.map(asked({ _tag: "list", prefix, after }, isEntries), Stream.fromIterable)),
        remove: (keys) => asked({ _tag: "remove", keys: [...keys] }, isNothing),
        now: asked({ _tag: "now" }, isTime)
      })
    })
    if (instant.boot() > 0) throw new Error("to open a host takes time")
    begun = true
    instant.fork(run, (exit) => {
      live.end = exit
    })
    instant.drain()
    return live
  }

  const happen = (live: Live, { at, moment, reply }: Event) => {
    if (reply === undefined) return live.instant.goTo(moment)
    const [waiting] = live.pending.splice(at, 1)
    if (waiting === undefined) throw new Error("the same answers led somewhere else")
    live.instant.goTo(moment)
    waiting.resume(reply.answer)
    live.instant.drain()
  }

  /** One that has come to there; it is the caller's. */
  const liveAt = (node: Node): Live => {
    const { from, live = from === undefined ? start() : liveAt(from[0]) } = node
    if (node.live === undefined && from !== undefined) {
      happen(live, from[1])
      const same = live.pending.length === node.pending.length &&
        live.pending.every(({ request }, at) => request === node.pending[at])
      if (!same) throw new Error("the same answers led somewhere else")
    }
    node.live = undefined
    return live
  }

  const after = (local: Local, event: Event): Local => {
    const node = local as Node
    const key = keyOf(event)
    const known = node.next.get(key)
    if (known !== undefined) return known
    const live = liveAt(node)
    happen(live, event)
    const found = keep(nodeOf(live, [node, event]))
    node.next.set(key, found)
    return found
  }

  return {
    first: nodeOf(start(), undefined),
    count: nodes.count,
    answered: (local, at, reply, moment) => after(local, { at, reply, moment }),
    woken: (local, moment) => after(local, { at: 0, reply: undefined, moment })
  }
}

const keyOf = ({ at, moment, reply }: Event): string => `${at} ${reply?.id ?? "-"} ${moment.awake} ${moment.slept}`

/** As memory of the host's own. */
const own = (value: Value, into: Uint8Array | undefined): Value => {
  if (!(value instanceof Uint8Array)) return value
  if (into === undefined || into.length < value.length) return Uint8Array.from(value)
  into.set(value)
  return into.subarray(0, value.length)
}

const atOnce = (objects: ObjectStore["Service"], operation: Operation): Effect.Effect<Value, GetError> =>
  operation._tag === "put" || operation._tag === "remove" || operation._tag === "sleep"
    ? Effect.die(new Error(`to open a host needs ${operation._tag}`))
    : carriedOut(objects, operation)

const otherwise = ({ _tag }: Operation) => Effect.die(new Error(`${_tag} was answered otherwise`))
const isOutcome = (value: Value): value is PutOutcome => value === "Created" || value === "Exists"
const isEntries = (value: Value): value is ReadonlyArray<ObjectEntry> => Array.isArray(value)
const isTime = (value: Value): value is number => typeof value === "number"
const isNothing = (value: Value): value is void => value === undefined
