/**
 * The life of a golden repository: two seasons more than four hundred days apart, each with everything that writers do, and
 * the log of the first trimmed away. What its files hold is kept beside it, by hand.
 */
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { hash } from "node:crypto"
import * as LeaseClaim from "../../src/domain/repository/LeaseClaim.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import type { Seen } from "../../src/services/Witness.ts"
import { device, noise, prose, seeded } from "../domain/repository/fixtures.ts"
import { identities } from "./identities.ts"
import * as Lived from "./Lived.ts"
import * as LivedHost from "./LivedHost.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Content by name, as what a reader must find: bytes as their SHA-256, a link's target, or that it is a directory. */
export type Tree = Readonly<Record<string, string>>

export interface Life {
  readonly objects: ReadonlyMap<string, Uint8Array>
  readonly folders: Readonly<Record<string, Tree>>
  readonly checkpoints: Readonly<Record<number, Tree>>
}

const shown = (thing: LivedHost.Thing): string | undefined =>
  thing === undefined
    ? undefined
    : "directory" in thing
    ? "directory"
    : "link" in thing
    ? `link to ${thing.link}`
    : hash("sha256", thing.bytes)

const collect = { maxRewrite: 1 << 30, full: true }

const text = (length: number, name: string): LivedHost.Thing => ({ bytes: prose(length, name) })

