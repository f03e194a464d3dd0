/**
 * The check, phase by phase: a listing, the packs' indexes (and blocks), the records, the log. Everything is held against one
 * state; what then seems wrong is asked of a newer one, for objects may go, and others take their place, while this runs.
 */
import { type Cause, Effect, Layer, Queue, Random, Stream } from "effect"
import { BlockTable } from "../domain/repository/BlockTable.ts"
import * as Damage from "../domain/repository/Damage.ts"
import { describe, Inventory, isNeeded, livePacks, type Suspect } from "../domain/repository/Inventory.ts"
import * as LogShape from "../domain/repository/LogShape.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type * as RecordCheck from "../domain/repository/RecordCheck.ts"
import { RecordsLook } from "../domain/repository/RecordsLook.ts"
import type { PackRef } from "../domain/repository/Refs.ts"
import { Roots } from "../domain/repository/Roots.ts"
import { SequenceSet } from "../domain/repository/SequenceSet.ts"
import * as State from "../domain/repository/State.ts"
import * as Subset from "../domain/repository/Subset.ts"
import * as TrimPlan from "../domain/repository/TrimPlan.ts"
import { Fsck, type FsckOptions, type FsckProgress, type FsckReport } from "../services/Fsck.ts"
import { LogAudit } from "../services/LogAudit.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectProof } from "../services/ObjectProof.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository, type RepositoryError } from "../services/Repository.ts"

/** Objects read at once. */
const concurrency = { trailers: 16, data: 3 }
/** Times the records are followed to a newer state, while something seems to be lost. */
const rounds = 3

type Phase = FsckProgress["phase"]
type Tell = (step: FsckProgress | FsckReport) => void

export const layer: Layer.Layer<
  Fsck,
  never,
  LogAudit | LogObjects | ObjectProof | ObjectStore | Repository
