/** The explorer itself: it counts what can be counted by hand, and finds what is wrong in one order only. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as Instant from "../harness/Instant.ts"
import * as Interleaving from "./Interleaving.ts"

type Begin = Interleaving.Program["begin"]

const begin = Date.UTC(2026, 10, 23)

const prepared = Instant.make(begin).run(Effect.scoped(Effect.gen(function*() {
  const { objects, store } = yield* World.bucket
  const host = yield* World.open({ store, seed: 1 })
  yield* World.put(host, { kept: ["kept"] })
  return { objects, sealing: host.repository.sealing }
})))

const explore = (
  programs: ReadonlyArray<Begin>,
  options: Partial<Interleaving.Options> = {}
): Interleaving.Explored =>
  Interleaving.explore({
    ...prepared,
    begin,
    programs: programs.map((begin, at) => ({ name: `p${at}`, begin })),
    audit: () => [],
    isLasting: () => false,
    isLeft: () => false,
    sleeps: 0,
    mishaps: [],
    preemptions: Infinity,
    reduced: false,
    most: Infinity,
    ...options
  })

const body = [new Uint8Array([1])]

/** Puts so many objects of its own, one after the other. */
const puts = (name: string, count: number): Begin => ({ store }) =>
  Effect.forEach(Array.from({ length: count }, (_, at) => at), (at) => store.put(`tmp/${name}${at}`, body))

/** Takes the next number, as one who believes that nobody else does. */
const numbers: Begin = ({ store }) =>
  Effect.gen(function*() {
    const entries = yield* Stream.runCollect(store.list("tmp/n"))
    yield* store.put(`tmp/n${entries.length}`, body)
  })

const counted = ({ objects }: Interleaving.End) =>
  [...objects.keys()].filter((key) => key.startsWith("tmp/n")).length === 2 ? [] : ["one number for two"]

describe("Interleaving", () => {
  it("takes requests in every order, and what comes to the same once", () => {
    const { buckets, complaints, ends, orders, states, whole } = explore([puts("a", 2), puts("b", 2), puts("c", 2)])
    assert.deepStrictEqual(complaints, [])
    // 6! / (2! 2! 2!) orders; each of three has done none, one or two, and where all have done two nothing is left to do.
    assert.deepStrictEqual([orders, states, buckets, ends, whole], [90, 26, 27, 1, true])
  })

  it("takes a host's own requests in every order too", () => {
    const both: Begin = ({ store }) =>
      Effect.forEach([0, 1, 2], (at) => store.put(`tmp/a${at}`, body), { concurrency: "unbounded" })
    assert.strictEqual(explore([both]).orders, 6)
  })

  it("finds what goes wrong in some orders, and says in which", () => {
    const { complaints, whole } = explore([numbers, numbers], { audit: counted })
    assert.isTrue(whole)
    assert.strictEqual(complaints.length, 1)
    assert.match(
      complaints[0]!,
      /one number for two\n {2}after p(.): list tmp\/n\n {2}then p(.): list tmp\/n\n {2}then p(.): put tmp\/n0\n {2}then p(.): put tmp\/n0/
    )
  })

  it("passes over a host that could go on as often as it may", () => {
    assert.deepStrictEqual(explore([numbers, numbers], { audit: counted, preemptions: 0 }).complaints, [])
    assert.strictEqual(explore([puts("a", 2), puts("b", 2)], { preemptions: 0 }).orders, 2)
    // And those in which one of the two, begun first, stands back after its first.
    assert.strictEqual(explore([puts("a", 2), puts("b", 2)], { preemptions: 1 }).orders, 4)
  })

  it("lets each mishap befall each write, once in a history", () => {
    const ended = (mishap: Interleaving.Mishap) => {
      const found = new Set<string>()
      const { orders } = explore([puts("a", 2)], {
        mishaps: [mishap],
        audit: ({ objects, results }) => {
          const left = [...objects.keys()].filter((key) => key.startsWith("tmp/")).map((key) => key.slice(4))
          found.add(`${left.join("+")} ${results.has("p0") ? "lives" : "dies"}`)
          return []
        }
      })
      return [orders, ...[...found].toSorted()]
    }
    assert.deepStrictEqual(ended("dies before"), [3, " dies", "a0 dies", "a0+a1 lives"])
    assert.deepStrictEqual(ended("dies after"), [3, "a0 dies", "a0+a1 dies", "a0+a1 lives"])
  })

  it("says that a reply was lost, and carries out what comes late at any moment", () => {
    const looks: Begin = ({ store }) =>
      Effect.gen(function*() {
        const told = yield* Effect.catchTag(store.put("tmp/a", body), "StoreUnavailable", () => Effect.succeed("lost"))
        const before = yield* Stream.runCollect(store.list("tmp/"))
        return `${told}, ${before.length} there`
      })
    const seen = (mishap: Interleaving.Mishap) => {
      const found = new Set<string>()
      explore([looks], {
        mishaps: [mishap],
        audit: ({ objects, results }) => {
          found.add(`${String(results.get("p0"))}${objects.has("tmp/a") ? "" : ", and none in the end"}`)
          return []
        }
      })
      return [...found].toSorted()
    }
    assert.deepStrictEqual(seen("lost"), ["Created, 1 there", "lost, 1 there"])
    assert.deepStrictEqual(seen("late"), ["Created, 1 there", "lost, 0 there", "lost, 1 there"])
  })

  it("complains about a program that fails or waits for nothing, and about what breaks a law", () => {
    const pack = [...prepared.objects.keys()].find((key) => key.startsWith(ObjectKey.packPrefix))
    const wrong = (begin: Begin) => explore([begin]).complaints.join()
    assert.match(wrong(() => Effect.fail("no")), /p0: .*no/)
    assert.match(wrong(() => Effect.never), /it hangs/)
    assert.match(wrong(({ store }) => store.remove([pack!])), /was removed and is in use/)
  })

  it("goes on in time when nobody asks for anything, and lets all sleep", () => {
    const clock: Begin = ({ sleep, store }) =>
      Effect.gen(function*() {
        const first = yield* store.now
        yield* Effect.sleep("2 seconds")
        yield* sleep(3_600_000)
        return (yield* store.now) - first
      })
    const results: Array<unknown> = []
    const { orders } = explore([clock, puts("b", 1)], {
      sleeps: 1,
      audit: ({ results: found }) => {
        results.push(found.get("p0"))
        return []
      }
    })
    assert.deepStrictEqual([results, orders > 1], [[3_602_000], true])
  })
})
