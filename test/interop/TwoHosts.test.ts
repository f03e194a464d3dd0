/**
 * Two hosts share one repository and one device id, each beside a Syncthing of its own; the Syncthings never meet. What one
 * stores comes out at the other, whoever writes when, and whoever dies.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import { suite } from "../harness/Suite.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { alike, both, lease, put, read, seconds, serve, untilActive } from "./hosts.ts"
import { folder, stored } from "./scene.ts"

const there = (versions: readonly [Syncthing.Version, Syncthing.Version]) =>
  Effect.gen(function*() {
    const { a, b, first, second } = yield* both(versions)
    put(a, "edited", "one")
    Fs.rmSync(Path.join(a.actor.tree, "d0"), { recursive: true })
    Fs.renameSync(Path.join(a.actor.tree, "d1"), Path.join(a.actor.tree, "renamed"))
    yield* stored(a.actor, first)
    yield* alike(a, b)
    put(b, "edited", "two, by B")
    put(b, "new at B", "hello")
    Fs.rmSync(Path.join(b.actor.tree, "renamed", "file1"))
    yield* stored(b.actor, second)
    yield* alike(b, a)
    assert.strictEqual(read(a, "edited"), "two, by B")
    const { hosts } = yield* Bepository.json<{ readonly hosts: ReadonlyArray<{ label: string; role: string }> }>(
      a.place,
      ["status"]
    )
    assert.sameMembers(hosts.map(({ label }) => label), ["A", "B"])
    for (const { role } of hosts) assert.include(["active", "standby"], role)
  })

suite("Two hosts", ["syncthing", "syncthing-1.29"], () => {
  it.live(
    "A 1.29, B 1.19: edits, deletions and renames go there and back",
    () => Effect.scoped(there(["1.29", "1.19"])),
    180_000
  )
  it.live(
    "A 1.19, B 1.29: edits, deletions and renames go there and back",
    () => Effect.scoped(there(["1.19", "1.29"])),
    180_000
  )

  it.live("the one that writes is killed: the other takes over", () =>
    Effect.gen(function*() {
      const { a, b, first, second } = yield* both(["1.29", "1.29"], undefined, { args: ["--lease-mode", "always"] })
      Tree.write(a.actor.tree, "large", Tree.bytes(64 * 1024 * 1024, 5))
      yield* a.actor.rescan(folder)
      // A claim of A's stands, and nobody lets it go.
      yield* untilActive(b, "A")
      yield* first.process.signal("SIGKILL")
      yield* first.process.exited
      put(b, "after", "the kill")
      const took = yield* seconds(stored(b.actor, second, lease + 60))
      assert.isBelow(took, lease + 10)
      assert.isAbove(took, 3, "its claim was waited for")
      const again = yield* serve(a)
      yield* a.actor.untilConnected(again.id, 60)
      yield* stored(a.actor, again)
      yield* alike(a, b)
      assert.strictEqual(read(a, "after"), "the kill")
    }).pipe(Effect.scoped), 240_000)

  it.live(
    "one that was stopped for longer than its lease commits nothing stale, and goes on",
    () =>
      Effect.gen(function*() {
        const { a, b, first, second } = yield* both(["1.29", "1.29"], undefined, { args: ["--lease-mode", "always"] })
        Tree.write(a.actor.tree, "large", Tree.bytes(64 * 1024 * 1024, 6))
        yield* a.actor.rescan(folder)
        yield* first.process.signal("SIGSTOP")
        put(b, "meanwhile", "B")
        yield* stored(b.actor, second, lease + 60)
        yield* Effect.sleep(`${lease + 2} seconds`)
        yield* first.process.signal("SIGCONT")
        yield* a.actor.untilConnected(first.id, 120)
        yield* stored(a.actor, first, 120)
        yield* alike(a, b)
        assert.strictEqual(read(a, "meanwhile"), "B")
        assert.deepInclude(yield* Bepository.json(b.place, ["fsck", "--check", "full"]), { healthy: true })
      }).pipe(Effect.scoped),
    240_000
  )

  it.live("both edit one file while apart: both contents are on both", () =>
    Effect.gen(function*() {
      const { a, b, first, second } = yield* both(["1.29", "1.19"])
      yield* first.process.stop("SIGTERM", 20)
      yield* second.process.stop("SIGTERM", 20)
      put(a, "d0/file0", "by A, while apart")
      put(b, "d0/file0", "by B, while apart")
      yield* a.actor.rescan(folder)
      yield* b.actor.rescan(folder)
      const one = yield* serve(a)
      yield* a.actor.untilConnected(one.id, 60)
      yield* stored(a.actor, one)
      const two = yield* serve(b)
      yield* b.actor.untilConnected(two.id, 60)
      yield* stored(b.actor, two)
      yield* stored(a.actor, one)
      yield* alike(a, b)
      for (const at of [a, b]) {
        const contents = Fs.readdirSync(Path.join(at.actor.tree, "d0")).filter((name) => name.startsWith("file0"))
          .map((name) => read(at, `d0/${name}`)).toSorted()
        assert.includeMembers(contents, ["by A, while apart", "by B, while apart"])
      }
    }).pipe(Effect.scoped), 240_000)

  it.live("SIGTERM hands over within two seconds", () =>
    Effect.gen(function*() {
      const { a, b, first, second } = yield* both(["1.29", "1.29"])
      put(a, "last", "word")
      yield* stored(a.actor, first)
      const took = yield* seconds(first.process.stop("SIGTERM", 20))
      assert.isBelow(took, 2)
      put(b, "next", "word")
      assert.isBelow(yield* seconds(stored(b.actor, second)), 8)
    }).pipe(Effect.scoped), 180_000)
})
