/**
 * A world in which all that fibers do is done at once: a scheduler that is drained by hand, and a clock that goes on when it
 * is told to. Nothing in it may wait for anything outside.
 */
import { Clock, Duration, Effect, type Exit, References, type Scheduler } from "effect"

export interface Instant {
  readonly clock: Clock.Clock
  /** Milliseconds since the machines started, their sleep included. */
  readonly boot: () => number
  /** All machines sleep: time passes that no timer counts. */
  readonly sleep: (milliseconds: number) => void
  /** Begins it; it has done all it can when `drain` returns. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>, ended?: (exit: Exit.Exit<A, E>) => void) => void
  readonly drain: () => void
  /** Goes on to the next moment for which a fiber waits; false if there is none. */
  readonly pass: () => boolean
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
  const pass = () => {
    const next = Math.min(...Array.from(sleepers, ({ at }) => at))
    if (next === Infinity) return false
    time = Math.max(time, next)
    const due = Array.from(sleepers).filter(({ at }) => at <= time)
    for (const sleeper of due) {
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    drain()
    return true
  }

  return {
    clock,
    boot: () => time + slept,
    sleep: (milliseconds) => {
      slept += milliseconds
    },
    fork,
    drain,
    pass,
    run: <A, E>(effect: Effect.Effect<A, E>) => {
      const ends: Array<Exit.Exit<A, E>> = []
      fork(effect, (exit) => void ends.push(exit))
      drain()
      for (;;) {
        const [end] = ends
        if (end !== undefined) return Effect.runSync(end)
        if (!pass()) throw new Error("it waits for something that never comes")
      }
    }
  }
}
