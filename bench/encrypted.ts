/**
 * `npm run bench -- encrypted`: what encryption costs ingest, in CPU seconds of our process from the sharing of the folder to
 * the moment the sender knows that all is durable: plain and aes-256-gcm on the same data, in counterbalanced pairs.
 *
 *   npm run bench -- encrypted [--pairs 4] [--sets "1 × 1 GiB,20,000 × 1–8 KiB"] [--version 1.19|1.29]
 *
 * Exits 1 when the median ratio of a set is above the bound.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../test/harness/Bepository.ts"
import * as Process from "../test/harness/Process.ts"
import * as Contest from "./contest.ts"
import * as Data from "./data.ts"
import { median } from "./measure.ts"

const bound = 1.35

const say = (text: string) => Effect.sync(() => console.log(text))

const placeOf = (directory: string, encrypted: boolean): Bepository.Place => {
  const place = Bepository.place(directory)
  if (!encrypted) return place
  return { ...place, remote: { uri: `file://${place.repository}`, env: { BEPOSITORY_PASSPHRASE: "correct horse" } } }
}

const cpuOf = (run: Contest.Run) => run.cpu["ours"] ?? 0

const ofSet = Effect.fnUntraced(function*(name: Data.Name, pairs: number, version: "1.19" | "1.29") {
  const set = Data.make(name)
  const a = yield* Contest.source(set, version)
  const directory = yield* Contest.scratch("encrypted")
  const one = (at: number, encrypted: boolean) =>
    Effect.gen(function*() {
      const place = placeOf(Path.join(directory, `${at}-${encrypted ? "aes" : "plain"}`), encrypted)
      const run = yield* Contest.ingestOurs(a, place)
      if (Fs.existsSync(Path.join(place.repository, "key")) !== encrypted) {
        return yield* new Process.HarnessError({ message: "that was the other suite" })
      }
      Fs.rmSync(place.repository, { recursive: true })
      return run
    })
  const ratios: Array<number> = []
  const sides: { readonly plain: Array<number>; readonly aes: Array<number> } = { plain: [], aes: [] }
  const memory: Array<number> = []
  for (let at = 0; at < pairs; at++) {
    const early = at % 2 === 0 ? yield* one(at, false) : undefined
    const aes = yield* one(at, true)
    const plain = early ?? (yield* one(at, false))
    sides.plain.push(cpuOf(plain))
    sides.aes.push(cpuOf(aes))
    memory.push(aes.memory)
    ratios.push(cpuOf(aes) / cpuOf(plain))
    yield* say(
      `  ${name}, pair ${at + 1} of ${pairs}, ${at % 2 === 0 ? "plain" : "aes"} first: CPU ${
        cpuOf(plain).toFixed(2)
      } s, ` +
        `${cpuOf(aes).toFixed(2)} s, ratio ${ratios.at(-1)!.toFixed(2)}; ${plain.seconds.toFixed(1)} s, ` +
        `${aes.seconds.toFixed(1)} s; others ${plain.others.toFixed(1)} s, ${aes.others.toFixed(1)} s`
    )
  }
  const ratio = median(ratios)
  const cells = [
    name,
    `${median(sides.plain).toFixed(2)} s`,
    `${median(sides.aes).toFixed(2)} s`,
    `**${ratio.toFixed(2)}**`,
    ratios.map((one) => one.toFixed(2)).join(", "),
    `≤ ${bound}`,
    `${(Math.max(...memory) / 1e6).toFixed(0)} MB`
  ]
  return { row: `| ${cells.join(" | ")} |`, broken: ratio > bound ? [`${name}: ${ratio.toFixed(2)}`] : [] }
}, Effect.scoped)

export const bench = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const value = (flag: string) => args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined
  const sets = value("--sets")?.split(/,(?!\d{3}\b)/).map((name) => name.trim()).filter((name) => Data.isName(name)) ??
    (["1 × 1 GiB", "20,000 × 1–8 KiB"] satisfies ReadonlyArray<Data.Name>)
  const results = []
  for (const name of sets) {
    results.push(yield* ofSet(name, Number(value("--pairs") ?? 4), value("--version") === "1.29" ? "1.29" : "1.19"))
  }
  yield* say([
    "",
    "| data | CPU, plain (median) | CPU, aes-256-gcm (median) | ratio, median | each pair | allowed | RssAnon, aes |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...results.map(({ row }) => row)
  ].join("\n"))
  const broken = results.flatMap((result) => result.broken)
  if (broken.length > 0) {
    return yield* new Process.HarnessError({ message: `encryption costs too much: ${broken.join("; ")}` })
  }
})
