/** litmus, the conformance suite of WebDAV, as far as it applies to a server that only reads. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, References } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import * as DavRig from "../harness/DavRig.ts"
import * as LitmusShim from "../harness/LitmusShim.ts"
import * as Process from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"

/** The others write, lock, or set properties. */
const expected = [
  "basic.options",
  "basic.put_get",
  "basic.put_get_utf8_segment",
  "basic.delete_null",
  "props.propfind_invalid",
  "props.propfind_invalid2",
  "props.propfind_d0",
  "props.propextended",
  "props.propwformed",
  "http.expect100"
]

suite("WebDAV conformance", ["litmus"], () => {
  it.effect("litmus finds nothing in what applies to us", () =>
    Effect.gen(function*() {
      const rig = yield* DavRig.make()
      const directory = Path.join(rig.directory, "source")
      const folder = { id: "litmus", label: "Litmus" }
      Tree.write(directory, "there", "is something")
      const settle = Effect.gen(function*() {
        yield* rig.commit(folder, directory)
        yield* Effect.orDie(Context.get(rig.services, Checkpoints).create(["litmus"], "manual"))
        // So that the server looks again.
        yield* TestClock.adjust("3 seconds")
      })
      yield* settle
      const url = yield* LitmusShim.start({ target: rig.url, prefix: "/Litmus/latest/", directory, settle })
      const work = Path.join(rig.directory, "litmus")
      Fs.mkdirSync(work)
      const { stdout } = yield* Process.run(Programs.path("litmus"), ["-k", url, "any", SeedRepository.password], {
        env: { TESTS: "basic props http" },
        cwd: work
      })
      const results = LitmusShim.results(stdout)
      const found = expected.map((test) => [test, results.get(test)])
      assert.deepStrictEqual(found, expected.map((test) => [test, "pass"]), stdout)
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None")))
})
