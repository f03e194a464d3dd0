/** `fsck`: checks the repository while daemons run, and says what is wrong, whom it hits and how to mend it. */
import { Effect, Option, Result, Schema } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Runtime from "effect/Runtime"
import * as Subset from "../domain/repository/Subset.ts"
import type { FsckOptions } from "../services/Fsck.ts"
import { clearLock, ClearLockFlag } from "./clear-lock.ts"
import { explained, opening, wiring } from "./command.ts"
import { compact, CompactFlag, MaxRewriteFlag } from "./compact.ts"
import { SettingInvalid } from "./failure.ts"
import { bad, checked, facts, report } from "./fsck-report.ts"
import { print } from "./output.ts"
import { regenerateId } from "./regenerate-id.ts"
import * as Repair from "./repair.ts"
import * as Settings from "./settings.ts"
import * as Text from "./text.ts"

/** Something is damaged; what it is has been said. */
export class RepositoryDamaged extends Schema.TaggedError<RepositoryDamaged>()("RepositoryDamaged", {
  findings: Schema.Int
}) {
  override readonly [Runtime.errorExitCode] = 3
  override get message() {
    return `${Text.counted(this.findings, "thing")} found damaged`
  }
}

export const options = {
  compact: CompactFlag,
  maxRewrite: MaxRewriteFlag,
  check: Flag.Literals("check", ["quick", "structural", "full"]).pipe(
    Flag.optional,
    Flag.withDescription(
      "quick: a listing against the log. structural: all but the blocks' bytes is read and proved (default). full: every block"
    )
  ),
  subset: Flag.String("read-data-subset").pipe(
    Flag.optional,
    Flag.withMetavar("PART"),
    Flag.withDescription("With --check full, read the blocks of some packs: 1/7 a fixed part, 5% or 2G a random sample")
  ),
  repair: Flag.Boolean("repair").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Show what can be mended, and do it: lost blocks are found elsewhere or fetched again from devices that have them"
    )
  ),
  clearLock: ClearLockFlag,
  regenerateId: Flag.Boolean("regenerate-id").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Give the repository another TLS identity: every Syncthing has to accept the new device id")
  ),
  yes: Flag.Boolean("yes").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Do not ask; needed without a terminal, and where more than 1 % of all files are hit")
  )
}

interface Given {
  readonly compact: boolean
  readonly maxRewrite: Option.Option<string>
  readonly check: Option.Option<FsckOptions["level"]>
  readonly subset: Option.Option<string>
  readonly repair: boolean
  readonly clearLock: boolean
  readonly regenerateId: boolean
  readonly yes: boolean
}

/** What there is beside a check, and which flags say something to it; a flag that says nothing is refused, not passed over. */
const modes = ["repair", "compact", "clearLock", "regenerateId"] as const
type Mode = typeof modes[number]

const names: Readonly<Record<Mode, string>> = {
  repair: "--repair",
  compact: "--compact",
  clearLock: "--clear-lock",
  regenerateId: "--regenerate-id"
}

const misplaced = (given: Given, mode: Mode | undefined): SettingInvalid | undefined => {
  const checks = mode === undefined || mode === "repair"
  const rules: ReadonlyArray<readonly [string, boolean, boolean, string]> = [
    ["--check", Option.isSome(given.check), checks, "only a check and --repair look at it"],
    ["--read-data-subset", Option.isSome(given.subset), checks, "only a check and --repair look at it"],
    ["--max-rewrite", Option.isSome(given.maxRewrite), mode === "compact", "only --compact rewrites packs"],
    ["--yes", given.yes, mode === "repair" || mode === "regenerateId", "only --repair and --regenerate-id ask"]
  ]
  const [flag, , , problem] = rules.find(([, isGiven, fits]) => isGiven && !fits) ?? []
  if (flag === undefined || problem === undefined) return undefined
  return new SettingInvalid({ setting: mode === undefined ? flag : `${flag} with ${names[mode]}`, problem })
}

