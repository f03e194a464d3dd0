/**
 * The command tree and the one place where a command becomes a process: arguments in, stdout, one line on stderr and an
 * exit code out. Command files load implementations lazily (`wiring.ts`), so that `--help` is quick.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Logger, References } from "effect"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import process from "node:process"
import packageJson from "../../package.json" with { type: "json" }
import { command as addFolder } from "./add-folder.ts"
import { command as checkpoint } from "./checkpoint.ts"
import { command as copy } from "./copy.ts"
import { command as doctor } from "./doctor.ts"
import { ending, oneLine, SettingInvalid, type Signal } from "./failure.ts"
import { command as fsck } from "./fsck.ts"
import { command as getId } from "./get-id.ts"
import { command as init } from "./init.ts"
import { command as key } from "./key.ts"
import { Lifetime } from "./lifetime.ts"
import { command as listFolders } from "./list-folders.ts"
import { command as removeFolder } from "./remove-folder.ts"
import { command as serve } from "./serve.ts"
import * as Settings from "./settings.ts"
import { command as status } from "./status.ts"
import * as Store from "./store-options.ts"

export const version = packageJson.version

export const root = Command.make("bepository").pipe(
  Command.withDescription(
    `A Syncthing device whose disk is an object store: what your Syncthing shares with it is
  kept, deduplicated and versioned, and any other Syncthing can pull it, now or after the
  first one is gone.

  Settings come from flags, else from the environment, else from ${Settings.defaultEnvFile}
  (or the file that BEPOSITORY_ENV_FILE names), else from defaults:
    BEPOSITORY_STORAGE_URI        the repository: s3://bucket/prefix, gs://bucket/prefix,
                                  sftp://user@host/path, file:///path
    BEPOSITORY_MASTER_DEVICE_ID   the Syncthing that may connect; several: with commas
    BEPOSITORY_LISTEN             where serve listens: ${Settings.defaultListen}
    BEPOSITORY_MASTER_ADDRESS     where that Syncthing is dialled: ${Settings.defaultMasterAddress}, or none
    BEPOSITORY_DEVICE_NAME        the name it is told: bepository on HOST
    BEPOSITORY_CACHE_DIRECTORY    for caches, and notes of what this host has seen: see --cache-dir
    BEPOSITORY_DAV_PASSWORD       the password of \`checkpoint serve\`
    BEPOSITORY_SFTP_PASSWORD, BEPOSITORY_SFTP_KEY_PASSPHRASE
                                  for sftp://; with _FILE at the end, the file that holds it
    BEPOSITORY_PASSPHRASE_FILE, BEPOSITORY_PASSPHRASE_COMMAND, BEPOSITORY_PASSPHRASE
                                  of an encrypted repository: a file that holds it, a command
                                  that prints it, itself; else the credential "passphrase"
                                  of a systemd service
    BEPOSITORY_NEW_PASSPHRASE     for \`key add\` and \`key change\`, also with _FILE and _COMMAND
    BEPOSITORY_LIMIT_UPLOAD       bytes a second to the store: 500K, 2M
    BEPOSITORY_LIMIT_DOWNLOAD     bytes a second from the store
    BEPOSITORY_LIMIT_REQUESTS     requests a second to the store
    BEPOSITORY_RETRY_FOR          how long a store that does not answer is asked again: 15m
    BEPOSITORY_HOST_NAME, BEPOSITORY_PRIORITY, BEPOSITORY_LEASE, BEPOSITORY_LEASE_MODE,
    BEPOSITORY_FOLLOW             how hosts of one repository take turns: see \`serve --help\``
  ),
  Command.withShortDescription("A Syncthing device whose disk is an object store"),
  Command.withExamples([
    {
      command: "bepository init --storage-uri file:///srv/backup",
      description: "Make a repository and print its device id"
    },
    {
      command: "bepository serve --storage-uri file:///srv/backup MASTER_DEVICE_ID",
      description: "Store what the Syncthing with that device id shares (also makes the repository)"
    },
    { command: "bepository checkpoint list", description: "The moments that can be gone back to" },
    {
      command: "BEPOSITORY_DAV_PASSWORD=… bepository checkpoint serve 127.0.0.1:8080",
      description: "Browse them in a web browser or a file manager"
    }
  ]),
  Command.withSubcommands([
    init,
    serve,
    status,
    listFolders,
    removeFolder,
    addFolder,
    checkpoint,
    doctor,
    copy,
    fsck,
    key,
    getId
  ]),
  Command.withGlobalFlags([
    Settings.StorageUriFlag,
    Settings.CacheDirFlag,
    ...Store.flags,
    Settings.LogLevelFlag,
    Settings.JsonFlag
  ])
)

/** Help that was not asked for is an error's company: both go to stderr. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    Effect.gen(function*() {
      if (event._tag === "Version") return yield* Console.log(`bepository ${event.version}`)
      if (event._tag === "Help" && event.reason === "Requested") return yield* CliOutput.defaultPresenter.present(event)
      const formatter = CliOutput.defaultFormatter({ colors: false, globalFlags: "summary" })
      yield* Console.error(formatter.formatHelpDoc(event.helpDoc))
      const errors = event._tag === "InvalidInvocation"
        ? event.errors.map((error) => error.message)
        : ["say what to do"]
      for (const error of errors) yield* Console.error(`bepository: ${oneLine(error)}`)
    })
}

/** Only warnings, on stderr; `serve` says more. */
const quiet = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
  Layer.succeed(References.MinimumLogLevel, "Warn"),
  Layer.succeed(CliOutput.Presenter, presenter),
  Layer.succeed(
    CliConfig.CliConfig,
    CliConfig.make({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
  )
)

/** `-1h` is no bundle of short options, though `h` alone asks for help. */
const misread = (args: ReadonlyArray<string>): string | undefined => {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).find((arg) => /^-\d\w*h\w*$/.test(arg))
}

/** The program as it runs inside a process or a test; fails as the command fails. */
export const program = (args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const setting = misread(args)
    if (setting !== undefined) {
      return yield* new SettingInvalid({ setting, problem: "it is no option, and no length of time is negative" })
    }
    return yield* Command.runWith(root, { version, renderErrors: true })(args)
  }).pipe(Effect.provide(quiet))

export const run = (args: ReadonlyArray<string>): void => {
  const lifetime: Lifetime = { untilSignal: false }
  let signal: Signal | undefined
  const onSignal = (name: Signal) => () => {
    // The second time somebody means it.
    if (signal !== undefined) process.exit(name === "SIGTERM" ? 143 : 130)
    signal = name
  }
  process.on("SIGINT", onSignal("SIGINT"))
  process.on("SIGTERM", onSignal("SIGTERM"))
  // Whoever read our output went away: a daemon does not mind, a command has nobody left to talk to.
  process.stdout.on("error", () => {
    if (!lifetime.untilSignal) process.exit(141)
  })
  process.stderr.on("error", () => {})

  NodeRuntime.runMain(
    program(args).pipe(Effect.provideService(Lifetime, lifetime), Effect.provide(NodeServices.layer)),
    {
      disableErrorReporting: true,
      teardown: (exit, onExit) => {
        const { code, line } = ending(exit, signal)
        if (line !== undefined) process.stderr.write(`bepository: ${line}\n`)
        onExit(line === undefined && signal !== undefined && lifetime.untilSignal ? 0 : code)
      }
    }
  )
}
