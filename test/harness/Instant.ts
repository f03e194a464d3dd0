/**
 * A world in which all that fibers do is done at once: a scheduler that is drained by hand, and a clock that goes on when it
 * is told to. Nothing in it may wait for anything outside.
 */
import { Clock, Duration, Effect, type Exit, References, type Scheduler } from "effect"

/** Milliseconds since the machines started: those that timers count, and those they slept. */
export interface Moment {
  readonly awake: number
  readonly slept: number
}

export interface Instant {
  readonly clock: Clock.Clock
  /** Milliseconds since the machines started, their sleep included. */
  readonly boot: () => number
  /** Begins it; it has done all it can when `drain` returns. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>, ended?: (exit: Exit.Exit<A, E>) => void) => void
  readonly drain: () => void
  /** The next `awake` for which a fiber waits; infinite if there is none. */
  readonly due: () => number
  /** Sets the clock, and wakes who waited for that. */
  readonly goTo: (moment: Moment) => void
  /** Runs it to its end. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => A
}

/** `begin`: Unix milliseconds. */
export const make = (begin: number): Instant => {
  const tasks: Array<() => void> = []
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  let time = 0
  let slept = 0

  const drain = () => {
    for (let at = 0;; at++) {
      const task = tasks[at]
      if (task === undefined) break
      task()
    }
    tasks.length = 0
  }
  const dispatcher = { scheduleTask: (task: () => void) => void tasks.push(task), flush: drain }
  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: () => false,
    makeDispatcher: () => dispatcher
  }
  const millis = () => begin + time + slept
  const nanos = (milliseconds: number) => BigInt(Math.round(milliseconds * 1000)) * 1000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: () => nanos(millis()),
    currentTimeNanos: Effect.sync(() => nanos(millis())),
    monotonicTimeNanosUnsafe: () => nanos(time),
    monotonicTimeNanos: Effect.sync(() => nanos(time)),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const sleeper = { at: time + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => sleepers.delete(sleeper))
      })
  }
  const fork: Instant["fork"] = (effect, ended) => {
    const fiber = Effect.runFork(
      effect.pipe(
        Effect.provideService(Clock.Clock, clock),
        Effect.provideService(References.MinimumLogLevel, "None")
      ),
      { scheduler }
    )
    if (ended !== undefined) fiber.addObserver(ended)
  }
  const due = () => Math.min(...Array.from(sleepers, ({ at }) => at))
  const goTo = (moment: Moment) => {
    time = moment.awake
    slept = moment.slept
    for (const sleeper of Array.from(sleepers).filter(({ at }) => at <= time)) {
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    drain()
  }

  return {
    clock,
    boot: () => time + slept,
    fork,
    drain,
    due,
    goTo,
    run: <A, E>(effect: Effect.Effect<A, E>) => {
      const ends: Array<Exit.Exit<A, E>> = []
      fork(effect, (exit) => void ends.push(exit))
      drain()
      for (;;) {
        const [end] = ends
        if (end !== undefined) return Effect.runSync(end)
        const next = due()
        if (next === Infinity) throw new Error("it waits for something that never comes")
        goTo({ awake: Math.max(time, next), slept })
      }
    }
  }
}
