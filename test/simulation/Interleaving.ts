/**
 * Every order in which the requests of several hosts can reach their bucket. What a host does follows from what it was
 * answered (LocalHost.ts), and what a request does from what the bucket holds (Buckets.ts): both are run for real, once. Here
 * they are only put together: two histories with the same bucket and hosts that have come to the same are one state, and are
 * gone on from once.
 */
import * as Buckets from "./Buckets.ts"
import * as Requests from "./Requests.ts"
import * as Steps from "./Steps.ts"

export type { End, Mishap, Options, Program } from "./Steps.ts"

export interface Explored {
  readonly states: number
  /** Different orders of requests that were taken, each of which these states are a part of. */
  readonly orders: number
  /** Different ends. */
  readonly ends: number
  /** Different buckets. */
  readonly buckets: number
  /** Nothing is left to explore. */
  readonly whole: boolean
  /** What broke a law, with the requests that led there. */
  readonly complaints: ReadonlyArray<string>
}

/** A state on the way that is looked at. */
interface Frame {
  readonly left: (orders: number) => void
  readonly choices: ReadonlyArray<Steps.Choice>
  taken: number
  /** Orders in which it comes to an end from here, as far as they are known. */
  orders: number
}

/** Steps after which a history is taken to go round in circles. */
const mostSteps = 2000
/** States between two words of how far it has come. */
const often = 100_000
/** Complaints after which it is enough. */
const enough = 3
/** A map holds 16 million entries at most. */
const shards = 64

export const explore = (options: Steps.Options): Explored => {
  const requests = Requests.make()
  const buckets = Buckets.make(options.objects, options.sealing, options.begin, requests)
  const story = Steps.make(options, buckets, requests)
  /** Orders in which it comes to an end from there. */
  const seen = Array.from({ length: shards }, () => new Map<string, number>())
  const ends = new Set<string>()
  const complaints: Array<string> = []
  const frames: Array<Frame> = []
  let states = 0

  const complain = (wrong: ReadonlyArray<string>) => {
    const path = frames.map(({ choices, taken }) => choices[taken]!.label)
    complaints.push(`${[...new Set(wrong)].join("; ")}\n  after ${path.join("\n  then ")}`)
  }

  const end = (state: Steps.State) => {
    const { bucket, name, results } = story.end(state)
    if (ends.has(name)) return
    ends.add(name)
    const wrong = [...bucket.complaints, ...options.audit({ objects: bucket.objects, moment: state.moment, results })]
    if (wrong.length > 0) complain(wrong)
  }

  /** Orders from there to an end if they are known; else it is what is looked at next. */
  const enter = (from: Steps.State): number | undefined => {
    const { choices, state, wrong } = story.settle(from)
    if (wrong.length > 0 || frames.length > mostSteps) {
      complain([...wrong, ...frames.length > mostSteps ? ["it does not come to an end"] : []])
      return 0
    }
    if (choices.length === 0) {
      end(state)
      return 1
    }
    const key = story.keyOf(state)
    const part = seen[state.bucket.id % shards]!
    const known = part.get(key)
    if (known !== undefined) return known
    if (++states % often === 0) options.tell?.(states, buckets.count(), story.locals())
    part.set(key, 0)
    frames.push({ choices, left: (orders) => void part.set(key, orders), taken: 0, orders: 0 })
    return undefined
  }

  let orders = enter(story.first)
  while (frames.length > 0 && states < options.most && complaints.length < enough) {
    const frame = frames.at(-1)!
    const choice = frame.choices[frame.taken]
    let found: number | undefined
    if (choice !== undefined) found = enter(choice.take())
    else {
      frames.pop()
      frame.left(frame.orders)
      found = frame.orders
    }
    if (found === undefined) continue
    const onto = frames.at(-1)
    if (onto === undefined) orders = found
    else {
      onto.orders += found
      onto.taken++
    }
  }
  return {
    states,
    orders: orders ?? 0,
    ends: ends.size,
    buckets: buckets.count(),
    whole: frames.length === 0,
    complaints
  }
}
