/** `status`: facts of the repository, from its log alone. Works on any host, beside a running daemon, without a cache. */
import { Clock, Effect, Stream } from "effect"
import * as Command from "effect/cli/Command"
import * as ClockDoubt from "../domain/repository/ClockDoubt.ts"
import * as CollectionPlan from "../domain/repository/CollectionPlan.ts"
import type { HostRow } from "../domain/repository/HostRows.ts"
import type { State } from "../domain/repository/State.ts"
import type { StorageUri } from "../domain/StorageUri.ts"
import * as Cost from "../domain/store/Cost.ts"
import * as Meter from "../domain/store/Meter.ts"
import { Claims } from "../services/Claims.ts"
import { type Explanation, Holdings } from "../services/Holdings.ts"
import { Identity } from "../services/Identity.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import { StoreMeter } from "../services/StoreMeter.ts"
import { type Notes, UpkeepNotes } from "../services/UpkeepNotes.ts"
import { explained, opening, wiring } from "./command.ts"
import * as Facts from "./facts.ts"
import * as Hosts from "./hosts.ts"
import { CountFlag } from "./list-folders.ts"
import { print } from "./output.ts"
import * as Text from "./text.ts"

const handler = (options: { readonly count: boolean }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { identity } = yield* wiring
    yield* Effect.gen(function*() {
      const repository = yield* Repository
      const { device } = yield* Identity
      const { location } = yield* ObjectStore
      const state = yield* repository.head
      const folders = yield* Facts.folders(state, options.count)
      const now = yield* Clock.currentTimeMillis
      const sum = (key: "files" | "bytes" | "notHere") =>
        folders.some((row) => row[key] === null) ? null : folders.reduce((total, row) => total + (row[key] ?? 0), 0)
      const hosts = yield* (yield* Claims).hosts
      const facts = {
        repository: repository.id,
        location,
        encrypted: repository.sealing.suite !== "plain",
        device,
        files: sum("files"),
        bytes: sum("bytes"),
        notHere: sum("notHere"),
        folders,
        checkpoints: state.checkpoints.length,
        packs: packs(state),
        metadata: metadata(state),
        condemned: condemned(state, now),
        deletionStopped: state.deletionStopped?.reason ?? null,
        clock: clock(state, now, yield* (yield* UpkeepNotes).read(repository.id)),
        holdings: options.count || state.segments.size <= mostFooters
          ? yield* (yield* Holdings).explain({ list: false })
          : null,
        position: state.position,
        epoch: state.epoch,
        hosts: Hosts.facts(hosts),
        lastCommit: state.position === 0 ? null : Text.time(state.time),
        cost: yield* cost(uri, state, now),
        requests: (yield* (yield* StoreMeter).totals).counts
      }
      yield* print(facts, () => text(facts, state, now, hosts))
    }).pipe(Effect.provide(identity(uri)))
  })

/** Packs that the log names: how many, their bytes in the store, and their blocks' bytes before compression. */
const packs = (state: State) => {
  let count = 0
  let bytes = 0
  let blockBytes = 0
  const add = (ref: { readonly size: number; readonly bytes: number }) => {
    count++
    bytes += ref.size
    blockBytes += ref.bytes
  }
  for (const ref of state.packs.flushed.values()) add(ref)
  for (const { ref } of state.packs.inline.values()) add(ref)
  return { count, bytes, blockBytes }
}

/**
 * What is to be said of the store's clock; null where nothing is. By this host's clock: a directory's is asked by a file in
 * it, and this command only looks.
 */
const clock = (state: State, now: number, notes: Notes) => {
  const behind = ClockDoubt.behind(state, now)
  const doubt = notes.clock === undefined ? undefined : ClockDoubt.doubt(notes.clock, now)
  if (behind === undefined && doubt === undefined) return null
  return {
    behindMs: behind ?? null,
    aheadMs: doubt?.ahead ?? null,
    doubtedUntil: doubt === undefined ? null : Text.time(doubt.until)
  }
}

const clockText = ({ aheadMs, behindMs, doubtedUntil }: NonNullable<ReturnType<typeof clock>>): string =>
  [
    ...(behindMs === null ? [] : [
      `the last commit is ${
        Text.duration(behindMs)
      } in the future: the store's clock was wrong then, or this host's is now; ` +
      "until it has caught up few checkpoints are made, and none made since goes by itself"
    ]),
    ...(doubtedUntil === null ? [] : [
      `the store's leapt ahead by ${
        Text.duration(aheadMs!)
      } since this host's upkeep last looked: nothing goes by the new ` +
      `time before ${doubtedUntil}`
    ])
  ].join("; ")

/** Footers read without being asked to. */
const mostFooters = 64

/** What nothing needs, and when all of it may be gone. */
const condemned = (state: State, now: number) => {
  const { bytes, count, until } = CollectionPlan.waiting(state, now)
  return { count, bytes, until: until === undefined ? null : Text.time(until) }
}

const metadata = (state: State) => {
  let bytes = state.inlineBytes
  for (const segment of state.segments.values()) bytes += segment.size
  return { segments: state.segments.size, bytes }
}

/** What it costs in a month, where that is known. Asks the store for nothing: the commits since the last base are at hand. */
const cost = Effect.fnUntraced(function*(uri: StorageUri, state: State, now: number) {
  const prices = Cost.pricesOf(uri)
  if (prices === undefined) return null
  const commits = yield* Stream.runCollect((yield* Repository).commitsAfter(state.basePosition))
  return Cost.estimate(
    prices,
    Cost.usageOf({
      packs: packs(state),
      metadata: metadata(state),
      position: state.position,
      commits: commits.map(({ commit }) => commit.time),
      now
    })
  )
})

