/**
 * The repository over its log. One process plans one commit at a time; what it knows of the log is a `Chain` that is only
 * ever replaced by a longer one, or by one that was read again from the bases. A plan must not call the repository's own
 * `commit`, `refresh` or `flush`: it runs while this process's turn is taken.
 */
import { Clock, Effect, Fiber, Layer, Option, PubSub, Result, Semaphore, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Awake from "../domain/repository/Awake.ts"
import * as Chain from "../domain/repository/Chain.ts"
import type { Op } from "../domain/repository/Commit.ts"
import { saltLength } from "../domain/repository/Envelope.ts"
import * as Flush from "../domain/repository/Flush.ts"
import * as LogEntry from "../domain/repository/LogEntry.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Segment from "../domain/repository/Segment.ts"
import * as State from "../domain/repository/State.ts"
import * as Timeline from "../domain/repository/Timeline.ts"
import { retention } from "../domain/repository/TrimPlan.ts"
import { HostIdentity } from "../services/HostIdentity.ts"
import type { KeyError } from "../services/Keys.ts"
import type { WriteFence } from "../services/Lease.ts"
import { LogObjects } from "../services/LogObjects.ts"
import * as LogReader from "../services/LogReader.ts"
import { ObjectStore, StoreUnavailable } from "../services/ObjectStore.ts"
import * as OwnObject from "../services/OwnObject.ts"
import {
  type Applied,
  Fenced,
  Repository,
  RepositoryAbsent,
  RepositoryCorrupt,
  type RepositoryError
} from "../services/Repository.ts"
import { Witness } from "../services/Witness.ts"

type Dependencies = LogObjects | ObjectStore | SecureRandom.SecureRandom | Witness
type OpenError = RepositoryAbsent | RepositoryError | KeyError

/** Commits of this process name its host as other hosts know it; of a command that has none, the command. Never the machine. */
export const layer: Layer.Layer<Repository, OpenError, Dependencies> = Layer.unwrap(
  Effect.map(Effect.serviceOption(HostIdentity), (host) => layerAs(Option.isNone(host) ? "command" : host.value.label))
)

/** Commits of this process name it so. */
export const layerAs = (host: string): Layer.Layer<Repository, OpenError, Dependencies> =>
  Layer.effect(Repository, open(host))

/** How long an interrupted commit waits for the store to say what became of it. Longer would hold up a shutdown. */
const definiteness = "30 seconds"
/** For so long an absent next entry means that nothing came: a small part of the retention. Milliseconds. */
const trusted = 3_600_000
/** Who has not looked for so long looks before it plans. Milliseconds. */
const absence = retention / 4
/** Commits after a failed flush before the next try. */
const flushPause = 16

const open = Effect.fnUntraced(function*(host: string) {
  const store = yield* ObjectStore
  const log = yield* LogObjects
  const witness = yield* Witness
  const random = yield* SecureRandom.SecureRandom
  const scope = yield* Effect.scope
  const { marker, sealing } = yield* log.marker
  const reader = LogReader.make(log, sealing)
  const turn = yield* Semaphore.make(1)
  // Of the newest state only: who is slow sees the newest, and nothing piles up.
  const changes = yield* PubSub.sliding<State.State>({ capacity: 1, replay: 1 })
  /** Packs named by segments this process put, for the rule that they are live. Bounded by `rememberedSegments`. */
  const packsOf = new Map<string, ReadonlyArray<string>>()
  const facts: State.Facts = { packsOf: (segment) => packsOf.get(segment) }

  const clock = yield* Clock.Clock

  /** When the head was last looked at and found to be there, on both of this host's clocks. */
  const look = (): Awake.Moment => ({ timer: Monotonic.millis(clock), wall: clock.currentTimeMillisUnsafe() })
  let looked = look()
  // Before the log is read: other processes of this host record there what they commit meanwhile.
  const remembered = yield* witness.seen(marker.repository)
  let chain = yield* reader.load
  /** The put whose outcome is not known yet, and the one whose outcome could not be learnt. */
  let running: Fiber.Fiber<Chain.Chain | undefined, RepositoryError> | undefined
  let unresolved: { readonly on: Chain.Chain; readonly draft: LogEntry.Draft } | undefined
  let flushAgainAt = 0

  /** What was seen stays seen, also if only this process remembers: the log itself is not in doubt. */
  const remember = (place: Timeline.Place, how: "record" | "reset") =>
    witness[how](marker.repository, { position: place.position, digest: place.digest }).pipe(
      Effect.catch((error) => Effect.logWarning("the newest position was not recorded on this host", error.message))
    )

  const adopt = Effect.fnUntraced(function*(next: Chain.Chain, how: "record" | "reset" = "record") {
    chain = Chain.prune(next)
    const state = Chain.head(chain)
    yield* PubSub.publish(changes, state)
    yield* remember(state, how)
  }, Effect.uninterruptible)

  /**
   * Puts the draft until it is known what became of it, and adopts it if it lies in the log. A name can be free because
   * its entry was trimmed: then the commit fell into a hole, and a base beyond it tells (law of the trimmed hole).
   */
  const settle = Effect.fnUntraced(function*(on: Chain.Chain, draft: LogEntry.Draft, how: "record" | "reset") {
    // Whether an earlier put of the same bytes is on its way still: then a full store says nothing of that one.
    const unknown = unresolved?.draft === draft
    unresolved = { on, draft }
    const outcome = yield* Effect.tapErrorTag(log.append(sealing, draft), "StoreFull", () =>
      Effect.sync(() => {
        if (!unknown) unresolved = undefined
      }))
    const extended = Chain.append(on, draft)
    const at = look()
    const next = outcome === "Created" ? yield* log.definite(reader.confirm(extended)) : undefined
    unresolved = undefined
    if (next === undefined) return undefined
    yield* adopt(next, how)
    looked = at
    return next
  })

  /** Runs to the end even if the caller is interrupted: an unknown outcome would hang over everything that follows. */
  const settled = (on: Chain.Chain, draft: LogEntry.Draft, how: "record" | "reset") =>
    Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const fiber = yield* Effect.forkIn(Effect.interruptible(settle(on, draft, how)), scope)
      running = fiber
      return yield* restore(Fiber.join(fiber)).pipe(
        Effect.onInterrupt(() => Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), definiteness))
      )
    }))

  /** One commit of these operations; undefined if the race for its place was lost. */
  const write = Effect.fnUntraced(function*(
    on: Chain.Chain,
    ops: ReadonlyArray<Op>,
    fence: WriteFence | undefined,
    how: "record" | "reset" = "record"
  ) {
    const opened = ops.find((op) => op._tag === "EpochOpened")
    const by = {
      term: fence?.term ?? opened?.epoch ?? 0,
      nonce: yield* random.randomBytes(16),
      salt: yield* random.randomBytes(saltLength),
      host,
      time: yield* store.now
    }
    const draft = LogEntry.draft(sealing, Chain.head(on), ops, by, facts)
    if (Result.isFailure(draft)) return yield* Effect.die(new Error(`planned against the rules: ${draft.failure}`))
    const next = yield* settled(on, draft.success, how)
    if (next === undefined) return undefined
    const { commit, state } = draft.success
    return { commit, state }
  })

  /** What an interrupted commit left open is settled before anything else is put at its place. */
  const finishRunning = Effect.suspend(() => {
    const fiber = running
    running = undefined
    return fiber === undefined ? Effect.void : Effect.onInterrupt(Fiber.await(fiber), () =>
      Effect.sync(() => {
        running = fiber
      }))
  })

  const resolve = Effect.suspend(() => {
    const left = unresolved
    if (left === undefined) return Effect.void
    if (Buffer.compare(left.draft.commit.previous, Chain.head(chain).digest) === 0) {
      return Effect.asVoid(settled(left.on, left.draft, "record"))
    }
    unresolved = undefined
    return Effect.void
  })

  /** Reads the log to its end. */
  const advanceBy = Effect.fnUntraced(function*(read: typeof reader.follow) {
    yield* finishRunning
    const at = look()
    const followed = yield* read(chain)
    if (followed === undefined) yield* reload(chain)
    else if (followed !== chain) yield* adopt(followed)
    return at
  })
  const advance = Effect.map(Effect.suspend(() => advanceBy(reader.follow)), (at) => {
    looked = at
  })

  /** Cheaply while this host was awake. */
  const follow = Effect.suspend(() =>
    Awake.isRecent(looked, look(), trusted) ? Effect.asVoid(advanceBy(reader.next)) : advance
  )

  /** Thrift, and no plans on what is long gone: that nothing is believed which fell into a hole rests on `confirm` alone. */
  const wake = Effect.suspend(() => Awake.isRecent(looked, look(), absence) ? Effect.void : advance)

  /** Begins again at the bases, after the log was trimmed under this reader, or came to contradict it. */
  const reload = Effect.fnUntraced(function*(seen: Chain.Chain) {
    yield* verify(yield* reader.load, Chain.head(seen))
  })

  /** Adopts what was read if it continues what was seen; else the timeline was forked, and the log must say so first. */
  const verify = Effect.fnUntraced(function*(fresh: Chain.Chain, seen: Timeline.Place | undefined) {
    if (seen === undefined) return yield* adopt(fresh)
    const began = look().timer
    let found = yield* reader.compared(fresh, seen)
    for (let races = 1; found.forkedAbove !== undefined; races++) {
      const head = Chain.head(found.chain)
      if (head.position === 0) {
        return yield* new RepositoryCorrupt({ key: ObjectKey.log(1), reason: "the whole log is missing" })
      }
      // Another host, or process, that noticed it too.
      if (isForkedSince(found.chain, found.forkedAbove)) return yield* adopt(found.chain, "reset")
      if (races === 1) yield* Effect.logError("the store was set back to an older copy: all folders get new index ids")
      const indexIds: Array<bigint> = []
      for (const _ of head.folders) indexIds.push(yield* randomIndexId(random))
      const written = yield* write(found.chain, [Timeline.fork(head, indexIds)], undefined, "reset")
      if (written !== undefined) return
      yield* reader.again(head.position + 1, races, began)
      found = yield* reader.compared(
        (yield* reader.next(found.chain)) ?? (yield* reader.load),
        seen,
        found.forkedAbove
      )
    }
    yield* adopt(found.chain)
  })

  const planned = Effect.fnUntraced(function*<E, R>(
    plan: (state: State.State) => Effect.Effect<ReadonlyArray<Op>, E, R>,
    fence: WriteFence | undefined
  ): Effect.fn.Return<Applied | undefined, E | Fenced | RepositoryError, R> {
    yield* finishRunning
    yield* resolve
    yield* wake
    while (true) {
      const on = chain
      const state = Chain.head(on)
      const over = () => fence !== undefined && (state.epoch > fence.term || fence.isOver())
      const fenced = new Fenced({ term: fence?.term ?? 0, epoch: state.epoch })
      if (over()) return yield* fenced
      const ops = yield* plan(state)
      if (ops.length === 0) return undefined
      // A plan takes its time: packs and segments are stored in it.
      if (over()) return yield* fenced
      const applied = yield* write(on, ops, fence)
      if (applied !== undefined) return applied
      yield* advance
      if (chain === on) {
        const key = ObjectKey.log(state.position + 1)
        return yield* new StoreUnavailable({ operation: "list", key, reason: "it exists, and it is not listed" })
      }
    }
  })

  const flushOps = (fence: WriteFence) =>
    Effect.fnUntraced(function*(state: State.State) {
      const commits = chain.links.map((link) => link.commit)
      const through = state.position
      const ops: Array<Op> = []
      for (const folder of Flush.folders(state)) {
        const records = Flush.records(state, folder, commits)
        if (records === undefined) return yield* Effect.die(new Error(`records of ${folder} fell out of the chain`))
        ops.push({
          _tag: "InlineFlushed",
          folder,
          through,
          segment: yield* putSegment({ table: "files", folder, records }, fence)
        })
      }
      const packs = Flush.packs(state)
      if (packs.length > 0) {
        ops.push({ _tag: "PacksFlushed", through, segment: yield* putSegment({ table: "packs", packs }, fence) })
      }
      return ops
    })

  const putBase = Effect.fnUntraced(function*(state: State.State) {
    if (state.position <= state.basePosition) return
    yield* log.putBase(sealing, state, yield* random.randomBytes(saltLength))
    yield* adopt(Chain.rebase(chain, state.position))
  })

  const flushNow = Effect.fnUntraced(function*(fence: WriteFence) {
    const applied = yield* planned(flushOps(fence), fence)
    yield* putBase(applied?.state ?? Chain.head(chain))
  })

  /**
   * The commit before is durable whatever becomes of the flush: a later one will try again. Without a term nobody may name
   * segments; where there is nothing to move a base is due all the same.
   */
  const flushIfDue = (fence: WriteFence | undefined) =>
    Effect.suspend((): Effect.Effect<void> => {
      const state = Chain.head(chain)
      if (!Flush.isDue(state, chain.logBytes) || state.position < flushAgainAt) return Effect.void
      if (fence === undefined && !Flush.isFlushed(state)) return Effect.void
      flushAgainAt = state.position + flushPause
      const flushed: Effect.Effect<void, Fenced | RepositoryError> = fence === undefined
        ? putBase(state)
        : flushNow(fence)
      return flushed.pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            flushAgainAt = 0
          })
        ),
        Effect.catch((error) => Effect.logWarning("the log was not flushed", error.message))
      )
    })

  const putBuilt = Effect.fnUntraced(function*({ body, footer, ref }: Segment.BuiltSegment) {
    yield* Effect.annotateCurrentSpan({ segment: ref.id, count: ref.records, bytes: ref.size })
    const key = ObjectKey.segment(ref.id)
    const stored = yield* OwnObject.put(store, key, body)
    // Who builds it again draws another name.
    if (!stored) return yield* new StoreUnavailable({ operation: "put", key, ...OwnObject.taken })
    for (const oldest of packsOf.keys()) {
      if (packsOf.size < rememberedSegments) break
      packsOf.delete(oldest)
    }
    packsOf.set(ref.id, footer.packs.map((pack) => pack.id))
    return ref
  })

  const putSegment = Effect.fn("Repository.putSegment")(function*(
    content: Segment.SegmentContent,
    fence: WriteFence
  ) {
    const id = ObjectKey.makeId(fence.term, yield* random.randomBytes(16))
    const salt = yield* random.randomBytes(saltLength)
    return yield* putBuilt(Segment.build(sealing, id, salt, content))
  })

  const buildSegment = Effect.fn("Repository.buildSegment")(function*<E, R>(
    table: State.Table,
    folder: string,
    fill: (into: Segment.SegmentBuilder) => Effect.Effect<void, E, R>,
    fence: WriteFence
  ) {
    const id = ObjectKey.makeId(fence.term, yield* random.randomBytes(16))
    const salt = yield* random.randomBytes(saltLength)
    const builder = new Segment.SegmentBuilder(sealing, id, salt, table, folder)
    yield* fill(builder)
    return builder.soFar() === undefined ? undefined : yield* putBuilt(builder.finish())
  })

  if (Chain.head(chain).position === 0 && remembered === undefined) return yield* unfinished(store)
  yield* verify(chain, remembered)

  return Repository.of({
    id: marker.repository,
    sealing,
    head: Effect.sync(() => Chain.head(chain)),
    refresh: Effect.map(advance, () => Chain.head(chain)).pipe(
      turn.withPermits(1),
      Effect.withSpan("Repository.refresh")
    ),
    follow: Effect.map(follow, () => Chain.head(chain)).pipe(turn.withPermits(1), Effect.withSpan("Repository.follow")),
    commit: (plan, fence) =>
      Effect.tap(
        planned(plan, fence),
        (applied) => applied === undefined ? Effect.void : flushIfDue(fence)
      ).pipe(
        turn.withPermits(1),
        Effect.withSpan("Repository.commit")
      ),
    flush: (fence) => flushNow(fence).pipe(turn.withPermits(1), Effect.withSpan("Repository.flush")),
    commitsAfter: (position) =>
      Stream.suspend(() => {
        const known = chain
        const recent = Stream.fromIterable(Chain.after(known, position))
        return position >= known.floor.position ? recent : Stream.concat(reader.history(position, known.floor), recent)
      }),
    changes: Stream.fromPubSub(changes),
    putSegment,
    buildSegment,
    pack: (id) => Effect.sync(() => State.packRef(Chain.head(chain), id))
  })
})

const rememberedSegments = 256

const randomIndexId = (random: SecureRandom.SecureRandom["Service"]): Effect.Effect<bigint> =>
  Effect.map(random.randomBytes(8), (bytes) => new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) | 1n)

const isForkedSince = (chain: Chain.Chain, position: number): boolean =>
  Chain.after(chain, position).some(({ commit }) => commit.ops.some((op) => op._tag === "TimelineForked"))

/** A marker without a log: an `init` that did not come to its end, or a repository that lost its log. */
const unfinished = Effect.fnUntraced(function*(store: ObjectStore["Service"]) {
  const others = yield* Stream.runCollect(
    store.list("").pipe(
      Stream.filter(({ key }) =>
        key !== ObjectKey.marker && !key.startsWith("tmp/") && !key.startsWith(ObjectKey.keyPrefix)
      ),
      Stream.take(1)
    )
  )
  if (others.length === 0) return yield* new RepositoryAbsent({ location: store.location })
  return yield* new RepositoryCorrupt({ key: ObjectKey.log(1), reason: "the whole log is missing" })
})
