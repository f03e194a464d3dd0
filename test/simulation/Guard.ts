/**
 * Stands between all hosts and the bucket and holds every write against the laws, on a state that it folds by itself from
 * the first commit: names are used once, commits follow each other and name only what is durable, nothing that lives is
 * removed. It trusts nothing that a host believes.
 */
import { Effect, Result } from "effect"
import * as Crypto from "node:crypto"
import * as Commit from "../../src/domain/repository/Commit.ts"
import { openObject, type Sealing } from "../../src/domain/repository/Envelope.ts"
import * as Footer from "../../src/domain/repository/Footer.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import type { SegmentRef } from "../../src/domain/repository/Refs.ts"
import * as State from "../../src/domain/repository/State.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"

export interface Guard {
  readonly store: ObjectStore["Service"]
  readonly complaints: ReadonlyArray<string>
  /** Takes the commits that lie in the bucket already. */
  readonly adopt: () => void
  /** After the newest commit. */
  readonly state: () => State.State
  readonly commits: ReadonlyArray<Commit.Commit>
  /** Names ever created. */
  readonly created: ReadonlyMap<string, string>
  readonly removed: () => number
  /** Packs that what lives now names, redirects followed. */
  readonly livePacks: () => ReadonlySet<string>
  /** Records of a folder that lie in commits only. */
  readonly inline: (folder: string) => ReadonlyArray<FileRecord>
  readonly footer: (ref: SegmentRef) => Footer.Footer | undefined
}

/** How old log entries and bases are at least when they go, by the store's clock. */
const retention = 7 * 86_400_000

