/**
 * `npm run bench`: bepository against stock Syncthing in the same run, in counterbalanced pairs (ours first, then stock first, …),
 * medians and minima of the ratios, as a Markdown table; also memory, objects and bytes, which must hold whatever the machine does.
 *
 *   npm run bench -- [--pairs 4] [--sets "1 × 1 GiB,20,000 × 1–8 KiB" | --quick] [--version 1.19|1.29]
 *                    [--only ingest|serving|rename] [--write: put the tables into docs/performance.md]
 *   npm run bench -- stores […]: real stores against rclone, see `stores.ts`
 *
 * `npm run bench -- encrypted` compares the suites (`encrypted.ts`). Exits 1 when a bound (memory, objects, bytes, rename) is broken. Throughput ratios are only reported: they are the machine's too.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../test/harness/Bepository.ts"
import * as Contest from "./contest.ts"
import * as Data from "./data.ts"
import * as Encrypted from "./encrypted.ts"
import { median, minimum } from "./measure.ts"
import * as Report from "./report.ts"
import * as Stores from "./stores.ts"

const { bound, describe, memoryBound, MiB, putsPerGiB, ratios, row, say } = Report
const bytesPerByte = 1.02

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

type Pair = Report.Pair

const throughputRow = (what: string, set: Data.Set, pairs: ReadonlyArray<Pair>, aim: string) => {
  const seconds = (side: keyof Pair) => median(pairs.map((pair) => pair[side].seconds))
  const rate = (side: keyof Pair) => Report.rate(set, seconds(side))
  return row([
    what,
    set.name,
    `${seconds("ours").toFixed(2)} s, ${rate("ours")}`,
    `${seconds("other").toFixed(2)} s, ${rate("other")}`,
    `**${median(ratios(pairs)).toFixed(2)}**`,
    minimum(ratios(pairs)).toFixed(2),
    aim,
    `${(Math.max(...pairs.map((pair) => pair.ours.memory)) / 1e6).toFixed(0)} MB`,
    pairs.map((pair) => (pair.ours.others + pair.other.others).toFixed(1)).join(", ")
  ])
}

const costs = (report: Report.Report, set: Data.Set, runs: ReadonlyArray<Contest.Run>) => {
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

const benchSet = Effect.fnUntraced(
  function*(name: Data.Name, { only, pairs, version }: Options, report: Report.Report) {
    yield* say(`\n${name}`)
    const set = Data.make(name)
    const a = yield* Contest.source(set, version)
    const directory = yield* Contest.scratch("ours")
    const place = (at: number) => Bepository.place(Path.join(directory, `${at}`))
    const small = set.bytes / set.files < MiB

    // Each pair ingests into a fresh repository; the last one is kept to be served from.
    const ingested = yield* Report.contest(
      "ingest",
      only === undefined || only === "ingest" ? pairs : 1,
      "stock",
      (at) =>
        Effect.tap(Contest.ingestOurs(a, place(at)), () =>
          Effect.sync(() => {
            if (at > 0) Fs.rmSync(place(at - 1).repository, { recursive: true })
          })),
      () => Contest.ingestStock(a, set)
    )
    const last = place(ingested.length - 1)
    report.throughput.push(throughputRow("ingest", set, ingested, small ? "≥ 8" : "≥ 1.0"))
    costs(report, set, ingested.map((pair) => pair.ours))

    if (only === undefined || only === "serving") {
      const served = yield* Report.contest(
        "serving",
        pairs,
        "stock",
        () => Contest.servingOurs(last, set, version),
        () => Contest.servingStock(a, set)
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
  },
  Effect.scoped
)

const bench = Effect.gen(function*() {
  const args = process.argv.slice(2)
  if (args[0] === "stores") return yield* Stores.bench(args.slice(1))
  const chosen = options(args)
  const report = Report.make()
  for (const name of chosen.sets) yield* benchSet(name, chosen, report)
  yield* Report.boundIdleHour(report)
  const text = [
    `Syncthing ${chosen.version}, ${Report.machine(chosen.pairs)}`,
    "",
    ...Report.table([
      "what",
      "data",
      "ours (median)",
      "stock (median)",
      "stock / ours, median",
      "minimum",
      "aim",
      "RssAnon",
      "others' CPU s per pair"
    ], report.throughput),
    "",
    ...Report.table(Report.boundsHead, report.bounds)
  ].join("\n")
  yield* Report.close(report, "bench", text, chosen.write)
})

const [first, ...rest] = process.argv.slice(2)
NodeRuntime.runMain(first === "encrypted" ? Encrypted.bench(rest) : bench)
