import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as SftpAnswers from "../../../src/domain/store/SftpAnswers.ts"

const patience: SftpAnswers.Patience = { silence: 45, reply: 120, idle: 200 }

const made = () => {
  const clock = { now: 0 }
  return { clock, answers: new SftpAnswers.SftpAnswers(() => clock.now) }
}

/** What happens at a time: a question, its answer, or a byte that is no answer. */
type Happening = readonly ["asked" | "answered" | "heard", at: number]

describe("SftpAnswers", () => {
  const asked: Happening = ["asked", 0]
  it.each<readonly [string, ReadonlyArray<Happening>, at: number, verdict: string | undefined]>([
    ["is not asked anything", [], 200, undefined],
    ["is not asked anything for long", [], 201, "it was not used"],
    ["was heard, and is not asked", [["heard", 150]], 201, "it was not used"],
    ["was asked last", [["asked", 199], ["answered", 200]], 400, undefined],
    ["was asked last, long ago", [["asked", 199], ["answered", 200]], 401, "it was not used"],
    ["thinks", [asked], 45, undefined],
    ["is silent", [asked], 46, "the server fell silent"],
    ["is asked after a long silence", [["asked", 190]], 235, undefined],
    ["is asked after a long silence, and says nothing", [["asked", 190]], 236, "the server fell silent"],
    ["lives", [asked, ["heard", 40]], 85, undefined],
    ["lived", [asked, ["heard", 40]], 86, "the server fell silent"],
    ["lives without a disk", [asked, ["heard", 40], ["heard", 80], ["heard", 120]], 120, undefined],
    ["lives without a disk for long", [asked, ["heard", 40], ["heard", 80]], 121, "the server does not answer"],
    ["is asked more while it owes", [asked, ["asked", 100], ["heard", 100]], 121, "the server does not answer"],
    ["answers one of two", [asked, asked, ["answered", 100], ["heard", 200]], 220, undefined],
    ["answers only one of two", [asked, asked, ["answered", 100], ["heard", 200]], 221, "the server does not answer"]
  ])("judges a server that %s", (_, happenings, at, verdict) => {
    const { answers, clock } = made()
    const replies: Array<() => void> = []
    let bytes = 0
    answers.begin()
    answers.verdict(bytes, patience)
    for (const [what, time] of happenings) {
      clock.now = time
      if (what === "asked") answers.ask<void>((reply) => void replies.push(() => reply(null)), () => {})
      else if (what === "answered") replies.shift()!()
      else answers.verdict(++bytes, patience)
    }
    clock.now = at
    assert.strictEqual(answers.verdict(bytes, patience), verdict)
  })

  it("counts from when the server let us in", () => {
    const { answers, clock } = made()
    clock.now = 1000
    answers.begin()
    assert.isUndefined(answers.verdict(0, patience))
  })

  it.each<readonly [string, Error | null | undefined, SftpAnswers.Failure | undefined]>([
    ["none", undefined, undefined],
    ["null", null, undefined],
    ["a status", Object.assign(new Error("No such file"), { code: 2 }), {
      _tag: "SftpStatus",
      code: 2,
      text: "No such file"
    }],
    ["no status", new Error("No response from server"), { _tag: "SftpLost", reason: "No response from server" }]
  ])("understands %s as what went wrong", (_, given, error) => {
    const told: Array<unknown> = []
    made().answers.ask<number>((reply) => reply(given, 7), (...answer) => void told.push(answer))
    assert.deepStrictEqual(told, [[error, error === undefined ? 7 : undefined]])
  })

  it("tells whoever waits once that all is lost, after another may be asked", () => {
    const { answers } = made()
    const told: Array<string> = []
    const replies: Array<() => void> = []
    const ask = (name: string, then = () => {}) =>
      answers.ask<void>((reply) => void replies.push(() => reply(null)), (error) => {
        told.push(`${name}: ${error?._tag === "SftpLost" ? error.reason : "answered"}`)
        then()
      })
    ask("one", () => {
      ask("another")
      told.push(`again: ${answers.lose("the end", () => void told.push("never"))}`)
    })
    ask("two")
    assert.isUndefined(answers.lost)
    told.push(`lost: ${answers.lose("cut", () => void told.push("first"))}`)
    for (const reply of replies) reply()
    assert.deepStrictEqual(told, ["first", "one: cut", "another: cut", "again: false", "two: cut", "lost: true"])
    assert.strictEqual(replies.length, 2, "nothing is sent after it")
    assert.deepStrictEqual(answers.lost, { _tag: "SftpLost", reason: "cut" })
  })

  it.prop(
    "tells everybody once, in whatever order they are answered, once or twice, and whenever it is lost",
    {
      picks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))).check(Schema.isMaxLength(30)),
      asks: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
      end: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))
    },
    ({ asks, end, picks }) => {
      const { answers } = made()
      const told = Array.from({ length: asks }, () => [] as Array<string>)
      const replies: Array<() => void> = []
      for (let at = 0; at < asks; at++) {
        answers.ask<void>(
          (reply) => void replies.push(() => reply(null)),
          (error) => void told[at]!.push(error?._tag ?? "")
        )
      }
      for (const pick of picks.slice(0, end)) replies[pick % asks]!()
      answers.lose("cut", () => {})
      for (const pick of picks.slice(end)) replies[pick % asks]!()
      const early = new Set(picks.slice(0, end).map((pick) => pick % asks))
      assert.deepStrictEqual(told, told.map((_, at) => [early.has(at) ? "" : "SftpLost"]))
    }
  )
})
