/** Child processes of the demo: they end with the scope, and what they say on stderr goes to a file beside the data. */
import { Effect, Fiber, FileSystem, Schema, Stream } from "effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { DemoFailed } from "./world.ts"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))

/** Settings of whoever runs the demo must not reach its children. */
export const cleanEnvironment: Record<string, string | undefined> = {
  BEPOSITORY_STORAGE_URI: undefined,
  BEPOSITORY_MASTER_DEVICE_ID: undefined,
  BEPOSITORY_LISTEN: undefined,
  BEPOSITORY_MASTER_ADDRESS: undefined,
  BEPOSITORY_DEVICE_NAME: undefined,
  BEPOSITORY_CACHE_DIRECTORY: undefined,
  BEPOSITORY_DAV_PASSWORD: undefined
}

const failed = (what: string) => (error: { readonly message: string }) =>
  new DemoFailed({ problem: `${what}: ${error.message}` })

export interface Running {
  readonly pid: number
  /** The first line of its stdout that is a JSON object. */
  readonly ready: unknown
  /** Asks it to end and waits; answers its exit code. */
  readonly stop: Effect.Effect<number, DemoFailed>
}

/** Starts `node script …` and waits for its first line of JSON; killed with the scope if it still runs. */
export const start = Effect.fn("Demo.start")(function*(
  name: string,
  args: ReadonlyArray<string>,
  options: { readonly env: Record<string, string | undefined>; readonly log: string; readonly script?: string }
) {
  const spawner = yield* ChildProcessSpawner
  const fs = yield* FileSystem.FileSystem
  const handle = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [options.script ?? main, ...args], {
      env: { ...cleanEnvironment, ...options.env },
      extendEnv: true,
      stdin: "ignore",
      forceKillAfter: "20 seconds"
    })
  ).pipe(Effect.mapError(failed(name)))
  yield* handle.stderr.pipe(Stream.run(fs.sink(options.log, { flag: "a" })), Effect.ignore, Effect.forkScoped)
  const first = yield* handle.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.take(1),
    Stream.runCollect,
    Effect.timeout("60 seconds"),
    Effect.mapError(failed(name))
  )
  if (first[0] === undefined) {
    const said = yield* Effect.orElseSucceed(fs.readFileString(options.log), () => "")
    return yield* new DemoFailed({ problem: `${name} ended: ${said.trim().split("\n").at(-1) ?? ""}` })
  }
  const ready = yield* parse(name, first[0])
  return {
    pid: handle.pid,
    ready,
    stop: handle.kill({ forceKillAfter: "20 seconds" }).pipe(
      Effect.andThen(handle.exitCode),
      Effect.map(Number),
      Effect.mapError(failed(name))
    )
  }
})

/** Runs a command of bepository to its end; answers the JSON it prints. */
export const run = Effect.fn("Demo.run")(function*(
  args: ReadonlyArray<string>,
  options: { readonly env: Record<string, string | undefined>; readonly log: string }
) {
  const spawner = yield* ChildProcessSpawner
  const fs = yield* FileSystem.FileSystem
  const name = `bepository ${args[0]!}`
  return yield* Effect.gen(function*() {
    const handle = yield* spawner.spawn(
      ChildProcess.make(process.execPath, [main, "--json", ...args], {
        env: { ...cleanEnvironment, ...options.env },
        extendEnv: true,
        stdin: "ignore"
      })
    )
    const logged = yield* handle.stderr.pipe(Stream.run(fs.sink(options.log, { flag: "a" })), Effect.forkScoped)
    const out = yield* handle.stdout.pipe(Stream.decodeText(), Stream.mkString)
    yield* Fiber.join(logged)
    const code = yield* handle.exitCode
    return { code: Number(code), out }
  }).pipe(
    Effect.scoped,
    Effect.timeout("60 seconds"),
    Effect.mapError(failed(name)),
    Effect.flatMap(({ code, out }) =>
      code === 0 ? parse(name, out) : Effect.fail(new DemoFailed({ problem: `${name} ended with code ${code}` }))
    )
  )
})

const parse = (name: string, text: string): Effect.Effect<unknown, DemoFailed> =>
  Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(text).pipe(
    Effect.mapError(() => new DemoFailed({ problem: `${name} said something unexpected: ${text.slice(0, 200)}` }))
  )

/** What a child printed, believed only after a look. */
export const decode = <A, I>(schema: Schema.Codec<A, I>, value: unknown): Effect.Effect<A, DemoFailed> =>
  Schema.decodeUnknownEffect(schema)(value).pipe(
    Effect.mapError((error) => new DemoFailed({ problem: `unexpected output: ${error.message}` }))
  )
