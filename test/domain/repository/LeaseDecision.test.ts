import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { createSecretKey } from "node:crypto"
import type { Sealing } from "../../../src/domain/repository/Envelope.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as LeaseClaim from "../../../src/domain/repository/LeaseClaim.ts"
import * as LeaseDecision from "../../../src/domain/repository/LeaseDecision.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import { Writer } from "../../../src/domain/Wire.ts"

const hex = (digit: string) => digit.repeat(32)
const base: LeaseClaim.LeaseClaim = {
  holder: hex("a"),
  nonce: hex("a"),
  label: "laptop",
  version: "1.2.3",
  process: 17,
  priority: 100,
  duration: 180_000,
  time: 1000,
  queued: 0,
  term: 0,
  since: 0,
  progress: { waiting: 3, files: 4, bytes: 5 * 2 ** 40, rate: 6 }
}

describe("LeaseClaim", () => {
  const repository = "00112233445566778899aabbccddeeff"
  const sealings: ReadonlyArray<Sealing> = [
    { suite: "plain", repository },
    { suite: "aes-256-gcm", repository, key: createSecretKey(new Uint8Array(32).fill(3)) }
  ]
  const salt = new Uint8Array(32).fill(9)

  for (const sealing of sealings) {
    it(`is read as it was written (${sealing.suite})`, () => {
      const object = LeaseClaim.encode(sealing, 7, salt, base)
      assert.deepStrictEqual(Result.getOrThrow(LeaseClaim.decode(sealing, 7, object)), base)
      assert.isTrue(Result.isFailure(LeaseClaim.decode(sealing, 8, object)), "under another number")
      for (let at = 0; at < object.length; at++) {
        const wrong = Uint8Array.from(object)
        wrong[at]! ^= 1
        assert.isTrue(Result.isFailure(LeaseClaim.decode(sealing, 7, wrong)), `byte ${at}`)
        assert.isTrue(Result.isFailure(LeaseClaim.decode(sealing, 7, object.subarray(0, at))), `cut at ${at}`)
      }
    })
  }

  it("passes over what a newer program adds, and refuses what is no claim", () => {
    const plain = sealings[0]!
    const seal = (write: (writer: Writer) => unknown) => {
      const writer = new Writer()
      write(writer)
      return LeaseClaim.decode(plain, 1, Envelope.sealObject(plain, ObjectKey.lease(1), salt, writer.finish()))
    }
    const ids = (writer: Writer) =>
      writer.data(1, Buffer.from(base.holder, "hex")).data(2, Buffer.from(base.nonce, "hex"))
    const read = seal((writer) =>
      ids(writer).string(3, "x").message(12, (inner) => inner.number(1, 2).number(99, 1)).string(77, "new").number(
        78,
        1
      )
    )
    assert.deepStrictEqual([Result.getOrThrow(read).label, Result.getOrThrow(read).progress.waiting], ["x", 2])
    assert.isTrue(Result.isFailure(seal((writer) => writer.string(3, "nobody"))))
    assert.isTrue(Result.isFailure(seal((writer) => ids(writer).bigint(7, 2n ** 63n))))
  })
})

