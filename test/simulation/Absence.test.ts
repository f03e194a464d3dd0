/** A host that was away for a year learns what was deleted, brings nothing back, and keeps what its own device did meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import * as Machine from "./Machine.ts"
import type * as SimPeer from "./SimPeer.ts"

const day = 86_400_000

const text = (words: string) => Buffer.from(words)

const viewOf = (peer: SimPeer.SimPeer): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...peer.current.values()].flatMap(({ content, name }) =>
      content === undefined ? [] : [[name, Buffer.from(content).toString()] as const]
    ).toSorted(([a], [b]) => a < b ? -1 : 1)
  )

const story = (style: "1.x" | "2.x", cache: "kept" | "lost") =>
  Effect.gen(function*() {
    const { machine, one: home, other: away } = yield* Machine.pair(style === "1.x" ? 11 : 22, style)
    const same = Effect.gen(function*() {
      for (let i = 0; i < 360; i++) {
        yield* Effect.sleep("10 seconds")
        const [a, b] = [viewOf(home.peer), viewOf(away.peer)]
        if (JSON.stringify(a) === JSON.stringify(b) && home.peer.settled() && away.peer.settled()) return a
      }
      return assert.fail(`they stay different: ${JSON.stringify([viewOf(home.peer), viewOf(away.peer)], undefined, 1)}`)
    })
    yield* machine.start(home, {})
    for (let i = 0; i < 16; i++) yield* home.peer.write(`f${i}`, text(`content ${i}`))
    yield* machine.start(away, {})
    assert.strictEqual(Object.keys(yield* same).length, 16)
    yield* machine.kill(away)

    // Nobody hears of this for a year.
    yield* away.peer.write("f1", text("edited while away"))
    yield* away.peer.write("f9", undefined)
    yield* away.peer.write("made while away", text("new"))
    for (let month = 0; month < 12; month++) {
      yield* home.peer.write(`f${month < 8 ? month : 8}`, month < 8 ? undefined : text(`month ${month}`))
      yield* home.peer.write(`month ${month}`, text(`of month ${month}`))
      if (month % 3 === 2) yield* home.peer.write(`month ${month - 1}`, undefined)
      yield* Effect.sleep("3 hours")
      yield* machine.stop(home)
      machine.sky.offset += 31 * day
      yield* machine.start(home, {})
    }
    yield* Effect.sleep("3 hours")
    const log = [...machine.guard.commits]
    const happened = Object.groupBy(log.flatMap(({ ops }) => ops), ({ _tag }) => _tag)
    assert.isAtLeast(happened.CheckpointCreated?.length ?? 0, 12)
    assert.isAtLeast(happened.CheckpointsExpired?.length ?? 0, 6)
    const entries = [...machine.objects.keys()].filter((key) => key.startsWith(ObjectKey.logPrefix))
    assert.isBelow(entries.length, log.length / 2, "most of the log is gone")

    if (cache === "lost") away.disk = MemoryReplicaFile.make()
    yield* machine.start(away, {})
    const end = yield* same
    assert.deepStrictEqual(machine.hosts.map(({ life }) => life?.ended), [undefined, undefined])
    const copies = Object.entries(end).filter(([name]) => name.includes(".sync-conflict-"))
    const names = Object.keys(end).filter((name) => !name.includes(".sync-conflict-"))
    const kept = Object.values(end).filter((content) => content === "edited while away")
    assert.strictEqual(kept.length, 1, "the edit of what was deleted meanwhile is there, once")
    assert.isAtMost(copies.length, 1)
    if (style === "1.x") assert.strictEqual(end["f1"], "edited while away")
    const months = Array.from({ length: 12 }, (_, month) => `month ${month}`)
      .filter((_, month) => month % 3 !== 1)
    const expected = ["f10", "f11", "f12", "f13", "f14", "f15", "f8", "made while away", ...months]
    assert.deepStrictEqual(names.filter((name) => name !== "f1"), expected.toSorted())
    assert.strictEqual(end["f8"], "month 11")

    for (const host of machine.hosts) yield* machine.stop(host)
    const complaints = [
      ...yield* machine.audit(false, true),
      ...machine.guard.complaints,
      ...machine.peers.flatMap(({ complaints }) => complaints)
    ]
    assert.deepStrictEqual(complaints, [])
  })

describe("a host that was away for a year", () => {
  for (const style of ["2.x", "1.x"] as const) {
    for (const cache of ["kept", "lost"] as const) {
      it.effect(
        `comes back with its cache ${cache}, to a Syncthing of ${style}`,
        () => Hosts.inVirtualTime(story(style, cache), 4000).pipe(Random.withSeed(1)),
        240_000
      )
    }
  }
})
