/**
 * `npm run bench`: bepository against stock Syncthing in the same run, in counterbalanced pairs (ours first, then stock first, …),
 * medians and minima of the ratios, as a Markdown table; also memory, objects and bytes, which must hold whatever the machine does.
 *
 *   npm run bench -- [--pairs 4] [--sets "1 × 1 GiB,20,000 × 1–8 KiB" | --quick] [--version 1.19|1.29]
 *                    [--only ingest|serving|rename] [--write: put the tables into docs/performance.md]
 *
 * `npm run bench -- encrypted` compares the suites (`encrypted.ts`). Exits 1 when a bound (memory, objects, bytes, rename) is broken. Throughput ratios are only reported: they are the machine's too.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Bepository from "../test/harness/Bepository.ts"
import * as Process from "../test/harness/Process.ts"
import * as IdleHour from "../test/simulation/IdleHour.ts"
import * as Contest from "./contest.ts"
import * as Data from "./data.ts"
import * as Encrypted from "./encrypted.ts"
import { median, minimum } from "./measure.ts"

const MiB = 1024 * 1024
const memoryBound = 300 * 1000 * 1000
const putsPerGiB = 40
const bytesPerByte = 1.02
const requestsPerIdleHour = 10

interface Options {
  readonly pairs: number
  readonly sets: ReadonlyArray<Data.Name>
  readonly version: "1.19" | "1.29"
  readonly only: string | undefined
  readonly write: boolean
}

const options = (args: ReadonlyArray<string>): Options => {
  const value = (flag: string) => args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined
  // A comma within a number is part of a set's name.
  const named = value("--sets")?.split(/,(?!\d{3}\b)/).map((name) => name.trim())
  const unknown = named?.find((name) => !Data.isName(name))
  if (unknown !== undefined) throw new Error(`no set "${unknown}"; there are: ${Data.standard.join("; ")}`)
  return {
    pairs: Number(value("--pairs") ?? (args.includes("--quick") ? 1 : 4)),
    sets: args.includes("--quick")
      ? ["quick: 16 × 4 MiB"]
      : named?.filter((name) => Data.isName(name)) ?? Data.standard,
    version: value("--version") === "1.29" ? "1.29" : "1.19",
    only: value("--only"),
    write: args.includes("--write")
  }
}

interface Pair {
  readonly ours: Contest.Run
  readonly stock: Contest.Run
}

const say = (text: string) => Effect.sync(() => console.log(text))

const describe = (who: string, run: Contest.Run) =>
  `    ${who.padEnd(6)} ${run.seconds.toFixed(2).padStart(7)} s   CPU ${
    Object.entries(run.cpu).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`).join(", ")
  }   others ${run.others.toFixed(1)} s   RssAnon ${(run.memory / 1e6).toFixed(0)} MB${
    Object.entries(run.objects).map(([kind, { count }]) => `   ${kind} ${count}`).join("")
  }`

/** Pairs in alternating order, so that neither side always has the warmer machine. */
const contest = Effect.fnUntraced(function*<E, R>(
  title: string,
  pairs: number,
  ours: (at: number) => Effect.Effect<Contest.Run, E, R>,
  stock: Effect.Effect<Contest.Run, E, R>
) {
  const runs: Array<Pair> = []
  for (let at = 0; at < pairs; at++) {
    yield* say(`  ${title}, pair ${at + 1} of ${pairs}, ${at % 2 === 0 ? "ours" : "stock"} first`)
    const early = at % 2 === 0 ? undefined : yield* stock
    const own = yield* ours(at)
    const other = early ?? (yield* stock)
    yield* say(
      `${describe("ours", own)}\n${describe("stock", other)}\n    ratio ${(other.seconds / own.seconds).toFixed(2)}`
    )
    runs.push({ ours: own, stock: other })
  }
  return runs
})

const ratios = (pairs: ReadonlyArray<Pair>) => pairs.map((pair) => pair.stock.seconds / pair.ours.seconds)

const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

const throughputRow = (what: string, set: Data.Set, pairs: ReadonlyArray<Pair>, aim: string) => {
  const seconds = (side: keyof Pair) => median(pairs.map((pair) => pair[side].seconds))
  const rate = (side: keyof Pair) =>
    set.bytes / set.files > MiB
      ? `${(set.bytes / MiB / seconds(side)).toFixed(0)} MiB/s`
      : `${(set.files / seconds(side)).toFixed(0)} files/s`
  return row([
    what,
    set.name,
    `${seconds("ours").toFixed(2)} s, ${rate("ours")}`,
    `${seconds("stock").toFixed(2)} s, ${rate("stock")}`,
    `**${median(ratios(pairs)).toFixed(2)}**`,
    minimum(ratios(pairs)).toFixed(2),
    aim,
    `${(Math.max(...pairs.map((pair) => pair.ours.memory)) / 1e6).toFixed(0)} MB`,
    pairs.map((pair) => (pair.ours.others + pair.stock.others).toFixed(1)).join(", ")
  ])
}

interface Report {
  readonly throughput: Array<string>
  readonly bounds: Array<string>
  readonly broken: Array<string>
}

/** A bound that must hold on any machine. */
const bound = (
  report: Report,
  what: string,
  set: { readonly name: string },
  value: number,
  most: number,
  unit: string
) => {
  const text = `${value.toFixed(value < 10 ? 3 : 0)}${unit}`
  report.bounds.push(row([what, set.name, text, `≤ ${most}${unit}`, value <= most ? "held" : "**broken**"]))
  if (value > most) report.broken.push(`${what} of ${set.name}: ${text}, at most ${most}${unit}`)
}

