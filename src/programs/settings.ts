/**
 * What the operator set: flags over environment over the environment file over defaults. Everything is read when a command
 * begins and never later; a problem names the flag or the variable (and file) it came from. Secrets stay `Redacted`.
 */
import { Config, ConfigProvider, Duration, Effect, FileSystem, Option, Redacted, Result } from "effect"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { createHash } from "node:crypto"
import { homedir, hostname } from "node:os"
import { join, resolve } from "node:path"
import { getuid } from "node:process"
import * as DeviceId from "../domain/DeviceId.ts"
import * as EnvFile from "../domain/EnvFile.ts"
import * as PeerAddress from "../domain/PeerAddress.ts"
import * as StorageUri from "../domain/StorageUri.ts"
import { aloneTurns, type Settings, type Turns } from "../services/Settings.ts"
import { SettingInvalid } from "./failure.ts"

export const defaultEnvFile = "/etc/bepository/env"
export const defaultListen = "127.0.0.1:22001"
export const defaultMasterAddress = "tcp://127.0.0.1:22000"

export const StorageUriFlag = GlobalFlag.Setting("storage-uri")({
  flag: Flag.String("storage-uri").pipe(
    Flag.optional,
    Flag.withMetavar("URI"),
    Flag.withDescription(
      "The repository: s3://bucket/prefix, gs://bucket/prefix, sftp://user@host/path, file:///path or a plain path [BEPOSITORY_STORAGE_URI]"
    )
  )
})

export const CacheDirFlag = GlobalFlag.Setting("cache-dir")({
  flag: Flag.String("cache-dir").pipe(
    Flag.optional,
    Flag.withMetavar("DIR"),
    Flag.withDescription(
      "Caches, and notes of what this host has seen; clearing it loses the notes, and nothing stored [BEPOSITORY_CACHE_DIRECTORY]"
    )
  )
})

export const JsonFlag = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print one JSON value instead of text; logs become JSON lines")
  )
})

export const LogLevelFlag = GlobalFlag.Setting("log-level")({
  flag: Flag.ChoiceWithValue("log-level", [
    ["error", "Error"],
    ["warn", "Warn"],
    ["info", "Info"],
    ["debug", "Debug"],
    ["trace", "Trace"]
  ]).pipe(
    Flag.optional,
    Flag.withMetavar("LEVEL"),
    Flag.withDescription("What is logged on stderr; serve logs info, other commands warn")
  )
})

/** A value and where it came from, for problems. */
export interface Given {
  readonly value: string
  /** `--listen`, `BEPOSITORY_LISTEN`, or `BEPOSITORY_LISTEN in /etc/bepository/env` */
  readonly setting: string
}

export interface Environment {
  /** The same, for what reads variables of its own. */
  readonly provider: ConfigProvider.ConfigProvider
  /** The variable in the environment, else in the environment file; an empty one counts as absent. */
  readonly get: (variable: string) => Effect.Effect<Option.Option<Given>, SettingInvalid>
}

/** The environment with the environment file below it. */
export const environment: Effect.Effect<Environment, SettingInvalid, FileSystem.FileSystem> = Effect.gen(function*() {
  const own = yield* ConfigProvider.ConfigProvider
  const named = yield* lookUp(own, "BEPOSITORY_ENV_FILE")
  const path = named ?? defaultEnvFile
  const variables = yield* readEnvFile(path, named === undefined)
  const file = ConfigProvider.fromUnknown(Object.fromEntries(variables))
  return {
    provider: ConfigProvider.orElse(own, file),
    get: Effect.fnUntraced(function*(variable: string) {
      const value = yield* lookUp(own, variable)
      if (value !== undefined) return Option.some({ value, setting: variable })
      const below = yield* lookUp(file, variable)
      return below === undefined ? Option.none() : Option.some({ value: below, setting: `${variable} in ${path}` })
    })
  }
})

const lookUp = (
  provider: ConfigProvider.ConfigProvider,
  variable: string
): Effect.Effect<string | undefined, SettingInvalid> =>
  Config.option(Config.String(variable)).parse(provider).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.mapError((error) => new SettingInvalid({ setting: variable, problem: error.message }))
  )

