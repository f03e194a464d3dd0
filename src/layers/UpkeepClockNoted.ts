/** Readings are held against those this host noted, of other processes too; without a note, against the newest commit. */
import { Effect, Layer, Semaphore } from "effect"
import * as ClockDoubt from "../domain/repository/ClockDoubt.ts"
import * as Timespan from "../domain/Timespan.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import { type Reading, UpkeepClock } from "../services/UpkeepClock.ts"
import { UpkeepNotes } from "../services/UpkeepNotes.ts"

/** Readings closer together are not all noted, milliseconds. */
const every = 3_600_000

export const layer: Layer.Layer<UpkeepClock, never, ObjectStore | Repository | UpkeepNotes> = Layer.effect(
  UpkeepClock,
  Effect.gen(function*() {
    const notes = yield* UpkeepNotes
    const repository = yield* Repository
    const store = yield* ObjectStore
    const one = yield* Semaphore.make(1)
    /** It was told that the clock is behind. */
    let told = false
    /** Stands for the note where none can be kept. */
    let latest: ClockDoubt.Note | undefined

    const tell = Effect.fnUntraced(function*(before: ClockDoubt.Note, after: ClockDoubt.Note) {
      const { leap } = after
      if (leap !== undefined && leap.at !== before.leap?.at) {
        yield* Effect.logWarning(
          `the store's clock leapt ahead by ${
            span(leap.at - before.last)
          } since this host last looked: if it is right, ` +
            `nothing has to be done; nothing goes by its age before it was so for a day`
        )
      }
      const behind = ClockDoubt.behind(yield* repository.head, after.last)
      if (behind !== undefined && !told) {
        yield* Effect.logWarning(
          `the store's clock is ${
            span(behind)
          } behind the newest commit: it is wrong, or was when that was made; until it ` +
            `has caught up a checkpoint is made only once in the longest interval of the schedules, and little goes by its age`
        )
      }
      told = behind !== undefined
    })

    return UpkeepClock.of({
      read: Effect.gen(function*() {
        const { time } = yield* repository.head
        const now = yield* store.now
        const noted = (yield* notes.read(repository.id)).clock
        const before = noted ?? latest ?? { last: time === 0 ? now : time }
        const after = ClockDoubt.read(before, now)
        latest = after
        yield* tell(before, after)
        const isOld = noted === undefined || Math.abs(after.last - noted.last) >= every
        if (isOld || after.leap?.at !== noted.leap?.at) {
          yield* notes.change(repository.id, (all) => ({ ...all, clock: after }))
        }
        return {
          now,
          sure: Math.min(now, ClockDoubt.sure(after)),
          ...(after.leap === undefined ? {} : { doubtedUntil: after.leap.at + ClockDoubt.proof })
        } satisfies Reading
      }).pipe(one.withPermits(1), Effect.withSpan("UpkeepClock.read"))
    })
  })
)

/** Whole days, and hours below three. */
const span = (milliseconds: number): string => {
  const unit = milliseconds < 3 * 86_400_000 ? 3_600_000 : 86_400_000
  return Timespan.format(Math.floor(milliseconds / unit) * unit)
}