describe("LeaseDecision", () => {
  const now = 1_000_000
  const claim = (
    number: number,
    who: string,
    what: Partial<LeaseClaim.LeaseClaim> = {},
    firstSeen = now
  ): LeaseDecision.Seen => ({
    number,
    firstSeen,
    claim: { ...base, holder: hex(who), nonce: hex(who), time: now - 1000, ...what }
  })
  const holds = (number: number, who: string, what: Partial<LeaseClaim.LeaseClaim> = {}) =>
    claim(number, who, { term: number, since: now - 1000, ...what })
  const waits = (number: number, who: string, what: Partial<LeaseClaim.LeaseClaim> = {}) =>
    claim(number, who, { queued: number, ...what })
  const gone = (number: number, who: string) => claim(number, who, { duration: 0 })
  const view = (claims: ReadonlyArray<LeaseDecision.Seen>, epoch = 0): LeaseDecision.View => ({ now, epoch, claims })
  const me: LeaseDecision.Me = {
    holder: hex("e"),
    nonce: hex("e"),
    priority: 100,
    isAlive: (process) => process !== 99
  }
  const said = (claims: ReadonlyArray<LeaseDecision.Seen>, epoch = 0, who = me) => {
    const verdict = LeaseDecision.judge(view(claims, epoch), who)
    return verdict._tag === "Held" ? `Held by ${verdict.by.holder[0]}` : verdict._tag
  }

  const table: ReadonlyArray<readonly [string, ReadonlyArray<LeaseDecision.Seen>, string, number?]> = [
    ["nobody was ever here", [], "Free"],
    ["another holds it", [holds(5, "a")], "Held by a"],
    ["it was let go", [holds(5, "a"), gone(6, "a")], "Free"],
    ["it ran out", [holds(5, "a", { time: now - 180_000 })], "Free"],
    ["it runs out in a moment", [holds(5, "a", { time: now - 179_999 })], "Held by a"],
    ["it was renewed", [holds(5, "a", { time: now - 200_000 }), holds(6, "a", { term: 5 })], "Held by a"],
    ["of two that hold, the first has it", [holds(6, "b"), holds(5, "a")], "Held by a"],
    ["a term below the newest epoch is over", [holds(5, "a")], "Free", 6],
    ["a term that is the newest epoch is not", [holds(5, "a")], "Held by a", 5],
    ["we hold it", [holds(5, "e")], "Ours"],
    ["we hold it, others wait", [holds(5, "e"), waits(6, "a")], "Ours"],
    ["another waits already", [waits(6, "a")], "Held by a"],
    ["we wait longer", [waits(5, "e"), waits(6, "a")], "Free"],
    ["we wait less long", [waits(5, "a"), waits(6, "e")], "Held by a"],
    ["a place in the queue outlasts renewals", [waits(5, "a"), waits(8, "e", { queued: 3 })], "Free"],
    ["a higher priority goes first", [waits(5, "e"), waits(6, "a", { priority: 101 })], "Held by a"],
    ["a lower one does not", [waits(5, "a", { priority: 99 })], "Free"],
    ["who waited and is gone does not wait", [waits(5, "a", { time: now - 181_000 })], "Free"],
    ["what cannot be read stops nobody", [{ number: 9, claim: undefined, firstSeen: now }], "Free"],
    ["a dead process of this host holds nothing", [holds(5, "e", { nonce: hex("d"), process: 99 })], "Free"],
    ["one that lives does", [holds(5, "e", { nonce: hex("d"), process: 98 })], "Held by e"],
    ["a dead process of another host is none we know of", [holds(5, "a", { process: 99 })], "Held by a"]
  ]
  for (const [what, claims, verdict, epoch] of table) {
    it(what, () => assert.strictEqual(said(claims, epoch), verdict))
  }

  it("a claim that is dated in the future stands no longer than from when it was seen", () => {
    const future = { term: 5, time: now + 1e9 }
    assert.strictEqual(said([claim(5, "a", future, now - 100_000)]), "Held by a")
    assert.strictEqual(said([claim(5, "a", future, now - 180_000)]), "Free")
  })

  it("gives each number out once: above every claim and the epoch, whatever lies there by mistake", () => {
    const unreadable = (number: number): LeaseDecision.Seen => ({ number, claim: undefined, firstSeen: now })
    const next = (claims: ReadonlyArray<LeaseDecision.Seen>, epoch = 0) => LeaseDecision.nextNumber(view(claims, epoch))
    assert.strictEqual(next([]), 1)
    assert.strictEqual(next([], 41), 42)
    assert.strictEqual(next([holds(50, "a"), gone(60, "b")], 41), 61)
    assert.strictEqual(next([unreadable(61), holds(60, "a")]), 62)
    assert.strictEqual(next([unreadable(Number.MAX_SAFE_INTEGER), holds(60, "a")]), 61)
    // A timeline that was forked goes on far above.
    assert.strictEqual(next([holds(60, "a")], 2 ** 32), 2 ** 32 + 1)
  })

  it("a claim that came late, under a number that was given up, holds nothing", () => {
    const first = (...claims: ReadonlyArray<LeaseDecision.Seen>) =>
      LeaseDecision.isFirst(view([holds(6, "e"), ...claims]), me, 6)
    assert.isTrue(first())
    assert.isTrue(first(gone(5, "a"), waits(7, "b")), "who came after us waits")
    assert.isFalse(first(holds(7, "a", { term: 6 })), "it was another's, and was renewed")
    assert.isFalse(first(gone(7, "a")), "it was another's, and was let go")
    assert.isFalse(first(holds(5, "a")), "a listing was stale")
  })

  it("yields to a higher priority at once, to an equal after its turn, to a lower one never", () => {
    const yields = (since: number, ...claims: ReadonlyArray<LeaseDecision.Seen>) =>
      LeaseDecision.mustYield(view([holds(5, "e"), ...claims]), me, since)
    assert.isFalse(yields(now - 1e6))
    assert.isFalse(yields(now - LeaseDecision.turn + 1, waits(6, "a")))
    assert.isTrue(yields(now - LeaseDecision.turn, waits(6, "a")))
    assert.isTrue(yields(now, waits(6, "a", { priority: 101 })))
    assert.isFalse(yields(now - 1e6, waits(6, "a", { priority: 99 })))
    assert.isFalse(yields(now - 1e6, waits(6, "a", { time: now - 181_000 })))
  })

  it("removes a host's own older claims only, and clears what stands no more below a number that stays", () => {
    const claims = [holds(3, "e"), holds(4, "e", { term: 3 }), gone(5, "a"), waits(6, "b"), {
      number: 7,
      claim: undefined,
      firstSeen: now
    }]
    assert.deepStrictEqual(LeaseDecision.removable(view(claims), me), [3])
    assert.deepStrictEqual(LeaseDecision.removable(view([...claims, gone(8, "e")]), me), [3, 4])
    assert.deepStrictEqual(LeaseDecision.clearable(view(claims), me), { above: 8, remove: [3, 5, 7] })
  })
})
