/** Readings are held against those this host noted, of other processes too; without a note, against the newest commit. */
import { Clock, Effect, Layer, Semaphore } from "effect"
import * as ClockDoubt from "../domain/repository/ClockDoubt.ts"
import * as Timespan from "../domain/Timespan.ts"
import { BootClock } from "../services/BootClock.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import { type Reading, UpkeepClock } from "../services/UpkeepClock.ts"
import { UpkeepNotes } from "../services/UpkeepNotes.ts"

/** Readings closer together are not all noted, milliseconds. */
const every = 3_600_000

export const layer: Layer.Layer<UpkeepClock, never, BootClock | ObjectStore | Repository | UpkeepNotes> = Layer.effect(
  UpkeepClock,
  Effect.gen(function*() {
    const bootClock = yield* BootClock
    const notes = yield* UpkeepNotes
    const repository = yield* Repository
    const store = yield* ObjectStore
    const one = yield* Semaphore.make(1)
    /** It was told that the clock is behind. */
    let told = false
    /** What this process made of its last reading, and of which note. It stands for the note where none can be kept. */
    let latest: Latest | undefined

    const tell = Effect.fnUntraced(function*(before: ClockDoubt.Note, after: ClockDoubt.Note) {
      const { leap } = after
      // A day that begins anew is no other leap.
      if (leap !== undefined && leap.at !== before.leap?.at && leap.at - before.last > ClockDoubt.leapOf) {
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
            `has caught up a checkpoint is made only once in the longest interval of the schedules, and none made since goes by itself`
        )
      }
      told = behind !== undefined
    })

    return UpkeepClock.of({
      read: Effect.gen(function*() {
        const { time } = yield* repository.head
        const now = yield* store.now
        const noted = (yield* notes.read(repository.id)).clock
        const wall = yield* Clock.currentTimeMillis
        const boot = bootClock.millisUnsafe()
        // Another process of this host may have noted a reading since; when that was, only the clocks that may be set tell.
        const ours = latest !== undefined && isOf(latest, noted) ? latest : undefined
        const before = ours?.note ?? noted ?? { last: time === 0 ? now : time, passed: 0 }
        const after = ClockDoubt.read(before, {
          now,
          wall,
          ...(ours?.boot === undefined ? {} : { boot: Math.floor(boot - ours.boot) })
        })
        latest = { noted, note: after, boot: after === before ? ours?.boot : boot }
        yield* tell(before, after)
        const isOld = noted === undefined || Math.abs(after.last - noted.last) >= every
        if (isOld || after.leap?.at !== noted.leap?.at) {
          yield* notes.change(repository.id, (all) => ({ ...all, clock: after }))
        }
        const doubtedUntil = ClockDoubt.until(after)
        return {
          now,
          sure: Math.min(now, ClockDoubt.sure(after)),
          passed: after.passed,
          ...(doubtedUntil === undefined ? {} : { doubtedUntil })
        } satisfies Reading
      }).pipe(one.withPermits(1), Effect.withSpan("UpkeepClock.read"))
    })
  })
)

interface Latest {
  readonly noted: ClockDoubt.Note | undefined
  readonly note: ClockDoubt.Note
  /** By the clock that nobody can set; undefined where another process made the reading. */
  readonly boot: number | undefined
}

/** Whether nobody else noted anything since. */
const isOf = ({ note, noted }: Latest, found: ClockDoubt.Note | undefined): boolean =>
  found === undefined || isSame(found, note) || isSame(found, noted)

const isSame = (a: ClockDoubt.Note, b: ClockDoubt.Note | undefined): boolean =>
  a.last === b?.last && a.wall === b.wall && a.passed === b.passed && a.leap?.at === b.leap?.at

/** Whole days, and hours below three. */
const span = (milliseconds: number): string => {
  const unit = milliseconds < 3 * 86_400_000 ? 3_600_000 : 86_400_000
  return Timespan.format(Math.floor(milliseconds / unit) * unit)
}
