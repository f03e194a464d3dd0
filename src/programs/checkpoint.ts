/** `checkpoint`: moments of folders that can be gone back to; `now`, `list` and `serve` here, the rest beside. */
import { Clock, Console, Effect, Layer, Option } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { Checkpoints } from "../services/Checkpoints.ts"
import { Dav } from "../services/Dav.ts"
import { Repository } from "../services/Repository.ts"
import * as Facts from "./checkpoint-facts.ts"
import { commands as keeping } from "./checkpoint-keep.ts"
import { explained, opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import * as FolderNames from "./folder-names.ts"
import * as Holdings from "./holdings.ts"
import { Lifetime } from "./lifetime.ts"
import { print, toJson } from "./output.ts"
import * as Settings from "./settings.ts"

const now = (options: { readonly folder: Option.Option<string> }) =>
  Effect.gen(function*() {
    const { environment, uri } = yield* opening
    const settings = yield* Settings.all(environment, uri, Settings.noServeFlags)
    const { checkpoints } = yield* wiring
    yield* Effect.gen(function*() {
      const repository = yield* Repository
      const before = yield* repository.head
      const folders = Option.isNone(options.folder)
        ? undefined
        : [(yield* FolderNames.named(before.folders.values(), options.folder.value)).id]
      const made = yield* (yield* Checkpoints).create(folders, "manual")
      const at = yield* Clock.currentTimeMillis
      const rows = Facts.checkpoints(yield* repository.head, made, at)
      yield* print({ checkpoints: rows }, () =>
        rows.length === 0
          ? before.folders.size === 0
            ? "There are no folders yet: share one with this device in Syncthing."
            : "Nothing changed since the last checkpoint: it stands for now too."
          : Facts.table(rows, at))
    }).pipe(Effect.provide(checkpoints(uri, settings)))
  })

const list = Effect.gen(function*() {
  const { uri } = yield* opening
  const { administration } = yield* wiring
  yield* Effect.gen(function*() {
    const state = yield* (yield* Repository).head
    const at = yield* Clock.currentTimeMillis
    const rows = Facts.checkpoints(state, state.checkpoints, at, yield* Holdings.ofCheckpoints(state))
    yield* print({ schedules: Facts.schedules(state), checkpoints: rows }, () =>
      [
        Facts.schedulesText(state),
        rows.length === 0
          ? "There are no checkpoints yet: `serve` makes them when something changed, `checkpoint now` makes one now."
          : Facts.table(rows, at)
      ].join("\n"))
  }).pipe(Effect.provide(administration(uri)))
})

const serve = (options: { readonly address: string }) =>
  Effect.gen(function*() {
    const { environment, uri } = yield* opening
    const settings = yield* Settings.all(environment, uri, Settings.noServeFlags)
    const problem = Settings.addressProblem(options.address, 0, "127.0.0.1:8080")
    if (problem !== undefined) return yield* new SettingInvalid({ setting: `ADDRESS "${options.address}"`, problem })
    const lifetime = yield* Lifetime
    lifetime.untilSignal = true
    const json = yield* Settings.JsonFlag
    const { dav } = yield* wiring
    const ready = Layer.effectDiscard(Effect.flatMap(Dav, ({ url }) =>
      Console.log(
        json
          ? toJson({ event: "ready", url })
          : `Checkpoints are at ${url} for browsers and WebDAV clients (any user name, the password of BEPOSITORY_DAV_PASSWORD).`
      )))
    return yield* Layer.launch(ready.pipe(Layer.provide(dav(uri, settings, options.address))))
  })

/** Milliseconds: a browser that waits is told that the store is away before it gives up itself. */
const davPatience = 20_000

const folder = Argument.String("folder").pipe(
  Argument.optional,
  Argument.withDescription("Label or id of a folder; all folders if absent")
)
const address = Argument.String("address").pipe(
  Argument.withDescription("HOST:PORT to listen on, for example 127.0.0.1:8080")
)

export const command = Command.make("checkpoint").pipe(
  Command.withDescription("Moments of folders that can be gone back to"),
  Command.withSubcommands([
    Command.make("now", { folder }, (options) => explained(now(options))).pipe(
      Command.withDescription("Make a checkpoint of one folder or of all; folders that did not change need none"),
      Command.withExamples([{
        command: "bepository checkpoint now Photos",
        description: "Of the folder labelled Photos"
      }])
    ),
    Command.make("list", {}, () => explained(list)).pipe(
      Command.withDescription(
        "List the schedules and the checkpoints, oldest first: when each may go, what it holds (files, directories, their size), " +
          "what it takes in the store (ALONE: whole packs and tables that only it needs, which go with it; SHARED: about its part of " +
          "those that other checkpoints or current folders also need, some of which goes when they are rewritten), and the path at which `checkpoint serve` shows it"
      ),
      Command.withShortDescription("List schedules and checkpoints, with what each takes"),
      Command.withExamples([{ command: "bepository checkpoint list --json", description: "For scripts" }])
    ),
    ...keeping,
    Command.make("serve", { address }, (options) => explained(serve(options), { patience: davPatience })).pipe(
      Command.withDescription(
        "Serve checkpoints read-only over WebDAV and to browsers, under /FOLDER/TIME/. " +
          "Clients must give the password in BEPOSITORY_DAV_PASSWORD, with any user name. There is no TLS: " +
          "listen on 127.0.0.1 or behind a reverse proxy that adds it."
      ),
      Command.withShortDescription("Serve checkpoints over WebDAV and to browsers"),
      Command.withExamples([
        {
          command: "BEPOSITORY_DAV_PASSWORD=… bepository checkpoint serve 127.0.0.1:8080",
          description: "Then open http://127.0.0.1:8080/"
        }
      ])
    )
  ])
)