const readEnvFile = Effect.fnUntraced(function*(path: string, mayBeAbsent: boolean) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(path).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const reason = error.reason._tag
      if (reason === "NotFound" && mayBeAbsent) return Effect.succeed("")
      return Effect.fail(
        new SettingInvalid({
          setting: `the environment file ${path}`,
          problem: reason === "NotFound"
            ? "there is no such file; create it or unset BEPOSITORY_ENV_FILE"
            : `it cannot be read (${
              reason === "PermissionDenied" ? "permission denied" : error.message
            }); mend that, or name another in BEPOSITORY_ENV_FILE`
        })
      )
    })
  )
  return yield* Result.match(EnvFile.parse(text), {
    onSuccess: (variables) => Effect.succeed(variables),
    onFailure: ({ line, problem }) =>
      Effect.fail(
        new SettingInvalid({
          setting: `the environment file ${path}, line ${line}`,
          problem: `${problem}; nothing was done`
        })
      )
  })
})

/** The flag if given, else the variable. */
export const given = (
  environment: Environment,
  flag: { readonly name: string; readonly value: Option.Option<string> },
  variable: string
): Effect.Effect<Option.Option<Given>, SettingInvalid> =>
  Option.isSome(flag.value)
    ? Effect.succeedSome({ value: flag.value.value, setting: flag.name })
    : environment.get(variable)

/** Where the repository is. `path` of a `File` is absolute. */
export const storage = (environment: Environment): Effect.Effect<
  StorageUri.StorageUri,
  SettingInvalid,
  GlobalFlag.Setting.Identifier<"storage-uri">
> =>
  Effect.gen(function*() {
    const flag = yield* StorageUriFlag
    const found = yield* given(environment, { name: "--storage-uri", value: flag }, "BEPOSITORY_STORAGE_URI")
    if (Option.isNone(found)) {
      return yield* new SettingInvalid({
        setting: "no repository is named",
        problem: "give --storage-uri (file:///path, s3://bucket/prefix …) or set BEPOSITORY_STORAGE_URI"
      })
    }
    const { setting, value } = found.value
    const uri = yield* fromResult(`${setting} "${StorageUri.redact(value)}"`, StorageUri.parse(value))
    return uri._tag === "File" ? { ...uri, path: resolve(uri.path) } : uri
  })

/**
 * The repository's directory in the cache: named by a hash of its location, so that several repositories share a cache
 * directory without meeting.
 */
export const cacheDirectory = (environment: Environment, uri: StorageUri.StorageUri): Effect.Effect<
  string,
  SettingInvalid,
  GlobalFlag.Setting.Identifier<"cache-dir">
> =>
  Effect.gen(function*() {
    return join(yield* cacheBase(environment), placeName(uri))
  })

/** The directory of all repositories' caches, with what this host must not forget when it discards one. */
export const cacheBase = (environment: Environment): Effect.Effect<
  string,
  SettingInvalid,
  GlobalFlag.Setting.Identifier<"cache-dir">
> =>
  Effect.gen(function*() {
    const flag = yield* CacheDirFlag
    const found = yield* given(environment, { name: "--cache-dir", value: flag }, "BEPOSITORY_CACHE_DIRECTORY")
    return resolve(
      Option.isSome(found)
        ? yield* checked(found.value, found.value.value.includes("\0") ? "it holds a NUL character" : undefined)
        : yield* defaultCache(environment)
    )
  })

/** A location as the name of a file. */
export const placeName = (uri: StorageUri.StorageUri): string =>
  createHash("sha256").update(StorageUri.place(uri)).digest("hex").slice(0, 16)

/** A service manager's choice, else the user's, else /var/cache for root. */
const defaultCache = Effect.fnUntraced(function*(environment: Environment) {
  const managed = yield* environment.get("CACHE_DIRECTORY")
  if (Option.isSome(managed)) return managed.value.value.split(":")[0]!
  const own = yield* environment.get("XDG_CACHE_HOME")
  if (Option.isSome(own) && own.value.value.startsWith("/")) return join(own.value.value, "bepository")
  if (getuid?.() === 0) return "/var/cache/bepository"
  const home = Option.match(yield* environment.get("HOME"), { onNone: () => homedir(), onSome: (_) => _.value })
  if (home !== "" && home !== "/") return join(home, ".cache", "bepository")
  return yield* new SettingInvalid({
    setting: "no cache directory",
    problem: "there is no home directory; set BEPOSITORY_CACHE_DIRECTORY or give --cache-dir"
  })
})

/** Flags of `serve`; absent for other commands. */
export interface ServeFlags {
  readonly masters: ReadonlyArray<string>
  readonly listen: Option.Option<string>
  readonly masterAddress: Option.Option<string>
  readonly deviceName: Option.Option<string>
  readonly turns: Turns
}

export const noServeFlags: ServeFlags = {
  masters: [],
  listen: Option.none(),
  masterAddress: Option.none(),
  deviceName: Option.none(),
  turns: aloneTurns
}

