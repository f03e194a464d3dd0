/** What the kernel tells about a run: CPU time and anonymous memory of one process, and how busy everybody else kept the machine. */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"

const ticksPerSecond = 100

/** User and system CPU seconds of the process, all its threads. */
export const cpuSeconds = (pid: number): number => {
  const fields = Fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const stat = (pid: number): ReadonlyArray<string> | undefined => {
  const file = `/proc/${pid}/stat`
  return Fs.existsSync(file) ? Fs.readFileSync(file, "utf8").split(") ")[1]?.split(" ") : undefined
}

/** CPU seconds of the process's children that have ended. */
export const endedSeconds = (pid: number): number => {
  const fields = stat(pid) ?? []
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / ticksPerSecond
}

/** CPU seconds of everything that this process started, directly or not, running or ended. */
export const belowSeconds = (): number => {
  const children = (pid: number): ReadonlyArray<number> => {
    const file = `/proc/${pid}/task/${pid}/children`
    return Fs.existsSync(file) ? Fs.readFileSync(file, "utf8").split(" ").filter((one) => one !== "").map(Number) : []
  }
  const whole = (pid: number): number => {
    const fields = stat(pid) ?? []
    const own = (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
    return own + endedSeconds(pid) + children(pid).reduce((sum, child) => sum + whole(child), 0)
  }
  return endedSeconds(process.pid) + children(process.pid).reduce((sum, child) => sum + whole(child), 0)
}

/** Busy CPU seconds of the whole machine since boot. */
const busySeconds = (): number => {
  const fields = (Fs.readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number)
  return [0, 1, 2, 5, 6].reduce((sum, at) => sum + (fields[at] ?? 0), 0) / ticksPerSecond
}

/** Anonymous resident memory, bytes. */
export const anonymousBytes = (pid: number): number => {
  const found = /RssAnon:\s+(\d+)/.exec(Fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(found?.[1] ?? 0) * 1024
}

/** The highest anonymous memory seen, looked at every 20 ms until the scope closes. */
export const peakMemory = (pid: number): Effect.Effect<() => number, never, Scope.Scope> =>
  Effect.gen(function*() {
    let peak = 0
    const look = Effect.sync(() => {
      if (Fs.existsSync(`/proc/${pid}/status`)) peak = Math.max(peak, anonymousBytes(pid))
    })
    yield* look.pipe(Effect.andThen(Effect.sleep(20)), Effect.forever, Effect.forkScoped)
    return () => peak
  })

export interface Timed {
  readonly seconds: number
  /** CPU seconds of each named process. */
  readonly cpu: Readonly<Record<string, number>>
  /** CPU seconds of everything else that we started: servers, watchers. */
  readonly besides: number
  /** CPU seconds that others' processes took meanwhile. */
  readonly others: number
}

/** Times the work, with the CPU of these processes. */
export const timed = <A, E, R>(
  pids: Readonly<Record<string, number>>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<Timed & { readonly value: A }, E, R> =>
  Effect.gen(function*() {
    const names = Object.keys(pids)
    const cpu = () => names.map((name) => cpuSeconds(pids[name] ?? 0))
    const watching = process.cpuUsage()
    const [busy, below, before, began] = [busySeconds(), belowSeconds(), cpu(), performance.now()]
    const value = yield* work
    const seconds = (performance.now() - began) / 1000
    const spent = cpu().map((after, at) => after - (before[at] ?? 0))
    const own = process.cpuUsage(watching)
    const all = busySeconds() - busy
    const started = belowSeconds() - below
    return {
      value,
      seconds,
      cpu: Object.fromEntries(names.map((name, at) => [name, spent[at] ?? 0])),
      besides: Math.max(0, started - spent.reduce((sum, one) => sum + one, 0)),
      others: Math.max(0, all - started - (own.user + own.system) / 1e6)
    }
  })

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const minimum = (values: ReadonlyArray<number>): number => Math.min(...values)
