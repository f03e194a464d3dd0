/**
 * A child process that cannot outlive its scope. What it prints goes to a file and can be waited for; it is ended by its pid
 * alone, and when the scope fails its log is kept under `.cache/failed`.
 */
import { Deferred, Effect, Exit, Schema, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"

export class HarnessError extends Schema.TaggedError<HarnessError>()("HarnessError", {
  message: Schema.String
}) {}

export const failed = Path.resolve(import.meta.dirname, "../../.cache/failed")

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

export interface Process {
  readonly name: string
  readonly pid: number
  /** File with everything printed, both streams in one. */
  readonly log: string
  /** How many lines came so far: a mark for `line`. */
  readonly mark: () => number
  readonly lines: () => ReadonlyArray<string>
  /** The first line after `after` (a mark, default 0) that fits; fails when the process ends first or `seconds` (20) passed. */
  readonly line: (
    pattern: RegExp,
    options?: { readonly after?: number; readonly seconds?: number }
  ) => Effect.Effect<RegExpExecArray, HarnessError>
  readonly exited: Effect.Effect<Ended>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Sends the signal and waits; SIGKILL after `seconds` (30), which then is a failure. */
  readonly stop: (signal?: NodeJS.Signals, seconds?: number) => Effect.Effect<Ended, HarnessError>
}

export interface Options {
  readonly name: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly log: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

interface Waiter {
  readonly pattern: RegExp
  readonly found: Deferred.Deferred<RegExpExecArray, HarnessError>
}

const spawn = (options: Options): Process => {
  const log = Fs.openSync(options.log, "a")
  const child = ChildProcess.spawn(options.command, options.args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd })
  })
  const lines: Array<string> = []
  const waiters = new Set<Waiter>()
  const exited = Deferred.makeUnsafe<Ended>()
  const take = (line: string) => {
    lines.push(line)
    for (const waiter of waiters) {
      const match = waiter.pattern.exec(line)
      if (match !== null) Deferred.doneUnsafe(waiter.found, Effect.succeed(match))
    }
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ""
    stream.on("data", (chunk: Buffer) => {
      Fs.writeSync(log, chunk)
      const parts = (rest + chunk.toString("utf8")).split(/[\r\n]+/)
      rest = parts.pop() ?? ""
      for (const part of parts) take(part)
    })
    stream.on("end", () => rest === "" ? undefined : take(rest))
  }
  const end = (ended: Ended, why: string) => {
    Deferred.doneUnsafe(exited, Effect.succeed(ended))
    for (const waiter of waiters) {
      Deferred.doneUnsafe(
        waiter.found,
        Effect.fail(
          new HarnessError({ message: `${options.name} ${why} while we waited for ${waiter.pattern}:\n${tail()}` })
        )
      )
    }
  }
  const tail = () => lines.slice(-12).join("\n")
  child.on("error", (error) => end({ code: null, signal: null }, `could not be started (${error.message})`))
  child.on("close", (code, signal) => {
    Fs.closeSync(log)
    end({ code, signal }, `ended (${signal ?? code})`)
  })
  const signal = (name: NodeJS.Signals) => Effect.sync(() => void (child.exitCode === null && child.kill(name)))
  return {
    name: options.name,
    pid: child.pid ?? -1,
    log: options.log,
    mark: () => lines.length,
    lines: () => lines,
    line: (pattern, { after = 0, seconds = 20 } = {}) =>
      Effect.suspend(() => {
        for (const line of lines.slice(after)) {
          const match = pattern.exec(line)
          if (match !== null) return Effect.succeed(match)
        }
        const waiter: Waiter = { pattern, found: Deferred.makeUnsafe() }
        if (Deferred.isDoneUnsafe(exited)) {
          return Effect.fail(new HarnessError({ message: `${options.name} has ended without ${pattern}:\n${tail()}` }))
        }
        waiters.add(waiter)
        return Deferred.await(waiter.found).pipe(
          within(seconds, () => `${options.name} did not print ${pattern}:\n${tail()}`),
          Effect.ensuring(Effect.sync(() => waiters.delete(waiter)))
        )
      }),
    exited: Deferred.await(exited),
    signal,
    stop: (name = "SIGTERM", seconds = 30) =>
      Effect.gen(function*() {
        yield* signal(name)
        return yield* Deferred.await(exited).pipe(
          within(seconds, () => `${options.name} did not end ${seconds} s after ${name}:\n${tail()}`),
          Effect.tapError(() => Effect.andThen(signal("SIGKILL"), Deferred.await(exited)))
        )
      })
  }
}

/** Fails with what was waited for, instead of hanging. */
export const within = (seconds: number, what: () => string) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(self, {
    duration: seconds * 1000,
    orElse: () => Effect.fail(new HarnessError({ message: `after ${seconds} s: ${what()}` }))
  })

export const start = (options: Options): Effect.Effect<Process, HarnessError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => spawn(options), catch: (cause) => new HarnessError({ message: String(cause) }) }),
    (process, exit) =>
      Effect.andThen(
        Effect.ignore(process.stop()),
        Effect.sync(() => Exit.isFailure(exit) ? keep(process.log) : undefined)
      )
  )

/** Copies a log to where failures are looked at, under the name of its temporary directory. */
const keep = (log: string): void => {
  const owner = log.split("/").find((part) => part.startsWith("bepository-")) ?? "log"
  Fs.mkdirSync(failed, { recursive: true })
  Fs.copyFileSync(log, Path.join(failed, `${owner}-${Path.basename(log)}`))
}

/** Keeps every log in the directory when the work fails: for processes whose scope outlives it. */
export const keepingLogs = (directory: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tapCause(self, () =>
    Effect.sync(() => {
      for (const name of Fs.readdirSync(directory, { recursive: true, encoding: "utf8" })) {
        if (name.endsWith(".log") && !name.includes("index-")) keep(Path.join(directory, name))
      }
    }))

/** Runs a command to its end. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string | undefined>>
    readonly cwd?: string
    readonly seconds?: number
  } = {}
): Effect.Effect<{ readonly code: number; readonly stdout: string; readonly stderr: string }, HarnessError> =>
  Effect.callback((resume) => {
    const child = ChildProcess.execFile(
      command,
      args,
      {
        env: { ...process.env, ...options.env },
        cwd: options.cwd,
        timeout: (options.seconds ?? 60) * 1000,
        killSignal: "SIGKILL",
        maxBuffer: 1 << 28
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        resume(
          typeof code === "number"
            ? Effect.succeed({ code, stdout, stderr })
            : Effect.fail(
              new HarnessError({ message: `${command} ${args.join(" ")}: ${error?.message ?? ""} ${stderr}` })
            )
        )
      }
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/** A directory for one test, gone afterwards; kept (and named) when BEPOSITORY_TEST_KEEP is set and the test failed. */
export const tempDirectory = (prefix: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(process.env.BEPOSITORY_TEST_TMP ?? "/tmp", `bepository-${prefix}-`))),
    (directory, exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit) && process.env.BEPOSITORY_TEST_KEEP !== undefined) return
        Fs.rmSync(directory, { recursive: true, force: true })
      })
  )
