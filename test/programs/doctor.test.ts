/** `doctor` in this process, on directories. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as Process from "../harness/Process.ts"
import { census, make, run } from "./fixture.ts"

const bare = { HOME: "/dev/null/home", BEPOSITORY_ENV_FILE: "/dev/null" }

describe("doctor", () => {
  it.live("finds a directory fit, and leaves no trace of itself where nothing was", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("doctor")
      const ran = yield* run(["doctor", "--size", "1"], {
        ...bare,
        BEPOSITORY_STORAGE_URI: Path.join(directory, "deep", "store")
      })
      assert.strictEqual(ran.code, 0, ran.stdout + ran.line)
      assert.match(ran.stdout, /^ok {6}create only if absent/m)
      assert.match(ran.stdout, /one object of 1 MiB: put [\d.]+ MiB\/s/)
      assert.match(ran.stdout, /there is none yet/)
      assert.match(ran.stdout, /This store can hold a repository\.$/)
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
    }).pipe(Effect.scoped))

  it.live("works beside a repository without touching it", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("doctor")
      const repository = Path.join(directory, "repository")
      yield* make(repository, Path.join(directory, "cache"))
      const before = census(repository)
      const ran = yield* run(["doctor", "--size", "0", "--json"], { ...bare, BEPOSITORY_STORAGE_URI: repository })
      assert.strictEqual(ran.code, 0, ran.line)
      const { findings, healthy } = JSON.parse(ran.stdout) as {
        healthy: boolean
        findings: ReadonlyArray<{ check: string; verdict: string; seen: string }>
      }
      assert.isTrue(healthy)
      assert.match(findings[0]!.seen, /^repository [0-9a-f]{32} at commit \d+, not encrypted$/)
      assert.isUndefined(findings.find((finding) => finding.check === "throughput"))
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("does not take from under a running daemon what that relies on", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("doctor")
      const open = Layer.build(FileStore.layer(directory))
      const store = Context.get(yield* open, ObjectStore)
      yield* store.put("a", [Uint8Array.of(1)])
      const ran = yield* run(["doctor", "--size", "0"], { ...bare, BEPOSITORY_STORAGE_URI: directory })
      assert.strictEqual(ran.code, 0, ran.stdout)
      assert.deepStrictEqual(Fs.readdirSync(directory), ["a", "tmp"])
      assert.strictEqual(yield* store.put("b", [Uint8Array.of(1)]), "Created")
    }).pipe(Effect.scoped))

  it.live("says what failed and ends with 3", () =>
    Effect.gen(function*() {
      const ran = yield* run(["doctor"], { ...bare, BEPOSITORY_STORAGE_URI: "/proc/no-such-place" })
      assert.strictEqual(ran.code, 3)
      assert.match(ran.stdout, /^FAILED {2}write and read/m)
      assert.match(ran.line ?? "", /1 check failed/)
      const size = yield* run(["doctor", "--size", "2000"], { ...bare, BEPOSITORY_STORAGE_URI: "/tmp/x" })
      assert.strictEqual(size.code, 2)
    }))
})
