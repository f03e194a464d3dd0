/**
 * Folder sync on the repository's state and the replica's inbox. What a device announced is decided entry by entry and
 * made durable, with its mark, in one transaction; the mark never passes an entry that is neither decided nor in the inbox.
 */
import { Effect, Layer, Option, Queue, Result, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as IndexExchange from "../domain/bep/IndexExchange.ts"
import type { ClusterConfig, Folder, Index, IndexUpdate } from "../domain/bep/Messages.ts"
import * as Session from "../domain/bep/Session.ts"
import * as Conflict from "../domain/Conflict.ts"
import * as DeviceId from "../domain/DeviceId.ts"
import * as FileInfo from "../domain/FileInfo.ts"
import * as FileName from "../domain/FileName.ts"
import type { Op } from "../domain/repository/Commit.ts"
import type { State } from "../domain/repository/State.ts"
import * as Timeline from "../domain/repository/Timeline.ts"
import { Fault, isFinal } from "../services/Fault.ts"
import { FolderSync, PeerViolation, type SharedFolder, type Wanted } from "../services/FolderSync.ts"
import { Identity } from "../services/Identity.ts"
import { type InboxEntry, type InboxMark, Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"

/** What a device states about one folder it shares with us. */
interface Theirs {
  readonly label: string
  readonly paused: boolean
  /** Its own index id; 0 while 1.x has the folder paused. */
  readonly indexId: bigint
  /** What it holds of us. */
  readonly ofUs: { readonly indexId: bigint; readonly maxSequence: number }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

export const layer: Layer.Layer<
  FolderSync,
  never,
  Fault | Identity | Replica | Repository | SecureRandom.SecureRandom
> = Layer
  .effect(
    FolderSync,
    Effect.gen(function*() {
      const fault = yield* Fault
      const identity = yield* Identity
      const replica = yield* Replica
      const repository = yield* Repository
      const random = yield* SecureRandom.SecureRandom
      const self = DeviceId.toBytes(identity.device)
      const pictures = new Map<DeviceId.DeviceId, ReadonlyMap<string, Theirs>>()
      /** Of every device heard of since the process began; the latest Hello counts. */
      const styles = new Map<DeviceId.DeviceId, Conflict.Style>()
      /** (device, folder, our index id) that an index came of: an update without a mark follows what was forgotten. */
      const followed = new Set<string>()
      /** The replica was brought to the log once: what is put into an inbox before may be lost when it is built. */
      let standing = false
      // Merged by key while unread: at most one element per (device, folder).
      const pulses = yield* Queue.unbounded<string>()
      const pending = new Map<string, Wanted>()

      const pulse = (device: DeviceId.DeviceId, folder: string, restarted: boolean) => {
        const key = `${device}\0${folder}`
        const waiting = pending.get(key)
        pending.set(key, { device, folder, restarted: restarted || waiting?.restarted === true })
        if (waiting === undefined) Queue.offerUnsafe(pulses, key)
      }

      const newIndexId = Effect.map(random.randomBytes(8), (bytes) => {
        const id = Buffer.from(bytes).readBigUInt64BE()
        return id === 0n ? 1n : id
      })

      const picture = Effect.fnUntraced(function*(device: DeviceId.DeviceId, config: ClusterConfig) {
        const them = DeviceId.toBytes(device)
        const problem = Session.configProblem(config, self, them)
        if (problem !== undefined) return yield* new PeerViolation({ reason: problem })
        const folders = new Map<string, Theirs>()
        for (const folder of config.folders) {
          const ofUs = folder.devices.find((entry) => same(entry.id, self))
          const ofThem = folder.devices.find((entry) => same(entry.id, them))
          if (ofUs === undefined || ofThem === undefined) continue
          if (folder.id === "") return yield* new PeerViolation({ reason: "folder without an id in cluster config" })
          if (ofUs.encryptionPasswordToken.length > 0 || ofThem.encryptionPasswordToken.length > 0) {
            yield* Effect.logWarning("folder is shared encrypted, which this version cannot store; it is left out")
              .pipe(
                Effect.annotateLogs({ folder: folder.id, peer: device })
              )
            continue
          }
          folders.set(folder.id, {
            label: folder.label,
            paused: folder.paused,
            indexId: ofThem.indexId,
            ofUs: { indexId: ofUs.indexId, maxSequence: ofUs.maxSequence }
          })
        }
        return folders
      })

      /**
       * Adds folders the repository does not have yet, and labels the device has changed since it named them first. What was
       * removed comes again only when asked for.
       */
      const registration = (device: DeviceId.DeviceId, folders: ReadonlyMap<string, Theirs>) =>
        Effect.fnUntraced(function*(state: State): Effect.fn.Return<ReadonlyArray<Op>> {
          const before = pictures.get(device)
          const ops: Array<Op> = []
          for (const [folder, { label }] of folders) {
            const known = state.folders.get(folder)
            if (state.removed.has(folder)) continue
            if (known === undefined) ops.push({ _tag: "FolderAdded", folder, label, indexId: yield* newIndexId })
            else if (renames(known.label, before?.get(folder)?.label, label)) {
              ops.push({ _tag: "FolderRelabelled", folder, label })
            }
          }
          return ops
        })

      /** A commit waits as long as the store is away. A peer need not, whose folders are all here. */
      const register = Effect.fnUntraced(function*(
        device: DeviceId.DeviceId,
        folders: ReadonlyMap<string, Theirs>
      ) {
        const plan = registration(device, folders)
        const lacking = (yield* plan(yield* repository.head)).length > 0
        if (lacking) {
          // Operations without objects carry no term, so no newer term can refuse them.
          yield* repository.commit(plan).pipe(Effect.catchTag("Fenced", (error) => Effect.die(error)))
        }
        if (lacking || !standing) yield* replica.catchUp()
        standing = true
      })

      /** How far we are in the device's index: the inbox's mark, or after a rebuild the committed one. */
      const markOf = (state: State, device: DeviceId.DeviceId, folder: string): InboxMark | undefined =>
        replica.markUnsafe(device, folder) ?? state.folders.get(folder)?.remotes.get(device)

      const forgetIfRestarted = Effect.fnUntraced(
        function*(state: State, device: DeviceId.DeviceId, folder: string, theirs: Theirs) {
          const mark = markOf(state, device, folder)
          if (theirs.paused || theirs.indexId === 0n || mark === undefined || mark.indexId === theirs.indexId) {
            if (
              mark !== undefined && replica.markUnsafe(device, folder) === undefined && mark.indexId === theirs.indexId
            ) {
              yield* replica.receive({ device, folder, entries: [], settled: [], mark, reset: true })
            }
            return
          }
          yield* Effect.logInfo("the peer began a new index").pipe(Effect.annotateLogs({ folder, peer: device }))
          yield* replica.receive({
            device,
            folder,
            entries: [],
            settled: [],
            mark: { indexId: theirs.indexId, sequence: 0 },
            reset: true
          })
          pulse(device, folder, true)
        }
      )

      /** Whether a peer knows a sequence that was never given out here: the store was set back. */
      const isAhead = (state: State, folders: ReadonlyMap<string, Theirs>): boolean => {
        for (const [folder, { ofUs }] of folders) {
          const ours = state.folders.get(folder)
          if (ours === undefined) continue
          const position = { ourIndexId: ours.indexId, ourMax: ours.sequence, stated: ofUs }
          if (IndexExchange.sendStart(position).ahead) return true
        }
        return false
      }

      /** Every folder gets a new index id, unless another host that noticed gave them first. */
      const fork = Effect.fnUntraced(function*(folders: ReadonlyMap<string, Theirs>) {
        const applied = yield* repository.commit((state) =>
          Effect.gen(function*() {
            if (!isAhead(state, folders)) return []
            return [Timeline.fork(state, yield* Effect.forEach(state.folders, () => newIndexId))]
          })
        ).pipe(Effect.catchTag("Fenced", (error) => Effect.die(error)))
        if (applied !== undefined) {
          yield* Effect.logError("a peer knows entries of ours that the repository lost: all folders got new index ids")
        }
        yield* replica.catchUp()
      })

      const clusterConfig: FolderSync["Service"]["clusterConfig"] = Effect.fn("FolderSync.clusterConfig")(
        function*(device, style, config) {
          const folders = yield* picture(device, config)
          styles.set(device, style)
          yield* register(device, folders)
          pictures.set(device, folders)
          let state = yield* repository.head
          if (isAhead(state, folders)) {
            // Another host may have written; only a verified head that still lacks the sequence is evidence of a fork.
            state = yield* repository.refresh
            yield* replica.catchUp()
          }
          if (isAhead(state, folders)) {
            yield* fork(folders)
            state = yield* repository.head
          }
          const shared: Array<SharedFolder> = []
          for (const [folder, theirs] of folders) {
            const ours = state.folders.get(folder)
            if (ours === undefined) continue
            yield* forgetIfRestarted(state, device, folder, theirs)
            // Only now: a fork numbers every folder anew.
            const start = IndexExchange.sendStart({
              ourIndexId: ours.indexId,
              ourMax: ours.sequence,
              stated: theirs.ofUs
            })
            const { indexId } = ours
            shared.push({ folder, paused: theirs.paused, sendAfter: start.full ? 0 : start.after, indexId })
            pulse(device, folder, false)
          }
          return shared
        }
      )

      /** Whether a commit between the position and the state says that rows were lost. */
      const isRenewedSince = (position: number, state: State) =>
        position >= state.position ? Effect.succeed(false) : repository.commitsAfter(position).pipe(
          Stream.takeWhile(({ commit }) => commit.position <= state.position),
          Stream.filter(({ commit }) => commit.ops.some((op) => op._tag === "IndexRenewed")),
          Stream.runHead,
          Effect.map(Option.isSome),
          // The log was trimmed meanwhile: the replica finds its way.
          Effect.catchTag("RepositoryCorrupt", () => Effect.succeed(true))
        )

      const ours: FolderSync["Service"]["ours"] = Effect.fn("FolderSync.ours")(function*(device) {
        const state = yield* repository.head
        // Under a new index id nothing is told that was lost, and the replica may not know of that yet.
        if (yield* isRenewedSince(replica.positionUnsafe(), state)) yield* replica.catchUp()
        const folders: Array<Folder> = []
        for (const [id, theirs] of pictures.get(device) ?? []) {
          const folder = state.folders.get(id)
          if (folder === undefined) continue
          const mark = markOf(state, device, id)
          const known = mark !== undefined && (theirs.indexId === 0n || mark.indexId === theirs.indexId)
            ? mark
            : undefined
          folders.push({
            id,
            label: folder.label,
            type: 0,
            paused: false,
            devices: [
              // Not the state's: the replica may not show that yet, and what it does not show cannot be told.
              entry(self, folder.indexId, replica.sequenceUnsafe(id)),
              entry(DeviceId.toBytes(device), known?.indexId ?? 0n, known?.sequence ?? 0)
            ]
          })
        }
        return { _tag: "ClusterConfig", folders, secondary: false }
      })

      /** Where the rules differ an edit is kept: whoever follows the other one can still delete it again. */
      const styleOf = (folder: string): Conflict.Style => {
        for (const [device, folders] of pictures) {
          if (folders.has(folder) && styles.get(device) === "1.x") return "1.x"
        }
        return "2.x"
      }

      const index: FolderSync["Service"]["index"] = Effect.fn("FolderSync.index")(function*(device, message) {
        const { folder } = message
        const theirs = pictures.get(device)?.get(folder)
        if (theirs === undefined) {
          return yield* Effect.logWarning("index for a folder that is not shared; ignored").pipe(
            Effect.annotateLogs({ folder, peer: device })
          )
        }
        const state = yield* repository.head
        // It was removed since the peer was told of it. A mark must not outlive that.
        const ours = state.folders.get(folder)
        if (ours === undefined) return
        const before = markOf(state, device, folder)
        // What it follows was forgotten, and is being asked for: not every Syncthing says that it skips something.
        const followedKey = `${device}\0${folder}\0${ours.indexId}`
        if (before === undefined && message._tag === "IndexUpdate" && followed.has(followedKey)) return
        followed.add(followedKey)
        const { decision, gap, sequence } = IndexExchange.onIndex(before, message)
        const full = decision === "reset"
        if (gap) {
          yield* Effect.logWarning("the peer skipped a part of its index; it will be asked for again").pipe(
            Effect.annotateLogs({ folder, peer: device })
          )
        }
        const decided = decide(replica, styleOf(folder), message)
        for (const { name, problem } of decided.odd) {
          yield* Effect.logWarning("an entry was left out").pipe(
            Effect.annotateLogs({ folder, peer: device, name, reason: problem })
          )
        }
        yield* replica.receive({
          device,
          folder,
          entries: decided.entries,
          settled: decided.settled,
          mark: {
            indexId: theirs.indexId !== 0n ? theirs.indexId : before?.indexId ?? 0n,
            sequence: gap ? before?.sequence ?? 0 : sequence
          },
          reset: full
        })
        pulse(device, folder, full)
      })

      /** What no retry can mend ends the daemon; the rest is the caller's to try again. */
      const orFault = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.tapError(effect, (error) => isFinal(error) ? fault.raise(error) : Effect.void)

      return FolderSync.of({
        clusterConfig: (device, style, theirs) => orFault(clusterConfig(device, style, theirs)),
        removed: (device) =>
          Effect.map(
            repository.head,
            (state) => [...pictures.get(device)?.keys() ?? []].filter((folder) => state.removed.has(folder))
          ),
        ours: (device) => orFault(ours(device)),
        styleOf,
        index: (device, message) => orFault(index(device, message)),
        wanted: Stream.fromQueue(pulses).pipe(
          Stream.map((key) => {
            const value = pending.get(key)
            pending.delete(key)
            return value
          }),
          Stream.filter((value) => value !== undefined)
        )
      })
    })
  )

/** Devices may call one folder differently: only who changes what he called it changes the label that is there. */
const renames = (known: string, before: string | undefined, now: string): boolean =>
  now !== "" && now !== known && (known === "" || (before !== undefined && now !== before))

const entry = (id: Uint8Array, indexId: bigint, maxSequence: number): Folder["devices"][number] => ({
  id,
  name: "",
  addresses: [],
  compression: 0,
  certName: "",
  maxSequence,
  indexId,
  introducer: false,
  encryptionPasswordToken: new Uint8Array(0)
})

interface Decided {
  readonly entries: ReadonlyArray<InboxEntry>
  /** Names whose newest announcement needs nothing. */
  readonly settled: ReadonlyArray<string>
  readonly odd: ReadonlyArray<{ readonly name: string; readonly problem: string }>
}

/** Which entries are wanted; a plain loop, a few microseconds per entry. The last announcement of a name counts. */
const decide = (replica: Replica["Service"], style: Conflict.Style, message: Index | IndexUpdate): Decided => {
  const entries = new Map<string, InboxEntry>()
  const settled = new Set<string>()
  const odd: Array<{ readonly name: string; readonly problem: string }> = []
  for (const info of message.files) {
    const problem = FileInfo.problem(info) ?? (FileName.isInternal(info.name) ? "an internal name" : undefined)
    if (problem !== undefined) {
      odd.push({ name: info.name, problem })
      continue
    }
    const record = replica.recordUnsafe(message.folder, info.name)
    const held = record === undefined ? undefined : Result.getOrUndefined(FileInfo.decode(record.info))
    if (Conflict.decide(info, held, style)._tag === "Ignore") {
      entries.delete(info.name)
      settled.add(info.name)
    } else {
      settled.delete(info.name)
      entries.set(info.name, { sequence: info.sequence, name: info.name, info: info.raw })
    }
  }
  return { entries: [...entries.values()], settled: [...settled], odd }
}