const asked = ({ check: given, subset }: Given): Effect.Effect<FsckOptions, SettingInvalid> => {
  const check = Option.getOrElse(given, () => "structural" as const)
  if (Option.isNone(subset)) return Effect.succeed({ level: check })
  const invalid = (problem: string) =>
    Effect.fail(new SettingInvalid({ setting: `--read-data-subset "${subset.value}"`, problem }))
  if (check !== "full") return invalid("only --check full reads data")
  return Result.match(Subset.parse(subset.value), {
    onSuccess: (subset) => Effect.succeed({ level: check, subset }),
    onFailure: invalid
  })
}

const complain = (findings: ReadonlyArray<Parameters<typeof bad>[0]>) => {
  const damaged = findings.filter(bad).length
  return damaged === 0 ? Effect.void : Effect.fail(new RepositoryDamaged({ findings: damaged }))
}

const handler = (given: Given) =>
  Effect.gen(function*() {
    const [mode, ...others] = modes.filter((each) => given[each])
    if (others.length > 0) {
      const setting = "--repair, --compact, --clear-lock, --regenerate-id"
      return yield* new SettingInvalid({ setting, problem: "they are different commands: give one of them" })
    }
    const wrong = misplaced(given, mode)
    if (wrong !== undefined) return yield* wrong
    if (given.compact) return yield* compact(given)
    const { environment, uri } = yield* opening
    if (given.regenerateId) return yield* regenerateId(uri, given.yes)
    if (given.clearLock) {
      return yield* clearLock(uri, yield* Settings.all(environment, uri, Settings.noServeFlags))
    }
    const options = yield* asked(given)
    const { fsck, repairing } = yield* wiring
    if (given.repair) {
      if (options.level === "quick") {
        const problem = "a quick check does not see whom damage hits; leave --check away, or say full"
        return yield* new SettingInvalid({ setting: "--check quick with --repair", problem })
      }
      const settings = yield* Settings.all(environment, uri, Settings.noServeFlags)
      // Opened as who only looks until it is agreed to: a writer tells the log when the store was set back.
      const { found, plan } = yield* Repair.planned(options, given.yes).pipe(Effect.provide(fsck(uri)))
      const { findings } = plan === undefined
        ? found
        : yield* Repair.carry(plan, found).pipe(Effect.provide(repairing(uri, settings)))
      return yield* complain(findings)
    }
    yield* Effect.gen(function*() {
      const found = yield* checked(options)
      yield* print(facts(found), () => report(found))
      yield* complain(found.findings)
    }).pipe(Effect.provide(fsck(uri)))
  })

export const command = Command.make("fsck", options, (given) => explained(handler(given))).pipe(
  Command.withDescription(
    `Check the repository. Needs no lease and disturbs no daemon. Exit code 0: no damage; 3: damage was found and
  is listed, with the files it hits; 14: so damaged that it cannot be opened.

  With --compact: leave out rows that newer ones superseded, condemn what no folder and no checkpoint needs, delete what
  was condemned more than an hour ago, and rewrite packs that are mostly dead. The daemon does the same by itself, daily
  and in smaller steps. Exit code 3: deletion is stopped, or damage kept it from something; the rest was done.`
  ),
  Command.withShortDescription("Check the repository, mend it, take away what nothing needs"),
  Command.withExamples([
    {
      command: "bepository fsck --compact --max-rewrite 10G",
      description: "Take away what nothing needs, and rewrite packs that are mostly dead"
    },
    { command: "bepository fsck --check quick", description: "Is everything there? One listing, for every night" },
    {
      command: "bepository fsck --check full --repair",
      description: "Mend what can be mended, after a look at the plan"
    },
    {
      command: "bepository fsck --check full --read-data-subset 1/30",
      description: "A thirtieth of all blocks, another one each day of a month"
    }
  ])
)
