/** `fsck --repair`: shows what would be done, does it by commits, and checks again. */
import { Effect } from "effect"
import * as Prompt from "effect/cli/Prompt"
import process from "node:process"
import * as Damage from "../domain/repository/Damage.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as RepairPlan from "../domain/repository/RepairPlan.ts"
import type { FsckOptions, FsckReport } from "../services/Fsck.ts"
import { Repair, type RepairOutcome } from "../services/Repair.ts"
import { SettingInvalid } from "./failure.ts"
import * as Fsck from "./fsck-report.ts"
import { print } from "./output.ts"
import { JsonFlag } from "./settings.ts"
import * as Text from "./text.ts"

/** Share of all files above which nobody is asked: it has to be said beforehand. */
const large = 0.01

const share = (plan: RepairPlan.RepairPlan, { counts }: FsckReport): number =>
  RepairPlan.atStake(plan) / Math.max(1, counts.present + RepairPlan.unread(plan))

const describe = (plan: RepairPlan.RepairPlan, found: FsckReport): string => {
  const lines = ["Repair:"]
  for (const { copy, elsewhere, old } of plan.packs) {
    const to = [
      ...(copy ? ["new packs with its good blocks"] : []),
      ...(elsewhere.length === 0 ? [] : [`${Text.counted(elsewhere.length, "pack")} that hold what it lost`])
    ]
    lines.push(`  pack ${old} is replaced by ${to.length === 0 ? "nothing: all of it is lost" : to.join(" and ")}`)
  }
  for (const id of plan.condemned) {
    lines.push(`  pack ${id} is condemned though records name it: deletion is stopped, and it is copied to new packs`)
  }
  for (const { folder, id, records } of plan.segments) {
    lines.push(
      `  segment ${id} (${Text.counted(records, "entry", "entries")} of ${Text.printable(folder)}) is written again`
    )
    lines.push(
      "    from the log; if that does not hold all of it, with what can still be read, the other entries are given up, and",
      "    every device is asked for its index again"
    )
  }
  for (const [folder, files] of plan.files) {
    lines.push(
      `  ${Text.counted(files.length, "file")} of ${Text.printable(folder)} marked as not here, to be fetched again:`
    )
    for (const { name } of files.slice(0, Damage.examples)) lines.push(`    ${Text.printable(name)}`)
    if (files.length > Damage.examples) lines.push(`    and ${Text.count(files.length - Damage.examples)} more`)
  }
  if (plan.resume) lines.push("  deletion, which is stopped, goes on: nothing that is condemned is needed")
  if (plan.bases.length > 0) {
    lines.push(`  a base is written, and ${Text.counted(plan.bases.length, "wrong one")} taken away`)
  }
  if (RepairPlan.atStake(plan) > 0) {
    const part = `That is ${RepairPlan.unread(plan) > 0 ? "at most " : ""}${(share(plan, found) * 100).toFixed(2)} %`
    const kept = RepairPlan.marked(plan) > 0 ? " A checkpoint of before is kept for 30 days." : ""
    lines.push(`${part} of all files.${kept}`)
  }
  if (plan.checkpoints.length > 0) {
    const [are, go] = plan.checkpoints.length === 1 ? ["Checkpoint", "stays"] : ["Checkpoints", "stay"]
    lines.push(
      `${are} ${plan.checkpoints.join(", ")} ${go} damaged until the content comes again: then repair once more; ` +
        `${Damage.without(plan.checkpoints)} gives up what they hold.`
    )
  }
  return lines.join("\n")
}

/** What the check after it, which does not read blocks, cannot see. */
const unfinished = ({ left }: RepairOutcome): ReadonlyArray<Damage.Finding> =>
  Damage.inFull(left.map((pack) =>
    Damage.finding(
      "blocks",
      ObjectKey.pack(pack),
      "it was left as it is, for it does not read as it did in the check; check in full, and repair once more"
    )
  ))

