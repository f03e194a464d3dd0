/** A directory store used by several processes at once, and by processes that are killed in the middle of a put. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FileStore from "../harness/FileStore.ts"

const script = Path.join(import.meta.dirname, "../harness/PutLoop.ts")

/** Runs the loop; kills it with -9 after so many lines, if asked. Answers the numbers by outcome it was told. */
const loop = (directory: string, prefix: string, who: number, count: number, killAfter = Infinity) =>
  Effect.callback<ReadonlyArray<readonly [number, string]>>((resume) => {
    const child = spawn(process.execPath, [script, directory, prefix, String(who), String(count)], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let text = ""
    child.stdout.on("data", (chunk) => {
      text += String(chunk)
      if (text.split("\n").length > killAfter) child.kill("SIGKILL")
    })
    child.on("close", () => {
      const lines = text.split("\n").slice(0, -1).map((line) => line.split(" "))
      resume(Effect.succeed(lines.map(([number, outcome]) => [Number(number), outcome ?? ""] as const)))
    })
  })

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-processes-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const opened = (path: string) =>
  Effect.map(Layer.build(FileStore.layer(path)), (context) => Context.get(context, ObjectStore))

it.live("processes that race for names create each once, whole", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    const told = yield* Effect.all([1, 2, 3].map((who) => loop(path, "race", who, 100)), { concurrency: "unbounded" })
    const store = yield* opened(path)
    for (let number = 0; number < 100; number++) {
      const winners = told.flatMap((lines, at) =>
        lines.some(([n, outcome]) => n === number && outcome === "Created") ? [at + 1] : []
      )
      assert.strictEqual(winners.length, 1, `name ${number}`)
      assert.deepStrictEqual(yield* store.get(`race/${number}`), new Uint8Array(10_000 + number).fill(winners[0]!))
    }
  }), 60_000)

it.live(
  "a process killed in the middle leaves whole objects only, all it was told of among them",
  () =>
    Effect.gen(function*() {
      const path = yield* temporary
      for (const [round, after] of [1, 17, 40].entries()) {
        const told = yield* loop(path, `killed-${round}`, 7, 5000, after)
        assert.isAtLeast(told.length, after)
        assert.isBelow(told.length, 5000)
        const store = yield* opened(path)
        const listed = yield* Stream.runCollect(store.list(`killed-${round}/`))
        const sizes = new Map(listed.map((entry) => [entry.key, entry.size]))
        for (const [number] of told) assert.strictEqual(sizes.get(`killed-${round}/${number}`), 10_000 + number)
        for (const { key, size } of listed) {
          const number = Number(key.slice(key.indexOf("/") + 1))
          assert.strictEqual(size, 10_000 + number)
          assert.isTrue((yield* store.get(key)).every((byte) => byte === 7))
        }
        assert.isAtMost(listed.length, told.length + 1)
      }
    }),
  60_000
)
