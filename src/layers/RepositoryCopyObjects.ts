/**
 * The copy as rounds of list, compare, copy: a round that found nothing new in the source's log is the last, and only then
 * the marker is put. Whatever happens before it, the destination is nobody's repository, or what it was before and further
 * commits.
 */
import { type Cause, Effect, Layer, Queue, Result, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as CopyPlan from "../domain/repository/CopyPlan.ts"
import * as Envelope from "../domain/repository/Envelope.ts"
import * as Marker from "../domain/repository/Marker.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as CopyBases from "../services/CopyBases.ts"
import * as CopySource from "../services/CopySource.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectStore, StoreUnavailable } from "../services/ObjectStore.ts"
import { LocationNotEmpty, RepositoryCorrupt } from "../services/Repository.ts"
import {
  CopyDamaged,
  CopyDiverged,
  type CopyError,
  type CopyProgress,
  RepositoryCopy
} from "../services/RepositoryCopy.ts"
import * as StoreProbe from "../services/StoreProbe.ts"

/** Objects on their way at once: each is in memory, and twice while it is compared. */
const concurrency = 4
/** Rounds after which a source that never rests is reported instead of followed. */
const mostRounds = 100

type Dependencies = LogObjects | ObjectStore | SecureRandom.SecureRandom
type Store = ObjectStore["Service"]

const sizesIn = (store: Store) =>
  Effect.map(
    Stream.runCollect(store.list("")),
    (entries) => new Map(entries.map((entry) => [entry.key, entry.size] as const))
  )

/** Says at the destination whose unfinished copy lies there. */
const noteOf = (repository: string): string => `tmp/copy-of-${repository}`

export const layer: Layer.Layer<RepositoryCopy, never, Dependencies> = Layer.effect(
  RepositoryCopy,
  Effect.gen(function*() {
    const source = yield* ObjectStore
    const log = yield* LogObjects
    const random = yield* SecureRandom.SecureRandom

    const run = Effect.fn("RepositoryCopy.copyTo")(function*(
      destination: Store,
      verify: boolean,
      tell: (progress: CopyProgress) => void
    ) {
      const { sealing } = yield* log.marker
      const here = CopySource.make(source, sealing)
      const marker = yield* here.marker
      const note = noteOf(sealing.repository)
      let strange: ReadonlyArray<string> = []
      let copiedObjects = 0
      let copiedBytes = 0
      let there = CopyPlan.nothing
      let total = CopyPlan.nothing
      /** What is there may be anything: an earlier run left it, which did not come to its end or found damage. */
      let doubtful = false
      /** Keys of what this run read back; how much of what is there now that is, and what it has yet to read. */
      const proved = new Set<string>()
      let verified = CopyPlan.nothing
      let unproved = CopyPlan.nothing
      const report = (position?: number) =>
        tell({
          ...there,
          totalObjects: total.objects,
          totalBytes: total.bytes,
          copiedObjects,
          copiedBytes,
          verifiedObjects: verified.objects,
          verifiedBytes: verified.bytes,
          unprovedObjects: unproved.objects,
          unprovedBytes: unproved.bytes,
          position,
          strange,
          damage: here.damage,
          uncompared: doubtful && !verify
        })

      const notEmpty = (example: string) => new LocationNotEmpty({ location: destination.location, example })
      const damaged = (key: string, removed: boolean) =>
        new CopyDamaged({ key, location: destination.location, removed })
      /** Undefined too for what cannot be read there. */
      const findThere = (key: string) =>
        Effect.catchTag(CopySource.find(destination, key), "RepositoryCorrupt", () => Effect.undefined)
      /** Whether these bytes are read there. Once more, for what turned on the way. */
      const readsBack = (key: string, bytes: Uint8Array) => {
        const once = Effect.map(findThere(key), (back) => back !== undefined && Buffer.compare(back, bytes) === 0)
        return Effect.flatMap(once, (same) => same ? Effect.succeed(true) : once)
      }
      /** What is here, and whether the same is there; undefined if it is here no more. It may turn on the way from here too. */
      const compared = Effect.fnUntraced(function*(key: string) {
        for (let look = 1;; look++) {
          const bytes = yield* CopySource.find(source, key)
          if (bytes === undefined) return undefined
          const same = yield* readsBack(key, bytes)
          if (same || look === 2) return { bytes, same }
        }
      })

      /**
       * Only an empty place, or what an earlier copy left there: names and sizes of two repositories may be the same. Answers
       * whether that copy did not come to its end, so that what it left may be anything.
       */
      const admit = Effect.gen(function*() {
        const held = yield* CopySource.find(destination, ObjectKey.marker)
        const same = held !== undefined && Buffer.compare(held, marker) === 0
        const begun = (yield* CopySource.find(destination, note)) !== undefined
        if (held !== undefined && !same) {
          // Another repository's says so. One that says nothing is what a copy left of ours.
          return yield* begun && Result.isFailure(Marker.decode(held))
            ? damaged(ObjectKey.marker, false)
            : notEmpty(ObjectKey.marker)
        }
        const [ours, theirs] = yield* Effect.all([sizesIn(source), sizesIn(destination)], { concurrency: 2 })
        const judged = CopyPlan.judge(ours, theirs, { begun, same })
        if (judged._tag === "Foreign") return yield* notEmpty(judged.example)
        if (judged._tag === "Damaged") return yield* damaged(judged.key, false)
        const common = CopyPlan.common(ours.keys(), theirs.keys())
        if (common !== undefined && (yield* compared(ObjectKey.log(common)))?.same !== true) {
          const key = ObjectKey.log(common)
          // Another history's entry can be read.
          const bytes = yield* findThere(key)
          const opened = bytes === undefined ? undefined : Envelope.openObject(sealing, key, bytes)
          const broken = opened === undefined || Result.isFailure(opened) && opened.failure.kind !== "newer"
          if (broken && (begun || same)) return yield* damaged(key, false)
          return yield* same ? diverged(ours, theirs) : notEmpty(key)
        }
        // A whole copy was somebody's repository: it may only be behind, which an entry in both logs proves.
        const head = CopyPlan.headOf(theirs.keys())
        if (same && head > 0 && head !== common) return yield* diverged(ours, theirs)
        // Hosts will trust this store as they do the other, and `init` never proved it.
        const nonce = Buffer.from(yield* random.randomBytes(16)).toString("hex")
        yield* StoreProbe.proven(destination, nonce, "copy")
        // Of a whole copy too: if this run dies, the next one must not believe what it left.
        if (!begun) yield* destination.put(note, [new TextEncoder().encode("unfinished\n")])
        return judged._tag === "Ours" && (begun || !same)
      })
      const diverged = (ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>) => {
        const head = CopyPlan.headOf(theirs.keys())
        return new CopyDiverged({
          location: destination.location,
          position: Math.min(CopyPlan.headOf(ours.keys()), head),
          behind: CopyPlan.tailOf(ours.keys()) > head
        })
      }

      /** It is there as it is here, and good. */
      const count = (entry: CopyPlan.Entry) => {
        proved.add(entry.key)
        verified = CopyPlan.added(verified, entry)
      }

      /** `good`: what is damaged here is not verified by being the same there. */
      const place = Effect.fnUntraced(function*(entry: CopyPlan.Entry, bytes: Uint8Array, good: boolean) {
        const { key, size } = entry
        const outcome = yield* destination.put(key, [bytes])
        // What exists although it was not listed may be anything.
        if (verify || outcome === "Exists") {
          if (!(yield* readsBack(key, bytes))) {
            // The next run would take it for what was to be there. What others put is not ours to take.
            const removed = outcome === "Created" && Result.isSuccess(yield* Effect.result(destination.remove([key])))
            return yield* damaged(key, removed)
          }
          if (good) count(entry)
        }
        copiedObjects++
        copiedBytes += size
        there = CopyPlan.added(there, entry)
        report()
      })

      /**
       * What is damaged here is copied as it is: what is left of it may be all there is, and perhaps nothing needs it. False if it
       * was collected since it was listed: by a commit that was not.
       */
      const copy = Effect.fnUntraced(function*(entry: CopyPlan.Entry) {
        const found = yield* here.read(entry)
        if (found === undefined) return false
        const { bytes, problem } = found
        const good = yield* here.judged(entry.key, problem, bytes === undefined ? "left out" : "as it is")
        if (bytes !== undefined) yield* place(entry, bytes, good)
        return true
      })

      const { copyBases, isWhole } = CopyBases.make(here, {
        find: findThere,
        damaged,
        place,
        isProved: (key) => proved.has(key),
        unproved: (entry) => {
          if (proved.delete(entry.key)) verified = CopyPlan.without(verified, entry)
        }
      })

      /** Reads back what was there before this run. False if it is gone here since it was listed. */
      const prove = Effect.fnUntraced(function*(entry: CopyPlan.Entry) {
        const { key, size } = entry
        const found = yield* here.read(entry)
        if (found === undefined) return false
        const { bytes, problem } = found
        if (bytes === undefined) {
          // It is there, and cannot be read here: the better one may be there.
          yield* here.judged(key, problem, (yield* isWhole(key)) ? "whole" : "unknown")
        } else {
          if (!(yield* readsBack(key, bytes))) return yield* damaged(key, false)
          if (yield* here.judged(key, problem, "as it is")) count(entry)
        }
        unproved = { objects: unproved.objects - 1, bytes: unproved.bytes - size }
        report()
        return true
      })

      /**
       * "More" if the source's log had something new, "Moved" if something that was listed is gone: then no commit is put that
       * may need it before the one that says why.
       */
      const round = Effect.gen(function*() {
        const theirs = yield* sizesIn(destination)
        // One ascending listing shows whatever its log entries name: "log/" is listed before "pack/" and "segment/", and each
        // of those is put before the entry that names it.
        const entries = yield* Stream.runCollect(source.list(""))
        const plan = CopyPlan.plan(entries, theirs)
        const listed = new Set(entries.map(({ key }) => key))
        for (const key of here.damage.keys()) if (!listed.has(key)) here.damage.delete(key)
        const unread = doubtful && verify
          ? plan.present.filter(({ key }) => !proved.has(key) && !here.damage.has(key))
          : []
        const { keys, log: commits, marker: end, objects } = plan.missing
        strange = plan.strange
        there = CopyPlan.amountOf(plan.present)
        verified = CopyPlan.amountOf(plan.present.filter(({ key }) => proved.has(key)))
        unproved = CopyPlan.amountOf(unread)
        total = {
          objects: there.objects + objects.length + commits.length + plan.missing.bases.length + keys.length +
            end.length,
          bytes: [...objects, ...commits, ...plan.missing.bases, ...keys, ...end].reduce(
            (sum, entry) => sum + entry.size,
            there.bytes
          )
        }
        report()
        const found = yield* Effect.forEach(unread, prove, { concurrency })
        if (found.includes(false)) return "Moved"
        // What could not be read in an earlier round holds nothing up.
        const isTried = ({ key }: CopyPlan.Entry) => here.damage.get(key)?.copy !== "left out"
        const copied = yield* Effect.forEach(objects.filter(isTried), copy, { concurrency })
        if (copied.includes(false)) return "Moved"
        const bases: CopyBases.Bases = {
          source: new Map(entries.map((entry) => [entry.key, entry])),
          newest: entries.findLast(({ key }) => ObjectKey.parse(key)?._tag === "Base"),
          missing: plan.missing.bases,
          there: new Set([...theirs.keys(), ...commits.map(({ key }) => key)])
        }
        const next = CopyPlan.gap(theirs.keys(), commits)
        if (next !== undefined) {
          const good = yield* copyBases(bases)
          if (good === undefined) return "Moved"
          if (!CopyPlan.leadsTo(good, next)) {
            // A listing of a directory is no moment: an entry that came meanwhile may be seen before the one before it.
            if ((yield* CopySource.find(source, ObjectKey.log(next - 1))) !== undefined) return "Moved"
            const found = bases.newest === undefined ? undefined : here.damage.get(bases.newest.key)
            const reason = "it is missing, and no good base leads on without it" +
              (found === undefined ? "" : `: of ${bases.newest?.key}, ${found.reason}`)
            return yield* new RepositoryCorrupt({ key: ObjectKey.log(next - 1), reason })
          }
        }
        for (const commit of commits) if (!(yield* copy(commit))) return "Moved"
        if (next === undefined && (yield* copyBases(bases)) === undefined) return "Moved"
        return commits.length > 0 ? "More" : "Done"
      })

      /** The key slots of now. True if one went away while they were copied: another may have come that was not listed. */
      const copyKeys = Effect.gen(function*() {
        const [ours, theirs] = yield* Effect.all(
          [source, destination].map((store) =>
            Effect.map(
              Stream.runCollect(store.list(ObjectKey.keyPrefix)),
              (entries) => CopyPlan.plan(entries, new Map()).missing.keys
            )
          )
        )
        const held = new Map(theirs?.map((entry) => [entry.key, entry.size]))
        const missing = CopyPlan.plan(ours ?? [], held).missing.keys
        const copied = yield* Effect.forEach(missing, copy)
        for (const { key } of theirs ?? []) {
          if (ours?.some((entry) => entry.key === key)) continue
          yield* Effect.logWarning("a key that was removed here still opens the copy; remove it there").pipe(
            Effect.annotateLogs({ key })
          )
        }
        return copied.includes(false)
      })

      doubtful = yield* admit
      for (let rounds = 1;; rounds++) {
        const ended = yield* round
        if (ended === "Done") break
        if (rounds < mostRounds) continue
        if (ended === "Moved") {
          const reason = "objects go away faster than they can be copied"
          return yield* new StoreUnavailable({ operation: "list", key: "", reason })
        }
        yield* Effect.logWarning("the repository is written to without a pause; the copy ends at a commit it has whole")
        break
      }
      for (let looks = 1; yield* copyKeys; looks++) {
        if (looks < mostRounds) continue
        return yield* new StoreUnavailable({ operation: "get", key: ObjectKey.keyPrefix, reason: "keys never rest" })
      }
      const end = yield* CopySource.find(destination, ObjectKey.marker)
      if (end === undefined) {
        yield* place({ key: ObjectKey.marker, size: marker.length }, marker, true)
      } else if (Buffer.compare(end, marker) !== 0) return yield* notEmpty(ObjectKey.marker)
      // Else the next run is to compare all of it: what was damaged may be mended here by then.
      if (here.damage.size === 0 && (verify || !doubtful)) yield* destination.remove([note])
      report(CopyPlan.headOf((yield* sizesIn(destination)).keys()))
    })

    return RepositoryCopy.of({
      copyTo: (destination, { verify }) =>
        Stream.unwrap(Effect.gen(function*() {
          // Slow readers see fewer steps, and always the last one.
          const steps = yield* Queue.sliding<CopyProgress, CopyError | Cause.Done>(16)
          yield* run(destination, verify, (progress) => void Queue.offerUnsafe(steps, progress)).pipe(
            Queue.into(steps),
            Effect.forkScoped
          )
          return Stream.fromQueue(steps)
        }))
    })
  })
)
