import { assert, describe, it } from "@effect/vitest"
import type { Checkpoint } from "../../../src/domain/repository/Refs.ts"
import * as Retention from "../../../src/domain/repository/Retention.ts"

const { day, hour } = Retention
const midnight = Math.floor(1_700_000_000_000 / day) * day

/** A folder's checkpoints at these times, each superseded by the next. */
const at = (times: ReadonlyArray<number>, reason: Checkpoint["reason"] = "schedule"): ReadonlyArray<Checkpoint> =>
  times.map((time, i) => ({
    id: i + 1,
    folder: "f",
    label: "F",
    time: midnight + time,
    position: i + 1,
    sequence: i + 1,
    reason,
    segments: [],
    ...(i + 1 < times.length ? { supersededAt: midnight + times[i + 1]! } : {})
  }))

const ask = (
  checkpoints: ReadonlyArray<Checkpoint>,
  now: number,
  dueSince = new Map<number, number>(),
  rules = Retention.defaultRules
) => Retention.plan({ checkpoints, now: midnight + now, dueSince, rules })

const hours = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, i) => (from + i) * hour)

describe("Retention: creating", () => {
  const rules = Retention.defaultRules
  it("the first at once, others when the finest interval has passed, none without schedules", () => {
    assert.isTrue(Retention.isMoment(undefined, 0, rules))
    assert.isFalse(Retention.isMoment(0, hour - 1, rules))
    assert.isTrue(Retention.isMoment(0, hour, rules))
    assert.isTrue(Retention.isMoment(0, 30 * day, rules))
    assert.isFalse(Retention.isMoment(undefined, 400 * day, []))
  })

  it("a clock that stepped back creates nothing", () => {
    assert.isFalse(Retention.isMoment(5 * hour, 0, rules))
  })
})

