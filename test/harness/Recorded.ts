/** What long runs of the simulation came to: a table in docs/reliability.md that the runs write themselves. */
import { DateTime, Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"

export interface Run {
  /** What was run, as in "seeds 1 to 2000". One row of the table each. */
  readonly which: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
  readonly totals: Readonly<Record<string, number>>
}

const [begin, end] = ["<!-- simulate -->", "<!-- /simulate -->"]
const head = ["| what | passed | failed | took | version | day |", "| --- | --- | --- | --- | --- | --- |"]

const grouped = (count: number): string => count.toLocaleString("en-US")

/** The text with the run's row in its table: in the place of an older one of the same, else below the others. */
export const withRow = (text: string, run: Run, version: string, day: string): string => {
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
  if (from < begin.length || to < from) throw new Error(`the text has no place for it: ${begin} … ${end}`)
  const states = run.totals["states"]
  const what = states === undefined ? run.which : `${run.which}, ${grouped(states)} states`
  const row = `| ${what} | ${grouped(run.passed)} | ${grouped(run.failed)} | ${
    grouped(run.seconds)
  } s | ${version} | ${day} |`
  const rows = text.slice(from, to).split("\n").filter((line) => line.startsWith("| ") && !head.includes(line))
  const isSame = (line: string) => [`| ${run.which} |`, `| ${run.which}, `].some((begin) => line.startsWith(begin))
  const at = rows.findIndex(isSame)
  const all = at < 0 ? [...rows, row] : rows.with(at, row)
  return `${text.slice(0, from)}\n${[...head, ...all].join("\n")}\n${text.slice(to)}`
}

/** The commit that was run, and whether something of it had been changed. */
const version = (root: string): string => {
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim()
  return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src", "test") === "" ? "" : ", changed")
}

export const write = Effect.fnUntraced(function*(run: Run) {
  const root = Path.resolve(import.meta.dirname, "../..")
  const paper = Path.join(root, "docs/reliability.md")
  const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
  Fs.writeFileSync(paper, withRow(Fs.readFileSync(paper, "utf8"), run, version(root), day))
})
