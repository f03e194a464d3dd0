/** Tables of results, and the bounds that must hold on any machine. */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Process from "../test/harness/Process.ts"
import * as IdleHour from "../test/simulation/IdleHour.ts"
import type * as Contest from "./contest.ts"
import * as Data from "./data.ts"

export const MiB = 1024 * 1024
export const memoryBound = 300 * 1000 * 1000
export const putsPerGiB = 40
const requestsPerIdleHour = 10

export interface Report {
  readonly throughput: Array<string>
  readonly bounds: Array<string>
  readonly broken: Array<string>
}

export const make = (): Report => ({ throughput: [], bounds: [], broken: [] })

export const say = (text: string) => Effect.sync(() => console.log(text))

export const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<string>): ReadonlyArray<string> => [
  row(head),
  row(head.map(() => "---")),
  ...rows
]

export const boundsHead = ["bound", "data", "worst run", "allowed", ""]

/** A bound that must hold on any machine. */
export const bound = (
  report: Report,
  what: string,
  set: { readonly name: string },
  value: number,
  most: number,
  unit: string
): void => {
  const text = `${value.toFixed(value < 10 ? 3 : 0)}${unit}`
  report.bounds.push(row([what, set.name, text, `≤ ${most}${unit}`, value <= most ? "held" : "**broken**"]))
  if (value > most) report.broken.push(`${what} of ${set.name}: ${text}, at most ${most}${unit}`)
}

export const boundIdleHour = (report: Report) =>
  Effect.map(IdleHour.measure, (idle) =>
    bound(
      report,
      "requests to the store in an idle hour (virtual time)",
      { name: "–" },
      idle.total,
      requestsPerIdleHour,
      ""
    ))

export interface Pair {
  readonly ours: Contest.Run
  readonly other: Contest.Run
}

export const describe = (who: string, run: Contest.Run) =>
  `    ${who.padEnd(6)} ${run.seconds.toFixed(2).padStart(7)} s   CPU ${
    Object.entries(run.cpu).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`).join(", ")
  }   others ${run.others.toFixed(1)} s   RssAnon ${(run.memory / 1e6).toFixed(0)} MB${
    Object.entries(run.objects).map(([kind, { count }]) => `   ${kind} ${count}`).join("")
  }`

/** Pairs in alternating order, so that neither side always has the warmer machine. */
export const contest = Effect.fnUntraced(function*<E, R>(
  title: string,
  pairs: number,
  rival: string,
  ours: (at: number) => Effect.Effect<Contest.Run, E, R>,
  other: (at: number) => Effect.Effect<Contest.Run, E, R>
) {
  const runs: Array<Pair> = []
  for (let at = 0; at < pairs; at++) {
    yield* say(`  ${title}, pair ${at + 1} of ${pairs}, ${at % 2 === 0 ? "ours" : rival} first`)
    const early = at % 2 === 0 ? undefined : yield* other(at)
    const own = yield* ours(at)
    const late = early ?? (yield* other(at))
    yield* say(
      `${describe("ours", own)}\n${describe(rival, late)}\n    ratio ${(late.seconds / own.seconds).toFixed(2)}`
    )
    runs.push({ ours: own, other: late })
  }
  return runs
})

/** How often ours would go into the other's time. */
export const ratios = (pairs: ReadonlyArray<Pair>) => pairs.map((pair) => pair.other.seconds / pair.ours.seconds)

export const rate = (set: Data.Set, seconds: number): string =>
  set.bytes / set.files > MiB
    ? `${(set.bytes / MiB / seconds).toFixed(0)} MiB/s`
    : `${(set.files / seconds).toFixed(0)} files/s`

export const machine = (pairs: number): string =>
  `Node ${process.versions.node}, ${Os.availableParallelism()} × ${Os.cpus()[0]?.model ?? "?"}, ` +
  `Linux ${Os.release()}; ${pairs} counterbalanced pairs.`

/** Prints and keeps the text; into docs/performance.md, between the two marks of that name, if it is to be written. */
export const close = Effect.fnUntraced(function*(report: Report, mark: string, text: string, write: boolean) {
  yield* say(`\n${text}`)
  Fs.writeFileSync(Path.join(Data.root, `../${mark.replace(" ", "-")}-results.md`), `${text}\n`)
  if (write) {
    const paper = Path.resolve(import.meta.dirname, "../docs/performance.md")
    const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`]
    const now = Fs.readFileSync(paper, "utf8")
    Fs.writeFileSync(
      paper,
      `${now.slice(0, now.indexOf(begin) + begin.length)}\n${text}\n${now.slice(now.indexOf(end))}`
    )
  }
  if (report.broken.length > 0) {
    return yield* new Process.HarnessError({ message: `bounds broken:\n  ${report.broken.join("\n  ")}` })
  }
})
