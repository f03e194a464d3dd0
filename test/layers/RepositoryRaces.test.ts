/**
 * Hosts that all believe they may write, in seeded bad weather, some of them asleep between looking and writing, while
 * the log is flushed and trimmed under them. Each seed runs twice: the same seed is the same history.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import { openObject } from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { adding, bucketD, committed, files, type Host, inVirtualTime, open, view } from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

interface Acknowledged {
  readonly name: string
  readonly position: number
  readonly sequence: number
}

interface Scenario {
  readonly hosts: number
  readonly intents: number
  /** Longest sleep of a plan, milliseconds. */
  readonly sleep: number
  readonly flushing: boolean
  readonly trimming: boolean
}

/** Removes log entries below the older of the last two bases, as trimming may; the retention is over at once. */
const trim = Effect.fnUntraced(function*(store: ObjectStore["Service"]) {
  const bases = yield* Stream.runCollect(store.list("base/"))
  const older = bases.length < 2 ? undefined : ObjectKey.parse(bases.at(-2)!.key)
  if (older?._tag !== "Base") return
  const entries = yield* Stream.runCollect(store.list("log/"))
  yield* store.remove(entries.map((entry) => entry.key).filter((key) => key < ObjectKey.log(older.position)))
  yield* store.remove(bases.slice(0, -2).map((base) => base.key))
})

const play = Effect.fnUntraced(function*(seed: number, scenario: Scenario) {
  const { objects, store } = yield* bucketD
  const acknowledged: Array<Acknowledged> = []
  const weathers = Array.from(
    { length: scenario.hosts },
    (_, host) => FaultyStore.make(store, { seed: seed * 7 + host, fail: 0.05, lose: 0.1, delay: 200 })
  )

  const host = Effect.fnUntraced(function*(number: number): Effect.fn.Return<Host, never, Scope.Scope> {
    const opening = open({ store: weathers[number]!.store, seed: seed * 7 + number, name: `h${number}` })
    const { lease, repository } = yield* Effect.orDie(Effect.retry(opening, {
      while: (error) => error._tag === "StoreUnavailable"
    }))
    const random = Seeded.make(seed * 31 + number)
    for (let intent = 0; intent < scenario.intents; intent++) {
      const name = `h${number}-${intent}`
      const fenced = random.chance(0.6)
      const nap = random.int(scenario.sleep + 1)
      yield* Effect.sleep(random.int(400))
      // A failure means that nothing was committed: trying again is right, and must not store the file twice.
      yield* Effect.retry(
        Effect.gen(function*() {
          const fence = fenced ? yield* lease.fence : undefined
          const applied = yield* repository.commit(
            (state) => Effect.as(Effect.sleep(nap), [files(state, "d", [name])]),
            fence
          )
          const sequence = applied!.state.folders.get("d")!.sequence
          acknowledged.push({ name, position: applied!.commit.position, sequence })
          if (fence !== undefined && scenario.flushing && random.chance(0.4)) yield* repository.flush(fence)
        }).pipe(
          Effect.catchTag("Fenced", (error) => acknowledged.some((one) => one.name === name) ? Effect.void : error)
        ),
        {
          while: (error) => !acknowledged.some((one) => one.name === name) && error._tag !== "RepositoryCorrupt",
          times: 500
        }
      ).pipe(
        Effect.catchTag("StoreUnavailable", (error) =>
          acknowledged.some((one) => one.name === name)
            ? Effect.void
            : error),
        Effect.orDie
      )
      if (scenario.trimming && random.chance(0.3)) yield* Effect.orDie(trim(store))
      if (random.chance(0.3)) yield* Effect.ignore(repository.refresh)
    }
    return { lease, repository }
  })

  const ended = yield* Effect.forEach(weathers, (_, number) => host(number), { concurrency: "unbounded" })
  const { names, sequence, state } = yield* view(store, "d")
  const label = `seed ${seed}`
  assert.strictEqual(acknowledged.length, scenario.hosts * scenario.intents, label)
  assert.strictEqual(sequence, acknowledged.length, `${label}: each file once, sequences without gaps`)
  assert.strictEqual(names.size, sequence, label)
  for (const { name, sequence } of acknowledged) assert.strictEqual(names.get(sequence), name, label)
  assert.strictEqual(new Set(acknowledged.map(({ position }) => position)).size, acknowledged.length, label)
  for (const { repository } of ended) {
    const head = yield* Effect.orDie(
      Effect.retry(repository.refresh, { while: (error) => error._tag === "StoreUnavailable" })
    )
    assert.deepStrictEqual(head.digest, state.digest, label)
  }
  // A base is what the log folds to, whoever wrote it.
  const { repository } = ended[0]!
  for (const key of objects.keys()) {
    const parsed = ObjectKey.parse(key)
    if (parsed?._tag !== "Base") continue
    const result = openObject(repository.sealing, key, objects.get(key)!)
    const decoded = result._tag === "Success" ? Base.decode(result.success) : result
    assert.strictEqual(decoded._tag, "Success", label)
    const applied = yield* Stream.runCollect(Stream.take(repository.commitsAfter(parsed.position - 1), 1)).pipe(
      Effect.catchTag("RepositoryCorrupt", () => Effect.succeed([])),
      Effect.retry({ while: (error) => error._tag === "StoreUnavailable" })
    )
    if (applied[0] !== undefined && decoded._tag === "Success") {
      assert.deepStrictEqual(decoded.success.digest, applied[0].state.digest, label)
    }
  }
  const lost = weathers.flatMap((weather) => weather.history).filter((line) =>
    line.includes("log/") && line.includes("Exists")
  )
  return { history: weathers.map((weather) => weather.history.join("\n")).join("\n\n"), lost: lost.length }
})

const scenarios: Record<string, { readonly seeds: number; readonly scenario: Scenario }> = {
  "two writers": { seeds: 100, scenario: { hosts: 2, intents: 4, sleep: 0, flushing: false, trimming: false } },
  "three writers who flush": {
    seeds: 60,
    scenario: { hosts: 3, intents: 3, sleep: 100, flushing: true, trimming: false }
  },
  "three writers who sleep while the log is trimmed": {
    seeds: 60,
    scenario: { hosts: 3, intents: 4, sleep: 20_000, flushing: true, trimming: true }
  }
}

describe("races", () => {
  for (const [title, { scenario, seeds }] of Object.entries(scenarios)) {
    it.effect(`${title}: ${seeds} seeds, each twice`, () =>
      Effect.gen(function*() {
        let lost = 0
        for (let seed = 1; seed <= seeds; seed++) {
          const first = yield* inVirtualTime(play(seed, scenario))
          const second = yield* inVirtualTime(play(seed, scenario))
          lost += first.lost
          assert.strictEqual(first.history, second.history, `seed ${seed}: the same history`)
        }
        // The weather must be bad enough to mean something.
        assert.isAbove(lost, seeds)
      }), 600_000)
  }

  it.effect("a commit is not taken for another's of the same nonce, as two runs of one copied machine draw it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const one = yield* open({ store, seed: 10, name: "one" })
      const copy = yield* open({ store, seed: 10, name: "one" })
      const first = yield* one.repository.commit(adding("d", "theirs"))
      const plans: Array<number> = []
      const applied = yield* copy.repository.commit((state) => {
        plans.push(state.position)
        return adding("d", "ours")(state)
      })
      assert.deepStrictEqual(plans, [2, 3])
      assert.strictEqual(first?.commit.position, 3)
      assert.strictEqual(applied?.commit.position, 4)
      assert.deepStrictEqual(yield* committed(store), ["theirs", "ours"])
    })))
})
