/** What of the store's clock is believed, by tables, and by clocks that are wrong for a while. */
import { assert, describe, it } from "@effect/vitest"
import * as ClockDoubt from "../../../src/domain/repository/ClockDoubt.ts"
import * as Seeded from "../../harness/Seeded.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Days and hours. */
const at = (days: number, hours = 0): number => days * day + hours * hour

/** The note after these readings, the first one known before. */
const after = ([first, ...readings]: ReadonlyArray<number>): ClockDoubt.Note =>
  readings.reduce(ClockDoubt.read, { last: first! })

describe("ClockDoubt", () => {
  const rows: ReadonlyArray<{
    readonly what: string
    readonly readings: ReadonlyArray<number>
    readonly sure: number
    readonly doubted?: boolean
  }> = [
    { what: "a clock that goes on", readings: [at(0), at(0, 6), at(0, 12), at(1, 12)], sure: at(1, 12) },
    { what: "a day's absence", readings: [at(0), at(1)], sure: at(1) },
    { what: "a longer one", readings: [at(0), at(90)], sure: at(0), doubted: true },
    { what: "time goes on meanwhile", readings: [at(0), at(90), at(90, 5)], sure: at(0, 5), doubted: true },
    {
      what: "not quite a day later",
      readings: [at(0), at(90), at(90, 12), at(91) - 1],
      sure: at(1) - 1,
      doubted: true
    },
    { what: "a day later", readings: [at(0), at(90), at(90, 12), at(91)], sure: at(91) },
    { what: "and ever after", readings: [at(0), at(90), at(91), at(91, 1)], sure: at(91, 1) },
    { what: "a clock that was ahead, and is right again", readings: [at(0), at(40), at(0, 2)], sure: at(0, 2) },
    { what: "the same, a weekend later", readings: [at(0), at(40), at(2)], sure: at(0), doubted: true },
    { what: "ahead again and again", readings: [at(0), at(40), at(0, 2), at(40), at(0, 3)], sure: at(0, 3) },
    {
      what: "set back a part of the way: the day begins anew",
      readings: [at(0), at(40), at(40, 20), at(40, 5), at(41, 2)],
      sure: at(0, 21),
      doubted: true
    },
    { what: "and comes to an end", readings: [at(0), at(40), at(40, 20), at(40, 5), at(41, 5)], sure: at(41, 5) },
    {
      what: "a host that is on for an hour a week",
      readings: [at(0), at(7), at(7, 1), at(14)],
      sure: at(7, 1),
      doubted: true
    },
    { what: "the same, later", readings: [at(7), at(7, 1), at(14), at(14, 1), at(21)], sure: at(14, 1), doubted: true },
    { what: "readings that cross", readings: [at(1), at(1) - minute], sure: at(1) },
    { what: "a clock that was set back", readings: [at(9), at(2)], sure: at(2) },
    { what: "years back", readings: [at(900), at(0)], sure: at(0) }
  ]
  for (const { doubted = false, readings, sure, what } of rows) {
    it(what, () => {
      const note = after(readings)
      assert.strictEqual(ClockDoubt.sure(note), sure)
      assert.strictEqual(note.leap !== undefined, doubted)
    })
  }

  it("a clock that was right, is wrong for less than a day, and right again, never makes anything older than it is", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = Seeded.make(seed)
      let time = at(1000)
      let note: ClockDoubt.Note = { last: time }
      const steps = 1 + random.int(40)
      let wrong = 0
      let since = 0
      for (let step = 0; step < steps; step++) {
        time += random.int(20) * hour / 4 + random.int(1000)
        if (wrong !== 0 && time - since >= 23 * hour) wrong = 0
        else if (wrong === 0 && random.int(4) === 0) {
          wrong = at(2 + random.int(4000)) + random.int(day)
          since = time
        } else if (random.int(3) === 0) wrong = 0
        note = ClockDoubt.read(note, time + wrong)
        assert.isAtMost(ClockDoubt.sure(note), time + 10 * minute, `seed ${seed}, step ${step}`)
      }
      // Whatever was, a day and a half of a right clock is enough.
      for (let i = 0; i < 7; i++) note = ClockDoubt.read(note, time += 6 * hour)
      assert.isAbove(ClockDoubt.sure(note), time - 11 * minute, `seed ${seed}`)
    }
  })

  it("a newest commit that is a little ahead is nothing to tell", () => {
    assert.isUndefined(ClockDoubt.behind({ time: at(5) }, at(4)))
    assert.strictEqual(ClockDoubt.behind({ time: at(40) }, at(2)), at(38))
    assert.isUndefined(ClockDoubt.behind({ time: at(1) }, at(50)))
  })
})