/** Every setting of a command that uses the cache; only `serve` insists on masters. */
export const all = Effect.fnUntraced(function*(
  environment: Environment,
  uri: StorageUri.StorageUri,
  flags: ServeFlags
) {
  const listen = yield* given(environment, { name: "--listen", value: flags.listen }, "BEPOSITORY_LISTEN")
  const master = yield* given(
    environment,
    { name: "--master-address", value: flags.masterAddress },
    "BEPOSITORY_MASTER_ADDRESS"
  )
  const name = yield* given(environment, { name: "--device-name", value: flags.deviceName }, "BEPOSITORY_DEVICE_NAME")
  const password = yield* environment.get("BEPOSITORY_DAV_PASSWORD")
  const settings: Settings["Service"] = {
    cacheDirectory: yield* cacheDirectory(environment, uri),
    masters: yield* masters(environment, flags.masters),
    listen: Option.isNone(listen)
      ? defaultListen
      : yield* checked(listen.value, addressProblem(listen.value.value, 0, defaultListen)),
    masterAddress: Option.isNone(master) ? defaultMasterAddress : yield* masterAddress(master.value),
    deviceName: Option.match(name, { onNone: () => `bepository on ${hostname()}`, onSome: (_) => _.value }),
    davPassword: Option.getOrUndefined(Option.map(password, (_) => Redacted.make(_.value))),
    packSize: 32 * 1024 * 1024,
    commitInterval: Duration.seconds(10),
    commitBytes: 256 * 1024 * 1024,
    turns: flags.turns
  }
  return settings
})

/** Device ids given as arguments, else those of the variable, separated by commas or blanks. */
const masters = Effect.fnUntraced(function*(environment: Environment, args: ReadonlyArray<string>) {
  const fromEnvironment = args.length > 0 ? Option.none() : yield* environment.get("BEPOSITORY_MASTER_DEVICE_ID")
  const texts = Option.isSome(fromEnvironment) ? fromEnvironment.value.value.split(/[\s,;]+/) : args
  const setting = Option.isSome(fromEnvironment) ? fromEnvironment.value.setting : "MASTER_DEVICE_ID"
  const found = new Set<DeviceId.DeviceId>()
  for (const text of texts) {
    if (text !== "") found.add(yield* fromResult(`${setting} "${text.slice(0, 80)}"`, parseDevice(text)))
  }
  return [...found]
})

/** The id of all zeros is what an empty text parses to; it is nobody's. */
const parseDevice = (text: string): Result.Result<DeviceId.DeviceId, string> =>
  Result.flatMap(
    DeviceId.parse(text),
    (id) =>
      DeviceId.toBytes(id).every((byte) => byte === 0) ? Result.fail("this is no device's id") : Result.succeed(id)
  )

/** Without a master nobody could connect. */
export const requireMasters = (settings: Settings["Service"]): Effect.Effect<void, SettingInvalid> =>
  settings.masters.length > 0 ? Effect.void : Effect.fail(
    new SettingInvalid({
      setting: "no master device",
      problem: "say which Syncthing may connect: `bepository serve DEVICE_ID` or BEPOSITORY_MASTER_DEVICE_ID " +
        "(in Syncthing: Actions, Show ID)"
    })
  )

const masterAddress = (given: Given): Effect.Effect<string | undefined, SettingInvalid> => {
  if (given.value === "none") return Effect.undefined
  const bare = given.value.replace(/^tcp:\/\//, "")
  return Effect.as(
    checked(given, addressProblem(bare, 1, `${defaultMasterAddress}; "none" never dials`)),
    `tcp://${bare}`
  )
}

/** `host:port`; an IPv6 host stands in brackets. */
export const addressProblem = (text: string, lowestPort: number, example: string): string | undefined => {
  const address = /^[a-z0-9]+:\/\//i.test(text) ? undefined : PeerAddress.parse(text)
  if (address === undefined) return `it must be an address with a port below 65536, for example ${example}`
  return address.port < lowestPort ? "the port must not be 0" : undefined
}

const checked = (given: Given, problem: string | undefined): Effect.Effect<string, SettingInvalid> =>
  problem === undefined
    ? Effect.succeed(given.value)
    : Effect.fail(new SettingInvalid({ setting: `${given.setting} "${given.value.slice(0, 200)}"`, problem }))

const fromResult = <A>(setting: string, result: Result.Result<A, string>): Effect.Effect<A, SettingInvalid> =>
  Result.match(result, {
    onSuccess: (value) => Effect.succeed(value),
    onFailure: (problem) => Effect.fail(new SettingInvalid({ setting, problem }))
  })
