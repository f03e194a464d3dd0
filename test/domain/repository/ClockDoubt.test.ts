/** What of the store's clock is believed, by tables, and by clocks that are wrong for a while. */
import { assert, describe, it } from "@effect/vitest"
import * as ClockDoubt from "../../../src/domain/repository/ClockDoubt.ts"
import * as Seeded from "../../harness/Seeded.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Days and hours. */
const at = (days: number, hours = 0): number => days * day + hours * hour

interface Readings {
  /** What the store says, the first one known before. */
  readonly store: ReadonlyArray<number>
  /** What this host's own clock says; undefined: the same. */
  readonly wall?: ReadonlyArray<number>
  /** By the clock that nobody can set, as far as one process makes the readings. */
  readonly boot?: ReadonlyArray<number>
}

const after = ({ boot, store, wall = store }: Readings): ClockDoubt.Note => {
  let note: ClockDoubt.Note = { last: store[0]!, wall: wall[0]!, passed: 0 }
  for (let i = 1; i < store.length; i++) {
    const since = boot?.[i] === undefined || boot[i - 1] === undefined ? {} : { boot: boot[i]! - boot[i - 1]! }
    note = ClockDoubt.read(note, { now: store[i]!, wall: wall[i]!, ...since })
  }
  return note
}

describe("ClockDoubt", () => {
  const rows: ReadonlyArray<{
    readonly what: string
    readonly readings: ReadonlyArray<number> | Readings
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
      sure: at(0, 20 + 21),
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
    { what: "years back", readings: [at(900), at(0)], sure: at(0) },
    {
      what: "set back again and again, until what is sure has caught up",
      readings: [at(0), at(2), at(2, 20), at(2, 1), at(2, 21), at(2, 2), at(2, 22), at(2, 3)],
      sure: at(2, 3)
    },
    {
      what: "leapt twice within an hour",
      readings: { store: [at(0), at(40), at(80, 1)], wall: [at(0), at(0), at(0, 1)] },
      sure: at(0, 1),
      doubted: true
    },
    {
      what: "the same on a directory, whose clock is this host's",
      readings: { store: [at(0), at(40), at(80, 1)], boot: [5, 5, 5 + hour] },
      sure: at(0, 1),
      doubted: true
    },
    {
      what: "the same, and another process looks: it is deceived",
      readings: { store: [at(0), at(40), at(80, 1)] },
      sure: at(40),
      doubted: true
    },
    {
      what: "leapt ahead, and by hours again",
      readings: { store: [at(0), at(40), at(40, 23), at(41, 22)], wall: [at(0), at(0), at(0, 1), at(0, 2)] },
      sure: at(0, 2),
      doubted: true
    },
    {
      what: "leapt, and leapt again a day later, by more than passed",
      readings: { store: [at(0), at(40), at(80)], wall: [at(0), at(0), at(1, 6)] },
      sure: at(1, 6),
      doubted: true
    },
    {
      what: "a leap, and days later set back a part of the way",
      readings: { store: [at(0), at(40), at(37, 12)], wall: [at(0), at(0), at(3)] },
      sure: at(0),
      doubted: true
    },
    {
      what: "an hour a week, and this host's clock is right",
      readings: { store: [at(0), at(7), at(7, 1), at(14), at(14, 1), at(21)], boot: [0, 0, hour] },
      sure: at(14, 1),
      doubted: true
    },
    {
      what: "this host's clock stands still",
      readings: { store: [at(0), at(40), at(41), at(41, 12)], wall: [at(0), at(0), at(0), at(0)] },
      sure: at(0),
      doubted: true
    },
    {
      what: "the same, and goes on",
      readings: { store: [at(0), at(40), at(41), at(42)], wall: [at(0), at(0), at(0), at(1)] },
      sure: at(42)
    },
    {
      what: "this host's clock is set by years in a doubt: the day begins anew",
      readings: { store: [at(0), at(40), at(40, 23), at(41, 1)], wall: [at(0), at(0), at(0, 23), at(9000)] },
      sure: at(1, 1),
      doubted: true
    },
    {
      what: "and comes to an end",
      readings: {
        store: [at(0), at(40), at(40, 23), at(41, 1), at(42, 1)],
        wall: [at(0), at(0), at(0, 23), at(9000), at(9001)]
      },
      sure: at(42, 1)
    },
    {
      what: "this host's clocks prove no leap",
      readings: { store: [at(0), at(90)], wall: [at(0), at(90)], boot: [0, at(90)] },
      sure: at(0),
      doubted: true
    }
  ]
  for (const { doubted = false, readings, sure, what } of rows) {
    it(what, () => {
      const note = after("store" in readings ? readings : { store: readings })
      assert.strictEqual(ClockDoubt.sure(note), sure)
      assert.strictEqual(note.leap !== undefined, doubted)
    })
  }

  it("time that surely passed is what the clocks agree on; a leap counts only when it proves the one before", () => {
    const passed = (readings: Readings) => after(readings).passed
    assert.strictEqual(passed({ store: [at(0), at(0, 5), at(0, 9)] }), 9 * hour)
    assert.strictEqual(passed({ store: [at(0), at(0, 5), at(0, 9)], wall: [at(0), at(0, 3), at(0, 9)] }), 7 * hour)
    assert.strictEqual(passed({ store: [at(0), at(0, 5), at(0, 9)], boot: [0, 0, hour] }), hour)
    assert.strictEqual(passed({ store: [at(0), at(40), at(40, 1)] }), hour)
    assert.strictEqual(passed({ store: [at(0), at(7), at(14)] }), 7 * day)
    assert.strictEqual(passed({ store: [at(0), at(0, 5), at(0, 2), at(0, 3)] }), 6 * hour)
    assert.strictEqual(passed({ store: [at(9), at(2), at(2, 1)] }), hour)
  })

  it("what is noted while a leap is in doubt outlives a program that noted the store's clock alone", () => {
    const old: ClockDoubt.Note = { last: at(40, 5), passed: 5 * hour, leap: { from: at(0), at: at(40), passed: 0 } }
    assert.strictEqual(ClockDoubt.sure(old), at(0, 5))
    const next = ClockDoubt.read(old, { now: at(40, 6), wall: at(3) })
    assert.strictEqual(ClockDoubt.sure(next), at(0, 6))
    assert.strictEqual(ClockDoubt.until(next), at(41))
    assert.deepStrictEqual(ClockDoubt.doubt(next, at(40, 7)), { ahead: at(40), until: at(41) })
    assert.isUndefined(ClockDoubt.doubt(next, at(41)))
    assert.isUndefined(ClockDoubt.doubt(next, at(39)))
  })

  /** What one clock after the other may say, all of them days apart, and no one twice. */
  const wrongs = (random: Seeded.Seeded, least: number): () => number => {
    const left = Array.from({ length: 600 }, (_, i) => (i + least) * 3 * day).filter((wrong) => wrong !== 0)
    return () => left.splice(random.int(left.length), 1)[0]!
  }

  /** As if it were read by a process that lives on, or by another one. */
  const reading = (random: Seeded.Seeded, now: number, time: number, passed: number): ClockDoubt.Reading => ({
    now,
    wall: time,
    ...(random.int(3) === 0 ? {} : { boot: passed })
  })

  it("while this host's clocks are right, no clock that is wrong in one way for less than a day makes anything older", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = Seeded.make(seed)
      const another = wrongs(random, -200)
      let time = at(5000)
      let note: ClockDoubt.Note = { last: time, wall: time, passed: 0 }
      const begun = time
      let wrong = 0
      let since = 0
      const steps = 1 + random.int(60)
      for (let step = 0; step < steps; step++) {
        // Now and then the host is off for days, and the store's clock is another one afterwards, or right.
        const away = random.int(8) === 0
        const passed = away ? random.int(9 * day) : random.int(5 * hour)
        time += passed
        const must = wrong !== 0 && (away || time - since >= 23 * hour)
        if (must || random.int(5) === 0) {
          wrong = random.int(3) === 0 ? 0 : another()
          since = time
        }
        note = ClockDoubt.read(note, reading(random, time + wrong, time, passed))
        assert.isAtMost(ClockDoubt.sure(note), time + 10 * minute, `seed ${seed}, step ${step}`)
        assert.isAtMost(note.passed, time - begun, `seed ${seed}, step ${step}`)
      }
      // Whatever was, a day and a half of a right clock is enough.
      for (let i = 0; i < 7; i++) note = ClockDoubt.read(note, reading(random, time += 6 * hour, time, 6 * hour))
      assert.isAbove(ClockDoubt.sure(note), time - 11 * minute, `seed ${seed}`)
    }
  })

  it("however often a clock leaps, time goes on by what passes between", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = Seeded.make(seed)
      const another = wrongs(random, 0)
      let time = at(5000)
      let note: ClockDoubt.Note = { last: time, wall: time, passed: 0 }
      let least = time
      let wrong = 0
      for (let step = 0; step < 60; step++) {
        const passed = random.int(5 * hour)
        time += passed
        const leaps = random.int(3) === 0
        if (leaps) wrong = random.int(4) === 0 ? 0 : another()
        else least += passed
        note = ClockDoubt.read(note, reading(random, time + wrong, time, passed))
        assert.isAtLeast(ClockDoubt.sure(note), least, `seed ${seed}, step ${step}`)
      }
    }
  })

  it("a host that is on for an hour a week goes by times of the week before, whatever its processes", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = Seeded.make(seed)
      let time = at(5000)
      let note: ClockDoubt.Note = { last: time, passed: 0 }
      for (let week = 0; week < 20; week++) {
        const before = time
        for (const passed of [7 * day - hour + random.int(minute), hour]) {
          // Its own clock goes wrong by a minute a week, and is set again.
          note = ClockDoubt.read(note, { now: time += passed, wall: time + random.int(minute) })
        }
        if (week > 0) assert.isAtLeast(ClockDoubt.sure(note), before, `seed ${seed}, week ${week}`)
      }
    }
  })

  it("a newest commit that is a little ahead is nothing to tell", () => {
    assert.isUndefined(ClockDoubt.behind({ time: at(5) }, at(4)))
    assert.strictEqual(ClockDoubt.behind({ time: at(40) }, at(2)), at(38))
    assert.isUndefined(ClockDoubt.behind({ time: at(1) }, at(50)))
  })
})
