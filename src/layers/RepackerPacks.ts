/**
 * Repacking: the blocks that live are read, proved by their hashes, put into new packs, and one commit says where they are.
 * That commit looks at everything that was committed since the records were read: what needs more than was moved stays.
 */
import { Effect, Layer, Stream } from "effect"
import * as CollectionPlan from "../domain/repository/CollectionPlan.ts"
import type { LiveSet } from "../domain/repository/LiveSet.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Condemned, Op } from "../domain/repository/Op.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { PackRef } from "../domain/repository/Refs.ts"
import * as RepackPlan from "../domain/repository/RepackPlan.ts"
import * as State from "../domain/repository/State.ts"
import { BlockReader } from "../services/BlockReader.ts"
import { BlockStore, type PackBuilderHandle, type SealedPack } from "../services/BlockStore.ts"
import type { Amount } from "../services/Collector.ts"
import type { WriteFence } from "../services/Lease.ts"
import { LiveSets } from "../services/LiveSets.ts"
import { Repacker } from "../services/Repacker.ts"
import { Fenced, Repository, RepositoryCorrupt } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"
import { Settings } from "../services/Settings.ts"

/** Live bytes moved by one commit. */
const batchBytes = 256 * 1024 * 1024
/** Packs, and records, looked at between two chances for other fibers. */
const slice = 2048
const records = 256
/** Indexes of packs fetched at once. */
const concurrency = 4

/** What was moved of some packs, and where to. */
interface Moved {
  readonly blocks: RepackPlan.Blocks
  readonly into: Set<string>
}

export const layer: Layer.Layer<
  Repacker,
  never,
  BlockReader | BlockStore | LiveSets | Repository | SegmentReader | Settings
