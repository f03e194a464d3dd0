/**
 * The passphrase, as it was set: in a variable, in a file, by a command, as a credential of systemd's. And where this host
 * keeps its notes of what it knows. `explained` reads both before a command begins; `wiring.ts` uses them.
 */
import { Context, Effect, FileSystem, Option, Redacted, Result, Stream } from "effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { join } from "node:path"
import { SettingInvalid } from "./failure.ts"
import * as Settings from "./settings.ts"
import * as Terminal from "./terminal.ts"

export interface Secrets {
  readonly passphrase: Redacted.Redacted | undefined
  /** The directory with this host's notes; undefined where it has none. */
  readonly notes: string | undefined
}

export const Secrets: Context.Reference<Secrets> = Context.Reference("bepository/programs/Secrets", {
  defaultValue: (): Secrets => ({ passphrase: undefined, notes: undefined })
})

/** Longest passphrase, bytes. */
const longest = 4096
const tooLong = `the passphrase is longer than ${longest} bytes`
/** How long a command may take: somebody may have to type a PIN. */
const patience = "5 minutes"

export const read = Effect.fnUntraced(function*(environment: Settings.Environment) {
  const notes = yield* Effect.option(Settings.cacheBase(environment))
  const said = yield* passphrase(environment, "BEPOSITORY_PASSPHRASE")
  const secrets: Secrets = {
    passphrase: said ?? (yield* credential(environment)),
    notes: Option.getOrUndefined(notes)
  }
  return secrets
})

/** What `variable`, or it with `_FILE` or `_COMMAND` at its end, says. The environment wins over the environment file. */
export const passphrase = Effect.fnUntraced(function*(environment: Settings.Environment, variable: string) {
  const found: Array<Settings.Given & { readonly suffix: string; readonly own: boolean }> = []
  for (const suffix of ["", "_FILE", "_COMMAND"]) {
    const given = Option.getOrUndefined(yield* environment.get(variable + suffix))
    if (given !== undefined) found.push({ ...given, suffix, own: given.setting === variable + suffix })
  }
  const own = found.filter((given) => given.own)
  const [first, second] = own.length > 0 ? own : found
  if (first === undefined) return undefined
  if (second !== undefined) {
    return yield* new SettingInvalid({
      setting: `${first.setting} and ${second.setting}`,
      problem: "both say a passphrase; unset one"
    })
  }
  const { setting, suffix, value } = first
  if (suffix === "") return yield* checked(setting, new TextEncoder().encode(value))
  return yield* suffix === "_FILE" ? fromFile(setting, value) : fromCommand(setting, value)
})

const credential = Effect.fnUntraced(function*(environment: Settings.Environment) {
  const directory = Option.getOrUndefined(yield* environment.get("CREDENTIALS_DIRECTORY"))
  if (directory === undefined) return undefined
  const fs = yield* FileSystem.FileSystem
  const file = join(directory.value, "passphrase")
  const there = yield* Effect.orElseSucceed(fs.exists(file), () => true)
  return there ? yield* fromFile(`the credential ${file}`, file) : undefined
})

const fromFile = Effect.fnUntraced(function*(setting: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Stream.runCollect(fs.stream(file, { bytesToRead: longest + 2 })).pipe(
    Effect.map((chunks) => Buffer.concat(chunks)),
    Effect.mapError((error) => {
      const why = error.reason._tag === "NotFound"
        ? "there is no such file"
        : error.reason._tag === "PermissionDenied"
        ? "permission denied"
        : "it cannot be read"
      return new SettingInvalid({ setting: `${setting} "${file}"`, problem: why })
    })
  )
  return yield* checked(setting, bytes)
})

/** What the command writes to stdout. It may ask on the terminal, and says on stderr what is wrong. */
const fromCommand = Effect.fnUntraced(function*(setting: string, line: string) {
  const spawner = yield* ChildProcessSpawner
  const command = ChildProcess.make("/bin/sh", ["-c", line], { stdin: "inherit", stderr: "inherit" })
  const { bytes, code } = yield* Effect.scoped(Effect.gen(function*() {
    const handle = yield* spawner.spawn(command)
    let length = 0
    const chunks = yield* Stream.runCollect(Stream.takeWhile(handle.stdout, (chunk) => {
      length += chunk.length
      return length <= longest + 2
    }))
    // One that says too much is not waited for: it ends with the scope.
    return { bytes: Buffer.concat(chunks), code: length > longest + 2 ? undefined : yield* handle.exitCode }
  })).pipe(
    Effect.timeout(patience),
    Effect.mapError((error) =>
      new SettingInvalid({
        setting,
        problem: error._tag === "TimeoutError" ? `it did not end within ${patience}` : "the command could not be run"
      })
    )
  )
  if (code === undefined) return yield* new SettingInvalid({ setting, problem: tooLong })
  if (code !== 0) return yield* new SettingInvalid({ setting, problem: `the command failed, with status ${code}` })
  return yield* checked(setting, bytes)
})

/** Text of one line; the end of the line does not belong to it. */
const checked = (setting: string, bytes: Uint8Array): Effect.Effect<Redacted.Redacted, SettingInvalid> => {
  const invalid = (problem: string) => Effect.fail(new SettingInvalid({ setting, problem }))
  const text = Result.getOrUndefined(Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)))
  if (text === undefined) return invalid("it is not text in UTF-8")
  const line = text.replace(/\r?\n$/, "")
  if (line === "") return invalid("it says an empty passphrase")
  if (Buffer.byteLength(line) > longest) return invalid(tooLong)
  if (/[\r\n\0]/.test(line)) return invalid("it says more than one line")
  return Effect.succeed(Redacted.make(line))
}

/** A new passphrase, typed twice at a terminal. `instead`: what to set where there is none. */
export const askTwice = Effect.fnUntraced(function*(instead: string) {
  if (!Terminal.canAsk()) {
    return yield* new SettingInvalid({
      setting: "no passphrase",
      problem: `there is no terminal to ask at; set ${instead}_FILE, ${instead}_COMMAND or ${instead}`
    })
  }
  const first = yield* Terminal.ask("New passphrase: ")
  const second = yield* Terminal.ask("The same again: ")
  if (first !== second) return yield* new SettingInvalid({ setting: "the passphrases", problem: "they differ" })
  return yield* checked("the passphrase", new TextEncoder().encode(first))
})
