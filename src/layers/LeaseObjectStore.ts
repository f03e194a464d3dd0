/**
 * The lease as claims in the store (domain/repository/LeaseDecision). What this host holds it proves to itself by a clock that
 * counts the machine's sleep; what others hold it believes by the store's. Losing it is no failure of anything.
 */
import { Effect, Layer, Queue, Semaphore, SubscriptionRef } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as LeaseClaim from "../domain/repository/LeaseClaim.ts"
import * as LeaseDecision from "../domain/repository/LeaseDecision.ts"
import * as LeaseTerm from "../domain/repository/LeaseTerm.ts"
import { BootClock } from "../services/BootClock.ts"
import { HostIdentity } from "../services/HostIdentity.ts"
import { fenceOf, Lease, LeaseHeld, type LeaseStanding, type WriteFence } from "../services/Lease.ts"
import * as LeaseView from "../services/LeaseView.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository, type RepositoryError } from "../services/Repository.ts"

export interface Options {
  /** Who has a higher one goes first. */
  readonly priority: number
  /** How long a claim stands, milliseconds. */
  readonly duration: number
  readonly mode: LeaseTerm.Mode
  /** How long who asks for the term waits for it, milliseconds. A daemon asks again by itself. */
  readonly patience: number
  /** Whether other hosts are told of this one when it starts, before it has anything to write. */
  readonly announce: boolean
  /** Of the program. */
  readonly version: string
}

export const defaults: Omit<Options, "version"> = {
  priority: 100,
  duration: 180_000,
  mode: "on-demand",
  patience: 0,
  announce: false
}

/** Who asked for the term within so many milliseconds still waits for it. */
const wish = 30_000
/** Between two looks of who waits, at first and after a while. */
const look = { first: 1000, later: 5000, after: 300_000 }
/** The end of a process waits no longer for it. */
const lastFlush = 1500

interface Term {
  readonly fence: WriteFence
  /** On the store's clock, Unix milliseconds. */
  readonly since: number
  timing: LeaseTerm.Timing
  over: boolean
}

export const layer = (
  options: Options
): Layer.Layer<Lease, never, BootClock | HostIdentity | ObjectStore | Repository | SecureRandom.SecureRandom> =>
  Layer.effect(Lease, make(options))

