import { describe, expect, it } from "@effect/vitest"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Landmarks from "../../../src/domain/store/Landmarks.ts"

const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const name = (position: number) => ObjectKey.log(position).slice(ObjectKey.logPrefix.length)

/** A repository of which the log was seen up to 5. */
const known = [["repository", "ours"], [ObjectKey.log(4), "four"], [ObjectKey.log(5), "five"]].reduce(
  (known, [key = "", text = ""]) => Landmarks.noted(known, "read", key, [bytes(text)]),
  Landmarks.none
)

describe("Landmarks", () => {
  /** "" where it is the one that was known. */
  const cases: ReadonlyArray<
    readonly [
      what: string,
      marker: string | undefined,
      newest: string | undefined,
      log: ReadonlyArray<number>,
      problem: string
    ]
  > = [
    ["the same", "ours", "five", [], ""],
    ["no marker", undefined, "five", [], "the repository is gone from it"],
    ["another marker", "theirs", "five", [], "another repository is there now"],
    [
      "another entry",
      "ours",
      "FIVE",
      [6],
      `another copy of the repository is there now: its ${ObjectKey.log(5)} differs`
    ],
    ["no entry", "ours", undefined, [], `an older copy of the repository is there now, without ${ObjectKey.log(5)}`],
    [
      "earlier ones",
      "ours",
      undefined,
      [3, 4],
      `an older copy of the repository is there now, without ${ObjectKey.log(5)}`
    ],
    ["later ones", "ours", undefined, [7, 8], ""]
  ]
  for (const [what, marker, newest, log, problem] of cases) {
    it(`${what}: ${problem === "" ? "it is the one that was known" : "it is not"}`, () => {
      const found = {
        marker: marker === undefined ? undefined : bytes(marker),
        newest: newest === undefined ? undefined : bytes(newest),
        log: log.map(name)
      }
      expect(Landmarks.problem(known, found) ?? "").toBe(problem)
      expect(Landmarks.problem(Landmarks.none, found)).toBeUndefined()
    })
  }

  it("what is no entry of the log says nothing of where it ends", () => {
    for (const log of [["zzz"], [`${name(9)}.tmp`], ["9"]]) {
      expect(Landmarks.problem(known, { marker: bytes("ours"), newest: undefined, log })).toMatch(/older copy/)
    }
  })

  it("a marker counts when it is first seen, an entry that was read if it is later, and one that was put always", () => {
    const kept: ReadonlyArray<readonly ["read" | "created", string]> = [
      ["read", "repository"],
      ["created", "repository"],
      ["read", ObjectKey.log(5)],
      ["read", ObjectKey.log(3)],
      ["created", ObjectKey.base(9)],
      ["read", ObjectKey.lease(9)],
      ["created", "log/9"]
    ]
    for (const [how, key] of kept) {
      expect(Landmarks.isNew(known, how, key)).toBe(false)
      expect(Landmarks.noted(known, how, key, [bytes("x")])).toBe(known)
    }
    for (const [how, position] of [["read", 6], ["created", 6], ["created", 2]] as const) {
      const next = Landmarks.noted(known, how, ObjectKey.log(position), [bytes("ne"), bytes("w")])
      expect(next.marker).toBe(known.marker)
      expect(next.newest?.key).toBe(ObjectKey.log(position))
      expect(Landmarks.problem(next, { marker: bytes("ours"), newest: bytes("new"), log: [] })).toBeUndefined()
    }
  })
})
