/**
 * `serve`: the daemon. Says once on stdout that it is ready; logs go to stderr, at a terminal with live progress below
 * them. SIGTERM and SIGINT are its planned end: blocks in flight are dropped, staged work is committed, exit 0.
 */
import { Console, Context, Effect, Layer, Schedule } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as StorageUri from "../domain/StorageUri.ts"
import { daemonBudget } from "../domain/store/RetrySchedule.ts"
import { Fault } from "../services/Fault.ts"
import { Identity } from "../services/Identity.ts"
import { Peers } from "../services/Peers.ts"
import { StoreMeter } from "../services/StoreMeter.ts"
import { explained, opening, wiring } from "./command.ts"
import { Lifetime } from "./lifetime.ts"
import { toJson } from "./output.ts"
import * as Report from "./report.ts"
import * as Settings from "./settings.ts"
import * as Terminal from "./terminal.ts"
import * as Text from "./text.ts"
import * as Turns from "./turns.ts"

const flags = {
  masters: Argument.String("MASTER_DEVICE_ID").pipe(
    Argument.variadic(),
    Argument.withDescription("Device ids of the Syncthing that may connect [BEPOSITORY_MASTER_DEVICE_ID]")
  ),
  listen: Flag.String("listen").pipe(
    Flag.optional,
    Flag.withMetavar("HOST:PORT"),
    Flag.withDescription(
      `Where to listen; port 0 takes a free one (default ${Settings.defaultListen}) [BEPOSITORY_LISTEN]`
    )
  ),
  masterAddress: Flag.String("master-address").pipe(
    Flag.optional,
    Flag.withMetavar("URI"),
    Flag.withDescription(
      `Where the master is dialled while it is not connected, or "none" (default ${Settings.defaultMasterAddress}) [BEPOSITORY_MASTER_ADDRESS]`
    )
  ),
  deviceName: Flag.String("device-name").pipe(
    Flag.optional,
    Flag.withMetavar("NAME"),
    Flag.withDescription("The name that peers are told (default: bepository on HOST) [BEPOSITORY_DEVICE_NAME]")
  ),
  ...Turns.flags
}

/** Tells that the daemon is up. */
const ready = Effect.fnUntraced(function*(uri: StorageUri.StorageUri) {
  const json = yield* Settings.JsonFlag
  const { device } = yield* Identity
  const { listening } = yield* Peers
  const location = StorageUri.location(uri)
  yield* Console.log(
    json
      ? toJson({ event: "ready", device, listen: listening, repository: location })
      : `bepository is ready: device ${device}, listening on ${listening}, repository ${location}`
  )
})

/** The daemon's first fatal error ends the program with that error. */
const fatal = Effect.flatMap(Fault, (fault) => fault.raised)

/** Between two lines of counts at debug. */
const interval = "10 minutes"

const handler = (options: Omit<Settings.ServeFlags, "turns"> & Turns.Options) =>
  Effect.gen(function*() {
    const lifetime = yield* Lifetime
    lifetime.untilSignal = true
    const { environment, uri } = yield* opening
    const turns = yield* Turns.turns(environment, options)
    const settings = yield* Settings.all(environment, uri, { ...options, turns })
    yield* Settings.requireMasters(settings)
    const { daemon } = yield* wiring
    const json = yield* Settings.JsonFlag
    const live = Terminal.watched() && !json ? Terminal.make() : undefined
    let meter: StoreMeter["Service"] | undefined
    const told = (level: "Info" | "Debug") =>
      meter === undefined
        ? Effect.void
        : Effect.flatMap(
          meter.totals,
          (totals) => Effect.logWithLevel(level)("the store was asked").pipe(Effect.annotateLogs(Text.requests(totals)))
        )
    return yield* Effect.scoped(Effect.gen(function*() {
      const context = yield* Layer.build(daemon(uri, settings))
      meter = Context.get(context, StoreMeter)
      yield* Effect.forkScoped(Effect.repeat(told("Debug"), Schedule.spaced(interval)))
      return yield* Effect.gen(function*() {
        yield* ready(uri)
        yield* Report.start(live)
        return yield* fatal
      }).pipe(Effect.provideContext(context))
    })).pipe(
      // Whatever is still stored at the end is counted too.
      Effect.ensuring(Effect.suspend(() => told("Info"))),
      Effect.provide(Report.loggers(live, json))
    )
  })

export const command = Command.make(
  "serve",
  flags,
  (options) => explained(handler(options), { logLevel: "Info", patience: daemonBudget })
).pipe(
  Command.withDescription(
    "Be a Syncthing device: store what the masters share with this device, and give it back. Makes the repository if the " +
      "location is empty. Runs until SIGTERM or Ctrl-C; what is staged then is committed first."
  ),
  Command.withShortDescription("Be a Syncthing device: store what is shared, give it back"),
  Command.withExamples([
    {
      command: "bepository serve --storage-uri file:///srv/backup ABCDEFG-…",
      description: "For the Syncthing on this machine, whose id is ABCDEFG-…"
    },
    {
      command: "bepository serve --listen 127.0.0.1:22002 --master-address none ABCDEFG-…",
      description: "On another port, waiting to be dialled"
    }
  ])
)