const make = Effect.fnUntraced(function*(options: Options) {
  const boot = yield* BootClock
  const host = yield* HostIdentity
  const store = yield* ObjectStore
  const repository = yield* Repository
  const random = yield* SecureRandom.SecureRandom
  const nonce = Buffer.from(yield* random.randomBytes(16)).toString("hex")
  const me: LeaseDecision.Me = { holder: host.id, nonce, priority: options.priority, isAlive: host.isAlive }
  const one = yield* Semaphore.make(1)
  const kick = yield* Queue.sliding<void>(1)
  const standing = yield* SubscriptionRef.make<LeaseStanding>({ _tag: "Standby" })

  let progress = LeaseClaim.noProgress
  let current: Term | undefined
  /** This process's place in the queue. */
  let queued: { readonly number: number; readonly renewAt: number } | undefined
  let holds = 0
  let idleSince = boot.millisUnsafe()
  let wantedUntil = options.mode === "always" ? Number.POSITIVE_INFINITY : 0
  let waitingSince: number | undefined
  let lookAt = 0
  /** Until then a claim of ours may stand that we do not need, and for whose end others wait. */
  let unsaidUntil = 0

  const now = boot.millisUnsafe
  const isUnsaid = () => now() < unsaidUntil
  const isOver = (term: Term) => term.over || now() >= term.timing.deadline

  const publish = (next: LeaseStanding) =>
    Effect.suspend(() => {
      const before = SubscriptionRef.getUnsafe(standing)
      const same = before._tag === next._tag && holderOf(before) === holderOf(next)
      return same ? Effect.void : SubscriptionRef.set(standing, next)
    })

  const { asked, claim, fresh, glance, known, tidy } = LeaseView.make({
    store,
    repository,
    random,
    now,
    me,
    host: { label: host.label, version: options.version, process: host.process },
    progress: () => progress,
    duration: options.duration
  })

  /** Says that this process neither has the term nor waits for it, until that was said. */
  const letGo = Effect.fnUntraced(function*() {
    if (current !== undefined || queued !== undefined) unsaidUntil = now() + options.duration
    if (current !== undefined) current.over = true
    current = undefined
    queued = undefined
    waitingSince = undefined
    yield* publish({ _tag: "Standby" })
    for (let round = 0; round < rounds; round++) {
      const on = round === 0 ? yield* known : yield* fresh
      const put = yield* claim(on, () => ({ duration: 0, queued: 0, term: 0, since: 0 }))
      if (put === undefined) continue
      unsaidUntil = 0
      return yield* tidy
    }
  })

  const lose = (why: string) =>
    Effect.gen(function*() {
      if (current !== undefined) current.over = true
      current = undefined
      yield* Effect.logInfo("the term is over").pipe(Effect.annotateLogs({ reason: why }))
      yield* publish({ _tag: "Standby" })
    })

  /** The first commit of a term opens it. False: an epoch as high was opened already, by somebody else for all we know. */
  const opened = (term: number) =>
    repository.commit(({ epoch }) =>
      Effect.succeed(epoch < term ? [{ _tag: "EpochOpened" as const, epoch: term }] : [])
    ).pipe(
      // Without a fence nothing is fenced.
      Effect.catchTag("Fenced", Effect.die),
      Effect.map((applied) => applied !== undefined)
    )

  /** The term is ours by a claim that was just put or found. */
  const held = Effect.fnUntraced(function*(term: Term, deadline: number) {
    term.timing = LeaseTerm.claimed(deadline, options.duration, now())
    if (options.mode === "on-demand") wantedUntil = 0
    queued = undefined
    waitingSince = undefined
    unsaidUntil = 0
    idleSince = now()
    yield* publish({ _tag: "Active", term: term.fence.term })
    yield* tidy
    return term.fence
  })

  const begin = Effect.fnUntraced(function*(term: number, since: number, deadline: number) {
    if (!(yield* opened(term))) return undefined
    const lasting: Term = {
      fence: fenceOf(term, () => isOver(lasting)),
      since,
      timing: LeaseTerm.claimed(deadline, options.duration, now()),
      over: false
    }
    current = lasting
    Queue.offerUnsafe(kick, undefined)
    yield* Effect.logDebug("the term is held").pipe(Effect.annotateLogs({ epoch: term }))
    return yield* held(lasting, deadline)
  })

  /** A place in the queue, kept fresh. */
  const wait = Effect.fnUntraced(function*(on: LeaseDecision.View, by: LeaseClaim.LeaseClaim) {
    waitingSince ??= now()
    yield* publish({ _tag: "Queued", holder: by.label })
    if (queued === undefined || now() >= queued.renewAt) {
      const place = queued?.number
      const put = yield* claim(on, (number) => ({
        duration: options.duration,
        queued: place ?? number,
        term: 0,
        since: 0
      }))
      if (put !== undefined) {
        queued = { number: place ?? put, renewAt: now() + LeaseTerm.renewal(options.duration) }
        yield* tidy
      }
    }
    return new LeaseHeld({ holder: by.label })
  })

  /** Looks who has the term, and takes it if it is free. */
  const attempt: Effect.Effect<WriteFence, LeaseHeld | RepositoryError> = Effect.gen(function*() {
    // Who cannot read the log to its end must not claim it.
    const { epoch } = yield* asked(repository.follow)
    const before = current
    // It ran out, and nobody has opened another: what was built under it may go on.
    const again = before !== undefined && !before.over && before.fence.term === epoch ? before : undefined
    for (let round = 0; round < rounds; round++) {
      const at = now()
      const on = yield* fresh
      const verdict = LeaseDecision.judge(on, me)
      if (verdict._tag === "Held") return yield* yield* wait(on, verdict.by)
      if (verdict._tag === "Ours") {
        // It stands, although we slept, or heard nothing of its put.
        const deadline = at + Math.min(options.duration, verdict.claim.time + options.duration - on.now)
        const { since, term } = verdict.claim
        if (again?.fence.term === term) return yield* held(again, deadline)
        const begun = yield* begin(term, since, deadline)
        if (begun !== undefined) return begun
      } else {
        const put = yield* claim(on, (number) => ({
          duration: options.duration,
          queued: 0,
          term: again?.fence.term ?? number,
          since: again?.since ?? on.now
        }))
        if (put === undefined) continue
        if (again !== undefined) return yield* held(again, at + options.duration)
        const confirmed = LeaseDecision.isFirst(yield* glance(on.now), me, put)
        const begun = confirmed ? yield* begin(put, on.now, at + options.duration) : undefined
        if (begun !== undefined) return begun
      }
      yield* letGo()
    }
    return yield* new LeaseHeld({ holder: "another host" })
  })

  /** Whether the term is still ours, and whether others are to have their turn. */
  const kept = Effect.fnUntraced(function*(term: Term, on: LeaseDecision.View) {
    const verdict = LeaseDecision.judge(on, me)
    if (verdict._tag !== "Ours" || verdict.claim.term !== term.fence.term) {
      yield* lose("another host has it")
      return false
    }
    term.timing = LeaseTerm.looked(term.timing, LeaseDecision.mustYield(on, me, term.since), now())
    if (term.timing.yieldAt !== undefined) yield* publish({ _tag: "Yielding", term: term.fence.term })
    return true
  })

  const renew = Effect.fnUntraced(function*(term: Term) {
    for (let round = 0; round < rounds; round++) {
      const at = now()
      const on = yield* fresh
      if (!(yield* kept(term, on))) return
      const { duration } = options
      const put = yield* claim(on, () => ({ duration, queued: 0, term: term.fence.term, since: term.since }))
      if (put === undefined) continue
      term.timing = LeaseTerm.renewed(term.timing, at + duration, duration, now())
      return yield* tidy
    }
  })

  /** What a term leaves in commits only moves to segments when it is enough to be worth it. */
  const flush = Effect.fnUntraced(function*(term: Term) {
    const { basePosition, position } = yield* repository.head
    if (position - basePosition < LeaseTerm.worthFlushing || isOver(term)) return
    yield* repository.flush(term.fence).pipe(
      Effect.catch((error) => Effect.logDebug("the log was not flushed at the end of the term", error.message))
    )
  })

  const step = Effect.gen(function*() {
    const term = current
    if (term !== undefined && !term.over) {
      const { epoch } = yield* repository.head
      if (epoch > term.fence.term) return yield* lose("a newer one was opened")
      switch (LeaseTerm.due(term.timing, { now: now(), holds, idleSince, mode: options.mode })) {
        case "nothing":
          return
        case "glance":
          yield* kept(term, yield* glance((yield* known).now))
          return
        case "renewal":
          return yield* renew(term)
        case "end":
          yield* flush(term)
          return yield* letGo()
        case "lapsed":
          yield* publish({ _tag: "Standby" })
      }
    }
    if (now() < wantedUntil || holds > 0) {
      if (now() < lookAt) return
      lookAt = now() + look.first
      yield* attempt.pipe(Effect.catchTag("LeaseHeld", () => Effect.void))
      const waited = waitingSince === undefined ? 0 : now() - waitingSince
      lookAt = now() + (waited > look.after ? look.later : look.first)
      return
    }
    if (queued !== undefined || isUnsaid()) yield* letGo()
  })

  const loop = Effect.gen(function*() {
    while (true) {
      yield* one.withPermits(1)(step).pipe(
        Effect.catch((error) => Effect.logDebug("the lease was not looked after; trying again", error.message)),
        // The term runs out by itself; that nobody sees why must not be.
        Effect.catchDefect((defect) => Effect.logError("looking after the lease went wrong", defect))
      )
      const rests = current === undefined && queued === undefined && !isUnsaid() && holds === 0 && now() >= wantedUntil
      if (rests) yield* Queue.take(kick)
      yield* Effect.sleep(look.first)
    }
  })

  const fence = Effect.suspend(() => {
    const began = now()
    const once = one.withPermits(1)(Effect.gen(function*() {
      const { epoch } = yield* repository.head
      if (current !== undefined && current.fence.term === epoch && !isOver(current)) return current.fence
      if (current !== undefined && current.fence.term < epoch) yield* lose("a newer one was opened")
      wantedUntil = Math.max(wantedUntil, now() + wish)
      Queue.offerUnsafe(kick, undefined)
      if (queued !== undefined && now() < lookAt) {
        return yield* new LeaseHeld({ holder: holderOf(SubscriptionRef.getUnsafe(standing)) })
      }
      lookAt = now() + look.first
      return yield* attempt
    }))
    return Effect.retry(once, {
      while: (error) =>
        error._tag === "LeaseHeld" && now() - began < options.patience
          ? Effect.as(Effect.sleep(look.first), true)
          : Effect.succeed(false)
    })
  })

  const hold = () => {
    holds++
    let held = true
    return () => {
      if (!held) return
      held = false
      holds--
      if (holds === 0) idleSince = now()
    }
  }

  /** A claim that was let go is all there is to say: who is here, and when. */
  const announced = one.withPermits(1)(Effect.gen(function*() {
    yield* fresh
    if (current === undefined && queued === undefined) yield* letGo()
  })).pipe(Effect.catch((error) => Effect.logDebug("other hosts were not told of this one", error.message)))

  yield* Effect.forkScoped(options.announce ? Effect.andThen(announced, loop) : loop)
  yield* Effect.addFinalizer(() =>
    one.withPermits(1)(Effect.gen(function*() {
      const term = current
      if (term !== undefined) yield* Effect.timeoutOption(flush(term), lastFlush)
      if (term !== undefined || queued !== undefined || isUnsaid()) yield* letGo()
    })).pipe(
      Effect.timeoutOption("5 seconds"),
      Effect.catch((error) => Effect.logDebug("the term was not let go; it runs out", error.message))
    )
  )

  return Lease.of({
    fence: Effect.withSpan(fence, "Lease.fence"),
    hold,
    tell: (next) => {
      progress = next
    },
    standing: SubscriptionRef.get(standing),
    changes: SubscriptionRef.changes(standing)
  })
})

/** Tries against others that put claims at the same time. */
const rounds = 8

const holderOf = (standing: LeaseStanding): string => standing._tag === "Queued" ? standing.holder : "another host"
