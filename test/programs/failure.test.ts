import { assert, describe, it } from "@effect/vitest"
import { Cause, Exit } from "effect"
import * as CliError from "effect/cli/CliError"
import { ending, SettingInvalid } from "../../src/programs/failure.ts"
import { LeaseHeld } from "../../src/services/Lease.ts"
import { StoreFull, StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { ListenFailed } from "../../src/services/PeerTransport.ts"
import { ReplicaUnusable } from "../../src/services/Replica.ts"
import {
  Fenced,
  LocationNotEmpty,
  RepositoryAbsent,
  RepositoryCorrupt,
  RepositoryNewer
} from "../../src/services/Repository.ts"

const unusable = (full: boolean) => new ReplicaUnusable({ directory: "/c", reason: "r", mend: "m", full })

describe("what is said of damage", () => {
  it.each(["pack/00/x", "segment/x", "base/1"])("%s: a check tells what mends it", (key) => {
    const said = new RepositoryCorrupt({ key, reason: "r" }).message
    assert.strictEqual(
      said,
      `object ${key} is damaged (r); nothing was changed; run \`bepository fsck\`: it says what a repair mends, all else comes ` +
        "from a copy of the store"
    )
  })

  it.each(["log/1", "bepository", "key/x"])("%s: no repair mends it", (key) => {
    assert.include(new RepositoryCorrupt({ key, reason: "r" }).message, "restore it from a copy of the store")
  })
})

describe("how a command ends", () => {
  it.each<[number, { readonly message: string }]>([
    [2, new SettingInvalid({ setting: "x", problem: "y" })],
    [10, new RepositoryAbsent({ location: "/r" })],
    [11, new LeaseHeld({ holder: "h" })],
    [11, new Fenced({ term: 1, epoch: 2 })],
    [13, new RepositoryNewer({ location: "/r", what: "w" })],
    [14, new RepositoryCorrupt({ key: "log/1", reason: "r" })],
    [15, new LocationNotEmpty({ location: "/r", example: "e" })],
    [20, new StoreUnavailable({ operation: "get", key: "k", reason: "r" })],
    [20, new StoreRefused({ operation: "put", location: "/r", reason: "r", mend: "m" })],
    [21, new ListenFailed({ address: "a", reason: "r" })],
    [22, unusable(false)],
    [23, unusable(true)],
    [23, new StoreFull({ key: "k", location: "/r" })],
    [1, new Error("no code")]
  ])("%i", (code, error) => {
    const { code: found, line } = ending(Exit.fail(error), undefined)
    assert.strictEqual(found, code)
    assert.strictEqual(line, error.message)
  })

  it("a line is one line without control characters", () => {
    const problem = "  a\n  b\u001B[2Jc\u009B \n"
    const { line } = ending(Exit.fail(new SettingInvalid({ setting: "x", problem })), undefined)
    assert.strictEqual(line, "x:   a b\\x1b[2Jc\\x9b")
  })

  it("defects are bugs, errors win over them", () => {
    const defect = Cause.die(new Error("boom"))
    assert.deepStrictEqual(ending(Exit.failCause(defect), undefined), {
      code: 1,
      line: "internal error: boom; this is a bug, --log-level debug shows where"
    })
    const both = Cause.combine(defect, Cause.fail(unusable(false)))
    assert.strictEqual(ending(Exit.failCause(both), undefined).code, 22)
  })

  it("signals and help say nothing", () => {
    const interrupt = Exit.failCause(Cause.interrupt(1))
    assert.deepStrictEqual(ending(interrupt, "SIGINT"), { code: 130, line: undefined })
    assert.deepStrictEqual(ending(interrupt, "SIGTERM"), { code: 143, line: undefined })
    const help = new CliError.ShowHelp({ commandPath: ["bepository"], errors: [] })
    assert.deepStrictEqual(ending(Exit.fail(help), undefined), { code: 2, line: undefined })
    assert.deepStrictEqual(ending(Exit.succeed(1), "SIGTERM"), { code: 0, line: undefined })
  })
})
