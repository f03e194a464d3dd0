import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as HostFilesNode from "../../src/layers/HostFilesNode.ts"
import * as HostIdentityFile from "../../src/layers/HostIdentityFile.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Process from "../harness/Process.ts"

const opened = (directory: string, seed: number, label?: string) =>
  Effect.map(
    Layer.build(
      HostIdentityFile.layer(label).pipe(Layer.provide([HostFilesNode.layer(directory), Hosts.randomLayer(seed)]))
    ),
    (context) => Context.get(context, HostIdentity)
  )

describe("HostIdentityFile", () => {
  it.live("is the same for ever, and random", () =>
    Effect.gen(function*() {
      const directory = Path.join(yield* Process.tempDirectory("identity"), "deep", "down")
      const first = yield* opened(directory, 1)
      const again = yield* opened(directory, 2, "the laptop")
      const other = yield* opened(yield* Process.tempDirectory("identity"), 2)
      assert.match(first.id, /^[0-9a-f]{32}$/)
      assert.strictEqual(again.id, first.id)
      assert.notStrictEqual(other.id, first.id)
      assert.deepStrictEqual([first.label, again.label], [first.id.slice(0, 8), "the laptop"])
      assert.deepStrictEqual(Fs.readdirSync(directory), ["host.json"])
    }).pipe(Effect.scoped))

  it.live("of many that are the first, one is", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("identity")
      const all = yield* Effect.all(Array.from({ length: 8 }, (_, i) => opened(directory, i + 1)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(all.map(({ id }) => id)).size, 1)
    }).pipe(Effect.scoped))

  it.live("tells a process that runs from one that is gone", () =>
    Effect.gen(function*() {
      const { isAlive, process: own } = yield* opened(yield* Process.tempDirectory("identity"), 1)
      assert.isFalse(isAlive(own), "another life with our number is over")
      assert.isTrue(isAlive(process.ppid))
      const child = ChildProcess.spawn(process.execPath, ["-e", ""])
      yield* Effect.callback<void>((resume) => void child.once("exit", () => resume(Effect.void)))
      assert.isFalse(isAlive(child.pid ?? 1))
    }).pipe(Effect.scoped))

  it.live("a damaged file, and a place that cannot be written, are named with their mend", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("identity")
      Fs.writeFileSync(Path.join(directory, "host.json"), "{}")
      const damaged = yield* Effect.flip(opened(directory, 1))
      assert.match(damaged.message, /host\.json is damaged.*remove that file/)
      Fs.writeFileSync(Path.join(directory, "file"), "")
      const nowhere = yield* Effect.flip(opened(Path.join(directory, "file"), 1))
      assert.match(nowhere.message, /cannot be used/)
    }).pipe(Effect.scoped))
})