const costs = (report: Report, set: Data.Set, runs: ReadonlyArray<Contest.Run>) => {
  const worst = (f: (run: Contest.Run) => number) => Math.max(...runs.map(f))
  const sum = (run: Contest.Run, key: "count" | "bytes") =>
    Object.values(run.objects).reduce((total, kind) => total + kind[key], 0)
  bound(report, "peak RssAnon, ingest", set, worst((run) => run.memory) / 1e6, memoryBound / 1e6, " MB")
  // The targets are for incompressible data in quantity: records and packs' trailers weigh more on 20,000 small files.
  if (set.bytes / set.files > MiB) {
    bound(
      report,
      "objects put per GiB",
      set,
      worst((run) => sum(run, "count")) / (set.bytes / 1024 ** 3),
      putsPerGiB,
      ""
    )
    bound(report, "bytes stored / bytes of data", set, worst((run) => sum(run, "bytes")) / set.bytes, bytesPerByte, "")
  } else {
    report.bounds.push(row(["objects put", set.name, String(worst((run) => sum(run, "count"))), "", ""]))
    report.bounds.push(
      row([
        "bytes stored / bytes of data",
        set.name,
        (worst((run) => sum(run, "bytes")) / set.bytes).toFixed(3),
        "",
        ""
      ])
    )
  }
}

const benchSet = Effect.fnUntraced(function*(name: Data.Name, { only, pairs, version }: Options, report: Report) {
  yield* say(`\n${name}`)
  const set = Data.make(name)
  const a = yield* Contest.source(set, version)
  const directory = yield* Contest.scratch("ours")
  const place = (at: number) => Bepository.place(Path.join(directory, `${at}`))
  const small = set.bytes / set.files < MiB

  // Each pair ingests into a fresh repository; the last one is kept to be served from.
  const ingested = yield* contest(
    "ingest",
    only === undefined || only === "ingest" ? pairs : 1,
    (at) =>
      Effect.tap(Contest.ingestOurs(a, place(at)), () =>
        Effect.sync(() => {
          if (at > 0) Fs.rmSync(place(at - 1).repository, { recursive: true })
        })),
    Contest.ingestStock(a, set)
  )
  const last = place(ingested.length - 1)
  report.throughput.push(throughputRow("ingest", set, ingested, small ? "≥ 8" : "≥ 1.0"))
  costs(report, set, ingested.map((pair) => pair.ours))

  if (only === undefined || only === "serving") {
    const served = yield* contest(
      "serving",
      pairs,
      () => Contest.servingOurs(last, set, version),
      Contest.servingStock(a, set)
    )
    report.throughput.push(throughputRow("serving", set, served, "≥ 0.9"))
    bound(
      report,
      "peak RssAnon, serving",
      set,
      Math.max(...served.map((pair) => pair.ours.memory)) / 1e6,
      memoryBound / 1e6,
      " MB"
    )
  }
  if (only === undefined || only === "rename") {
    const renamed = yield* Contest.rename(a, last)
    yield* say(`  rename of the whole tree\n${describe("ours", renamed)}`)
    bound(report, "block bytes stored by a rename of the tree", set, renamed.grown, 0, " B")
    report.bounds.push(
      row(["rename of the tree, until A sees 100 %", set.name, `${renamed.seconds.toFixed(2)} s`, "", ""])
    )
  }
}, Effect.scoped)

/** Between the two marks of docs/performance.md. */
const writePaper = (text: string): void => {
  const paper = Path.resolve(import.meta.dirname, "../docs/performance.md")
  const [begin, end] = ["<!-- bench -->", "<!-- /bench -->"]
  const now = Fs.readFileSync(paper, "utf8")
  Fs.writeFileSync(paper, `${now.slice(0, now.indexOf(begin) + begin.length)}\n${text}\n${now.slice(now.indexOf(end))}`)
}

const bench = Effect.gen(function*() {
  const chosen = options(process.argv.slice(2))
  const report: Report = { throughput: [], bounds: [], broken: [] }
  for (const name of chosen.sets) yield* benchSet(name, chosen, report)
  const idle = yield* IdleHour.measure
  bound(
    report,
    "requests to the store in an idle hour (virtual time)",
    { name: "–" },
    idle.total,
    requestsPerIdleHour,
    ""
  )
  const text = [
    `Syncthing ${chosen.version}, Node ${process.versions.node}, ${Os.availableParallelism()} × ${
      Os.cpus()[0]?.model ?? "?"
    }, ` +
    `Linux ${Os.release()}; ${chosen.pairs} counterbalanced pairs.`,
    "",
    row([
      "what",
      "data",
      "ours (median)",
      "stock (median)",
      "stock / ours, median",
      "minimum",
      "aim",
      "RssAnon",
      "others' CPU s per pair"
    ]),
    row(["---", "---", "---", "---", "---", "---", "---", "---", "---"]),
    ...report.throughput,
    "",
    row(["bound", "data", "worst run", "allowed", ""]),
    row(["---", "---", "---", "---", "---"]),
    ...report.bounds
  ].join("\n")
  yield* say(`\n${text}`)
  const file = Path.join(Data.root, "../bench-results.md")
  Fs.writeFileSync(file, `${text}\n`)
  if (chosen.write) writePaper(text)
  if (report.broken.length > 0) {
    return yield* new Process.HarnessError({ message: `bounds broken:\n  ${report.broken.join("\n  ")}` })
  }
})

const [first, ...rest] = process.argv.slice(2)
NodeRuntime.runMain(first === "encrypted" ? Encrypted.bench(rest) : bench)