const costText = (cost: Cost.Estimate): string =>
  `about ${Text.dollars(cost.month)} a month at ${cost.provider} (storage ${Text.dollars(cost.storage)}, ` +
  `requests ${Text.dollars(cost.requests)}, traffic ${Text.dollars(cost.traffic)}); ` +
  `reading everything back once ${Text.dollars(cost.restore)} (list prices of ${Cost.asOf})`

const requestsText = (counts: ReadonlyArray<Meter.Count>): string => {
  const { get, list, now, put } = Meter.byOperation({ since: 0, counts })
  const failed = [get, list, now, put].reduce((sum, { failures }) => sum + failures, 0)
  return [
    `${Text.count(get.requests)} get (${Text.bytes(get.bytes)})`,
    `${Text.count(list.requests)} list`,
    ...(put.requests > 0 ? [`${Text.count(put.requests)} put`] : []),
    ...(failed > 0 ? [`${Text.count(failed)} failed`] : [])
  ].join(", ")
}

const heldText = ({ packs: { checkpoints, current, dead, deadShare } }: Explanation): string =>
  [
    `current folders ${Text.bytes(current.bytes)}`,
    `checkpoints only ${Text.bytes(checkpoints.bytes)}`,
    ...(dead.bytes > 0 ? [`nothing ${Text.bytes(dead.bytes)}`] : []),
    ...(deadShare.least > 0 ? [`dead blocks beside others at least ${Text.bytes(deadShare.least)}`] : [])
  ].join(", ")

const redirectsRow = (held: Explanation | null): ReadonlyArray<readonly [string, string]> => {
  const text = held === null ? undefined : Text.redirects(held.redirects)
  return text === undefined ? [] : [["rewriting", text]]
}

interface Summary {
  readonly cost: Cost.Estimate | null
  readonly requests: ReadonlyArray<Meter.Count>
  readonly repository: string
  readonly location: string
  readonly encrypted: boolean
  readonly device: string
  readonly files: number | null
  readonly bytes: number | null
  readonly folders: ReadonlyArray<Facts.FolderFacts>
  readonly checkpoints: number
  readonly packs: ReturnType<typeof packs>
  readonly metadata: ReturnType<typeof metadata>
  readonly condemned: ReturnType<typeof condemned>
  readonly deletionStopped: string | null
  readonly clock: ReturnType<typeof clock>
  readonly holdings: Explanation | null
  readonly position: number
  readonly epoch: number
}

const text = (facts: Summary, state: State, now: number, hosts: ReadonlyArray<HostRow>): string => {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["repository", `${facts.repository} at ${facts.location}${facts.encrypted ? "" : " (not encrypted)"}`],
    ["device id", facts.device],
    [
      "last commit",
      state.position === 0 ? "none" : `${Text.ago(state.time, now)}, number ${Text.count(facts.position)}`
    ],
    [
      "contents",
      facts.files === null || facts.bytes === null
        ? Text.counted(facts.folders.length, "folder")
        : `${Text.counted(facts.folders.length, "folder")}, ${Text.counted(facts.files, "file")}, ${
          Text.bytes(facts.bytes)
        }`
    ],
    [
      "stored",
      `${Text.bytes(facts.packs.bytes)} in ${Text.counted(facts.packs.count, "pack")} ` +
      `(${Text.bytes(facts.packs.blockBytes)} of different blocks), ${Text.bytes(facts.metadata.bytes)} of metadata`
    ],
    ...(facts.holdings === null ? [] : [["held by", heldText(facts.holdings)] as const]),
    ...redirectsRow(facts.holdings),
    ...(facts.condemned.until === null ? [] : [
      [
        "garbage",
        `${Text.bytes(facts.condemned.bytes)} in ${Text.counted(facts.condemned.count, "object")}, ` +
        `which may be deleted from ${facts.condemned.until} on`
      ] as const
    ]),
    ...(facts.deletionStopped === null
      ? []
      : [["deletion", `stopped: ${facts.deletionStopped}; run \`bepository fsck\``] as const]),
    ...(facts.clock === null ? [] : [["clock", clockText(facts.clock)] as const]),
    ["checkpoints", Text.count(facts.checkpoints)],
    ["writer's epoch", Text.count(facts.epoch)],
    ...(facts.cost === null ? [] : [["cost", costText(facts.cost)] as const]),
    ["this command", requestsText(facts.requests)]
  ]
  return [
    ...rows.map(([name, value]) => `${name.padEnd(16)}${value}`),
    ...(hosts.length === 0 ? [] : ["", Hosts.table(hosts, now)]),
    ...(facts.folders.length === 0 ? [] : ["", Facts.table(facts.folders, state, now)]),
    ...Facts.lost(facts.folders),
    ...(facts.files === null ? [Facts.uncounted(state)] : [])
  ].join("\n")
}

export const command = Command.make("status", { count: CountFlag }, (options) => explained(handler(options))).pipe(
  Command.withDescription(
    "Show what the repository holds: folders, files, sizes, checkpoints, the last commit, and which hosts use it. Needs no cache and works while a daemon runs."
  ),
  Command.withShortDescription("Show what the repository holds"),
  Command.withExamples([{ command: "bepository status --json", description: "For scripts and monitoring" }])
)
