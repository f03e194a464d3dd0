import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Result } from "effect"
import type { Environment } from "../../src/programs/settings.ts"
import * as Turns from "../../src/programs/turns.ts"

const environment = (variables: Readonly<Record<string, string>>): Environment => ({
  provider: ConfigProvider.fromUnknown(variables),
  get: (variable) =>
    Effect.succeed(Option.map(Option.fromUndefinedOr(variables[variable]), (value) => ({ value, setting: variable })))
})

const turns = (
  flags: Partial<Record<keyof Turns.Options, string>>,
  variables: Readonly<Record<string, string>> = {}
) => {
  const options = { ...Turns.none }
  for (const [name, value] of Object.entries(flags)) Object.assign(options, { [name]: Option.some(value) })
  return Effect.result(Turns.turns(environment(variables), options))
}

describe("turns", () => {
  it.effect("without a word", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Result.getOrThrow(yield* turns({})), {
        hostName: undefined,
        priority: 100,
        lease: 180_000,
        mode: "on-demand",
        follow: undefined
      })
    }))

  it.effect("flags before variables", () =>
    Effect.gen(function*() {
      const all = { hostName: " desk ", priority: "7", lease: "2m", leaseMode: "always", follow: "90s" }
      const variables = { BEPOSITORY_HOST_NAME: "other", BEPOSITORY_PRIORITY: "9", BEPOSITORY_LEASE: "5m" }
      assert.deepStrictEqual(Result.getOrThrow(yield* turns(all, variables)), {
        hostName: "desk",
        priority: 7,
        lease: 120_000,
        mode: "always",
        follow: 90_000
      })
      const { hostName, lease, priority } = Result.getOrThrow(yield* turns({}, variables))
      assert.deepStrictEqual([hostName, priority, lease], ["other", 9, 300_000])
    }))

  const wrong: ReadonlyArray<readonly [Partial<Record<keyof Turns.Options, string>>, RegExp]> = [
    [{ lease: "59s" }, /--lease "59s".*from 1m to 1d/],
    [{ lease: "soon" }, /--lease "soon"/],
    [{ priority: "-1" }, /--priority "-1".*whole number/],
    [{ priority: "1.5" }, /whole number/],
    [{ leaseMode: "never" }, /--lease-mode "never".*on-demand or always/],
    [{ hostName: "" }, /--host-name/],
    [{ hostName: "a\u001b[2J" }, /control characters/],
    [{ follow: "0s" }, /--follow/]
  ]
  for (const [flags, said] of wrong) {
    it.effect(`${JSON.stringify(flags)} is refused`, () =>
      Effect.gen(function*() {
        const result = yield* turns(flags)
        assert.match(Result.isFailure(result) ? result.failure.message : "accepted", said)
      }))
  }

  it.effect("tests may have shorter leases", () =>
    Effect.gen(function*() {
      const short = yield* turns({ lease: "5s" }, { BEPOSITORY_TEST_SHORT_LEASE: "1" })
      assert.strictEqual(Result.getOrThrow(short).lease, 5000)
    }))
})
