/**
 * States of a story of several hosts over one bucket, and the steps from one to the next: requests are answered, befallen by
 * mishaps, or come late, and time passes while nobody asks for anything.
 */
import { Exit } from "effect"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { type GetError, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import type * as Instant from "../harness/Instant.ts"
import type * as Buckets from "./Buckets.ts"
import * as LocalHost from "./LocalHost.ts"
import * as Requests from "./Requests.ts"
import { doTouch } from "./Touching.ts"

export interface Program {
  readonly name: string
  /** Opens the host and says what it does; its end is the end of the host, what it fails with is a complaint. */
  readonly begin: Parameters<typeof LocalHost.make>[0]
}

/** What has become of all when nobody has anything left to do. */
export interface End {
  readonly objects: ReadonlyMap<string, Uint8Array>
  readonly moment: Instant.Moment
  /** What each program ended with that did not die before. */
  readonly results: ReadonlyMap<string, unknown>
}

/**
 * What befalls a write, once in a history: the reply is lost; it is carried out later, at any moment; the host dies before or
 * after it.
 */
export type Mishap = "lost" | "late" | "dies before" | "dies after"

export interface Options {
  readonly objects: ReadonlyMap<string, Uint8Array>
  readonly sealing: Sealing
  /** Unix milliseconds. */
  readonly begin: number
  readonly programs: ReadonlyArray<Program>
  /** What is wrong with it, asked for each once. */
  readonly audit: (end: End) => ReadonlyArray<string>
  /** An object that, once it is there, never changes or goes in this story: in which order it is read makes no difference. */
  readonly isLasting: (key: string) => boolean
  /** An object whose removal comes last of all in this story, when nobody is there to mind. */
  readonly isLeft: (key: string) => boolean
  /** How often all sleep in this story. */
  readonly sleeps: number
  readonly mishaps: ReadonlyArray<Mishap>
  /** How often, in one history, a host is passed over that could go on where the last request was its own. */
  readonly preemptions: number
  /**
   * Of orders that differ only in requests that do not touch each other one is taken. It comes to the same ends and breaks the
   * same laws; only without a bound of preemptions.
   */
  readonly reduced: boolean
  /** States after which it is given up. */
  readonly most: number
  /** Told now and then how far it has come. */
  readonly tell?: (states: number, buckets: number, locals: number) => void
}

export interface State {
  readonly bucket: Buckets.Bucket
  /** By program. */
  readonly locals: ReadonlyArray<LocalHost.Local>
  /** Programs that died. */
  readonly dead: ReadonlyArray<number>
  readonly moment: Instant.Moment
  readonly sleeps: number
  /** On their way, and nobody waits for an answer. */
  readonly late: ReadonlyArray<Requests.Request>
  readonly mishaps: ReadonlyArray<Mishap>
  readonly last: number | undefined
  readonly preempted: number
}

export interface Choice {
  readonly label: string
  readonly take: () => State
}

/** States that are looked through to see whether a host's requests touch nobody's. */
const mostLooked = 200

/** How one state of the story follows from another. */
export const make = (options: Options, buckets: Buckets.Buckets, requests: Requests.Requests) => {
  const { begin, isLasting, preemptions, programs } = options
  const ground = ObjectStoreMemory.make(new Map(options.objects))
  const hosts = programs.map((program) => LocalHost.make(program.begin, ground, begin, requests))
  const done = requests.reply(Exit.void)
  const lost = requests.reply(
    Exit.fail<GetError>(new StoreUnavailable({ operation: "any", key: "", reason: "no reply came" }))
  )

  const first: State = {
    bucket: buckets.first,
    locals: hosts.map((host) => host.first),
    dead: [],
    moment: { awake: 0, slept: 0 },
    sleeps: 0,
    late: [],
    mishaps: options.mishaps,
    last: undefined,
    preempted: 0
  }

  const isOver = ({ dead, locals }: State) => locals.every(({ end }, host) => end !== undefined || dead.includes(host))

  const told = (state: State, host: number, at: number, reply: Requests.Reply): State => ({
    ...state,
    locals: state.locals.with(host, hosts[host]!.answered(state.locals[host]!, at, reply, state.moment))
  })

  const answer = (state: State, host: number, at: number): State => {
    const request = state.locals[host]!.pending[at]!
    if (isPutOff(request)) return told(state, host, at, done)
    if (request.operation._tag === "sleep") {
      const { awake, slept } = state.moment
      const moment = { awake, slept: slept + request.operation.milliseconds }
      return told({ ...state, moment, sleeps: state.sleeps + 1 }, host, at, done)
    }
    const { bucket, reply } = buckets.carryOut(state.bucket, request, state.moment)
    return told({ ...state, bucket }, host, at, reply)
  }

  const carryOut = (state: State, request: Requests.Request): State => ({
    ...state,
    bucket: buckets.carryOut(state.bucket, request, state.moment).bucket
  })

  const befall = (state: State, host: number, at: number, mishap: Mishap): State => {
    const request = state.locals[host]!.pending[at]!
    const after = { ...state, mishaps: [] }
    if (mishap === "lost") return told(carryOut(after, request), host, at, lost)
    if (mishap === "late") return told({ ...after, late: [...after.late, request] }, host, at, lost)
    return {
      ...mishap === "dies before" ? after : carryOut(after, request),
      dead: [...after.dead, host],
      locals: after.locals.with(host, nothing)
    }
  }

  const turnTo = (state: State, host: number): State => {
    const { last, locals, preempted } = state
    const isPassedOver = last !== undefined && last !== host && locals[last]!.pending.length > 0
    return { ...state, last: host, preempted: preempted + (isPassedOver ? 1 : 0) }
  }

  /** Whether somebody else may go on now. */
  const isTurnOf = ({ last, locals, preempted }: State, host: number) =>
    last === undefined || last === host || preempted < preemptions || locals[last]!.pending.length === 0

  const keyOf = ({ bucket, last, late, locals, mishaps, moment, preempted }: State): string =>
    [
      bucket.id,
      ...locals.map(({ id }) => id),
      ...late.map(({ id }) => `l${id}`),
      moment.awake,
      moment.slept,
      mishaps.length,
      ...preemptions === Infinity ? [] : [last, preempted]
    ].join(" ")

  const isPutOff = ({ operation }: Requests.Request) =>
    operation._tag === "remove" && operation.keys.every(options.isLeft)

  /** It may be carried out before all others. */
  const isFree = ({ bucket, sleeps }: State, request: Requests.Request) => {
    const { operation } = request
    if (operation._tag === "get") return isLasting(operation.key) && bucket.objects.has(operation.key)
    // Nothing but a sleep comes between asking and the answer.
    return isPutOff(request) || (operation._tag === "now" && sleeps === options.sleeps)
  }

  const freed = (state: State): State | undefined => {
    for (const [host, { pending }] of state.locals.entries()) {
      const at = pending.findIndex((request) => isFree(state, request))
      if (at >= 0) return answer(state, host, at)
    }
    return undefined
  }

  /** The next moment for which somebody waits. */
  const later = (state: State): State | undefined => {
    const awake = Math.min(...state.locals.map(({ due }) => due))
    if (awake === Infinity) return undefined
    const moment = { ...state.moment, awake }
    return {
      ...state,
      moment,
      locals: state.locals.map((local, host) => local.due <= awake ? hosts[host]!.woken(local, moment) : local)
    }
  }

  const failures = ({ locals }: State): ReadonlyArray<string> =>
    locals.flatMap(({ end }, host) =>
      end !== undefined && Exit.isFailure(end) ? [`${programs[host]!.name}: ${String(end.cause)}`] : []
    )

  const choicesOf = (state: State): ReadonlyArray<Choice> => {
    const alone = options.reduced && preemptions === Infinity ? aloneIn(state) : undefined
    return choices(
      state,
      (host) => alone === undefined ? isTurnOf(state, host) : alone.includes(host),
      alone === undefined
    )
  }

  const choices = (state: State, isTurn: (host: number) => boolean, withLate: boolean): ReadonlyArray<Choice> => {
    const next = state.locals.flatMap(({ pending }, host) =>
      isTurn(host) ? pending.map((request, at) => ({ host, at, request })) : []
    )
    return [
      ...next.map(({ at, host, request }) => ({
        label: `${programs[host]!.name}: ${request.label}`,
        take: () => answer(turnTo(state, host), host, at)
      })),
      ...(withLate ? state.late : []).map((request, at) => ({
        label: `late: ${request.label}`,
        take: () => carryOut({ ...state, late: state.late.toSpliced(at, 1) }, request)
      })),
      ...next.filter(({ request }) => Requests.isWrite(request)).flatMap(
        ({ at, host, request }) =>
          state.mishaps.map((mishap) => ({
            label: `${programs[host]!.name}: ${request.label}, ${mishap}`,
            take: () => befall(turnTo(state, host), host, at, mishap)
          }))
      )
    ]
  }

  /**
   * The fewest hosts whose requests touch nothing that anybody else can ask for before one of them is answered. While they wait
   * no time passes, so that what the others can do until then is looked through, if it is not too much.
   */
  const aloneIn = (state: State): ReadonlyArray<number> | undefined => {
    const waiting = [...state.locals.keys()].filter((host) => {
      const { end, pending } = state.locals[host]!
      return pending.length > 0 && end === undefined
    })
    return subsets(waiting).find((some) => isAlone(state, some))
  }

  const isAlone = (from: State, hosts: ReadonlyArray<number>): boolean => {
    const own = hosts.flatMap((host) => from.locals[host]!.pending)
    const looked = new Set<string>()
    const open = [from]
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const { bucket, late, locals, mishaps } = state
      if (bucket.complaints.length > 0) continue
      const others = [...locals.flatMap((local, other) => hosts.includes(other) ? [] : local.pending), ...late]
      if (others.some((other) => own.some((request) => doTouch(request, other, mishaps.length > 0)))) return false
      for (const { take } of choices(state, (other) => !hosts.includes(other), true)) {
        const next = take()
        const key = keyOf(next)
        if (looked.has(key)) continue
        if (looked.size === mostLooked) return false
        looked.add(key)
        open.push(next)
      }
    }
    return true
  }

  return {
    first,
    /** What hosts have come to up to now. */
    locals: () => hosts.reduce((sum, { count }) => sum + count(), 0),
    /** With all done of which the order makes no difference, and time gone on while nobody asks for anything. */
    settle: (from: State) => {
      for (let state = from;;) {
        const wrong = [...state.bucket.complaints, ...failures(state)]
        if (isOver(state) || wrong.length > 0) return { state, choices: [], wrong }
        const free = freed(state)
        if (free === undefined && state.locals.some(({ pending }) => pending.length > 0)) {
          return { state, choices: choicesOf(state), wrong }
        }
        const next = free ?? later(state)
        if (next === undefined) return { state, choices: [], wrong: ["it hangs"] }
        state = next
      }
    },
    keyOf,
    end: (state: State) => {
      const { bucket } = state.late.reduce(carryOut, state)
      const results = new Map(
        state.locals.flatMap(({ end }, host) =>
          end !== undefined && Exit.isSuccess(end) ? [[programs[host]!.name, end.value] as const] : []
        )
      )
      return { bucket, results, name: `${bucket.id} ${JSON.stringify([...results])}` }
    }
  }
}

/** Of a host that died. */
const nothing: LocalHost.Local = { id: -1, pending: [], due: Infinity, end: undefined }

/** Not the empty one and not all; smaller ones first. */
const subsets = (all: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from(
    { length: Math.max(0, 2 ** all.length - 2) },
    (_, which) => all.filter((_, at) => ((which + 1) >> at) % 2 === 1)
  ).toSorted((a, b) => a.length - b.length)