const done = ({ before, blocks, dropped, entries, files, packs, rebuilt }: RepairOutcome): string =>
  [
    `Repaired: ${Text.counted(packs, "pack")} replaced, ${Text.counted(blocks, "block")} copied, ` +
    `${Text.counted(files, "file")} marked, ${Text.counted(rebuilt, "segment")} written again, ${dropped} given up` +
    `${dropped === 0 ? "" : ` with ${Text.counted(entries, "entry", "entries")} that could not be read`}.`,
    ...(before.length === 0
      ? []
      : [`What was there before is in checkpoint ${before.join(", ")}: \`bepository checkpoint list\`.`]),
    ...(files === 0 && entries === 0
      ? []
      : ["Connect a device that has the files: they are fetched from it by themselves."])
  ].join("\n")

/** The plan for whoever reads JSON: of files some, as findings have them. */
const planFacts = (plan: RepairPlan.RepairPlan, found: FsckReport) => ({
  packs: plan.packs.map(({ copy, elsewhere, old }) => ({ pack: old, copy, elsewhere })),
  condemned: plan.condemned,
  segments: plan.segments.map(({ folder, id, records }) => ({ segment: id, folder, entries: records })),
  files: Array.from(plan.files, ([folder, files]) => ({
    folder,
    count: files.length,
    examples: files.slice(0, Damage.examples).map(({ name }) => name)
  })),
  bases: plan.bases,
  resume: plan.resume,
  checkpoints: plan.checkpoints,
  /** Of all files that would be marked or might be given up, 0 to 1. */
  share: share(plan, found)
})

/** Why it is not to be asked in passing, or cannot be. */
const unasked = (plan: RepairPlan.RepairPlan, found: FsckReport, json: boolean): string | undefined => {
  const say = "look at the plan, and say --yes"
  if (share(plan, found) > large) {
    const part = `${(share(plan, found) * 100).toFixed(1)} % of all files would be marked`
    return RepairPlan.unread(plan) > 0 ? `up to ${part} or given up; ${say}` : `${part}; ${say}`
  }
  if (json) return `with --json nobody is asked; ${say}`
  return process.stdin.isTTY && process.stderr.isTTY ? undefined : `nobody can be asked here; ${say}`
}

export interface Planned {
  readonly found: FsckReport
  /** Undefined: there is nothing to do, or it was not agreed to. */
  readonly plan: RepairPlan.RepairPlan | undefined
}

/** The check, and what would be done about it, agreed to. Writes nothing. With `json` one value is printed, here or by `carry`. */
export const planned = Effect.fnUntraced(function*(options: FsckOptions, yes: boolean) {
  const json = yield* JsonFlag
  const found = yield* Fsck.checked(options)
  const plan = RepairPlan.of(found.damage)
  if (RepairPlan.isEmpty(plan)) {
    yield* print(
      { ...Fsck.facts(found), plan: null, repaired: null },
      () =>
        `${Fsck.report(found)}\n${
          Damage.isDamaged(found.findings)
            ? "A repair can do nothing more: beside each finding stands what ends it."
            : "Nothing to repair."
        }`
    )
    return { found, plan: undefined } satisfies Planned
  }
  const problem = yes ? undefined : unasked(plan, found, json)
  if (!json || problem !== undefined) {
    yield* print(
      { ...Fsck.facts(found), plan: planFacts(plan, found), repaired: null },
      () => `${Fsck.report(found)}\n\n${describe(plan, found)}`
    )
  }
  if (problem !== undefined) return yield* new SettingInvalid({ setting: "--repair", problem })
  const agreed = yes || (yield* Prompt.run(Prompt.Confirm({ message: "Do that?", initial: false })))
  return { found, plan: agreed ? plan : undefined } satisfies Planned
})

/** Does it, and answers the report after it. */
export const carry = Effect.fnUntraced(function*(plan: RepairPlan.RepairPlan, found: FsckReport) {
  const outcome = yield* (yield* Repair).apply(plan)
  const checked = yield* Fsck.checked({ level: "structural" })
  const after: FsckReport = { ...checked, findings: [...unfinished(outcome), ...checked.findings] }
  yield* print(
    { ...Fsck.facts(after), plan: planFacts(plan, found), repaired: outcome, before: Fsck.facts(found) },
    () => `\n${done(outcome)}\n\n${Fsck.report(after)}`
  )
  return after
})
