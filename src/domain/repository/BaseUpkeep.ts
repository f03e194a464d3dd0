/** What a base says about schedules, removed folders, replaced packs and what goes: fields 13 and up of the message `Base`. */
import type { Writer } from "../Wire.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { compareText } from "./Order.ts"
import type { PackRef } from "./Refs.ts"
import { readId, readIds, readPacks, writeIds, writePacks } from "./RefWire.ts"
import { defaultRules, type Rule } from "./Retention.ts"
import type { CondemnedObject, RemovedFolder, State } from "./State.ts"
import type { Strict } from "./Strict.ts"
import { condemnedReader, features as known, writeCondemned } from "./UpkeepWire.ts"

export type Upkeep =
  & Pick<State, "removed" | "redirects" | "condemned" | "deletionStopped" | "schedules" | "features">
  & { readonly dropped: ReadonlyMap<string, PackRef> }

export const write = (writer: Writer, state: State): void => {
  if (!sameRules(state.schedules, defaultRules)) {
    writer.message(13, (writer) => {
      for (const { every, keep } of state.schedules) {
        writer.message(1, (writer) => writer.number(1, every).number(2, keep))
      }
    })
  }
  for (const { id, indexId, label, sequence, time } of sortedBy(state.removed.values(), ({ id }) => id)) {
    writer.message(
      14,
      (writer) => writer.string(1, id).string(2, label).bigint(3, indexId).number(4, sequence).number(5, time)
    )
  }
  for (const [old, packs] of sortedBy(state.redirects, ([old]) => old)) {
    writer.message(15, (writer) => {
      writer.data(1, ObjectKey.idBytes(old))
      writeIds(writer, 2, packs)
    })
  }
  for (const group of groups(state.condemned.values())) {
    writer.message(16, (writer) => {
      writeCondemned(writer, group)
      writer.number(5, group[0]?.time ?? 0).number(6, group[0]?.position ?? 0)
    })
  }
  const { deletionStopped, features } = state
  if (deletionStopped !== undefined) {
    writer.message(17, (writer) => writer.string(1, deletionStopped.reason).number(2, deletionStopped.time))
  }
  for (const feature of features) writer.element(18, feature)
  const dropped = sortedBy(state.packs.dropped.values(), ({ id }) => id)
  if (dropped.length > 0) writePacks(writer, 19, dropped)
}

/** Reads those fields, tag by tag; `finish` gives what they say. */
export const reader = (reader: Strict) => {
  let schedules: ReadonlyArray<Rule> = defaultRules
  const removed = new Map<string, RemovedFolder>()
  const redirects = new Map<string, ReadonlyArray<string>>()
  const condemned = new Map<string, CondemnedObject>()
  let deletionStopped: State["deletionStopped"]
  const features: Array<string> = []
  let dropped: ReadonlyArray<PackRef> = []
  return {
    field: (tag: number): boolean => {
      switch (tag) {
        case 106:
          schedules = readSchedules(reader)
          return true
        case 114: {
          const folder = readRemoved(reader)
          removed.set(folder.id, folder)
          return true
        }
        case 122:
          readRedirect(reader, redirects)
          return true
        case 130:
          readCondemned(reader, condemned)
          return true
        case 138:
          deletionStopped = readStop(reader)
          return true
        case 146: {
          const feature = reader.string()
          if (!known.has(feature)) reader.lacks(feature)
          features.push(feature)
          return true
        }
        case 154:
          dropped = readPacks(reader)
          return true
        default:
          return false
      }
    },
    finish: (): Upkeep => ({
      schedules,
      removed,
      redirects,
      condemned,
      ...(deletionStopped === undefined ? {} : { deletionStopped }),
      features,
      dropped: new Map(dropped.map((ref) => [ref.id, ref]))
    })
  }
}

const readSchedules = (reader: Strict): ReadonlyArray<Rule> => {
  const rules: Array<Rule> = []
  reader.message((tag) => {
    if (tag !== 10) return reader.unknown("Base.Schedules", tag)
    const rule = { every: 0, keep: 0 }
    reader.message((tag) => {
      if (tag === 8) rule.every = reader.safe()
      else if (tag === 16) rule.keep = reader.safe()
      else reader.unknown("Base.Schedule", tag)
    })
    rules.push(rule)
  })
  return rules
}

const readRemoved = (reader: Strict): RemovedFolder => {
  const folder = { id: "", label: "", indexId: 0n, sequence: 0, time: 0 }
  reader.message((tag) => {
    if (tag === 10) folder.id = reader.string()
    else if (tag === 18) folder.label = reader.string()
    else if (tag === 24) folder.indexId = reader.uint64()
    else if (tag === 32) folder.sequence = reader.safe()
    else if (tag === 40) folder.time = reader.safe()
    else reader.unknown("Base.Removed", tag)
  })
  if (folder.id === "") reader.fail("a removed folder has no id")
  return folder
}

const readRedirect = (reader: Strict, into: Map<string, ReadonlyArray<string>>): void => {
  let old = ""
  let packs: ReadonlyArray<string> = []
  reader.message((tag) => {
    if (tag === 10) old = readId(reader)
    else if (tag === 18) packs = readIds(reader)
    else reader.unknown("Base.Redirect", tag)
  })
  if (old === "") reader.fail("no pack is replaced")
  into.set(old, packs)
}

const readCondemned = (reader: Strict, into: Map<string, CondemnedObject>): void => {
  const objects = condemnedReader(reader)
  let time = 0
  let position = 0
  reader.message((tag) => {
    if (tag === 40) time = reader.safe()
    else if (tag === 48) position = reader.safe()
    else if (!objects.field(tag)) reader.unknown("Base.Condemned", tag)
  })
  for (const object of objects.finish()) {
    const key = object.kind === "pack" ? ObjectKey.pack(object.id) : ObjectKey.segment(object.id)
    into.set(key, { ...object, time, position })
  }
}

const readStop = (reader: Strict) => {
  const stop = { reason: "", time: 0 }
  reader.message((tag) => {
    if (tag === 10) stop.reason = reader.string()
    else if (tag === 16) stop.time = reader.safe()
    else reader.unknown("Base.DeletionStopped", tag)
  })
  return stop
}

/** What one commit condemned, together; oldest first. */
const groups = (objects: Iterable<CondemnedObject>): ReadonlyArray<ReadonlyArray<CondemnedObject>> => {
  const byPosition = new Map<number, Array<CondemnedObject>>()
  for (const object of sortedBy(objects, ({ id }) => id)) {
    const group = byPosition.get(object.position)
    if (group === undefined) byPosition.set(object.position, [object])
    else group.push(object)
  }
  return [...byPosition].toSorted(([a], [b]) => a - b).map(([, group]) => group)
}

const sortedBy = <A>(values: Iterable<A>, key: (value: A) => string): ReadonlyArray<A> =>
  [...values].toSorted((a, b) => compareText(key(a), key(b)))

const sameRules = (a: ReadonlyArray<Rule>, b: ReadonlyArray<Rule>): boolean =>
  a.length === b.length && a.every(({ every, keep }, i) => every === b[i]?.every && keep === b[i].keep)
