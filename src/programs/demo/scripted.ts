/** The scripted peer as an actor: starts `peer.ts` as a process and talks to it in lines of JSON. */
import { Effect, FileSystem, Queue, Schedule, Schema, Stream } from "effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Actor } from "./actor.ts"
import { DemoFailed } from "./world.ts"

const script = fileURLToPath(new URL("peer.ts", import.meta.url))

const Line = Schema.Union([
  Schema.Struct({ event: Schema.Literal("started"), device: Schema.String }),
  Schema.Struct({
    event: Schema.Literal("state"),
    scans: Schema.Int,
    files: Schema.Int,
    needed: Schema.Int,
    unstored: Schema.Int
  })
])

/** Runs in a process of its own, on `directory`, until the scope ends. */
export const start = Effect.fn("Scripted.start")(function*(name: string, directory: string, log: string) {
  const spawner = yield* ChildProcessSpawner
  const fs = yield* FileSystem.FileSystem
  const failed = (error: { readonly message: string }) => new DemoFailed({ problem: `${name}: ${error.message}` })
  const commands = yield* Queue.make<string>()
  const handle = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [script, directory], {
      stdin: { stream: Stream.encodeText(Stream.fromQueue(commands)) },
      forceKillAfter: "10 seconds"
    })
  ).pipe(Effect.mapError(failed))
  yield* handle.stderr.pipe(Stream.run(fs.sink(log, { flag: "a" })), Effect.ignore, Effect.forkScoped)
  let device: string | undefined
  let state = { scans: 0, files: 0, needed: 0, unstored: 0 }
  yield* handle.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) =>
      Effect.map(Schema.decodeEffect(Schema.fromJsonString(Line))(line), (parsed) => {
        if (parsed.event === "started") device = parsed.device
        else state = parsed
      })
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  /** Looks again until `good`, for two minutes. */
  const until = (what: string, good: () => boolean) =>
    Effect.suspend(() =>
      good()
        ? Effect.void
        : Effect.fail(new DemoFailed({ problem: `${name}: ${what} did not happen: ${JSON.stringify(state)}` }))
    ).pipe(Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 1200 }))
  const tell = (command: unknown) => Effect.asVoid(Queue.offer(commands, `${JSON.stringify(command)}\n`))

  yield* until("starting", () => device !== undefined)
  const actor: Actor = {
    played: "a scripted peer",
    device: device ?? "",
    address: "none",
    share: (bepository) => tell({ do: "share", ...bepository }),
    rescan: Effect.suspend(() => {
      const before = state.scans
      return Effect.andThen(tell({ do: "rescan" }), until("scanning", () => state.scans > before))
    }),
    awaitStored: (files) => until("storing", () => state.files === files && state.unstored === 0),
    awaitComplete: (files) => until("receiving", () => state.needed === 0 && state.files === files)
  }
  return actor
})
