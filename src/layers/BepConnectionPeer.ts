/**
 * The loops of one connection. The reader never waits for the writer: it decodes, lets `Session` decide and hands over.
 * It does wait for the local worker that takes in index messages, when too many of them are undigested.
 */
import {
  Cause,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Latch,
  Layer,
  Result,
  Schedule,
  type Scope,
  Stream
} from "effect"
import * as Frames from "../domain/bep/Frames.ts"
import * as Messages from "../domain/bep/Messages.ts"
import * as Session from "../domain/bep/Session.ts"
import * as DeviceId from "../domain/DeviceId.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import { BepConnection, type Opened } from "../services/BepConnection.ts"
import { BlockServing } from "../services/BlockServing.ts"
import { FolderSync, type PeerViolation, type SharedFolder } from "../services/FolderSync.ts"
import { Identity } from "../services/Identity.ts"
import { IndexSending } from "../services/IndexSending.ts"
import { Ingest } from "../services/Ingest.ts"
import * as OutboxWriter from "../services/OutboxWriter.ts"
import { Replica } from "../services/Replica.ts"

/** Bytes of index messages, as sent, that wait for the worker. One always fits. */
const maxUndigested = 16 * 1024 * 1024
/** Bytes of waiting requests above which a progress message is dropped. */
const maxBeforeProgress = 256 * 1024
/** Least time between two looks at what we state. */
const restateAtMost = Duration.seconds(1)
/** How long our last words may take to leave. */
const farewell = Duration.seconds(5)
/** Why this side ends connections when the process ends. */
const shuttingDown = "bepository shutting down"

/** The store or the cache does not answer now: nothing of the peer's index may be skipped, so try again. */
const patience = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("60 seconds")])

type Needs = Identity | FolderSync | Ingest | BlockServing | IndexSending | Replica

export const layer: Layer.Layer<BepConnection, never, Needs> = Layer.effect(
  BepConnection,
  Effect.gen(function*() {
    const context = yield* Effect.context<Needs>()
    return BepConnection.of({ run: (opened) => Effect.provideContext(run(opened), context) })
  })
)

interface Ending {
  readonly reason: string
  /** What Close says; undefined: say nothing. */
  readonly close: string | undefined
}

/** What the worker does one after the other: order matters among these. */
type Job =
  | { readonly _tag: "Take"; readonly message: Messages.Index | Messages.IndexUpdate }
  /** `again`: it was taken in before, and is looked at anew for folders that were not here then. */
  | { readonly _tag: "Configure"; readonly config: Messages.ClusterConfig; readonly again?: true }
  | { readonly _tag: "State" }

const run = Effect.fnUntraced(function*(opened: Opened): Effect.fn.Return<string, never, Needs> {
  const { link } = opened
  const clock = yield* Clock.Clock
  const over = yield* Deferred.make<Ending>()
  const end = (ending: Ending): void => void Deferred.doneUnsafe(over, Effect.succeed(ending))
  const writer = OutboxWriter.make(link, clock, (reason) => end({ reason, close: undefined }))
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const writing = yield* Effect.forkChild(writer.loop, { startImmediately: true })
      const exit = yield* Effect.exit(restore(Effect.scoped(converse(opened, writer, clock, over, end))))
      yield* opened.released
      const ending = Exit.isSuccess(exit)
        ? exit.value
        : Cause.hasInterruptsOnly(exit.cause)
        ? { reason: shuttingDown, close: shuttingDown }
        : yield* internal(exit.cause)
      writer.finish(ending.close)
      yield* Effect.ignore(Effect.timeout(Effect.interruptible(Fiber.await(writing)), farewell))
      yield* Fiber.interrupt(writing)
      return ending.reason
    })
  )
})

/** A bug of ours ends this connection and no other. */
const internal = (cause: Cause.Cause<unknown>) =>
  Effect.as(
    Effect.logError("connection failed").pipe(Effect.annotateLogs({ error: Cause.pretty(cause) })),
    { reason: "internal error", close: "internal error" } satisfies Ending
  )

