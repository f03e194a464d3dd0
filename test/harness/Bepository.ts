/**
 * The real program as a child process, on a `file://` repository in a directory of its own or on a real store. Nothing of the caller's environment
 * that is a setting of ours reaches it. Set BEPOSITORY_TEST_PROGRAM to test another build, e.g. dist/main.js.
 */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "./Process.ts"
import type * as Syncthing from "./Syncthing.ts"

const program = (): string =>
  process.env.BEPOSITORY_TEST_PROGRAM ?? Path.resolve(import.meta.dirname, "../../src/programs/main.ts")

/** A repository and the cache of the host that uses it. */
export interface Place {
  /** Its directory, unless `remote` says where it is. */
  readonly repository: string
  readonly remote?: Remote
  readonly cache: string
  readonly log: string
  /** Empty, so that the machine's own settings stay out. */
  readonly envFile: string
}

/** A repository in a store that is no directory of this machine. */
export interface Remote {
  readonly uri: string
  /** Credentials. */
  readonly env: Readonly<Record<string, string>>
}

export const place = (directory: string, name = "bepository", remote?: Remote): Place => {
  const at = (leaf: string) => Path.join(directory, `${name}-${leaf}`)
  Fs.mkdirSync(directory, { recursive: true })
  Fs.writeFileSync(at("env"), "")
  return {
    repository: at("repository"),
    ...(remote === undefined ? {} : { remote }),
    cache: at("cache"),
    log: Path.join(directory, `${name}.log`),
    envFile: at("env")
  }
}

const environment = (place: Place): Record<string, string | undefined> => ({
  ...Object.fromEntries(
    Object.keys(process.env).filter((key) => key.startsWith("BEPOSITORY_")).map((key) => [key, undefined])
  ),
  BEPOSITORY_ENV_FILE: place.envFile,
  BEPOSITORY_STORAGE_URI: place.remote?.uri ?? `file://${place.repository}`,
  BEPOSITORY_CACHE_DIRECTORY: place.cache,
  ...place.remote?.env
})

export interface Bepository extends Syncthing.Peer {
  readonly place: Place
  readonly process: Process.Process
}

export interface Options {
  readonly place: Place
  readonly masters: ReadonlyArray<string>
  /** `tcp://127.0.0.1:PORT` to dial, or nothing: wait to be dialled. */
  readonly masterAddress?: string
  /** 0, the default, takes any free port. */
  readonly port?: number
  /** Debug shows every file. */
  readonly logLevel?: "info" | "debug"
  /** Another build's main file, and the Node to run it. */
  readonly program?: string
  readonly node?: string
  /** More flags, and variables. */
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** `serve`, ready to be connected to. SIGTERM with its scope, and then it must end with 0. */
export const serve = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Bepository, Process.HarnessError, Scope.Scope> {
    const running = yield* Process.start({
      name: "bepository serve",
      command: options.node ?? process.execPath,
      args: [
        options.program ?? program(),
        "--json",
        ...(options.logLevel === undefined ? [] : ["--log-level", options.logLevel]),
        "serve",
        ...options.masters,
        "--listen",
        `127.0.0.1:${options.port ?? 0}`,
        "--master-address",
        options.masterAddress ?? "none",
        ...(options.args ?? [])
      ],
      env: { ...environment(options.place), ...options.env },
      log: options.place.log
    })
    // A store that is far away is opened in dozens of round trips.
    const [line] = yield* running.line(/^\{.*"event":\s*"ready".*\}$/, { seconds: 60 })
    const ready = JSON.parse(line) as { readonly device: string; readonly listen: string }
    return {
      id: ready.device,
      name: "bepository",
      address: `tcp://${ready.listen}`,
      place: options.place,
      process: running
    }
  }
)

/** A command that ends by itself. `below`: a program that runs it, with its arguments. */
export const run = (
  place: Place,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  below: ReadonlyArray<string> = []
): Effect.Effect<
  { readonly code: number; readonly stdout: string; readonly stderr: string },
  Process.HarnessError
> => {
  const [first, ...rest] = [...below, process.execPath, program(), ...args]
  return Process.run(first!, rest, { env: { ...environment(place), ...env } })
}

/** What a command prints with `--json`; any other end than 0 is a failure. */
export const json = <A>(place: Place, args: ReadonlyArray<string>): Effect.Effect<A, Process.HarnessError> =>
  Effect.flatMap(run(place, ["--json", ...args]), ({ code, stderr, stdout }) =>
    code === 0
      ? Effect.try({
        try: () => JSON.parse(stdout) as A,
        catch: () => new Process.HarnessError({ message: `${args.join(" ")} printed no JSON: ${stdout.slice(0, 400)}` })
      })
      : Effect.fail(new Process.HarnessError({ message: `${args.join(" ")} ended with ${code}: ${stderr}` })))

export interface Dav {
  readonly url: string
  readonly password: string
  readonly process: Process.Process
}

/** `checkpoint serve`. Any user name does. */
export const dav = Effect.fnUntraced(
  function*(place: Place): Effect.fn.Return<Dav, Process.HarnessError, Scope.Scope> {
    const password = "correct horse"
    const running = yield* Process.start({
      name: "bepository checkpoint serve",
      command: process.execPath,
      args: [program(), "--json", "checkpoint", "serve", "127.0.0.1:0"],
      env: { ...environment(place), BEPOSITORY_DAV_PASSWORD: password },
      log: place.log
    })
    const [line] = yield* running.line(/^\{.*"event":\s*"ready".*\}$/)
    const { url } = JSON.parse(line) as { readonly url: string }
    return { url, password, process: running }
  }
)

/** Objects in the store by the first part of their names, as they lie on disk: nothing asks the program. */
export const objects = (place: Place): Readonly<Record<string, { readonly count: number; readonly bytes: number }>> => {
  const kinds: Record<string, { count: number; bytes: number }> = {}
  if (!Fs.existsSync(place.repository)) return kinds
  for (const entry of Fs.readdirSync(place.repository, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = Path.join(entry.parentPath, entry.name)
    const kind = Path.relative(place.repository, file).split("/")[0] ?? ""
    const sum = kinds[kind] ??= { count: 0, bytes: 0 }
    sum.count++
    sum.bytes += Fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0
  }
  return kinds
}
