/** Ends and beginnings: a clean stop, a kill at a bad moment, a cache that is gone, a file that changes while it is pulled. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { type Actor, becomes, folder, serve, share, type Stage, stage, stored, syncthing } from "./scene.ts"

const MiB = 1024 * 1024

/** Bytes A has sent to the device on the connection it has now. */
const sent = (a: Actor, device: string) =>
  Effect.map(
    a.rest<{ readonly connections: Readonly<Record<string, { readonly outBytesTotal: number }>> }>(
      "GET",
      "/rest/system/connections"
    ),
    ({ connections }) => connections[device]?.outBytesTotal ?? 0
  )

/** Raw bytes of all blocks in packs that some commit names. */
const committedBytes = (stage: Stage) =>
  Effect.map(
    Bepository.json<{ readonly packs: { readonly blockBytes: number } }>(
      { ...stage.place, cache: Path.join(stage.directory, "reader-cache") },
      ["status"]
    ),
    ({ packs }) => packs.blockBytes
  )

/** Failure events of a Syncthing speak of a peer that broke the protocol. */
const failures = (actor: Actor) =>
  Effect.map(
    actor.events(0, 0),
    (events) => events.filter((event) => event.type === "Failure").map((event) => event.data)
  )

/** Many files of random bytes; answers how many bytes. */
const fill = (root: string, files: number, size: number): number => {
  for (let i = 0; i < files; i++) Tree.write(root, `f/${i}.bin`, Tree.bytes(size, 5000 + i))
  return files * size
}

suite("Restart", ["syncthing", "syncthing-1.29"], () => {
  for (const version of Syncthing.versions) {
    it.live(`${version}: after a clean stop the session is a delta, also without a cache`, () =>
      Effect.gen(function*() {
        const here = yield* stage("restart")
        const a = yield* syncthing(here, "A", version)
        for (let i = 0; i < 3000; i++) {
          Tree.write(a.tree, `d${i % 30}/a name of some length, so that the index weighs something ${i}.txt`, `${i}`)
        }
        let first = yield* serve(here, [a])
        yield* share(a, first)
        yield* stored(a, first)
        const index = yield* sent(a, first.id)
        for (const cache of ["kept", "gone"]) {
          expect(yield* first.process.stop("SIGTERM")).toEqual({ code: 0, signal: null })
          if (cache === "gone") Fs.rmSync(here.place.cache, { recursive: true })
          first = yield* serve(here, [a])
          yield* a.untilConnected(first.id, 30)
          yield* a.untilComplete(first.id, folder)
          Tree.write(a.tree, `after ${cache}.txt`, cache)
          yield* stored(a, first)
          expect(yield* sent(a, first.id)).toBeLessThan(index / 10)
        }
        expect(yield* failures(a)).toEqual([])
      }).pipe(Effect.scoped))
  }

  it.live("killed in the middle: what was committed is not requested again, nothing is missing", () =>
    Effect.gen(function*() {
      const here = yield* stage("kill")
      const a = yield* syncthing(here, "A", "1.29")
      const unique = fill(a.tree, 300, MiB)
      const first = yield* serve(here, [a])
      yield* share(a, first)
      yield* a.until(
        "no third pack came",
        Effect.sync(() => (Bepository.objects(here.place).pack?.count ?? 0) >= 3 ? true : undefined)
      )
      yield* first.process.stop("SIGKILL")
      const committed = yield* committedBytes(here)
      const again = yield* serve(here, [a])
      yield* a.untilConnected(again.id, 30)
      yield* stored(a, again)
      expect(yield* sent(a, again.id)).toBeLessThanOrEqual((unique - committed) * 1.02 + MiB)
      expect(yield* committedBytes(here)).toBe(unique)
      expect(yield* failures(a)).toEqual([])

      const tree = Tree.read(a.tree)
      yield* a.process.stop()
      yield* again.process.stop()
      const b = yield* syncthing(here, "B", "1.19")
      const last = yield* serve(here, [b])
      yield* share(b, last)
      yield* becomes(b, tree)
    }).pipe(Effect.scoped))

  it.live("a file that grows while it is pulled ends up whole, in its last version", () =>
    Effect.gen(function*() {
      const here = yield* stage("growing")
      const a = yield* syncthing(here, "A", "1.19")
      const file = Tree.write(a.tree, "growing.bin", Tree.bytes(200 * MiB, 1))
      const bepository = yield* serve(here, [a])
      yield* share(a, bepository)
      // Receipt: the first pack of it is in the store, and most of the file is not.
      yield* a.until(
        "no pack came",
        Effect.sync(() => (Bepository.objects(here.place).pack?.count ?? 0) > 0 ? true : undefined)
      )
      for (let i = 0; i < 5; i++) {
        Fs.appendFileSync(file, Tree.bytes(3 * MiB + 17, 50 + i))
        const middle = Fs.openSync(file, "r+")
        Fs.writeSync(middle, Tree.bytes(1000, 60 + i), 0, 1000, 190 * MiB + i * 200_000)
        Fs.closeSync(middle)
        yield* a.rescan(folder)
      }
      yield* stored(a, bepository)
      const tree = Tree.read(a.tree)
      const b = yield* syncthing(here, "B", "1.29")
      yield* bepository.process.stop()
      const last = yield* serve(here, [b])
      yield* share(b, last)
      yield* becomes(b, tree)
    }).pipe(Effect.scoped))
})