/** Runs until somebody says that it is over; everything it began ends with its scope. */
const converse = Effect.fnUntraced(function*(
  opened: Opened,
  writer: OutboxWriter.OutboxWriter,
  clock: Clock.Clock,
  over: Deferred.Deferred<Ending>,
  end: (ending: Ending) => void
): Effect.fn.Return<Ending, never, Needs | Scope.Scope> {
  const { agreement, link, style } = opened
  const { device } = link
  const me = DeviceId.toBytes((yield* Identity).device)
  const sync = yield* FolderSync
  const replica = yield* Replica
  const sender = yield* (yield* IndexSending).open(writer)
  let session = Session.init(Monotonic.millis(clock))
  // By the peer's latest config; undefined before it.
  let running: ReadonlySet<string> | undefined
  // What may be requested, served and told now; a new set each time, so that others may keep one.
  let active = activeOf(agreement.folders)
  let stated: Messages.ClusterConfig | undefined
  // The peer's latest config that was taken in.
  let taken: Messages.ClusterConfig | undefined
  // Removed folders that the operator was reminded of.
  const reminded = new Set<string>()
  // Whether any ClusterConfig of ours was sent.
  let introduced = false
  const serve = yield* (yield* BlockServing).serve(writer, (folder) => active.has(folder))
  const attachment = yield* (yield* Ingest).attach({
    device,
    folders: () => active,
    request: (requests) => void writer.push("request", requests.map(Messages.encodeFrame)),
    progress: (message) => {
      if (writer.size("request") < maxBeforeProgress) writer.push("request", [Messages.encodeFrame(message)])
    }
  })

  const agree = (folders: Iterable<SharedFolder>): void => {
    const agreed = new Map<string, SharedFolder>()
    for (const folder of folders) {
      if (running === undefined || running.has(folder.folder)) agreed.set(folder.folder, folder)
    }
    const before = active
    agreement.folders = agreed
    active = activeOf(agreed)
    for (const folder of before) if (!active.has(folder)) sender.stop(folder)
    attachment.wake()
  }

  const jobs: Array<Job> = []
  const hasJob = Latch.makeUnsafe()
  const digested = Latch.makeUnsafe()
  let undigested = 0
  const enqueue = (job: Job): void => {
    jobs.push(job)
    undigested += weight(job)
    hasJob.openUnsafe()
  }

  const deliver = (messages: ReadonlyArray<Session.Payload>): void => {
    const responses: Array<Messages.Response> = []
    const requests: Array<Messages.Request> = []
    for (const message of messages) {
      if (message._tag === "Response") responses.push(message)
      else if (message._tag === "Request") requests.push(message)
      else if (message._tag !== "DownloadProgress") enqueue({ _tag: "Take", message })
    }
    if (responses.length > 0) attachment.responses(responses)
    if (requests.length > 0 && !serve(requests)) apply({ _tag: "Violated", reason: "too many requests unanswered" })
  }

  const perform = (action: Session.Action): void => {
    switch (action._tag) {
      case "Deliver":
        return deliver(action.messages)
      case "Configure":
        // What is paused or gone stops now; what is new begins when the worker has taken it in.
        running = new Set(action.config.folders.filter((folder) => !folder.paused).map((folder) => folder.id))
        agree(agreement.folders.values())
        return enqueue({ _tag: "Configure", config: action.config })
      case "SendConfig":
        return action.secondary
          ? state({ _tag: "ClusterConfig", folders: [], secondary: true })
          : enqueue({ _tag: "State" })
      case "SendPing":
        // A Ping before our ClusterConfig is a violation; the worker may still be waiting for the store to state it.
        if (introduced) writer.push("control", [ping])
        return
      case "End":
        return end({ reason: action.reason, close: action.close })
    }
  }
  const apply = (event: Session.Event): void => {
    const step = Session.step(session, event)
    session = step.state
    for (const action of step.actions) perform(action)
  }
  const state = (config: Messages.ClusterConfig): void => {
    introduced = true
    writer.push("control", [Messages.encodeFrame(config)])
  }

  /** Says once that a folder which the peer still shares was removed here. */
  const remind = Effect.gen(function*() {
    for (const folder of yield* sync.removed(device)) {
      if (reminded.has(folder)) continue
      reminded.add(folder)
      yield* Effect.logWarning(
        `the peer shares a folder that was removed from the repository: it is not stored; \`bepository add-folder ${folder}\` ` +
          "takes it up again, no longer sharing it with this device ends this message"
      ).pipe(Effect.annotateLogs({ folder }))
    }
  })

  /** States what is ours, if that differs from what we stated last; a folder numbered anew is told anew. */
  const restate = Effect.gen(function*() {
    const ours = yield* untilAnswered(sync.ours(device))
    if (!Session.restated(stated, ours)) return
    const before = stated
    stated = ours
    state(ours)
    yield* remind
    const listed = new Set(ours.folders.map((folder) => folder.id))
    // One that was removed was taken up again: what the peer said of it counts from now on.
    if (taken !== undefined && [...listed].some((id) => running?.has(id) && !agreement.folders.has(id))) {
      enqueue({ _tag: "Configure", config: taken, again: true })
    }
    agree([...agreement.folders.values()].filter((folder) => listed.has(folder.folder)))
    if (before === undefined) return
    for (const { id } of ours.folders) {
      const [old, current] = [indexIdOf(before, id, me), indexIdOf(ours, id, me)]
      if (active.has(id) && old !== undefined && old !== current) sender.start(id, 0)
    }
  })
  const work = (job: Job): Effect.Effect<void, PeerViolation> => {
    switch (job._tag) {
      case "Take":
        return untilAnswered(sync.index(device, job.message))
      case "State":
        return restate
      case "Configure":
        return Effect.gen(function*() {
          const shared = yield* untilAnswered(sync.clusterConfig(device, style, job.config))
          taken = job.config
          const before = active
          agree(shared)
          yield* remind
          yield* restate
          for (const { folder, indexId, sendAfter } of shared) {
            if (!active.has(folder) || (job.again === true && before.has(folder))) continue
            // Another connection may have numbered it anew since: what was just stated counts.
            const current = stated === undefined ? undefined : indexIdOf(stated, folder, me)
            sender.start(folder, current === undefined || current === indexId ? sendAfter : 0)
          }
        })
    }
  }
  const working = Effect.gen(function*() {
    while (true) {
      hasJob.closeUnsafe()
      const job = jobs.shift()
      if (job === undefined) {
        yield* hasJob.await
        continue
      }
      yield* work(job)
      undigested -= weight(job)
      digested.openUnsafe()
    }
  }).pipe(Effect.catchTag("PeerViolation", ({ reason }) => Effect.sync(() => apply({ _tag: "Violated", reason }))))

  const parser = Frames.makeParser()
  const feed = (chunks: ReadonlyArray<Uint8Array>): void => {
    const messages: Array<Messages.Message> = []
    const blocks: Array<Frames.Frame> = []
    const problem = decodeInto(messages, blocks, parser, chunks)
    apply({ _tag: "Received", messages })
    // Responses were taken in by now, and who wanted a block has copied it.
    parser.release(blocks)
    if (problem !== undefined) apply({ _tag: "Violated", reason: problem })
  }
  let held = false
  const reading = Effect.gen(function*() {
    feed(opened.rest)
    while (session.phase !== "ended") {
      digested.closeUnsafe()
      held = undigested > maxUndigested
      if (held) {
        yield* digested.await
        continue
      }
      const chunks = yield* link.receive
      apply({ _tag: "Read", at: Monotonic.millis(clock) })
      feed(chunks)
    }
  }).pipe(Effect.catchTag("PeerGone", ({ reason }) => Effect.sync(() => end({ reason, close: undefined }))))

  const ticking = Effect.gen(function*() {
    while (true) {
      yield* Effect.sleep(Math.max(1, Session.wakeAt(session) - Monotonic.millis(clock)))
      // While we do not read, silence is not the peer's.
      if (held) apply({ _tag: "Read", at: Monotonic.millis(clock) })
      if (writer.writtenAt() > session.writtenAt) apply({ _tag: "Written", at: writer.writtenAt() })
      apply({ _tag: "Tick", at: Monotonic.millis(clock) })
    }
  })
  // A commit may add or remove folders, or number one anew.
  const watching = Stream.runForEach(replica.changes, () =>
    Effect.suspend(() => {
      if (stated === undefined) return Effect.void
      enqueue({ _tag: "State" })
      return Effect.sleep(restateAtMost)
    }))
  const stopping = Effect.map(opened.stop, (reason) => apply({ _tag: "Shutdown", reason }))

  for (const part of [sender.run, working, watching, ticking, stopping, reading]) {
    yield* Effect.forkScoped(guarded(part, end), { startImmediately: true })
  }
  return yield* Deferred.await(over)
})

