/**
 * Conflicts that real Syncthings have through bepository, which settle only if whoever holds the loser learns that it lost:
 * three devices that never meet, and are paused in turn.
 */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { type Actor, becomes, folder, serve, share, stage, stored, syncthing } from "./scene.ts"

const name = "both.txt"

const three = Effect.fnUntraced(function*(version: Syncthing.Version) {
  const here = yield* stage("conflicts")
  const [a, b, c] = yield* Effect.all([
    syncthing(here, "A", version),
    syncthing(here, "B", version),
    syncthing(here, "C", version)
  ])
  const ours = yield* serve(here, [a, b, c])
  Tree.write(a.tree, name, "common\n")
  yield* share(a, ours)
  yield* stored(a, ours)
  for (const actor of [b, c]) {
    yield* share(actor, ours)
    yield* becomes(actor, Tree.read(a.tree))
  }
  const away = (actor: Actor) => actor.patchDevice(ours.id, { paused: true })
  const back = (actor: Actor) =>
    Effect.andThen(actor.patchDevice(ours.id, { paused: false }), actor.untilConnected(ours.id, 60))
  return { a, b, c, ours, away, back, directory: here.directory }
})

/** `seconds` into the past. */
const write = (actor: Actor, text: string, seconds: number) => {
  Tree.write(actor.tree, name, text)
  const when = Math.floor(Date.now() / 1000) - seconds
  Fs.utimesSync(Path.join(actor.tree, name), when, when)
}

const texts = (actor: Actor) =>
  [...Tree.read(actor.tree).keys()].filter((entry) => entry.startsWith("both"))
    .map((entry) => Fs.readFileSync(Path.join(actor.tree, entry), "utf8")).toSorted()

suite("Conflicts", ["syncthing", "syncthing-1.29"], () => {
  for (const version of ["1.19", "1.29"] as const) {
    it.live(`${version}: what won is deleted before the holder of the loser hears of it`, () =>
      Effect.gen(function*() {
        const { a, away, b, back, c, directory, ours } = yield* three(version)
        yield* Process.keepingLogs(directory)(Effect.gen(function*() {
          yield* away(b)
          yield* away(c)
          write(c, "of C\n", 600)
          write(b, "of B\n", 300)
          yield* c.rescan(folder)
          yield* b.rescan(folder)
          yield* back(c)
          yield* c.untilComplete(ours.id, folder, 60)
          yield* away(c)
          // B's is the later, and takes the name; C's gets one of its own.
          yield* back(b)
          yield* b.until("B has no conflict copy", Effect.sync(() => texts(b).length === 2 ? true : undefined), 60)
          yield* b.untilComplete(ours.id, folder, 60)
          yield* b.until(
            "B does not take in the counters of what lost against it",
            Effect.map(b.entry(folder, name), (entry) => (entry?.local.version.length ?? 0) > 2 ? true : undefined),
            60
          )
          Fs.rmSync(Path.join(b.tree, name))
          yield* stored(b, ours)
          yield* away(b)

          yield* back(c)
          const isGone = Effect.sync(() => Fs.existsSync(Path.join(c.tree, name)) ? undefined : true)
          yield* c.until("C keeps what lost", isGone, 60)
          yield* c.until("C has no copy", Effect.sync(() => texts(c).length === 1 ? true : undefined), 60)
          for (const actor of [a, b, c]) yield* back(actor)
          yield* becomes(a, Tree.read(c.tree))
          yield* becomes(b, Tree.read(c.tree))
          for (const actor of [a, b, c]) {
            expect(texts(actor), actor.name).toEqual(["of C\n"])
            yield* actor.untilComplete(ours.id, folder, 60)
          }
        }))
      }).pipe(Effect.scoped), 180_000)
  }
})
