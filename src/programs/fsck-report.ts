/** How a check is shown: progress on stderr while it runs, the report as text or as facts. */
import { Console, Effect, Option, Stream } from "effect"
import * as Damage from "../domain/repository/Damage.ts"
import * as Subset from "../domain/repository/Subset.ts"
import { Fsck, type FsckOptions, type FsckProgress, type FsckReport } from "../services/Fsck.ts"
import { JsonFlag } from "./settings.ts"
import * as Terminal from "./terminal.ts"
import * as Text from "./text.ts"

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

/** Whether something is lost. */
export const bad = ({ severity }: Damage.Finding): boolean => severity === "damage" || severity === "unavailable"

const describe = (finding: Damage.Finding): string => {
  const { checkpointFiles, checkpoints, files, folders, key, kind, mend, objects, what } = finding
  const about = objects === undefined
    ? `${Text.printable(key)}: ${Text.printable(what)}`
    : `${Text.counted(objects.count, "object")} (${Text.bytes(objects.bytes)}) ${what}, such as ${Text.printable(key)}`
  const lines = [`${bad(finding) ? "DAMAGE" : "note  "}  ${kind}  ${about}`]
  const more = (text: string) => lines.push(`        ${text}`)
  const named = ({ count, examples }: Damage.Files, which: string) => {
    more(`${Text.counted(count, "file")} ${which}:`)
    for (const { folder, name } of examples) more(`  ${Text.printable(`${folder}: ${name}`)}`)
    if (count > examples.length) more(`  and ${Text.count(count - examples.length)} more`)
  }
  if (files !== undefined) named(files, "of the present state")
  if (checkpointFiles !== undefined) named(checkpointFiles, "that only checkpoints have")
  if (folders !== undefined) {
    more(`files of ${folders.map((folder) => Text.printable(folder)).join(", ")} that only it names`)
  }
  if (checkpoints !== undefined) more(`checkpoints: ${checkpoints.join(", ")}`)
  if (bad(finding)) more(`mend: ${mend}`)
  return lines.join("\n")
}

export const facts = ({ counts, findings, level, position, subset }: FsckReport) => ({
  healthy: !Damage.isDamaged(findings),
  check: level,
  /** What of the packs was to be read; null: all, or by a lower level none. */
  subset: subset === undefined ? null : Subset.format(subset),
  position,
  counts,
  findings
})

/** What was looked at, in a sentence. */
const seen = ({ counts, level, position, subset }: FsckReport): string => {
  const parts = [Text.counted(counts.objects, "object")]
  if (level !== "quick") {
    parts.push(Text.counted(counts.commits, "commit"), Text.counted(counts.segments, "segment"))
    parts.push(Text.counted(counts.records, "record"), Text.counted(counts.blocks, "block reference"))
    parts.push(Text.counted(counts.packs, "pack"))
  }
  if (level === "full") {
    const packs = subset === undefined
      ? Text.counted(counts.packsRead, "pack")
      : `${Text.count(counts.packsRead)} of ${Text.counted(counts.packs, "pack")}`
    parts.push(`${Text.bytes(counts.bytesRead)} of blocks in ${packs}`)
  }
  const how = subset === undefined ? level : `${level}, --read-data-subset ${Subset.format(subset)}`
  return `Checked (${how}) at commit ${position}: ${parts.join(", ")}.`
}

/** A check vouches for what it read only. */
const unseen = ({ counts, level, subset }: FsckReport): string => {
  if (level === "quick") return "; only a listing was looked at"
  if (level === "structural") return "; blocks were not read (--check full reads them)"
  const left = subset === undefined ? 0 : counts.packs - counts.packsRead
  return left === 0 ? "" : `; the blocks of ${Text.counted(left, "pack")} were not read`
}

export const report = (found: FsckReport): string =>
  [
    ...found.findings.toSorted((a, b) => Number(bad(b)) - Number(bad(a))).map(describe),
    seen(found),
    Damage.isDamaged(found.findings) ? "The repository is damaged." : `No damage was found${unseen(found)}.`
  ].join("\n")
