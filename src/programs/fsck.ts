/** `fsck`: checks the repository while daemons run, and says what is wrong, whom it hits and how to mend it. */
import { Console, Effect, Option, Result, Schema, Stream } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Runtime from "effect/Runtime"
import * as Damage from "../domain/repository/Damage.ts"
import * as Subset from "../domain/repository/Subset.ts"
import { Fsck, type FsckOptions, type FsckProgress, type FsckReport } from "../services/Fsck.ts"
import { explained, opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import { print } from "./output.ts"
import { JsonFlag } from "./settings.ts"
import * as Terminal from "./terminal.ts"
import * as Text from "./text.ts"

/** Something is damaged; what it is has been said. */
export class RepositoryDamaged extends Schema.TaggedError<RepositoryDamaged>()("RepositoryDamaged", {
  findings: Schema.Int
}) {
  override readonly [Runtime.errorExitCode] = 3
  override get message() {
    return `${Text.counted(this.findings, "thing")} found damaged; nothing was changed`
  }
}

export const options = {
  check: Flag.Literals("check", ["quick", "structural", "full"]).pipe(
    Flag.withDefault("structural"),
    Flag.withDescription(
      "quick: a listing against the log. structural: all but the blocks' bytes is read and proved (default). full: every block"
    )
  ),
  subset: Flag.String("read-data-subset").pipe(
    Flag.optional,
    Flag.withMetavar("PART"),
    Flag.withDescription("With --check full, read the blocks of some packs: 1/7 a fixed part, 5% or 2G a random sample")
  )
}

type Given = { readonly check: FsckOptions["level"]; readonly subset: Option.Option<string> }

const asked = ({ check, subset }: Given): Effect.Effect<FsckOptions, SettingInvalid> => {
  if (Option.isNone(subset)) return Effect.succeed({ level: check })
  const invalid = (problem: string) =>
    Effect.fail(new SettingInvalid({ setting: `--read-data-subset "${subset.value}"`, problem }))
  if (check !== "full") return invalid("only --check full reads data")
  return Result.match(Subset.parse(subset.value), {
    onSuccess: (subset) => Effect.succeed({ level: check, subset }),
    onFailure: invalid
  })
}

const phases: Readonly<Record<FsckProgress["phase"], string>> = {
  listing: "listing objects",
  packs: "reading the packs' indexes",
  data: "reading blocks",
  records: "reading records",
  log: "reading the log",
  affected: "looking who is affected"
}

const line = ({ done, phase, total }: FsckProgress): string => {
  const amount = (value: number) => phase === "data" ? Text.bytes(value) : Text.count(value)
  const share = total === 0 ? "" : ` (${Math.floor(Math.min(1, done / total) * 100)} %)`
  return `fsck: ${phases[phase]}, ${amount(done)}${total === 0 ? "" : ` of ${amount(total)}`}${share}`
}

/** The report, with progress on stderr meanwhile: a line that moves at a terminal, else one for each phase. */
export const checked = Effect.fnUntraced(function*(options: FsckOptions) {
  const json = yield* JsonFlag
  const live = Terminal.watched() ? Terminal.make() : undefined
  let told = ""
  const last = yield* (yield* Fsck).check(options).pipe(
    Stream.tap((step) => {
      if (step._tag === "Report") return Effect.void
      if (live !== undefined) return Effect.sync(() => live.show([line(step)]))
      if (json || told === step.phase || step.total === 0 && step.phase !== "listing") return Effect.void
      told = step.phase
      return Console.error(`fsck: ${phases[step.phase]}`)
    }),
    Stream.runLast,
    Effect.ensuring(Effect.sync(() => live?.clear()))
  )
  if (Option.isNone(last) || last.value._tag !== "Report") {
    return yield* Effect.die(new Error("a check ended without a report"))
  }
  return last.value
})

const bad = ({ severity }: Damage.Finding): boolean => severity === "damage" || severity === "unavailable"

const describe = (finding: Damage.Finding): string => {
  const { checkpoints, files, folders, key, kind, mend, objects, what } = finding
  const about = objects === undefined
    ? `${Text.printable(key)}: ${Text.printable(what)}`
    : `${Text.counted(objects.count, "object")} (${Text.bytes(objects.bytes)}) ${what}, such as ${Text.printable(key)}`
  const lines = [`${bad(finding) ? "DAMAGE" : "note  "}  ${kind}  ${about}`]
  const more = (text: string) => lines.push(`        ${text}`)
  if (files !== undefined) {
    more(`${Text.counted(files.count, "file")} of the present state:`)
    for (const { folder, name } of files.examples) more(`  ${Text.printable(`${folder}: ${name}`)}`)
    if (files.count > files.examples.length) more(`  and ${Text.count(files.count - files.examples.length)} more`)
  }
  if (folders !== undefined) {
    more(`files of ${folders.map((folder) => Text.printable(folder)).join(", ")} that only it names`)
  }
  if (checkpoints !== undefined) more(`checkpoints: ${checkpoints.join(", ")}`)
  if (bad(finding)) more(`mend: ${mend}`)
  return lines.join("\n")
}

export const facts = ({ counts, findings, level, position }: FsckReport) => ({
  healthy: !Damage.isDamaged(findings),
  check: level,
  position,
  counts,
  findings
})

/** What was looked at, in a sentence. */
const seen = ({ counts, level, position }: FsckReport): string => {
  const parts = [Text.counted(counts.objects, "object")]
  if (level !== "quick") {
    parts.push(Text.counted(counts.commits, "commit"), Text.counted(counts.segments, "segment"))
    parts.push(Text.counted(counts.records, "record"), Text.counted(counts.blocks, "block reference"))
    parts.push(Text.counted(counts.packs, "pack"))
  }
  if (level === "full") {
    parts.push(`${Text.bytes(counts.bytesRead)} of blocks in ${Text.counted(counts.packsRead, "pack")}`)
  }
  return `Checked (${level}) at commit ${position}: ${parts.join(", ")}.`
}

export const report = (found: FsckReport): string =>
  [
    ...found.findings.toSorted((a, b) => Number(bad(b)) - Number(bad(a))).map(describe),
    seen(found),
    Damage.isDamaged(found.findings) ? "The repository is damaged." : "No damage was found."
  ].join("\n")

const handler = (given: Given) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const options = yield* asked(given)
    const { fsck } = yield* wiring
    yield* Effect.gen(function*() {
      const found = yield* checked(options)
      yield* print(facts(found), () => report(found))
      const damaged = found.findings.filter(bad).length
      if (damaged > 0) return yield* new RepositoryDamaged({ findings: damaged })
    }).pipe(Effect.provide(fsck(uri)))
  })

export const command = Command.make("fsck", options, (given) => explained(handler(given))).pipe(
  Command.withDescription(
    `Check the repository. Needs no lease and disturbs no daemon. Exit code 0: no damage; 3: damage was found and
  is listed, with the files it hits; 14: so damaged that it cannot be opened.`
  ),
  Command.withShortDescription("Check the repository"),
  Command.withExamples([
    { command: "bepository fsck --check quick", description: "Is everything there? One listing, for every night" },
    {
      command: "bepository fsck --check full --read-data-subset 1/30",
      description: "A thirtieth of all blocks, another one each day of a month"
    }
  ])
)