export const tell = Effect.fnUntraced(function*(encrypted: boolean) {
  const objects = new Map<string, Uint8Array>()
  const memory = new Map<string, Seen>()
  const folders: Record<string, Record<string, string>> = {}
  const checkpoints: Record<number, Tree> = {}
  const known: LivedHost.Known = new Map()
  const options = (seed: number, name: string, passphrase: string = Lived.passphrases[0]): LivedHost.Options => ({
    objects,
    seed,
    name,
    memory,
    passphrase: encrypted ? passphrase : undefined
  })

  const write = (
    host: LivedHost.Host,
    folder: string,
    things: Readonly<Record<string, LivedHost.Thing>>,
    how: { readonly segment?: boolean; readonly more?: ReadonlyArray<Op> } = {}
  ) =>
    Effect.andThen(LivedHost.write({ host, folder, things, known, ...how }), () => {
      for (const [name, thing] of Object.entries(things)) {
        const is = shown(thing)
        const tree = folders[folder] ??= {}
        if (is === undefined) delete tree[name]
        else tree[name] = is
      }
      return TestClock.adjust(minute)
    })

  /** Remembers what new checkpoints hold. */
  const noted = (host: LivedHost.Host) =>
    Effect.map(host.repository.head, (state) => {
      const there = new Set(state.checkpoints.map(({ id }) => id))
      for (const { folder, id } of state.checkpoints) checkpoints[id] ??= { ...folders[folder] }
      for (const id of Object.keys(checkpoints).map(Number)) if (!there.has(id)) delete checkpoints[id]
    })

  const round = (host: LivedHost.Host) => Effect.andThen(host.checkpoints.round, noted(host))

  /** Little changes, each in a segment of its own, until they are merged. */
  const churn = Effect.fnUntraced(function*(host: LivedHost.Host, folder: string, name: string) {
    for (let at = 0; at < 4; at++) {
      yield* write(host, folder, { [name]: text(600 + at, `${name} ${at}`) }, { segment: true })
    }
    yield* host.compactor.round
  })

  const season = Effect.fnUntraced(function*(host: LivedHost.Host, n: number) {
    const { collector, keeping, repository } = host
    const [year, docs] = [String(2024 + n), "docs-1"]
    // Folders, and a first look at them.
    if (n === 1) {
      yield* LivedHost.say(
        host,
        { _tag: "FolderAdded", folder: "photos", label: "Photos", indexId: 0xFEDC_BA98_7654_3210n },
        { _tag: "FolderAdded", folder: docs, label: "", indexId: 5n }
      )
    }
    yield* LivedHost.say(
      host,
      { _tag: "FolderAdded", folder: `old-${year}`, label: `Old ${year}`, indexId: BigInt(n) },
      { _tag: "FolderAdded", folder: `back-${year}`, label: "", indexId: BigInt(n) }
    )
    yield* LivedHost.say(host, { _tag: "FolderRelabelled", folder: docs, label: `Documents of ${year}` })
    // Blocks of all shapes: shared frames, one of its own, what nothing compresses, several blocks, large blocks, none.
    yield* write(host, "photos", {
      [year]: { directory: true },
      [`${year}/übung.txt`]: text(90_000, `übung ${year}`),
      [`${year}/film.bin`]: text(2 * 131_072 + 1000, `film ${year}`),
      [`${year}/large.bin`]: { bytes: prose(600_000, `large ${year}`), blockSize: 262_144 },
      [`${year}/raw.bin`]: { bytes: noise(n === 2 ? 66_000 : 9000, `raw ${year}`) },
      [`${year}/empty`]: { bytes: new Uint8Array(0) },
      [`${year}/link`]: { link: "übung.txt" },
      [`${year}/future`]: { bytes: prose(700, `future ${year}`), strange: true },
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [`${year}/small-${i}`, text(300 + i * 50, `s${i} ${year}`)])
      )
    }, {
      more: [{
        _tag: "RemoteIndexAdvanced",
        folder: "photos",
        device,
        indexId: 0xFFFF_FFFF_FFFF_FFFFn,
        sequence: 41 * n
      }]
    })
    yield* write(
      host,
      docs,
      Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => [`${year}/page ${i}`, text(200 + i, `page ${i} ${year}`)])
      ),
      { segment: true }
    )
    yield* write(host, `old-${year}`, { one: text(500, `old ${year}`) })
    yield* write(host, `back-${year}`, { two: text(500, `back ${year}`) })
    yield* LivedHost.flush(host)
    // Deleted, renamed, in conflict.
    yield* write(host, "photos", {
      [`${year}/small-0`]: undefined,
      [`${year}/small-1`]: undefined,
      [`${year}/renamed`]: text(350, `s1 ${year}`),
      [`${year}/small-2.sync-conflict-${year}0301-101112-ABCDEFG`]: text(400, `s2 ${year}`),
      [`${year}/small-2`]: text(410, `s2 of another ${year}`)
    })
    yield* LivedHost.say(host, {
      _tag: "RemoteIndexAdvanced",
      folder: docs,
      device,
      indexId: 9n,
      sequence: 100 * n
    })
    yield* LivedHost.say(host, { _tag: "RemoteIndexesForgotten", folder: docs })
    yield* host.checkpoints.create(undefined, "manual")
    yield* noted(host)

    // A pack of which little lives is rewritten, and what was deleted goes.
    yield* write(host, docs, { [`${year}/stays`]: text(900, `stays ${year}`), dying: text(500_000, `dying ${year}`) })
    yield* write(host, docs, { dying: undefined })
    yield* churn(host, docs, "churn")
    yield* LivedHost.flushPacks(host)
    yield* collector.run(collect)
    yield* TestClock.adjust(2 * hour)
    yield* collector.run(collect)
    yield* TestClock.adjust(2 * hour)
    yield* collector.run(collect)
    // And when nothing names the old one any more, where its blocks went is forgotten too.
    yield* write(host, docs, { [`${year}/stays`]: text(950, `stays otherwise ${year}`) })
    yield* churn(host, docs, "churn")
    yield* collector.run(collect)
    yield* LivedHost.flushPacks(host)
    yield* host.compactor.round

    yield* LivedHost.say(host, { _tag: "DeletionStopped", reason: "somebody has to look" })
    yield* LivedHost.say(host, { _tag: "DeletionResumed" })

    // Checkpoints by schedule, hourly; those of the first day go on the second.
    yield* keeping.setSchedule({ every: 7 * day, keep: 52 * 7 * day })
    yield* keeping.setSchedule({ every: hour, keep: 20 * hour })
    yield* keeping.setSchedule({ every: 2 * hour, keep: 22 * hour })
    yield* keeping.removeSchedule(2 * hour)
    for (let at = 0; at < 6; at++) {
      yield* write(host, "photos", { [`${year}/small-${3 + at % 2}`]: text(320, `${year} edit ${at}`) })
      if (at === 2) yield* write(host, docs, { notes: text(420, `${year} notes`) })
      yield* round(host)
      yield* TestClock.adjust(at === 3 ? 3 * hour : hour)
    }
    yield* TestClock.adjust(day)
    yield* write(host, "photos", { [`${year}/late`]: text(333, `${year} late`) })
    yield* round(host)
    yield* TestClock.adjust(hour + minute)
    yield* round(host)
    // By hand: without counts, pinned by the operator, by one who reads, and let go.
    yield* write(host, "photos", { [`${year}/later`]: text(334, `${year} later`) })
    yield* LivedHost.flush(host)
    yield* repository.commit(({ nextCheckpoint }) =>
      Effect.succeed<ReadonlyArray<Op>>([
        { _tag: "CheckpointCreated", id: nextCheckpoint, folder: "photos", reason: "manual" }
      ])
    )
    yield* noted(host)
    const ids = (yield* repository.head).checkpoints.map(({ id }) => id)
    const [first = 0, last = 0] = [ids[0], ids.at(-1)]
    yield* keeping.pin(last, { holder: "", reason: `before the clean-up of ${year}` })
    const now = yield* Clock.currentTimeMillis
    yield* keeping.pin(last, { holder: "reader 0011223344556677", reason: "it is being read", until: now + hour })
    yield* keeping.pin(first, { holder: "", reason: "a mistake" })
    yield* keeping.unpin(first, "")
    yield* keeping.remove([first])
    yield* noted(host)

    // A folder goes, another one comes back, empty.
    yield* host.folders.remove(`old-${year}`)
    yield* host.folders.remove(`back-${year}`)
    yield* host.folders.add(`back-${year}`)
    delete folders[`old-${year}`]
    folders[`back-${year}`] = {}
    yield* noted(host)
    yield* write(host, `back-${year}`, { three: text(510, `back again ${year}`) })
    yield* churn(host, "photos", "album")
    yield* LivedHost.flush(host)
    // What is rewritten now keeps its redirect, and what is condemned now waits.
    yield* write(host, "photos", {
      [`${year}/kept`]: text(1200, `kept ${year}`),
      [`${year}/gone`]: text(400_000, `gone ${year}`)
    })
    yield* write(host, "photos", { [`${year}/gone`]: undefined })
    yield* LivedHost.flush(host)
    yield* churn(host, "photos", "album")
    yield* collector.run(collect)
    yield* TestClock.adjust(2 * hour)
    yield* churn(host, "photos", "album")
    yield* LivedHost.flushPacks(host)
    yield* collector.run({ ...collect, maxRewrite: 0 })
    yield* LivedHost.flush(host)
  })

  yield* LivedHost.init(options(1, "laptop"))
  yield* Effect.scoped(Effect.gen(function*() {
    const host = yield* LivedHost.open(options(100, "laptop"))
    yield* season(host, 1)
    // A week later what was deleted has a milestone above it.
    yield* TestClock.adjust(8 * day)
    yield* write(host, "photos", { milestone: text(300, "milestone") })
    yield* write(host, "docs-1", { milestone: text(301, "milestone") })
    yield* LivedHost.flush(host)
  }))
  yield* TestClock.adjust(402 * day)
  if (encrypted) yield* rekey(options)
  yield* setBack(options(150, "laptop"))
  const left = yield* Effect.scoped(Effect.gen(function*() {
    const host = yield* LivedHost.open(options(200, "desktop"))
    yield* write(host, "photos", { again: text(302, "again") })
    yield* LivedHost.flush(host)
    yield* host.trimmer.round
    yield* LivedHost.say(host, { _tag: "IdentitySet", ...identities[1] })
    yield* season(host, 2)
    // What no base holds yet, and what no commit names.
    yield* write(host, "photos", { "2026/tail": text(303, "tail"), "2026/small-5": undefined })
    yield* write(host, "docs-1", { "2026/tail": text(304, "tail") })
    yield* host.repository.putSegment(
      { table: "packs", packs: [...(yield* host.repository.head).packs.inline.values()].map(({ ref }) => ref) },
      yield* host.lease.fence
    )
    yield* claimed(host, objects)
    // As by a crash: a host that ends moves all to segments.
    return new Map(objects)
  }))
  return { objects: left, folders, checkpoints } satisfies Life
})

