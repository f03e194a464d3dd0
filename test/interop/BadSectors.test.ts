/** The real program on a disk that cannot read some files: the kernel's EIO, as strace puts it into the system call. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Path from "node:path"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Bepository from "../harness/Bepository.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as World from "../harness/FsckWorld.ts"
import * as Process from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import { suite } from "../harness/Suite.ts"

suite("A disk with bad sectors", ["strace"], () => {
  it.live("is told, checked and repaired, and nothing waits for it", () =>
    Effect.gen(function*() {
      const place = Bepository.place(yield* Process.tempDirectory("sectors"))
      const keys = yield* Effect.scoped(Effect.provide(
        Effect.gen(function*() {
          yield* World.write("a", { lost: World.noise(2, 1) })
          yield* World.write("a", { sound: World.noise(2, 2) })
          yield* World.flush
          const state = yield* World.state
          const { runs } = (yield* World.present("a")).get("lost")!
          return {
            pack: ObjectKey.pack(runs[0]!.pack),
            segment: ObjectKey.segment(state.folders.get("a")!.segments[0]!),
            base: ObjectKey.base(state.basePosition)
          }
        }),
        Layer.fresh(World.layer(Layer.orDie(FileStore.layer(place.repository)), "plain"))
      ))
      /** On a disk where these cannot be read. */
      const on = (bad: ReadonlyArray<string>, args: ReadonlyArray<string>) =>
        Bepository.run(place, args, {}, [
          Programs.path("strace"),
          "-f",
          "-qq",
          "-o",
          "/dev/null",
          ...bad.flatMap((key) => ["-P", Path.join(place.repository, key)]),
          "-e",
          "trace=pread64",
          "-e",
          "inject=pread64:error=EIO"
        ])

      const began = Date.now()
      const opening = yield* on([keys.base], ["list-folders"])
      assert.strictEqual(opening.code, 14, opening.stderr)
      for (const word of [keys.base, place.repository, "EIO", "fsck --check full --repair"]) {
        assert.include(opening.stderr.trim().split("\n").at(-1), word)
      }

      const all = Object.values(keys)
      const checked = yield* on(all, ["fsck", "--check", "full"])
      assert.strictEqual(checked.code, 3, checked.stderr)
      for (const key of all) assert.match(checked.stdout, new RegExp(`DAMAGE .*${key}: it cannot be read at .*: EIO`))

      const repaired = yield* on(all, ["fsck", "--check", "full", "--repair", "--yes"])
      assert.include(repaired.stdout, "Repaired: 1 pack replaced")
      assert.include(repaired.stdout, "1 segment written again, 0 given up")
      const after = yield* on(all, ["list-folders"])
      assert.strictEqual(after.code, 0, after.stderr)
      // Who needed the lost block was told by a segment that could not be read before.
      const marked = yield* on(all, ["fsck", "--repair", "--yes"])
      assert.include(marked.stdout, "1 file marked")
      // What is still wrong is what was lost, and waits for a device that has it.
      const again = yield* on(all, ["--json", "fsck", "--check", "full"])
      const { findings } = JSON.parse(again.stdout) as {
        readonly findings: ReadonlyArray<{ readonly kind: string; readonly severity: string }>
      }
      const kinds = findings.filter(({ severity }) => severity === "damage" || severity === "unavailable").map(
        ({ kind }) => kind
      )
      assert.deepStrictEqual(kinds.toSorted(), ["blocks", "unavailable"])
      assert.isBelow(Date.now() - began, 120_000)
    }).pipe(Effect.scoped), 180_000)
})
