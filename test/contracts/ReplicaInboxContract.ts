/** What every replica must keep of entries that peers announced. Part of `ReplicaContract`. */
import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import type { InboxEntry } from "../../src/services/Replica.ts"
import { begun, during, long, type Place, type Service } from "../harness/ReplicaAnswers.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const other = DeviceId.fromBytes(new Uint8Array(32).fill(8))

const entry = (sequence: number, name: string, text = name): InboxEntry => ({ sequence, name, info: Buffer.from(text) })

const seen = (replica: Service, ...after: ReadonlyArray<number>) =>
  replica.inboxUnsafe(device, "f", after[0] ?? 0, 1000).map((entry) => `${entry.sequence} ${entry.name}`)

const receive = (
  replica: Service,
  entries: ReadonlyArray<InboxEntry>,
  more: { readonly settled?: ReadonlyArray<string>; readonly reset?: boolean; readonly mark?: number } = {}
) =>
  replica.receive({
    device,
    folder: "f",
    entries,
    settled: more.settled ?? [],
    reset: more.reset ?? false,
    mark: { indexId: 5n, sequence: more.mark ?? 0 }
  })

export const replicaInboxContract = (open: Effect.Effect<Place, never, Scope.Scope>) => {
  const withReplica = during(open)

  it.effect("keeps one waiting entry per name, in order of the peer's sequences", () => {
    const script = begun("f")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        assert.isUndefined(replica.markUnsafe(device, "f"))
        assert.isUndefined(replica.inboxLowestUnsafe(device, "f"))
        assert.deepStrictEqual(seen(replica), [])
        yield* receive(replica, [entry(3, "c"), entry(1, "a"), entry(2, long("b", 3000)), entry(4, "d")], { mark: 4 })
        assert.deepStrictEqual(replica.markUnsafe(device, "f"), { indexId: 5n, sequence: 4 })
        assert.deepStrictEqual(seen(replica), ["1 a", `2 ${long("b", 3000)}`, "3 c", "4 d"])
        assert.deepStrictEqual(seen(replica, 2), ["3 c", "4 d"])
        assert.strictEqual(replica.inboxUnsafe(device, "f", 0, 2).length, 2)
        assert.deepStrictEqual(replica.inboxUnsafe(device, "f", 0, 1)[0]?.info, Uint8Array.from(Buffer.from("a")))

        yield* receive(replica, [entry(5, "a", "newer"), entry(6, long("b", 3000))], { mark: 6 })
        assert.deepStrictEqual(seen(replica), ["3 c", "4 d", "5 a", `6 ${long("b", 3000)}`])
        assert.strictEqual(replica.inboxLowestUnsafe(device, "f"), 3)
        assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 4)

        yield* receive(replica, [entry(7, "e")], { settled: ["c", "gone", long("b", 3000)], mark: 9 })
        assert.deepStrictEqual(seen(replica), ["4 d", "5 a", "7 e"])
        assert.deepStrictEqual(replica.markUnsafe(device, "f"), { indexId: 5n, sequence: 9 })

        yield* replica.settle(device, "f", 5n, [4, 4, 5, 99])
        assert.deepStrictEqual(seen(replica), ["7 e"])
        assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 1)
        yield* receive(replica, [entry(10, "d")], { mark: 10 })
        yield* replica.settle(device, "f", 5n, [7])
        assert.deepStrictEqual(seen(replica), ["10 d"])
        assert.strictEqual(replica.inboxLowestUnsafe(device, "f"), 10)
      }))
  })

  it.effect("names the sequence under which a name waits", () => {
    const script = begun("f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        const names = ["a", long("b", 3000), "c", ""]
        const waiting = () => names.map((name) => replica.waitingUnsafe(device, "f", name))
        assert.deepStrictEqual(waiting(), [undefined, undefined, undefined, undefined])
        yield* receive(replica, [entry(1, "a"), entry(2, long("b", 3000))], { mark: 2 })
        assert.deepStrictEqual(waiting(), [1, 2, undefined, undefined])
        yield* receive(replica, [entry(3, "a"), entry(4, "c")], { mark: 4, settled: [long("b", 3000)] })
        assert.deepStrictEqual(waiting(), [3, undefined, 4, undefined])
        assert.isUndefined(replica.waitingUnsafe(other, "f", "a"))
        assert.isUndefined(replica.waitingUnsafe(device, "g", "a"))
        yield* replica.settle(device, "f", 5n, [3])
        assert.deepStrictEqual(waiting(), [undefined, undefined, 4, undefined])
        yield* receive(replica, [entry(1, "a")], { reset: true, mark: 1 })
        assert.deepStrictEqual(waiting(), [1, undefined, undefined, undefined])
        script.removeFolder("f")
        yield* replica.catchUp()
        assert.deepStrictEqual(waiting(), [undefined, undefined, undefined, undefined])
      }))
  })

  it.effect("does not let an older entry of a name, or a second name of a sequence, win", () => {
    const script = begun("f")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        yield* receive(replica, [entry(5, "a", "new"), entry(3, "a", "old"), entry(6, "b")])
        assert.deepStrictEqual(seen(replica), ["5 a", "6 b"])
        yield* receive(replica, [entry(5, "a", "again")])
        assert.deepStrictEqual(replica.inboxUnsafe(device, "f", 0, 1)[0]?.info, Uint8Array.from(Buffer.from("again")))
        yield* receive(replica, [entry(6, "c")])
        assert.deepStrictEqual(seen(replica), ["5 a", "6 c"])
        assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 2)
        yield* receive(replica, [entry(7, "b")])
        assert.deepStrictEqual(seen(replica), ["5 a", "6 c", "7 b"])
        yield* receive(replica, [], { settled: ["a", "b", "c"] })
        assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 0)
      }))
  })

  it.effect("forgets one inbox on reset, however large, and no other", () => {
    const script = begun("f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        const many = Array.from({ length: 3000 }, (_, i) => entry(i + 1, `n${i}`))
        yield* receive(replica, many, { mark: 3000 })
        yield* replica.receive({
          device: other,
          folder: "f",
          entries: [entry(1, "theirs")],
          settled: [],
          reset: false,
          mark: { indexId: 2n ** 64n - 1n, sequence: 1 }
        })
        yield* replica.receive({
          device,
          folder: "g",
          entries: [entry(1, "elsewhere")],
          settled: [],
          reset: true,
          mark: { indexId: 1n, sequence: 2 ** 53 - 1 }
        })
        yield* receive(replica, [entry(1, "n7"), entry(2, "n2999")], { reset: true, mark: 2 })
        for (let i = 0; i < 4; i++) {
          assert.deepStrictEqual(seen(replica), ["1 n7", "2 n2999"])
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 2)
          yield* receive(replica, [], { mark: 2 })
        }
        assert.deepStrictEqual(replica.markUnsafe(other, "f"), { indexId: 2n ** 64n - 1n, sequence: 1 })
        assert.deepStrictEqual(replica.markUnsafe(device, "g"), { indexId: 1n, sequence: 2 ** 53 - 1 })
        assert.strictEqual(replica.inboxSizeUnsafe(other, "f"), 1)
        assert.strictEqual(replica.inboxSizeUnsafe(device, "g"), 1)
        yield* receive(replica, [], { reset: true, mark: 0 })
        assert.isUndefined(replica.inboxLowestUnsafe(device, "f"))
        assert.deepStrictEqual(seen(replica), [])
      }))
  })

  it.effect("settles nothing of a numbering that began since", () => {
    const script = begun("f")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        yield* replica.catchUp()
        yield* receive(replica, [entry(1, "a"), entry(2, "b")], { mark: 2 })
        yield* replica.receive({
          device,
          folder: "f",
          entries: [entry(1, "x"), entry(2, "a")],
          settled: [],
          reset: true,
          mark: { indexId: 6n, sequence: 2 }
        })
        yield* replica.settle(device, "f", 5n, [1, 2])
        assert.deepStrictEqual(seen(replica), ["1 x", "2 a"])
        const { position } = script.change("f", [{ name: "a" }]).state
        yield* replica.catchUp(undefined, {
          position,
          entries: [{ device, folder: "f", indexId: 5n, sequences: [1, 2] }]
        })
        assert.deepStrictEqual(seen(replica), ["1 x", "2 a"])
        yield* replica.settle(device, "f", 6n, [1])
        assert.deepStrictEqual(seen(replica), ["2 a"])
      }))
  })

  it.effect("forgets what every device announced of a folder when a commit says so, and of no other folder", () => {
    const script = begun("f", "g")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        yield* replica.catchUp()
        yield* receive(replica, [entry(1, "a"), entry(2, "b")], { mark: 2 })
        const mark = { indexId: 6n, sequence: 9 }
        const rest = { entries: [entry(9, "x")], settled: [], reset: false, mark }
        yield* replica.receive({ device: other, folder: "f", ...rest })
        yield* replica.receive({ device, folder: "g", ...rest })
        script.commit({ _tag: "RemoteIndexesForgotten", folder: "f" })
        yield* replica.catchUp()
        for (const from of [device, other]) {
          assert.isUndefined(replica.markUnsafe(from, "f"))
          assert.strictEqual(replica.inboxSizeUnsafe(from, "f"), 0)
          assert.lengthOf(replica.inboxUnsafe(from, "f", 0, 10), 0)
        }
        assert.deepStrictEqual(replica.markUnsafe(device, "g"), mark)
        assert.strictEqual(replica.inboxSizeUnsafe(device, "g"), 1)
        yield* receive(replica, [entry(1, "a")], { reset: true, mark: 1 })
        assert.deepStrictEqual(seen(replica), ["1 a"])
      }))
  })

  it.effect("settles with the commit that stored the entry", () => {
    const script = begun("f")
    return withReplica(script, (replica) =>
      Effect.gen(function*() {
        yield* replica.catchUp()
        yield* receive(replica, [entry(1, "a"), entry(2, "b"), entry(3, "c")], { mark: 3 })
        const { state } = script.change("f", [{ name: "a" }])
        yield* replica.catchUp(undefined, {
          position: state.position,
          entries: [{ device, folder: "f", indexId: 5n, sequences: [1, 77] }]
        })
        assert.deepStrictEqual(seen(replica), ["2 b", "3 c"])
        yield* replica.catchUp(undefined, {
          position: state.position,
          entries: [{ device, folder: "f", indexId: 5n, sequences: [2] }, {
            device: other,
            folder: "f",
            indexId: 5n,
            sequences: [3]
          }]
        })
        assert.deepStrictEqual(seen(replica), ["3 c"])
        assert.strictEqual(replica.positionUnsafe(), state.position)

        const between = script.change("f", [{ name: "x" }]).state.position
        const later = script.change("f", [{ name: "c" }]).state.position
        script.known = between
        yield* replica.catchUp(undefined, {
          position: later,
          entries: [{ device, folder: "f", indexId: 5n, sequences: [3] }]
        })
        assert.deepStrictEqual(seen(replica), ["3 c"], "its commit is not applied")
        script.known = Infinity
        yield* replica.catchUp()
        assert.deepStrictEqual(seen(replica), [])
      }))
  })
}