describe("Retention: expiring", () => {
  it("an hourly one is kept a day after it was superseded, not after it was made", () => {
    const checkpoints = at([...hours(1, 3), 20 * hour, 22 * hour, 23 * hour])
    assert.deepStrictEqual(ask(checkpoints, 26 * hour - 1).due, [])
    assert.deepStrictEqual(ask(checkpoints, 26 * hour).due, [1])
    assert.deepStrictEqual(ask(checkpoints, 27 * hour).due, [1, 2])
    assert.deepStrictEqual(ask(checkpoints, 44 * hour - 1).due, [1, 2])
    assert.deepStrictEqual(ask(checkpoints, 44 * hour).due, [1, 2, 3])
  })

  it("of a busy week the last of each day is left, for seven days", () => {
    const checkpoints = at(hours(0, 10 * 24))
    const { due } = ask(checkpoints, 10 * day)
    const left = checkpoints.filter((checkpoint) => !due.includes(checkpoint.id)).map((one) =>
      (one.time - midnight) / hour
    )
    const lastDay = left.filter((time) => time >= 9 * 24)
    assert.deepStrictEqual(lastDay, hours(9 * 24, 10 * 24).map((time) => time / hour))
    assert.deepStrictEqual(left.filter((time) => time < 9 * 24), [3, 4, 5, 6, 7, 8].map((one) => one * 24))
  })

  it("a folder quiet for ten days keeps its last good state for its full time after the bad change", () => {
    const checkpoints = at([2 * hour, 5 * hour, 10 * day, 10 * day + hour, 10 * day + 2 * hour])
    const good = 2
    assert.notInclude(ask(checkpoints, 10 * day + 3 * hour).due, good)
    assert.notInclude(ask(checkpoints, 17 * day - 1).due, good)
    assert.include(ask(checkpoints, 17 * day).due, good)
    assert.include(ask(checkpoints, 10 * day + 3 * hour).due, 1)
  })

  it("never the newest, never the last before it, not even after years", () => {
    const checkpoints = at([0, hour, 2 * hour])
    assert.deepStrictEqual(ask(checkpoints, 4000 * day).due, [1])
    assert.deepStrictEqual(ask(checkpoints.slice(1), 4000 * day).due, [])
    assert.deepStrictEqual(ask(checkpoints.slice(2), 4000 * day).due, [])
  })

  it("manual ones stay until they are removed", () => {
    const checkpoints = at([0, hour, 2 * hour, 3 * hour], "manual")
    assert.deepStrictEqual(ask(checkpoints, 4000 * day).due, [])
  })

  it("only what an earlier run found due a grace ago is expired", () => {
    const checkpoints = at(hours(0, 6))
    const now = 40 * day
    const first = ask(checkpoints, now)
    assert.deepStrictEqual(first.due, [1, 2, 3, 4, 5])
    assert.deepStrictEqual(first.expire, [])
    const dueSince = new Map([[1, midnight + now], [2, midnight + now + 1], [7, 0]])
    assert.deepStrictEqual(ask(checkpoints, now + hour - 1, dueSince).expire, [])
    assert.deepStrictEqual(ask(checkpoints, now + hour, dueSince).expire, [1])
    assert.deepStrictEqual(ask(checkpoints, now + hour + 1, dueSince).expire, [1, 2])
  })

  it("a year of hourly runs leaves a day of hours and a week of days, and expires each once", () => {
    let checkpoints: ReadonlyArray<Checkpoint> = []
    let dueSince = new Map<number, number>()
    let id = 1
    const expired = new Set<number>()
    for (let now = 0; now < 60 * day; now += hour) {
      const { due, expire } = ask(checkpoints, now, dueSince)
      dueSince = new Map(due.map((one) => [one, dueSince.get(one) ?? midnight + now]))
      for (const one of expire) {
        assert.isFalse(expired.has(one))
        expired.add(one)
      }
      checkpoints = checkpoints.filter((one) => !expire.includes(one.id))
      checkpoints = checkpoints.map((one) =>
        one.supersededAt === undefined ? { ...one, supersededAt: midnight + now } : one
      )
      const [made] = at([now])
      checkpoints = [...checkpoints, { ...made!, id: id++ }]
    }
    assert.isAtLeast(checkpoints.length, 24 + 6)
    assert.isAtMost(checkpoints.length, 24 + 8 + 2)
  })

  it("other rules are other rules; without any, all but the newest two have served", () => {
    const checkpoints = at([0, day, 2 * day, 3 * day, 4 * day])
    const due = (rules: ReadonlyArray<Retention.Rule>) => ask(checkpoints, 4 * day, new Map(), rules).due
    assert.deepStrictEqual(due([{ every: day, keep: 2 * day }]), [1, 2])
    assert.deepStrictEqual(due([{ every: day, keep: 2 * day }, { every: 12 * hour, keep: 30 * day }]), [])
    assert.deepStrictEqual(due([]), [1, 2, 3])
  })

  it("a shorter rule makes due at once and deletes nothing before a grace is over; a longer one comes in time", () => {
    const checkpoints = at(hours(0, 12))
    const now = 12 * hour
    const short = [{ every: hour, keep: 2 * hour }]
    const first = ask(checkpoints, now, new Map(), short)
    assert.deepStrictEqual(first, { due: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], expire: [] })
    const dueSince = new Map(first.due.map((id) => [id, midnight + now]))
    assert.deepStrictEqual(ask(checkpoints, now + hour - 1, dueSince, short).expire, [])
    assert.deepStrictEqual(ask(checkpoints, now + hour, dueSince, short).expire, first.due)
    assert.deepStrictEqual(ask(checkpoints, now + hour, dueSince, [{ every: hour, keep: day }]).expire, [])
  })

  it("pinned ones stay: an operator's for ever, a reader's until its time", () => {
    const pinned = (pins: Checkpoint["pins"]) =>
      at(hours(0, 6)).flatMap((one) => one.id === 2 ? [{ ...one, pins: pins ?? [] }] : [one])
    const until = midnight + 50 * day
    const forever = pinned([{ holder: "", reason: "keep" }])
    const reader = pinned([{ holder: "r", reason: "restoring", until }])
    assert.deepStrictEqual(ask(forever, 4000 * day).due, [1, 3, 4, 5])
    assert.deepStrictEqual(ask(reader, 50 * day - 1).due, [1, 3, 4, 5])
    assert.deepStrictEqual(ask(reader, 50 * day).due, [1, 2, 3, 4, 5])
    assert.deepStrictEqual(Array.from(Retention.served(reader, Retention.defaultRules)), [
      [1, midnight + hour + 7 * day],
      [2, until],
      [3, midnight + 3 * hour + day],
      [4, midnight + 4 * hour + day],
      [5, midnight + 5 * hour + day]
    ])
  })
})
