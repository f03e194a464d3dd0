/**
 * What a conflict copy held is put back under the file's name, and the copy deleted, by one who has not heard that the file
 * was changed elsewhere meanwhile: the content is in one of the two places at any time, and must be in one in the end.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import * as Hosts from "../harness/Hosts.ts"
import * as Machine from "./Machine.ts"
import type * as SimPeer from "./SimPeer.ts"

const text = (words: string) => Buffer.from(words)
const copy = "a.sync-conflict-20260101-000000-AAAAAAA"

const contents = (peer: SimPeer.SimPeer): ReadonlyArray<string> =>
  [...peer.current.values()].flatMap(({ content }) => content === undefined ? [] : [Buffer.from(content).toString()])

const story = (style: "1.x" | "2.x") =>
  Effect.gen(function*() {
    const { machine, one, other } = yield* Machine.pair(5, style)
    const calm = Effect.sleep("10 minutes")
    yield* machine.start(one, {})
    yield* machine.start(other, {})
    yield* one.peer.write("a", text("first"))
    yield* one.peer.write(copy, text("restored"))
    yield* calm
    assert.deepStrictEqual(contents(other.peer).toSorted(), ["first", "restored"])
    yield* machine.stop(other)

    yield* one.peer.write("a", text("restored"))
    yield* calm
    yield* machine.stop(one)
    yield* one.peer.write(copy, undefined)

    for (let i = 0; i < 9; i++) yield* other.peer.write("later", text(`${i}`))
    yield* other.peer.write("a", text("changed elsewhere"))
    yield* machine.start(other, {})
    yield* calm
    yield* machine.start(one, {})
    yield* calm
    for (const { peer } of machine.hosts) {
      assert.include(contents(peer), "changed elsewhere")
      assert.include(contents(peer), "restored")
    }
    for (const host of machine.hosts) yield* machine.stop(host)
    assert.deepStrictEqual([
      ...yield* machine.audit(false),
      ...machine.guard.complaints,
      ...machine.peers.flatMap(({ complaints }) => complaints)
    ], [])
  })

describe("a conflict copy is put back in its place", () => {
  for (const style of ["2.x", "1.x"] as const) {
    it.effect(
      `nothing is lost if the file was changed elsewhere; a Syncthing of ${style}`,
      () => Hosts.inVirtualTime(story(style), 4000).pipe(Random.withSeed(1)),
      120_000
    )
  }
})