/** The folders of which indexes, requests and blocks may flow. */
const activeOf = (folders: ReadonlyMap<string, SharedFolder>): ReadonlySet<string> =>
  new Set([...folders.values()].filter((folder) => !folder.paused).map((folder) => folder.folder))

const indexIdOf = (config: Messages.ClusterConfig, folder: string, device: Uint8Array): bigint | undefined =>
  config.folders.find(({ id }) => id === folder)?.devices.find(({ id }) => Buffer.compare(id, device) === 0)?.indexId

/** About the bytes a job keeps in memory. */
const weight = (job: Job): number => {
  if (job._tag !== "Take") return 0
  let bytes = 0
  for (const file of job.message.files) bytes += file.raw.length + file.hashes.length
  return bytes
}

/** Decodes what the chunks complete; answers what was broken, if anything, after the messages before it. */
const decodeInto = (
  messages: Array<Messages.Message>,
  blocks: Array<Frames.Frame>,
  parser: Frames.Parser,
  chunks: ReadonlyArray<Uint8Array>
): string | undefined => {
  for (const chunk of chunks) {
    const frames = parser.push(chunk)
    if (Result.isFailure(frames)) return frames.failure
    for (const frame of frames.success) {
      const message = Messages.decode(frame)
      if (Result.isFailure(message)) return message.failure
      if (message.success !== undefined) messages.push(message.success)
      if (frame.type === Frames.RESPONSE) blocks.push(frame)
    }
  }
  return undefined
}

/** Tries until the store and the cache answer; only what the peer did wrong fails. */
const untilAnswered = <A, E extends { readonly _tag: string; readonly message: string }>(
  effect: Effect.Effect<A, E>
): Effect.Effect<A, Extract<E, PeerViolation>> =>
  effect.pipe(
    Effect.tapError((error) =>
      error._tag === "PeerViolation"
        ? Effect.void
        : Effect.logWarning("cannot take in what the peer said, will retry").pipe(
          Effect.annotateLogs({ error: error.message })
        )
    ),
    Effect.retry({ schedule: patience, while: (error) => error._tag !== "PeerViolation" }),
    Effect.mapError((error) => error as Extract<E, PeerViolation>)
  )

const guarded = (part: Effect.Effect<void>, end: (ending: Ending) => void): Effect.Effect<void> =>
  Effect.catchCauseIf(
    part,
    (cause) => !Cause.hasInterruptsOnly(cause),
    (cause) => Effect.map(internal(cause), end)
  )

const ping = Messages.encodeFrame({ _tag: "Ping" })