/** `now`: the store's clock. `objects`: the bucket that `below` is a view of. `before`: one that knows what happened up to now. */
export const make = (
  below: ObjectStore["Service"],
  objects: ReadonlyMap<string, Uint8Array>,
  sealing: Sealing,
  now: () => number,
  before?: Guard
): Guard => {
  const complaints: Array<string> = []
  const complain = (text: string) => void complaints.push(text)
  const created = new Map(before?.created)
  const footers = new Map<string, Footer.Footer | undefined>()
  const commits = [...before?.commits ?? []]
  let state = before?.state() ?? State.initial(sealing.repository)
  let removed = before?.removed() ?? 0

  const footer = (ref: SegmentRef): Footer.Footer | undefined => {
    const known = footers.get(ref.id)
    if (known !== undefined) return known
    const object = objects.get(ObjectKey.segment(ref.id))
    if (object === undefined) return undefined
    const parsed = Footer.parse(sealing, ref.id, object.length, object.subarray(object.length - ref.footerLength))
    const found = Result.isSuccess(parsed) ? parsed.success : undefined
    footers.set(ref.id, found)
    return found
  }

  const inline = (folder: string): ReadonlyArray<FileRecord> => {
    const positions = new Set(state.folders.get(folder)?.inline)
    return commits.filter(({ position }) => positions.has(position)).flatMap(({ ops }) => ops).flatMap((op) =>
      op._tag === "FilesChanged" && op.folder === folder ? op.records : []
    )
  }

  const livePacks = (): ReadonlySet<string> => {
    const live = new Set<string>()
    const add = (pack: string) => {
      for (const target of State.packsFor(state, pack)) live.add(target)
    }
    for (const id of State.referencedSegments(state)) {
      const ref = state.segments.get(id)
      if (ref === undefined) complain(`the state names the segment ${id} and does not have it`)
      else if (ref.table === "files") {
        const found = footer(ref)
        if (found === undefined) complain(`the segment ${id} is in use and cannot be read`)
        else for (const pack of found.packIds) add(pack)
      }
    }
    for (const folder of state.folders.keys()) {
      for (const record of inline(folder)) for (const run of record.runs) add(run.pack)
    }
    return live
  }

  /** Every object that a commit names must lie in the bucket before the commit does (law 1). */
  const durable = (commit: Commit.Commit) => {
    const segment = (ref: SegmentRef) => {
      const size = objects.get(ObjectKey.segment(ref.id))?.length
      if (size !== ref.size) complain(`commit ${commit.position} names the segment ${ref.id} of ${ref.size} B: ${size}`)
    }
    for (const op of commit.ops) {
      if (op._tag === "PacksAdded") {
        for (const ref of op.packs) {
          const size = objects.get(ObjectKey.pack(ref.id))?.length
          if (size !== ref.size) {
            complain(`commit ${commit.position} names the pack ${ref.id} of ${ref.size} B: ${size}`)
          }
        }
      }
      if (op._tag === "SegmentAdded" || op._tag === "InlineFlushed" || op._tag === "PacksFlushed") segment(op.segment)
      if (op._tag === "SegmentsMerged" && op.output !== undefined) segment(op.output)
      if (op._tag === "FilesChanged") {
        for (const record of op.records) {
          for (const { pack } of record.runs) {
            if (!objects.has(ObjectKey.pack(pack))) {
              complain(`commit ${commit.position} stores ${record.name} in the pack ${pack}, which is not there`)
            }
          }
        }
      }
    }
  }

  const committed = (position: number, object: Uint8Array) => {
    const opened = openObject(sealing, ObjectKey.log(position), object)
    if (Result.isFailure(opened)) return complain(`log ${position} cannot be opened: ${opened.failure.reason}`)
    const decoded = Commit.decode(opened.success)
    if (Result.isFailure(decoded)) return complain(`log ${position} cannot be read: ${decoded.failure.reason}`)
    const commit = decoded.success
    if (position <= state.position) {
      // Only into a hole that trimming made: a sleeper's last word, which nobody may believe.
      const newest = Math.max(
        0,
        ...[...objects.keys()].flatMap((key) => {
          const parsed = ObjectKey.parse(key)
          return parsed?._tag === "Base" ? [parsed.position] : []
        })
      )
      if (position > newest) complain(`log ${position} was put a second time`)
      return
    }
    const next = State.next(state, commit, Commit.digest(opened.success), {
      packsOf: (segment) => {
        const object = objects.get(ObjectKey.segment(segment))
        const ref = commit.ops.flatMap((op) =>
          op._tag === "SegmentAdded" || op._tag === "InlineFlushed"
            ? [op.segment]
            : op._tag === "SegmentsMerged" && op.output !== undefined
            ? [op.output]
            : []
        ).find(({ id }) => id === segment)
        return object === undefined || ref === undefined ? undefined : footer(ref)?.packIds
      }
    })
    if (Result.isFailure(next)) return complain(`commit ${position} is not admissible: ${next.failure}`)
    durable(commit)
    state = next.success
    commits.push(commit)
    for (const op of commit.ops) {
      if (op._tag === "TimelineForked") complain(`commit ${position} is a fork, and nothing was set back`)
      if (op._tag !== "ObjectsCondemned") continue
      const live = livePacks()
      for (const { id, kind } of op.objects) {
        if (kind === "pack" && live.has(id)) complain(`commit ${position} condemned the pack ${id}, which is in use`)
      }
    }
  }

  /** Whether a claim with a higher number lies there: one that comes late then is believed by nobody. */
  const isPassed = (number: number): boolean =>
    [...objects.keys()].some((name) => {
      const other = ObjectKey.parse(name)
      return other?._tag === "Lease" && other.epoch > number
    })

  const gone = (key: string) => {
    const parsed = ObjectKey.parse(key)
    removed++
    switch (parsed?._tag) {
      case "Pack":
      case "Segment":
        if (!state.condemned.has(key) && created.has(key) && objects.has(key)) {
          complain(`${key} was removed and is not condemned`)
        }
        if (parsed._tag === "Pack" && livePacks().has(parsed.id)) complain(`${key} was removed and is in use`)
        return
      case "Log":
      case "Base": {
        const bases = [...objects.keys()].flatMap((name) => {
          const other = ObjectKey.parse(name)
          return other?._tag === "Base" ? [other.position] : []
        }).toSorted((a, b) => a - b)
        const floor = bases.at(-2) ?? 0
        if (parsed.position >= floor) complain(`${key} was removed, and the older of the last two bases is ${floor}`)
        const time = commits[parsed.position - 1]?.time ?? 0
        if (now() - time < retention) complain(`${key} was removed at an age of ${now() - time} ms`)
        return
      }
      case "Lease":
        if (!isPassed(parsed.epoch)) complain(`${key} was removed, and no claim with a higher number is left`)
        return
      case "Marker":
      case "Key":
        return complain(`${key} was removed`)
      case undefined:
        if (!key.startsWith("tmp/")) complain(`${key} was removed`)
    }
  }

  return {
    store: {
      ...below,
      now: Effect.sync(now),
      put: (key, body) =>
        Effect.tap(below.put(key, body), (outcome) =>
          Effect.sync(() => {
            if (outcome !== "Created") return
            const object = objects.get(key)!
            const digest = Crypto.hash("sha256", object, "hex")
            const parsed = ObjectKey.parse(key)
            const again = created.get(key)
            // A put that comes late, after what it made was deleted, makes the same once more: an orphan.
            const isLate = parsed?._tag === "Log" || (parsed?._tag === "Lease" && isPassed(parsed.epoch))
            if (again !== undefined && !isLate && again !== digest) {
              complain(`the name ${key} was used a second time`)
            }
            created.set(key, digest)
            if (parsed?._tag === "Log") committed(parsed.position, object)
          })),
      remove: (keys) =>
        Effect.andThen(
          Effect.sync(() => {
            for (const key of keys) gone(key)
          }),
          below.remove(keys)
        )
    },
    complaints,
    adopt: () => {
      for (let position = 1;; position++) {
        const object = objects.get(ObjectKey.log(position))
        if (object === undefined) return
        committed(position, object)
      }
    },
    state: () => state,
    commits,
    created,
    removed: () => removed,
    livePacks,
    inline,
    footer
  }
}
