/**
 * A small file per repository beside the witness, replaced whole and durable before it counts. One that cannot be read is
 * begun anew.
 */
import { Effect, Layer, Schema, Semaphore } from "effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as UpkeepNotes from "../services/UpkeepNotes.ts"

const { none } = UpkeepNotes

/** Packs noted at most, those known for longest: about a megabyte. */
const mostPacks = 20_000

const Time = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const NotesJson = Schema.fromJsonString(Schema.Struct({
  unnamed: Schema.Record(Schema.String, Time)
}))

/** Notes below the directory, which is made when first needed. Call once, where the program is wired. */
export const layer = (directory: string): Layer.Layer<UpkeepNotes.UpkeepNotes> =>
  Layer.effect(
    UpkeepNotes.UpkeepNotes,
    Effect.map(Semaphore.make(1), (turn) => make(Path.join(directory, "witness"), turn))
  )

const make = (directory: string, turn: Semaphore.Semaphore): UpkeepNotes.UpkeepNotes["Service"] => {
  const pathOf = (repository: string) => Path.join(directory, `upkeep-${repository}.json`)

  const read = Effect.fnUntraced(function*(repository: string) {
    const text = yield* io(() => Fs.readFile(pathOf(repository), "utf8")).pipe(
      // Where no note can be made there is none; whoever makes one is told then.
      Effect.catchIf((code) => code === "ENOENT" || code === "ENOTDIR", () => Effect.undefined)
    )
    if (text === undefined) return none
    const { unnamed } = yield* Effect.mapError(Schema.decodeEffect(NotesJson)(text), () => "it is damaged")
    return { unnamed: new Map(Object.entries(unnamed)) } satisfies UpkeepNotes.Notes
  })

  const readOrNone = (repository: string) =>
    read(repository).pipe(
      Effect.catch((error) =>
        Effect.as(
          Effect.logWarning("notes of upkeep cannot be read, and are begun anew").pipe(
            Effect.annotateLogs({ key: pathOf(repository), error })
          ),
          none
        )
      )
    )

  const write = Effect.fnUntraced(function*(repository: string, { unnamed }: UpkeepNotes.Notes) {
    const kept = unnamed.size <= mostPacks
      ? unnamed
      : [...unnamed].toSorted(([, a], [, b]) => a - b).slice(0, mostPacks)
    const text = JSON.stringify({ unnamed: Object.fromEntries(kept) })
    const path = pathOf(repository)
    const temporary = `${path}.${process.pid}`
    yield* io(() => Fs.mkdir(directory, { recursive: true, mode: 0o700 }))
    yield* Effect.acquireUseRelease(
      io(() => Fs.open(temporary, "w", 0o600)),
      (handle) => io(() => handle.writeFile(text)).pipe(Effect.andThen(io(() => handle.sync()))),
      (handle) => Effect.orDie(io(() => handle.close()))
    )
    yield* io(() => Fs.rename(temporary, path))
  })

  return UpkeepNotes.UpkeepNotes.of({
    read: readOrNone,
    change: (repository, change) =>
      readOrNone(repository).pipe(
        Effect.flatMap((notes) => write(repository, change(notes))),
        Effect.catch((error) =>
          Effect.logWarning("notes of upkeep cannot be kept").pipe(
            Effect.annotateLogs({ key: pathOf(repository), error })
          )
        ),
        turn.withPermits(1),
        Effect.uninterruptible
      )
  })
}

/** Fails with what the system calls it. */
const io = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => (cause as NodeJS.ErrnoException).code ?? String(cause) })
