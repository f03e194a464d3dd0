/** A file per repository beside the witness. One that cannot be read is begun anew. */
import { Effect, Layer, Schema, Semaphore } from "effect"
import type * as ClockDoubt from "../domain/repository/ClockDoubt.ts"
import { HostFiles } from "../services/HostFiles.ts"
import * as UpkeepNotes from "../services/UpkeepNotes.ts"

const { none } = UpkeepNotes

/** Objects of a kind noted at most, those known for longest: about a megabyte. */
const most = 20_000

const Time = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const NotesJson = Schema.fromJsonString(Schema.Struct({
  clock: Schema.optional(Schema.Struct({
    last: Time,
    wall: Schema.optional(Time),
    passed: Schema.optional(Time),
    leap: Schema.optional(Schema.Struct({ from: Time, at: Time, passed: Schema.optional(Time) }))
  })),
  unnamed: Schema.Record(Schema.String, Time),
  condemned: Schema.optional(Schema.Record(Schema.String, Time))
}))

/** Call once, where the program is wired. */
export const layer: Layer.Layer<UpkeepNotes.UpkeepNotes, never, HostFiles> = Layer.effect(
  UpkeepNotes.UpkeepNotes,
  Effect.gen(function*() {
    const files = yield* HostFiles
    const turn = yield* Semaphore.make(1)
    const nameOf = (repository: string) => `witness/upkeep-${repository}.json`

    const told = (message: string, repository: string, error: { readonly message: string }) =>
      Effect.logWarning(message).pipe(
        Effect.annotateLogs({ key: files.pathOf(nameOf(repository)), error: error.message })
      )

    const read = Effect.fnUntraced(function*(repository: string) {
      const text = yield* files.read(nameOf(repository))
      if (text === undefined) return none
      const { clock, condemned = {}, unnamed } = yield* Effect.mapError(
        Schema.decodeEffect(NotesJson)(text),
        () => files.damaged(nameOf(repository), "nothing is lost by it")
      )
      return {
        ...(clock === undefined ? {} : { clock: noteOf(clock) }),
        unnamed: new Map(Object.entries(unnamed)),
        condemned: new Map(Object.entries(condemned))
      } satisfies UpkeepNotes.Notes
    })

    const readOrNone = (repository: string) =>
      read(repository).pipe(
        Effect.catch((error) =>
          Effect.as(told("notes of upkeep cannot be read, and are begun anew", repository, error), none)
        )
      )

    const write = (repository: string, { clock, condemned, unnamed }: UpkeepNotes.Notes) =>
      files.replace(
        nameOf(repository),
        JSON.stringify({ clock, unnamed: longest(unnamed), condemned: longest(condemned) })
      )

    return UpkeepNotes.UpkeepNotes.of({
      read: readOrNone,
      change: (repository, change) =>
        readOrNone(repository).pipe(
          Effect.flatMap((notes) => write(repository, change(notes))),
          Effect.catch((error) => told("notes of upkeep cannot be kept", repository, error)),
          turn.withPermits(1),
          Effect.uninterruptible
        )
    })
  })
)

/** Of very many those known for longest. */
const longest = (times: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(times.size <= most ? times : [...times].toSorted(([, a], [, b]) => a - b).slice(0, most))

/** What is absent is not there at all. Earlier programs noted the store's clock alone. */
const noteOf = ({ last, leap, passed, wall }: NonNullable<typeof NotesJson.Type["clock"]>): ClockDoubt.Note => {
  const all = passed ?? Math.max(0, last - (leap?.at ?? last))
  return {
    last,
    passed: all,
    ...(wall === undefined ? {} : { wall }),
    ...(leap === undefined ? {} : { leap: { from: leap.from, at: leap.at, passed: leap.passed ?? 0 } })
  }
}