/** One host has let go of the term, another one holds it, a third one waits. */
const claimed = Effect.fnUntraced(function*(host: LivedHost.Host, objects: Map<string, Uint8Array>) {
  const { epoch } = yield* host.repository.head
  const time = yield* Clock.currentTimeMillis
  const claim = (label: string, number: number, some: Partial<LeaseClaim.LeaseClaim>) => {
    const name = ObjectKey.lease(number)
    objects.set(
      name,
      LeaseClaim.encode(host.repository.sealing, number, seeded(`salt ${name}`), {
        holder: hash("sha256", `holder ${label}`).slice(0, 32),
        nonce: hash("sha256", `process ${label}`).slice(0, 32),
        label,
        version: "0.1.0",
        process: 4711,
        priority: 100,
        duration: 180_000,
        time,
        queued: number,
        term: 0,
        since: 0,
        progress: LeaseClaim.noProgress,
        ...some
      })
    )
  }
  const progress = { waiting: 3, files: 1234, bytes: 5_678_901_234, rate: 250_000 }
  claim("laptop", epoch - 1, { duration: 0, time: time - day })
  claim("desktop", epoch, { term: epoch, since: time - hour, priority: 101, progress })
  claim("Küche", epoch + 1, { priority: 0 })
})

/** Two more passphrases, of which one goes again. */
const rekey = Effect.fnUntraced(function*(
  options: (seed: number, name: string, passphrase: string) => LivedHost.Options
) {
  const [first, second, third] = Lived.passphrases
  const added = yield* LivedHost.withKeys(options(120, "laptop", first), (keys) =>
    Effect.gen(function*() {
      yield* keys.add(LivedHost.passphraseOf(third), "for an hour")
      return yield* keys.add(LivedHost.passphraseOf(second), "in the safe")
    }))
  yield* TestClock.adjust(minute)
  yield* LivedHost.withKeys(options(121, "laptop", second), (keys) =>
    Effect.gen(function*() {
      const { slots } = yield* keys.list
      const gone = slots.find((slot) => slot._tag === "Slot" && slot.slot.label === "for an hour")
      if (gone === undefined || gone.id === added.id) return yield* Effect.die(new Error("there is no third key"))
      yield* keys.remove(gone.id)
    }))
})

/** The host sees two commits that are lost with the store, which comes back as it was before. */
const setBack = Effect.fnUntraced(function*(options: LivedHost.Options) {
  const { objects } = options
  const before = new Map(objects)
  yield* Effect.scoped(Effect.gen(function*() {
    const host = yield* LivedHost.open(options)
    yield* LivedHost.say(host, { _tag: "FolderRelabelled", folder: "photos", label: "Lost" })
    yield* LivedHost.say(host, { _tag: "FolderRelabelled", folder: "photos", label: "Lost too" })
  }))
  for (const key of objects.keys()) if (!before.has(key)) objects.delete(key)
  yield* Effect.scoped(LivedHost.open({ ...options, seed: options.seed + 1 }))
})
