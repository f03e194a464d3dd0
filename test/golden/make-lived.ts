/**
 * Makes the golden repositories that have lived (`node test/golden/make-lived.ts`). Run once for each format version: what
 * is there is never written again, for it is what earlier programs left in people's stores.
 */
import { Effect, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import * as Assert from "node:assert/strict"
import { syncBuiltinESMExports } from "node:module"
import Os from "node:os"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as Lived from "./Lived.ts"
import * as LivedHost from "./LivedHost.ts"
import * as LivedStory from "./LivedStory.ts"

// Key slots and first commits bear the machine's name.
Os.hostname = () => "laptop"
syncBuiltinESMExports()

const make = Effect.fnUntraced(function*(suite: Lived.Suite) {
  yield* TestClock.setTime(Date.UTC(2025, 1, 28, 22))
  const lived = yield* LivedStory.tell(suite !== "plain")
  const objects = new Map(lived.objects)
  const opened = BlockReaderPacks.layer.pipe(
    Layer.provideMerge(RepositoryLog.layerAs("nobody")),
    Layer.provide(LogObjectsSealed.layer),
    Layer.provideMerge(
      LivedHost.ground({
        objects: new Map(objects),
        seed: 1,
        name: "nobody",
        memory: new Map(),
        passphrase: suite === "plain" ? undefined : Lived.passphrases[0]
      })
    )
  )
  const found = yield* Effect.scoped(Effect.provide(Lived.look, opened))
  // What the program reads must be what was written, as kept beside it.
  const folders = Object.entries(found.folders).map(([id, rows]) => [id, Lived.treeOf(found.rows[id], rows)])
  const checkpoints = found.state.checkpoints.map(({ folder, id }) => [
    id,
    Lived.treeOf(found.rows[folder], found.checkpoints[id] ?? [])
  ])
  Assert.deepEqual(Object.fromEntries(folders), lived.folders)
  Assert.deepEqual(Object.fromEntries(checkpoints), lived.checkpoints)
  return { objects, found }
})

if (import.meta.main) {
  for (const suite of Lived.suites) {
    const { found, objects } = await Effect.runPromise(
      make(suite).pipe(
        Effect.provideService(References.MinimumLogLevel, "Warn"),
        Effect.provide(TestClock.layer())
      )
    )
    Lived.save(suite, objects, found)
    const bytes = [...objects.values()].reduce((sum, { length }) => sum + length, 0)
    console.log(`${suite}: ${objects.size} objects, ${bytes} bytes`)
  }
}
