/** The program as a process: how it starts, what it says where, how signals and broken pipes end it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Path from "node:path"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import { useBundle } from "./bundle.ts"
import { make } from "./fixture.ts"

const main = useBundle()
const master = DeviceId.fromBytes(new Uint8Array(32).fill(7))

const place = Effect.map(Process.tempDirectory("process"), (directory) => Bepository.place(directory))

describe("serve", () => {
  it.live.each(["SIGTERM", "SIGINT"] as const)("%s is its planned end", (signal) =>
    Effect.gen(function*() {
      const at = yield* place
      const serving = yield* Bepository.serve({ place: at, masters: [master] })
      assert.match(serving.address, /^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/)
      const ended = yield* serving.process.stop(signal)
      assert.deepStrictEqual(ended, { code: 0, signal: null })
      // An empty location became a repository, whose device it was.
      assert.deepStrictEqual(yield* Bepository.json(at, ["get-id"]), { device: serving.id })
    }).pipe(Effect.scoped), 60_000)

  it.live("says in text that it is ready, on stdout, and logs in fixed keys on stderr", () =>
    Effect.gen(function*() {
      const at = yield* place
      yield* make(at.repository, at.cache)
      const log = Path.join(at.envFile, "..", "stderr")
      const running = yield* Process.start({
        name: "serve",
        command: "sh",
        args: [
          "-c",
          "exec \"$0\" \"$1\" serve \"$2\" --listen 127.0.0.1:0 --master-address none 2>\"$3\"",
          process.execPath,
          main,
          master,
          log
        ],
        env: {
          BEPOSITORY_ENV_FILE: at.envFile,
          BEPOSITORY_STORAGE_URI: at.repository,
          BEPOSITORY_CACHE_DIRECTORY: at.cache
        },
        log: at.log
      })
      yield* running.line(
        /^bepository is ready: device ([A-Z2-7]{7}-){7}[A-Z2-7]{7}, listening on 127\.0\.0\.1:\d+, repository file:\/\/\//
      )
      assert.deepStrictEqual(yield* running.stop(), { code: 0, signal: null })
      assert.strictEqual(running.lines().length, 1)
      const lines = Fs.readFileSync(log, "utf8").trim().split("\n")
      assert.isAbove(lines.length, 0)
      for (const line of lines) assert.match(line, /^timestamp=\S+ level=(INFO|WARN) message=/)
      // What it asked of its store, when even that is closed.
      assert.match(
        lines.at(-1) ?? "",
        /message="the store was asked" put=\d+ get=[1-9]\d* list=[1-9]\d* delete=0 .*sent=/
      )
    }).pipe(Effect.scoped), 60_000)

  it.live("works beside commands that look", () =>
    Effect.gen(function*() {
      const at = yield* place
      yield* make(at.repository, at.cache)
      const serving = yield* Bepository.serve({ place: at, masters: [master] })
      const status = yield* Bepository.json<{ readonly device: string; readonly files: number }>(at, ["status"])
      assert.deepInclude(status, { device: serving.id, files: 1 })
      const made = yield* Bepository.json<{ readonly checkpoints: ReadonlyArray<{ readonly id: number }> }>(at, [
        "checkpoint",
        "list"
      ])
      // The schedule made the first one as soon as the daemon was up, or will.
      assert.isAtMost(made.checkpoints.length, 1)
      assert.deepStrictEqual(yield* serving.process.stop(), { code: 0, signal: null })
    }).pipe(Effect.scoped), 60_000)
})

describe("checkpoint serve", () => {
  it.live("asks for the password, serves, and ends with 0", () =>
    Effect.gen(function*() {
      const at = yield* place
      yield* make(at.repository, at.cache)
      yield* Bepository.json(at, ["checkpoint", "now"])
      const dav = yield* Bepository.dav(at)
      const get = (headers: Record<string, string>) =>
        Effect.callback<{ readonly status: number; readonly body: string }>((resume) => {
          Http.get(new URL("/Photos/", dav.url), { headers, agent: false }, (response) => {
            let body = ""
            response.setEncoding("utf8").on("data", (chunk: string) => {
              body += chunk
            }).on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, body })))
          })
        })
      assert.strictEqual((yield* get({})).status, 401)
      const login = Buffer.from(`anybody:${dav.password}`).toString("base64")
      const page = yield* get({ authorization: `Basic ${login}` })
      assert.strictEqual(page.status, 200)
      assert.match(page.body, /latest/)
      assert.deepStrictEqual(yield* dav.process.stop("SIGINT"), { code: 0, signal: null })
    }).pipe(Effect.scoped), 60_000)
})

/** A disk that never answers: the command is in the middle of its work until a signal comes. */
const neverReads = `
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
fs.readFile = () => { console.log("reading"); setInterval(() => {}, 1000) }
syncBuiltinESMExports()
`

describe("a command that a signal breaks", () => {
  it.live.each([["SIGINT", 130], ["SIGTERM", 143]] as const)(
    "%s ends it with %i",
    ([signal, code]) =>
      Effect.gen(function*() {
        const directory = yield* Process.tempDirectory("signal")
        const running = yield* Process.start({
          name: "status",
          command: process.execPath,
          args: ["--import", `data:text/javascript,${encodeURIComponent(neverReads)}`, main, "status"],
          log: Path.join(directory, "log")
        })
        yield* running.line(/reading/)
        assert.deepStrictEqual(yield* running.stop(signal), { code, signal: null })
        assert.deepStrictEqual(running.lines(), ["reading"])
      }).pipe(Effect.scoped),
    60_000
  )
})

describe("start-up", () => {
  it.live("an old Node is told which one is needed", () =>
    Effect.gen(function*() {
      const ran = yield* Process.run(process.execPath, [
        "-e",
        "Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); process.argv.splice(1, 0, ''); import(process.argv.at(-1))",
        main
      ])
      assert.strictEqual(ran.code, 1)
      assert.strictEqual(ran.stderr, "bepository: Node 22.19 or newer is needed, this is Node 20.19.0\n")
      assert.strictEqual(ran.stdout, "")
    }))

  it.live("a reader that goes away is no crash", () =>
    Effect.gen(function*() {
      const { stderr } = yield* Process.run("sh", ["-c", "\"$0\" \"$1\" --help | true", process.execPath, main])
      assert.strictEqual(stderr, "")
    }))
})