> = Layer.effect(
  Fsck,
  Effect.gen(function*() {
    const audit = yield* LogAudit
    const log = yield* LogObjects
    const proof = yield* ObjectProof
    const store = yield* ObjectStore
    const repository = yield* Repository

    const run = Effect.fn("Fsck.check")(function*({ level, subset }: FsckOptions, tell: Tell) {
      const state = yield* repository.refresh
      const findings: Array<Damage.Finding> = []
      const packs = new Map<string, Damage.BadPack>()
      const segments = new Map<string, Damage.Bad>()
      const badBases: Array<number> = []
      const condemned = new Set<string>()
      const table = new BlockTable()
      const counts = {
        objects: 0,
        packs: 0,
        packsRead: 0,
        segments: 0,
        records: 0,
        present: 0,
        blocks: 0,
        commits: 0,
        bytesRead: 0
      }
      let rows: Array<Damage.LostRow> = []
      /** The newest state asked. */
      let now = state
      const renew = Effect.map(repository.refresh, (newer) => now = newer)

      const counter = (phase: Phase, total: number) => {
        let done = 0
        tell({ _tag: "Progress", phase, done, total })
        return (more = 1) => tell({ _tag: "Progress", phase, done: done += more, total })
      }

      /** Bad if a newer state still needs it. */
      const condemn = ({ id, kind, size }: Omit<Suspect, "found" | "key">, bad: Damage.BadPack) =>
        Effect.map(renew, () => {
          if (!isNeeded(now, { id, key: "", kind, size })) return
          if (kind === "pack") packs.set(id, bad)
          else segments.set(id, { kind: bad.kind, reason: bad.reason })
        })

      const listing = Effect.gen(function*() {
        const inventory = new Inventory(state)
        const count = counter("listing", 0)
        yield* Stream.runForEachArray(store.list(""), (entries) =>
          Effect.sync(() => {
            for (const entry of entries) inventory.add(entry)
            count(entries.length)
          }))
        counts.objects = inventory.objects
        const { findings: others, suspects } = inventory.finish()
        findings.push(...others)
        for (const suspect of suspects) {
          const [entry] = yield* Stream.runCollect(Stream.take(store.list(suspect.key), 1))
          const found = entry?.key === suspect.key ? entry.size : undefined
          if (found === suspect.size) continue
          const kind = found === undefined ? "missing" : "size"
          yield* condemn(suspect, { kind, reason: describe({ ...suspect, found }) })
        }
        return inventory
      })

      /** Below it entries may have been trimmed, and by halves: a round removes many at once, and may die. */
      const trimmable = Effect.fnUntraced(function*(bases: ReadonlyArray<number>) {
        const now = yield* store.now
        for (const position of TrimPlan.bounds(bases).toReversed()) {
          const base = yield* Effect.catchTag(
            log.base(repository.sealing, position),
            "RepositoryCorrupt",
            () => Effect.undefined
          )
          if (base !== undefined && TrimPlan.isPast(base.time, now)) return position
        }
        return 0
      })

      /** What the log lacks, on the second look too. */
      const shape = Effect.fnUntraced(function*(inventory: Inventory) {
        let found = LogShape.look(
          inventory.log.filter((position) => position <= state.position),
          inventory.bases.filter((base) => base <= state.position),
          state.position
        )
        let bases: ReadonlyArray<number> = inventory.bases
        if (found.missing.length > 0 || found.baseLost) {
          const { position } = yield* renew
          const positions = (yield* log.positions(0)).filter((one) => one <= position)
          bases = (yield* log.bases(0)).filter((base) => base <= position)
          found = LogShape.look(positions, bases, position)
        }
        const bound = found.missing.length === 0 ? 0 : yield* trimmable(bases)
        for (const position of found.missing.filter((one) => one >= bound)) {
          findings.push(Damage.finding("log", ObjectKey.log(position), "it is not in the store"))
        }
        if (found.baseLost) {
          badBases.push(found.start - 1)
          const what = "there is no base where the log begins"
          findings.push(Damage.finding("base", ObjectKey.base(found.start - 1), what))
        }
        for (const position of found.leftovers) {
          findings.push(Damage.finding("leftover", ObjectKey.log(position), "no entry follows it"))
        }
        return found
      })

      const chosen = Effect.gen(function*() {
        if (level !== "full") return new Set<string>()
        const all = [...livePacks(state)]
        if (subset === undefined) return new Set(all.map((pack) => pack.id))
        const random: Array<number> = []
        if (Subset.isRandom(subset)) { for (const _ of all) random.push(yield* Random.next) }
        return new Set(Subset.choose(subset, all, random).map((pack) => pack.id))
      })

      /** Takes the pack's blocks into the table: those that are there, or that are what they should be. */
      const packed = Effect.fnUntraced(function*(ref: PackRef, whole: boolean, count: (bytes: number) => void) {
        const object = { kind: "pack", id: ref.id, size: ref.size } as const
        const trailer = yield* proof.trailer(ref)
        if (trailer._tag === "Gone") {
          return yield* condemn(object, { kind: "missing", reason: "it is not in the store" })
        }
        if (trailer._tag === "Bad") return yield* condemn(object, { kind: "corrupt", reason: trailer.reason })
        counts.packs++
        const { hashes } = trailer.value
        // Of another size, and yet with what it should hold: its blocks are looked at, so that a repair can save them.
        const odd = packs.get(ref.id)
        if (!whole && odd === undefined) return table.add(ref.id, hashes)
        const data = yield* proof.data(trailer.value, (bytes) => {
          counts.bytesRead += bytes
          count(bytes)
        })
        if (data._tag === "Gone") return yield* condemn(object, { kind: "missing", reason: "it is not in the store" })
        if (data._tag === "Bad") return yield* condemn(object, { kind: "corrupt", reason: data.reason })
        counts.packsRead++
        const { bad, reason } = data.value
        table.add(ref.id, hashes, bad)
        if (odd !== undefined) packs.set(ref.id, { ...odd, bad })
        else if (reason !== undefined) yield* condemn(object, { kind: "corrupt", reason, bad })
      })

      const indexes = Effect.gen(function*() {
        const data = yield* chosen
        const all = [...livePacks(state)].filter((ref) => packs.get(ref.id)?.kind !== "missing")
        const rest = all.filter((ref) => !data.has(ref.id))
        const count = counter("packs", rest.length)
        yield* Effect.forEach(
          rest,
          (ref) => Effect.tap(packed(ref, false, () => {}), () => Effect.sync(() => count())),
          {
            concurrency: concurrency.trailers,
            discard: true
          }
        )
        const whole = all.filter((ref) => data.has(ref.id))
        const read = counter("data", whole.reduce((sum, ref) => sum + ref.size, 0))
        yield* Effect.forEach(whole, (ref) => packed(ref, true, read), { concurrency: concurrency.data, discard: true })
      })

      const seen = new Set<string>()
      const seenCommits = new Set<number>()
      const named = new Map<string, ReadonlyArray<string>>()

      /** The records of a source that was proved. */
      const conclude = (key: string, look: RecordsLook, view: SequenceSet | undefined) => {
        counts.records += look.records
        counts.blocks += look.blocks
        counts.present += look.files
        for (const row of look.rows) rows.push(row)
        for (const id of look.condemned) condemned.add(id)
        const strange = look.conclude(view ?? new SequenceSet())
        if (strange !== undefined) findings.push(Damage.finding("sequence", key, strange))
      }

      /** Everything the state names that was not looked at before. */
      const scan = Effect.fnUntraced(function*(at: State.State) {
        const views = new Map(Array.from(at.folders.keys(), (folder) => [folder, new SequenceSet()]))
        const present = new Set([...at.folders.values()].flatMap((folder) => folder.segments))
        const refs = [...State.referencedSegments(at)].flatMap((id) => at.segments.get(id) ?? [])
          .filter((ref) => !seen.has(ref.id) && !segments.has(ref.id))
        const count = counter("records", refs.reduce((sum, ref) => sum + ref.records, 0))
        for (const ref of refs) {
          seen.add(ref.id)
          const key = ObjectKey.segment(ref.id)
          const view = at === state && present.has(ref.id) ? views.get(ref.folder) : undefined
          const begin = () =>
            new RecordsLook({ folder: ref.folder, source: ref.id, at, present: view !== undefined }, table)
          let current = begin()
          let told = 0
          const outcome = yield* proof.segment(ref, () => {
            const look = current = begin()
            return (records) => {
              look.look(records)
              // Of what is read again, the same is not told again.
              if (look.records > told) count(look.records - told)
              told = Math.max(told, look.records)
            }
          })
          if (outcome._tag !== "Good") {
            const bad = outcome._tag === "Bad"
              ? { kind: "corrupt", reason: outcome.reason } as const
              : { kind: "missing", reason: "it is not in the store" } as const
            yield* condemn({ kind: "segment", id: ref.id, size: ref.size }, bad)
            continue
          }
          counts.segments++
          conclude(key, current, view)
          named.set(ref.id, outcome.value.packIds)
        }
        const since = State.inlineSince(at)
        if (since === undefined) return
        for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(since - 1))) {
          const { position } = commit
          if (position > at.position || seenCommits.has(position)) continue
          seenCommits.add(position)
          for (const op of commit.ops) {
            if (op._tag !== "FilesChanged" || !isInline(at, op.folder, position)) continue
            const view = at === state ? views.get(op.folder) : undefined
            const look = new RecordsLook({ folder: op.folder, source: "", at, present: view !== undefined }, table)
            look.look(op.records)
            conclude(ObjectKey.log(position), look, view)
          }
        }
      })

      /** A pack that is live by now, or condemned and still there: then its blocks are in danger, and not lost. */
      const learn = Effect.fnUntraced(function*(id: string) {
        const ref = State.packRef(now, id)
        if (ref !== undefined) return yield* packed(ref, false, () => {})
        const going = now.condemned.get(ObjectKey.pack(id))
        const trailer = going === undefined ? undefined : yield* proof.ending(id, going.size)
        if (trailer?._tag === "Good") table.add(id, trailer.value.hashes)
      })

      /** Without what a newer state finds elsewhere. */
      const resolved = Effect.gen(function*() {
        const left: Array<Damage.LostRow> = []
        for (const row of rows) {
          const lost: Array<RecordCheck.Lost> = []
          for (const block of row.lost) {
            let found = false
            for (const target of State.packsFor(now, block.pack)) {
              if (!table.knows(target) && !packs.has(target)) yield* learn(target)
              found ||= table.has(target, block.mark)
            }
            if (!found) lost.push(block)
          }
          if (lost.length > 0 || row.problem !== undefined || row.unavailable === true) left.push({ ...row, lost })
        }
        rows = left
      })

      const judged = Effect.gen(function*() {
        // What was found in a bad object made the state newer too: it is done when the newest one's records were looked at.
        let scanned = state.position
        for (let round = 0; rows.length > 0; round++) {
          if (round < rounds) yield* renew
          yield* resolved
          if (now.position === scanned || round === rounds) break
          const at = now
          yield* scan(at)
          scanned = at.position
        }
        if (rows.length === 0) return []
        const roots = new Roots(now, rows)
        const refs = [...roots.segments()].flatMap((id) => now.segments.get(id) ?? []).filter((ref) =>
          !segments.has(ref.id)
        )
        const count = counter("affected", refs.reduce((sum, ref) => sum + ref.records, 0))
        for (const { folder, id, ...ref } of refs) {
          yield* proof.segment({ ...ref, folder, id }, () => (records) => {
            for (const { name, sequence } of records) roots.note({ folder, name, sequence, source: id })
            count(records.length)
          })
        }
        const since = State.inlineSince(now)
        if (since !== undefined) {
          yield* Stream.runForEach(repository.commitsAfter(since - 1), ({ commit }) =>
            Effect.sync(() => {
              for (const op of commit.ops) {
                if (op._tag !== "FilesChanged" || !isInline(now, op.folder, commit.position)) continue
                for (const { name, sequence } of op.records) {
                  roots.note({ folder: op.folder, name, sequence, source: "" })
                }
              }
            }))
        }
        return roots.judge(rows)
      })

      const audited = Effect.fnUntraced(function*({ start }: LogShape.LogShape, bases: ReadonlyArray<number>) {
        const count = counter("log", Math.max(0, state.position - start + 1))
        const packsOf = (segment: string) => named.get(segment)
        const problems = yield* audit.audit({ state, start, bases, packsOf }, () => {
          counts.commits++
          count()
        })
        for (const { kind, position, reason } of problems) {
          if (kind === "base") badBases.push(position)
          const key = kind === "base" ? ObjectKey.base(position) : ObjectKey.log(position)
          findings.push(Damage.finding(kind, key, reason))
        }
      })

      const inventory = yield* listing
      const logged = yield* shape(inventory)
      let hits: Damage.Damage["rows"] = []
      if (level !== "quick") {
        yield* indexes
        yield* scan(state)
        hits = yield* judged
        const { sealing } = repository
        if (sealing.suite !== "plain") findings.push(...Damage.ofKeys(yield* log.slots(sealing)))
        yield* audited(logged, inventory.bases.filter((base) => base <= state.position))
      }
      const lost = new Set(hits.flatMap(({ row }) => row.lost.map((block) => block.mark)))
      const damage: Damage.Damage = {
        state: now,
        packs,
        segments,
        rows: hits,
        elsewhere: lost.size === 0 ? new Map() : table.find(lost),
        bases: badBases,
        condemned: [...condemned].filter((id) => now.condemned.has(ObjectKey.pack(id)) && !now.redirects.has(id))
      }
      const all = [...Damage.findings(damage), ...findings]
      tell({
        _tag: "Report",
        position: state.position,
        level,
        ...(subset === undefined ? {} : { subset }),
        counts,
        findings: level === "full" ? Damage.inFull(all) : all,
        damage
      })
    })

    return Fsck.of({
      check: (options) =>
        Stream.unwrap(Effect.gen(function*() {
          // Slow readers see fewer steps, and always the last one.
          const steps = yield* Queue.sliding<FsckProgress | FsckReport, RepositoryError | Cause.Done>(16)
          yield* run(options, (step) => void Queue.offerUnsafe(steps, step)).pipe(Queue.into(steps), Effect.forkScoped)
          return Stream.fromQueue(steps)
        }))
    })
  })
)

/** Whether the commit's records of the folder lie nowhere else. */
const isInline = (state: State.State, folder: string, position: number): boolean =>
  state.folders.get(folder)?.inline.includes(position) === true
