/**
 * Every order in which the requests of several hosts can reach their store. The hosts are real layers in an instant world:
 * what they do between two requests follows from what they were answered before. So two histories with the same store and
 * the same answers are one state, and are gone on from once.
 */
import { Clock, Effect, Exit, Stream } from "effect"
import * as Crypto from "node:crypto"
import { type GetError, ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import * as Instant from "../harness/Instant.ts"

export interface Program {
  readonly name: string
  /** Its end is the end of the history; what it fails with is a complaint. */
  readonly run: Effect.Effect<unknown, unknown>
}

/** What a history begins with. */
export interface Stage {
  readonly instant: Instant.Instant
  /** The store as the host of that name reaches it; while the stage is set, at once. */
  readonly storeOf: (host: string, below: ObjectStore["Service"]) => ObjectStore["Service"]
  /** All machines sleep for so long; a request like any other. Milliseconds. */
  readonly sleep: (host: string, milliseconds: number) => Effect.Effect<void>
  readonly objects: Map<string, Uint8Array>
}

export interface Story {
  readonly programs: ReadonlyArray<Program>
  /** What was wrong up to now. */
  readonly complaints: () => ReadonlyArray<string>
  /** What is wrong when all programs have ended, asked for each store once. */
  readonly audit: (instant: Instant.Instant, dead: ReadonlySet<string>) => ReadonlyArray<string>
}

/**
 * What befalls a write, once in a history: the reply is lost; it is carried out later, by whoever asks then; the host dies
 * before or after it.
 */
export type Mishap = "lost" | "late" | "dies before" | "dies after"

export interface Options {
  readonly objects: ReadonlyMap<string, Uint8Array>
  /** Unix milliseconds. */
  readonly begin: number
  readonly story: (stage: Stage) => Story
  /** An object that, once it is there, never changes or goes in this story: in which order it is read makes no difference. */
  readonly isLasting: (key: string) => boolean
  /** How often all sleep in this story. */
  readonly sleeps: number
  readonly mishaps: ReadonlyArray<Mishap>
  /** How often, in one history, a host is passed over that could go on where the last request was its own. */
  readonly preemptions: number
  /** States after which it is given up. */
  readonly most: number
}

export interface Explored {
  readonly states: number
  /** Histories that were followed to their end. */
  readonly histories: number
  /** Different stores in the end. */
  readonly ends: number
  /** Nothing is left to explore. */
  readonly whole: boolean
  /** What broke a law, with the requests that led there. */
  readonly complaints: ReadonlyArray<string>
}

interface Choice {
  readonly label: string
  readonly take: () => void
}

interface Host {
  readonly name: string
  answers: string
  dead: boolean
  ended: boolean
}

interface Request {
  readonly host: Host
  /** It may be carried out before all others. */
  readonly isFree: () => boolean
  readonly label: string
  readonly writes: boolean
  /** At the store alone. */
  readonly carryOut: () => void
  /** At the store; says what the host is answered, and answers it. */
  readonly answer: () => string
  /** The host hears of no reply. */
  readonly fail: () => string
}

/** Steps after which a history is taken to go round in circles. */
const mostSteps = 2000
/** Complaints after which it is enough. */
const enough = 3

export const explore = (options: Options): Explored => {
  const seen = new Set<string>()
  const ends = new Set<string>()
  const complaints: Array<string> = []
  const digests = new WeakMap<Uint8Array, string>()
  const open: Array<ReadonlyArray<number>> = [[]]
  let histories = 0
  while (open.length > 0 && seen.size < options.most && complaints.length < enough) {
    const known = open.pop()!
    const history = begin(options, digests)
    const taken: Array<number> = []
    const path: Array<string> = []
    let wrong: ReadonlyArray<string> = []
    for (;;) {
      const choices = history.choices()
      wrong = [...history.wrong(), ...taken.length > mostSteps ? ["it does not come to an end"] : []]
      if (wrong.length > 0) break
      if (choices.length === 0) {
        histories++
        const store = history.stored()
        if (ends.has(store)) break
        ends.add(store)
        wrong = history.audit()
        break
      }
      let next = known[taken.length]
      if (next === undefined) {
        const state = history.state()
        if (seen.has(state)) break
        seen.add(state)
        for (let other = choices.length - 1; other > 0; other--) open.push([...taken, other])
        next = 0
      }
      const choice = choices[next]
      if (choice === undefined) throw new Error(`the same answers led somewhere else: ${path.join(", ")}`)
      taken.push(next)
      path.push(choice.label)
      choice.take()
    }
    if (wrong.length > 0) complaints.push(`${[...new Set(wrong)].join("; ")}\n  after ${path.join("\n  then ")}`)
  }
  return { states: seen.size, histories, ends: ends.size, whole: open.length === 0, complaints }
}

const begin = (options: Options, digests: WeakMap<Uint8Array, string>) => {
  const instant = Instant.make(options.begin)
  const objects = new Map(options.objects)
  const hosts = new Map<string, Host>()
  const failures: Array<string> = []
  /** On their way. */
  const pending: Array<Request> = []
  /** On their way, and nobody waits for an answer. */
  const late: Array<Request> = []
  let mishaps = options.mishaps
  let last: Host | undefined
  let preempted = 0
  let slept = 0
  let begun = false

  const hostOf = (name: string): Host => {
    const host = hosts.get(name) ?? { name, answers: "", dead: false, ended: false }
    hosts.set(name, host)
    return host
  }

  const through = <A, E extends GetError>(
    host: Host,
    label: string,
    writes: boolean,
    run: Effect.Effect<A, E>,
    isFree = () => false
  ): Effect.Effect<A, E | StoreUnavailable> =>
    !begun ? run : Effect.callback((resume) => {
      const carryOut = () => Effect.runSyncExit(Effect.provideService(run, Clock.Clock, instant.clock))
      const tell = (exit: Exit.Exit<A, E | StoreUnavailable>) => {
        resume(exit)
        return said(exit)
      }
      const fail = () => tell(Exit.fail(new StoreUnavailable({ operation: label, key: "", reason: "no reply came" })))
      const request: Request = { host, label, writes, isFree, carryOut, answer: () => tell(carryOut()), fail }
      pending.push(request)
      return Effect.sync(() => {
        const at = pending.indexOf(request)
        if (at >= 0) pending.splice(at, 1)
      })
    })

  const storeOf: Stage["storeOf"] = (name, below) => {
    const host = hostOf(name)
    return ObjectStore.of({
      location: below.location,
      readAhead: below.readAhead,
      put: (key, body) => {
        // The caller's memory may hold something else by the time it is carried out.
        const sent = body.map((part) => Uint8Array.from(part))
        return through(host, `put ${key}`, true, below.put(key, sent))
      },
      get: (key, range, into) =>
        through(
          host,
          `get ${key}`,
          false,
          below.get(key, range, into),
          () => objects.has(key) && options.isLasting(key)
        ),
      list: (prefix, after) =>
        Stream.unwrap(Effect.map(
          through(host, `list ${prefix}`, false, Stream.runCollect(below.list(prefix, after))),
          Stream.fromIterable
        )),
      remove: (keys) => through(host, `remove ${keys.join(" ")}`, true, below.remove(keys)),
      now: through(
        host,
        "now",
        false,
        Effect.provideService(below.now, Clock.Clock, instant.clock),
        // Nothing but a sleep comes between asking and the answer.
        () => slept === options.sleeps
      )
    })
  }

  const sleep = (name: string, milliseconds: number) =>
    Effect.orDie(through(
      hostOf(name),
      "all sleep",
      false,
      Effect.sync(() => {
        slept++
        instant.sleep(milliseconds)
      })
    ))

  const answer = (request: Request, reply: () => string) => {
    pending.splice(pending.indexOf(request), 1)
    const { host } = request
    const at = instant.boot()
    host.answers = sha1(`${host.answers} ${at} ${request.label} ${reply()}`)
    instant.drain()
  }

  /** Whether somebody else may go on now. */
  const isTurnOf = (host: Host) =>
    last === undefined || last === host || preempted < options.preemptions ||
    !pending.some((other) => other.host === last)

  const turnTo = (host: Host) => {
    if (last !== undefined && last !== host && pending.some((other) => other.host === last)) preempted++
    last = host
  }

  const die = (host: Host) => {
    host.dead = true
    for (let at = pending.length - 1; at >= 0; at--) if (pending[at]!.host === host) pending.splice(at, 1)
  }

  const story = options.story({ instant, storeOf, sleep, objects })
  begun = true
  for (const program of story.programs) {
    const host = hostOf(program.name)
    instant.fork(program.run, (exit) => {
      host.ended = true
      if (Exit.isFailure(exit) && !host.dead) failures.push(`${program.name}: ${String(exit.cause)}`)
    })
  }
  instant.drain()

  const befall = (request: Request, mishap: Mishap) => {
    mishaps = []
    if (mishap === "late") late.push(request)
    else if (mishap !== "dies before") request.carryOut()
    if (mishap === "late" || mishap === "lost") answer(request, request.fail)
    else die(request.host)
  }

  const isOver = () => story.programs.every(({ name }) => hostOf(name).ended || hostOf(name).dead)

  return {
    wrong: () => [...story.complaints(), ...failures],
    /** Empty in the end. */
    choices: (): ReadonlyArray<Choice> => {
      while (!isOver() && failures.length === 0) {
        const free = pending.find(({ isFree }) => isFree())
        if (free !== undefined) answer(free, free.answer)
        else if (pending.length > 0) break
        else if (!instant.pass()) failures.push("it hangs")
      }
      if (isOver() || failures.length > 0) return []
      const next = pending.filter(({ host }) => isTurnOf(host))
      return [
        ...next.map((request) => ({
          label: `${request.host.name}: ${request.label}`,
          take: () => {
            turnTo(request.host)
            answer(request, request.answer)
          }
        })),
        ...late.map((request) => ({
          label: `late: ${request.label}`,
          take: () => {
            late.splice(late.indexOf(request), 1)
            request.carryOut()
          }
        })),
        ...next.filter(({ writes }) => writes).flatMap((request) =>
          mishaps.map((mishap) => ({
            label: `${request.host.name}: ${request.label}, ${mishap}`,
            take: () => {
              turnTo(request.host)
              befall(request, mishap)
            }
          }))
        )
      ]
    },
    stored: () => stored(objects, digests),
    state: () =>
      sha1([
        stored(objects, digests),
        ...Array.from(hosts.values(), ({ answers, dead, ended }) => `${answers} ${dead} ${ended}`),
        ...pending.map(({ host, label }) => `${host.name} ${label}`),
        ...late.map(({ label }) => label),
        instant.boot(),
        mishaps.length,
        ...options.preemptions === Infinity ? [] : [last?.name, preempted]
      ].join("\n")),
    audit: (): ReadonlyArray<string> => {
      for (const request of late) request.carryOut()
      const dead = new Set(Array.from(hosts.values()).filter((host) => host.dead).map(({ name }) => name))
      return [...story.complaints(), ...story.audit(instant, dead)]
    }
  }
}

const sha1 = (text: string): string => Crypto.hash("sha1", text, "base64")

const stored = (objects: ReadonlyMap<string, Uint8Array>, digests: WeakMap<Uint8Array, string>): string => {
  const lines: Array<string> = []
  for (const [key, bytes] of objects) {
    const digest = digests.get(bytes) ?? Crypto.hash("sha1", bytes, "base64")
    digests.set(bytes, digest)
    lines.push(`${key} ${digest}`)
  }
  return sha1(lines.toSorted().join("\n"))
}

const said = (exit: Exit.Exit<unknown, GetError>): string => {
  if (Exit.isFailure(exit)) return String(exit.cause)
  const { value } = exit
  return value instanceof Uint8Array ? Crypto.hash("sha1", value, "base64") : JSON.stringify(value) ?? ""
}