> = Layer.effect(
  Repacker,
  Effect.gen(function*() {
    const blockStore = yield* BlockStore
    const lives = yield* LiveSets
    const reader = yield* BlockReader
    const repository = yield* Repository
    const segments = yield* SegmentReader
    const { packSize: target } = yield* Settings
    /** What footers told of a pack when it was found to be worth nothing: it is looked into again when they tell less. */
    const passed = new Map<string, number>()
    /** What they told of packs that lack a block that a record finds there: they stay as they are until less is found there. */
    const damaged = new Map<string, number>()

    /** Packs that seem worth it, by footers alone. */
    const weigh = Effect.fnUntraced(function*(state: State.State, live: LiveSet) {
      const weighed: Array<RepackPlan.Weighed> = []
      let total = 0
      let looked = 0
      for (const ref of State.packRefs(state)) {
        if (++looked % slice === 0) yield* Effect.yieldNow
        total += ref.bytes
        if (!live.isNeeded(ref.id)) continue
        const { least, most, named } = live.bytesOf(ref)
        if (named >= (damaged.get(ref.id) ?? Infinity)) continue
        // What was looked into tells more than footers, until they tell less than they did then.
        const isPassed = most >= (passed.get(ref.id) ?? Infinity)
        const each = { ref, live: isPassed ? ref.bytes : least }
        if (RepackPlan.isSparse(each) || RepackPlan.isSmall(ref, target)) weighed.push(each)
      }
      for (const known of [passed, damaged]) {
        for (const id of known.keys()) if (!State.isLive(state, id)) known.delete(id)
      }
      return { weighed, total }
    })

    /** Which blocks of the packs live, by every record that may find one there. */
    const scan = Effect.fn("Repacker.scan")(function*(state: State.State, refs: ReadonlyArray<PackRef>) {
      const opened = yield* Effect.forEach(
        refs,
        (ref) =>
          segments.contents(ref).pipe(
            Effect.map(({ hashes }) => new RepackPlan.Blocks(ref, hashes)),
            // Damage is told, and left as it is.
            Effect.catchTag("RepositoryCorrupt", (error) => Effect.as(Effect.logError(error.message), undefined))
          ),
        { concurrency }
      )
      const packs = new Map(opened.flatMap((blocks) => blocks === undefined ? [] : [[blocks.ref.id, blocks] as const]))
      const scan = new RepackPlan.Scan(state, packs)
      const mark = Effect.fnUntraced(function*(rows: ReadonlyArray<FileRecord>, key: string) {
        for (const [i, record] of rows.entries()) {
          if (!scan.mark(record)) {
            return yield* new RepositoryCorrupt({ key, reason: `the entry of ${record.name} does not list its blocks` })
          }
          if (i % records === records - 1) yield* Effect.yieldNow
        }
      })
      for (const ref of yield* lives.naming(state, new Set(scan.names.keys()))) {
        yield* Stream.runForEach(segments.records(ref), (rows) => mark(rows, ObjectKey.segment(ref.id)))
      }
      for (const { position, records } of yield* lives.inline(state)) yield* mark(records, ObjectKey.log(position))
      return scan
    })

    /** Puts the pack's live blocks into the builder; undefined if one of them cannot be read. */
    const move = Effect.fnUntraced(function*(blocks: RepackPlan.Blocks, builder: PackBuilderHandle) {
      const into = new Set<string>()
      for (let index = 0; index * 32 < blocks.hashes.length; index++) {
        if (!blocks.isLive(index)) continue
        const hash = blocks.hashes.subarray(index * 32, index * 32 + 32)
        const known = builder.find(hash)
        if (known !== undefined) {
          into.add(known)
          continue
        }
        const bytes = yield* reader.read(blocks.ref.id, hash)
        if (builder.room() < bytes.length) yield* builder.awaitRoom(bytes.length)
        into.add(builder.add(hash, bytes))
      }
      return { blocks, into } satisfies Moved
    }, (effect, blocks) =>
      effect.pipe(
        Effect.catchTags({
          BlockMissing: (error) => told(blocks, error.message),
          RepositoryCorrupt: (error) => told(blocks, error.message)
        })
      ))

    /** One commit: those of the packs that still may are replaced. Answers them. */
    const replace = Effect.fn("Repacker.replace")(function*(
      scan: RepackPlan.Scan,
      moved: ReadonlyArray<Moved>,
      sealed: ReadonlyArray<SealedPack>,
      fence: WriteFence
    ) {
      const whole = moved.filter((each) => isWhole(each, sealed))
      if (whole.length < moved.length) yield* Effect.logError("a block that was moved is in none of the new packs")
      let replaced: ReadonlyArray<Moved> = []
      yield* repository.commit((state) =>
        Effect.gen(function*() {
          replaced = []
          if (state.deletionStopped !== undefined) return []
          const needed = yield* needs(scan, state)
          if (needed === undefined) return []
          replaced = whole.filter(({ blocks }) => State.isLive(state, blocks.ref.id) && !needed.has(blocks.ref.id))
            .slice(0, Math.max(0, CollectionPlan.mostCondemned - state.condemned.size))
          if (replaced.length === 0) return []
          const wanted = new Set<string>()
          for (const { into } of replaced) for (const id of into) wanted.add(id)
          const objects = replaced.map(({ blocks: { ref } }): Condemned => ({
            kind: "pack",
            id: ref.id,
            size: ref.size
          }))
          const ops: Array<Op> = [
            { _tag: "PacksAdded", packs: sealed.map(({ ref }) => ref).filter(({ id }) => wanted.has(id)) },
            ...replaced.map(({ blocks, into }): Op => ({
              _tag: "PackReplaced",
              old: blocks.ref.id,
              packs: [...into],
              scanned: scan.state.position
            })),
            { _tag: "ObjectsCondemned", objects }
          ]
          return ops.filter((op) => op._tag !== "PacksAdded" || op.packs.length > 0)
        }), fence)
      return replaced
    })

    /**
     * Packs of which something is needed that was not marked, by what was committed since the scan. Undefined: the state
     * does not follow the scan's.
     */
    const needs = Effect.fnUntraced(function*(scan: RepackPlan.Scan, state: State.State) {
      const from = scan.state
      if (state.position < from.position) return undefined
      const needed = new Set(RepackPlan.redirected(scan, state))
      let digest = from.digest
      let follows = true
      yield* repository.commitsAfter(from.position).pipe(
        Stream.takeWhile(({ commit }) => commit.position <= state.position),
        Stream.runForEach(Effect.fnUntraced(function*({ commit, state }) {
          if (Buffer.compare(commit.previous, digest) !== 0) follows = false
          digest = state.digest
          for (const op of commit.ops) {
            if (op._tag === "FilesChanged") {
              for (const record of op.records) {
                const missed = scan.missed(record)
                if (missed === undefined) follows = false
                for (const id of missed ?? []) needed.add(id)
              }
            } else if (op._tag === "SegmentAdded") {
              // Rows of a whole segment are not read while others wait to commit: what they name is left alone this time.
              const { packs } = yield* segments.footer(op.segment)
              for (const { id } of packs) for (const { ref } of scan.names.get(id) ?? []) needed.add(ref.id)
            } else if (op._tag === "PackReplaced") {
              // Merges may have given their names to rows since, and the redirect be gone.
              for (const id of op.packs) if (scan.packs.has(id)) needed.add(id)
            }
          }
        }))
      )
      return follows && Buffer.compare(digest, state.digest) === 0 ? needed : undefined
    })

    const run = Effect.fn("Repacker.run")(function*(
      { full, maxRewrite, progress }: Parameters<Repacker["Service"]["run"]>[0],
      fence: WriteFence
    ) {
      const state = yield* repository.head
      const { total, weighed } = yield* weigh(state, yield* lives.of(state))
      const room = RepackPlan.roomIn(state, CollectionPlan.mostCondemned - state.condemned.size)
      const choice = RepackPlan.choose(weighed, total, { maxRewrite, target, full, room })
      const sum = { count: 0, bytes: 0, packs: 0, damaged: 0 }
      if (choice.packs.length === 0) return { ...sum, more: false }
      const found = yield* scan(state, choice.packs)
      sum.damaged = choice.packs.length - found.packs.size
      const worth: Array<RepackPlan.Blocks> = []
      let bytes = 0
      let more = choice.more
      const live = yield* lives.of(state)
      for (const blocks of found.packs.values()) {
        const { ref } = blocks
        if (blocks.damaged) {
          damaged.set(ref.id, live.bytesOf(ref).named)
          sum.damaged++
          continue
        }
        damaged.delete(ref.id)
        const wanted = choice.small.has(ref.id) || RepackPlan.isSparse({ ref, live: blocks.bytes })
        if (!wanted) passed.set(ref.id, live.bytesOf(ref).most)
        else if (bytes + blocks.bytes <= maxRewrite) {
          worth.push(blocks)
          bytes += blocks.bytes
        } else more = true
      }
      const all: Amount = { count: worth.length, bytes }
      const builder = yield* blockStore.builder
      if (builder.term !== fence.term) return yield* new Fenced({ term: fence.term, epoch: builder.term })
      let moved: Array<Moved> = []
      const commit = Effect.gen(function*() {
        const sealed = yield* builder.seal
        const replaced = yield* replace(found, moved, sealed, fence)
        // A later pack may hold a block that lies in these, and their commit may not have come: it is moved once more.
        builder.forget(sealed.map(({ ref }) => ref.id))
        const made = new Set<string>()
        for (const { blocks, into } of replaced) {
          sum.count++
          sum.bytes += blocks.bytes
          for (const id of into) made.add(id)
        }
        sum.packs += made.size
        moved = []
        progress?.(sum, all)
      })
      let waiting = 0
      for (const blocks of worth) {
        const each = yield* move(blocks, builder)
        if (each === undefined) sum.damaged++
        else moved.push(each)
        waiting += blocks.bytes
        if (waiting < batchBytes) continue
        waiting = 0
        yield* commit
      }
      if (moved.length > 0) yield* commit
      return { ...sum, more }
    })

    return Repacker.of({ run })
  })
)

/** The pack stays as it is. */
const told = (blocks: RepackPlan.Blocks, error: string) =>
  Effect.logError("a pack cannot be rewritten, since a block in it cannot be read").pipe(
    Effect.annotateLogs({ pack: blocks.ref.id, error }),
    Effect.as(undefined)
  )

/** Every block of it that lives is in the new packs, by their own indexes. */
const isWhole = ({ blocks, into }: Moved, sealed: ReadonlyArray<SealedPack>): boolean => {
  const packs = sealed.filter(({ ref }) => into.has(ref.id)).map(({ contents, ref }) =>
    new RepackPlan.Blocks(ref, contents.hashes)
  )
  if (packs.length < into.size) return false
  for (let index = 0; index * 32 < blocks.hashes.length; index++) {
    if (blocks.isLive(index) && !packs.some((pack) => pack.find(blocks.hashes, index * 32) >= 0)) return false
  }
  return true
}
