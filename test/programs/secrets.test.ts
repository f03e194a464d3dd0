/** Where a passphrase comes from, and that it goes nowhere. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import { EventEmitter } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Secrets from "../../src/programs/secrets.ts"
import * as Settings from "../../src/programs/settings.ts"
import * as Terminal from "../../src/programs/terminal.ts"
import * as Process from "../harness/Process.ts"

const read = (env: Record<string, string>, variable = "BEPOSITORY_PASSPHRASE") =>
  Effect.flatMap(Settings.environment, (environment) => Secrets.passphrase(environment, variable)).pipe(
    Effect.map((secret) => secret === undefined ? undefined : Redacted.value(secret)),
    Effect.provide(
      Layer.merge(
        NodeServices.layer,
        ConfigProvider.layer(ConfigProvider.fromEnvRecord({ BEPOSITORY_ENV_FILE: "/dev/null", ...env }))
      )
    )
  )

const problem = (env: Record<string, string>) => Effect.map(Effect.flip(read(env)), (error) => error.message)

describe("the passphrase", () => {
  it.live("comes from a variable, a file or a command; a line's end is not part of it", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("secrets")
      Fs.mkdirSync(directory, { recursive: true })
      const file = Path.join(directory, "passphrase")
      assert.isUndefined(yield* read({}))
      assert.isUndefined(yield* read({ BEPOSITORY_PASSPHRASE: "", BEPOSITORY_PASSPHRASE_FILE: "" }))
      assert.strictEqual(yield* read({ BEPOSITORY_PASSPHRASE: " Grüße, Welt " }), " Grüße, Welt ")
      for (const [text, passphrase] of [["a b\n", "a b"], ["a b", "a b"], ["a\r\n", "a"], [" ä \n", " ä "]] as const) {
        Fs.writeFileSync(file, text)
        assert.strictEqual(yield* read({ BEPOSITORY_PASSPHRASE_FILE: file }), passphrase)
        assert.strictEqual(yield* read({ BEPOSITORY_PASSPHRASE_COMMAND: `cat '${file}'` }), passphrase)
      }
      assert.strictEqual(yield* read({ BEPOSITORY_PASSPHRASE_COMMAND: "printf x; exec true" }), "x")
      assert.strictEqual(yield* read({ BEPOSITORY_NEW_PASSPHRASE: "n" }, "BEPOSITORY_NEW_PASSPHRASE"), "n")
    }).pipe(Effect.scoped))

  it.live("is said in one way; the environment wins over the environment file", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("secrets")
      Fs.mkdirSync(directory, { recursive: true })
      const envFile = Path.join(directory, "env")
      Fs.writeFileSync(envFile, "BEPOSITORY_PASSPHRASE=in the file\n")
      const env = { BEPOSITORY_ENV_FILE: envFile }
      assert.strictEqual(yield* read(env), "in the file")
      assert.strictEqual(yield* read({ ...env, BEPOSITORY_PASSPHRASE_COMMAND: "echo own" }), "own")
      const both = yield* problem({ BEPOSITORY_PASSPHRASE: "one", BEPOSITORY_PASSPHRASE_FILE: "/two" })
      assert.match(both, /BEPOSITORY_PASSPHRASE and BEPOSITORY_PASSPHRASE_FILE: both say/)
      Fs.appendFileSync(envFile, "BEPOSITORY_PASSPHRASE_COMMAND=true\n")
      assert.match(yield* problem(env), /both say/)
    }).pipe(Effect.scoped))

  it.live("that cannot be had is told without it", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("secrets")
      Fs.mkdirSync(directory, { recursive: true })
      const file = Path.join(directory, "passphrase")
      const fromFile = (bytes: string | Uint8Array) => {
        Fs.writeFileSync(file, bytes)
        return problem({ BEPOSITORY_PASSPHRASE_FILE: file })
      }
      assert.match(yield* fromFile(""), /an empty passphrase/)
      assert.match(yield* fromFile("\n"), /an empty passphrase/)
      assert.match(yield* fromFile("secret\nline\n"), /more than one line/)
      assert.match(yield* fromFile(Uint8Array.of(0xFF, 0xFE)), /not text in UTF-8/)
      assert.match(yield* fromFile("secret".repeat(1000)), /longer than 4096 bytes/)
      assert.match(yield* problem({ BEPOSITORY_PASSPHRASE_FILE: "/nonexistent/x" }), /"\/nonexistent\/x": there is no/)
      assert.match(yield* problem({ BEPOSITORY_PASSPHRASE_FILE: directory }), /cannot be read/)
      assert.match(yield* problem({ BEPOSITORY_PASSPHRASE_FILE: "/dev/zero" }), /longer|more than one/)
      const command = { BEPOSITORY_PASSPHRASE_COMMAND: "echo secret; exit 3" }
      assert.strictEqual(
        yield* problem(command),
        "BEPOSITORY_PASSPHRASE_COMMAND: the command failed, with status 3"
      )
      assert.match(yield* problem({ BEPOSITORY_PASSPHRASE_COMMAND: "true" }), /an empty passphrase/)
      assert.match(yield* problem({ BEPOSITORY_PASSPHRASE_COMMAND: "cat /dev/zero" }), /longer|failed|more than one/)
      for (const text of ["secret\nline\n", "secret".repeat(1000)]) assert.notInclude(yield* fromFile(text), "secret")
    }).pipe(Effect.scoped))

  it.live("is the service's credential if nothing else is set", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("secrets")
      Fs.mkdirSync(directory, { recursive: true })
      const whole = (env: Record<string, string>) =>
        Effect.flatMap(Settings.environment, Secrets.read).pipe(
          Effect.map(({ passphrase }) => passphrase === undefined ? undefined : Redacted.value(passphrase)),
          Effect.provideService(Settings.CacheDirFlag, { _tag: "None" } as never),
          Effect.provide(
            Layer.merge(
              NodeServices.layer,
              ConfigProvider.layer(ConfigProvider.fromEnvRecord({
                HOME: "/nonexistent",
                BEPOSITORY_ENV_FILE: "/dev/null",
                CREDENTIALS_DIRECTORY: directory,
                ...env
              }))
            )
          )
        )
      assert.isUndefined(yield* whole({}))
      Fs.writeFileSync(Path.join(directory, "passphrase"), "of the service\n")
      assert.strictEqual(yield* whole({}), "of the service")
      assert.strictEqual(yield* whole({ BEPOSITORY_PASSPHRASE: "own" }), "own")
    }).pipe(Effect.scoped))
})

describe("asking at a terminal", () => {
  const keyboard = () => {
    const events = new EventEmitter()
    const modes: Array<boolean> = []
    const ahead: Array<string> = []
    return {
      modes,
      ahead,
      isTTY: true,
      setRawMode: (raw: boolean) => void modes.push(raw),
      on: events.on.bind(events),
      off: events.off.bind(events),
      unshift: (chunk: Buffer) => void ahead.push(chunk.toString()),
      resume: () => {},
      pause: () => {},
      type: (text: string) => void events.emit("data", Buffer.from(text)),
      end: () => void events.emit("end"),
      listening: () => events.listenerCount("data") + events.listenerCount("end")
    }
  }

  const answers = (...typed: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const keys = keyboard()
      const shown: Array<string> = []
      const fiber = Effect.runFork(Terminal.ask("Passphrase: ", keys, {
        write: (text) => {
          // Nobody is asked before the terminal stopped showing what is typed.
          shown.push(keys.modes.length === 0 ? "too early" : text)
        }
      }))
      for (const text of typed) keys.type(text)
      if (typed.length === 0) keys.end()
      const exit = yield* Effect.promise(() =>
        new Promise<Exit.Exit<string>>((resolve) => fiber.addObserver((exit) => resolve(exit)))
      )
      assert.deepStrictEqual(keys.modes, [true, false], "the terminal is as it was")
      assert.strictEqual(keys.listening(), 0)
      assert.strictEqual(shown.join(""), "Passphrase: \n", "nothing typed is shown")
      return { answer: Exit.isSuccess(exit) ? exit.value : undefined, ahead: keys.ahead }
    })

  it.live("shows nothing, and knows the few keys there are", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* answers("sec", "ret\r"), { answer: "secret", ahead: [] })
      assert.deepStrictEqual(yield* answers("sex\u007Fcrü\u007Fet\n"), { answer: "secret", ahead: [] })
      assert.deepStrictEqual(yield* answers("wrong\u0015secret\r"), { answer: "secret", ahead: [] })
      assert.deepStrictEqual(yield* answers("one\rtwo\r"), { answer: "one", ahead: ["two\r"] })
      assert.isUndefined((yield* answers("sec\u0003")).answer)
      assert.isUndefined((yield* answers("sec\u0004")).answer)
      assert.isUndefined((yield* answers()).answer)
    }))
})
