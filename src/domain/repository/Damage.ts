/**
 * What a check of a repository can find. Damage is what contradicts the log or can no longer be read; everything else is
 * named apart, so that nobody is alarmed by what merely waits to be cleaned up.
 */
import type { Found } from "./KeySlot.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Lost } from "./RecordCheck.ts"
import type { Hit, Row } from "./Roots.ts"
import * as State from "./State.ts"

export type Severity =
  /** Something is lost, or says what cannot be. */
  | "damage"
  /** Known to be lost, marked so, and waits for a device that still has it. */
  | "unavailable"
  /** Left by a crash: no commit ever named it. */
  | "orphan"
  /** In order, and in the way: waits for its deletion, or is nothing of ours. */
  | "untidy"

export interface Kind {
  readonly severity: Severity
  /** How the operator mends it. */
  readonly mend: string
}

const repair = "`bepository fsck --repair` mends it"
const repairInFull = "`bepository fsck --check full --repair` mends it"
const collected = "nothing: collection deletes it when its time has come"
const copied = "put the object back from a copy of the store; nothing reads it as long as newer bases are there"

export const kinds = {
  missing: { severity: "damage", mend: repair },
  size: { severity: "damage", mend: repair },
  corrupt: { severity: "damage", mend: repair },
  blocks: { severity: "damage", mend: repair },
  record: { severity: "damage", mend: repair },
  sequence: { severity: "damage", mend: "report this: it is a bug, and needs somebody who looks at the repository" },
  condemned: { severity: "damage", mend: repair },
  log: { severity: "damage", mend: copied },
  base: { severity: "damage", mend: repair },
  key: {
    severity: "damage",
    mend: "take it away with `bepository key remove`, and add its passphrase anew with `key add`"
  },
  merge: { severity: "damage", mend: "report this: it is a bug; older checkpoints hold what the merge lost" },
  unavailable: {
    severity: "unavailable",
    mend: "connect a device that has the files: they are fetched from it by themselves"
  },
  absent: {
    severity: "untidy",
    mend: "nothing: they were made while the files were known to be lost, and expire like others"
  },
  orphan: { severity: "orphan", mend: collected },
  waiting: { severity: "untidy", mend: collected },
  unused: { severity: "untidy", mend: collected },
  unnamed: {
    severity: "untidy",
    mend: "nothing: a writer is about to name it, or it is an orphan once the next term begins"
  },
  leftover: {
    severity: "untidy",
    mend: "nothing: it was put into a place that trimming had freed, and nobody reads it"
  },
  spare: { severity: "untidy", mend: "nothing, or `bepository key remove`: it opens nothing" },
  newer: { severity: "untidy", mend: "nothing: a newer bepository made the key, and opens it" },
  foreign: { severity: "untidy", mend: "look at it: it is no object of a repository, and bepository leaves it alone" }
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

/** Files that are hit, with some of their names. */
export interface Files {
  readonly count: number
  readonly examples: ReadonlyArray<{ readonly folder: string; readonly name: string }>
}

export interface Finding {
  readonly kind: KindName
  readonly severity: Severity
  /** The object's name; of several, one of them. */
  readonly key: string
  readonly what: string
  readonly mend: string
  /** Objects, when it stands for several. */
  readonly objects?: { readonly count: number; readonly bytes: number; readonly examples: ReadonlyArray<string> }
  /** Files of the present state of their folders. */
  readonly files?: Files
  /** Files that only checkpoints have. */
  readonly checkpointFiles?: Files
  /** Ids of checkpoints that hold something of it. */
  readonly checkpoints?: ReadonlyArray<number>
  /** Folders whose files are hit but cannot be named. */
  readonly folders?: ReadonlyArray<string>
}

export type Extent = Pick<Finding, "objects" | "files" | "checkpointFiles" | "checkpoints" | "folders">

/** `mend`: where it is not its kind's. */
export const finding = (
  kind: KindName,
  key: string,
  what: string,
  extent: Extent & Partial<Pick<Finding, "mend">> = {}
): Finding => ({
  kind,
  severity: kinds[kind].severity,
  key,
  what,
  mend: kinds[kind].mend,
  ...extent
})

/** As they were found by reading blocks: a repair has to read them too, or it finds nothing to mend. */
export const inFull = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.map((found) => found.mend === repair ? { ...found, mend: repairInFull } : found)

/** Key slots that open nothing. */
export const ofKeys = (slots: ReadonlyArray<Found>): ReadonlyArray<Finding> =>
  slots.flatMap((slot) => {
    if (slot._tag === "Slot") return []
    const kind = ({ Foreign: "spare", Damaged: "key", Newer: "newer" } as const)[slot._tag]
    return [finding(kind, ObjectKey.key(slot.id), slot.reason)]
  })

/** Whether there is anything that a healthy repository cannot have. */
export const isDamaged = (findings: Iterable<Finding>): boolean => {
  for (const { severity } of findings) if (severity === "damage" || severity === "unavailable") return true
  return false
}

/** Names given as examples at most. */
export const examples = 20

/** What was counted while a check ran. */
export interface Counts {
  readonly objects: number
  readonly packs: number
  /** Packs whose every block was read. */
  readonly packsRead: number
  readonly segments: number
  readonly records: number
  /** Of those, what is in a present state and not deleted; what was superseded and not merged yet counts too. */
  readonly present: number
  readonly blocks: number
  readonly commits: number
  /** Bytes read of packs. */
  readonly bytesRead: number
}

/** A record that lost blocks, contradicts itself, or says itself that its content is not here. */
export interface LostRow extends Row {
  readonly info: Uint8Array
  readonly lost: ReadonlyArray<Lost>
  readonly problem?: string
  readonly unavailable?: boolean
}

/** What is wrong with an object. */
export interface Bad {
  readonly kind: "missing" | "size" | "corrupt"
  readonly reason: string
}

export interface BadPack extends Bad {
  /** Indexes of blocks in its trailer that cannot be read; undefined: none can. */
  readonly bad?: ReadonlySet<number>
}

/** What a repair needs to know. */
export interface Damage {
  /** The state that all of it was held against. */
  readonly state: State.State
  readonly packs: ReadonlyMap<string, BadPack>
  readonly segments: ReadonlyMap<string, Bad>
  /** Records that count, in the present or in a checkpoint. */
  readonly rows: ReadonlyArray<Hit<LostRow>>
  /** By mark of a lost block: a live pack that holds it. */
  readonly elsewhere: ReadonlyMap<number, string>
  /** Positions of bases that are lost or wrong. */
  readonly bases: ReadonlyArray<number>
  /** Condemned packs that records name. */
  readonly condemned: ReadonlyArray<string>
}

/** Each bad object with what it hits, and what records lost that no bad object explains. */
export const findings = (damage: Damage): ReadonlyArray<Finding> => {
  const { condemned, packs, rows, segments, state } = damage
  const all: Array<Finding> = []
  const hits = new Map<string, Array<Hit<LostRow>>>()
  const note = (key: string, hit: Hit<LostRow>) => {
    const known = hits.get(key)
    if (known === undefined) hits.set(key, [hit])
    else if (known.at(-1) !== hit) known.push(hit)
  }
  for (const hit of rows) {
    const { folder, lost, problem, source, unavailable } = hit.row
    if (unavailable === true) note(`${hit.head ? "unavailable" : "absent"} ${folder}`, hit)
    if (problem !== undefined) note(`record ${source === "" ? folder : ObjectKey.segment(source)}`, hit)
    for (const pack of new Set(lost.map((block) => block.pack))) {
      const bad = State.packsFor(state, pack).filter((target) => packs.has(target))
      if (bad.length === 0) note(`blocks ${pack}`, hit)
      for (const target of bad) note(target, hit)
    }
  }
  for (const [id, { bad, kind, reason }] of packs) {
    const blocks = State.packRef(state, id)?.blocks ?? 0
    const what = bad === undefined || bad.size === 0 ? reason : `${bad.size} of its ${blocks} blocks: ${reason}`
    all.push(finding(kind, ObjectKey.pack(id), what, extent(hits.get(id) ?? [])))
    hits.delete(id)
  }
  for (const [id, { kind, reason }] of segments) {
    const folders = [...state.folders.values()].filter((folder) => folder.segments.includes(id))
    const checkpoints = state.checkpoints.filter((checkpoint) => checkpoint.segments.includes(id))
    const isPast = folders.length === 0 && checkpoints.length > 0
    all.push(finding(kind, ObjectKey.segment(id), reason, {
      ...(isPast ? { mend: without(checkpoints.map((checkpoint) => checkpoint.id)) } : {}),
      ...(folders.length === 0 ? {} : { folders: folders.map((folder) => folder.id) }),
      ...(checkpoints.length === 0 ? {} : { checkpoints: checkpoints.map((checkpoint) => checkpoint.id) })
    }))
  }
  for (const [group, of] of hits) {
    const [kind, key] = [group.slice(0, group.indexOf(" ")), group.slice(group.indexOf(" ") + 1)]
    if (kind === "unavailable") {
      all.push(finding("unavailable", key, "files whose content is lost, and marked so", extent(of)))
    } else if (kind === "absent") {
      all.push(finding("absent", key, "checkpoints with files whose content was lost then", extent(of)))
    } else if (kind === "record") {
      all.push(finding("record", key, of[0]!.row.problem ?? "", { ...extent(of), ...past(of, () => "no") }))
    } else {
      const what = `blocks that records find in it are in no pack: ${
        State.isLive(state, key) ? "it lacks them" : "it is gone"
      }`
      all.push(finding("blocks", ObjectKey.pack(key), what, { ...extent(of), ...past(of, comeBack(damage)) }))
    }
  }
  for (const id of condemned) all.push(finding("condemned", ObjectKey.pack(id), "it is condemned, and records name it"))
  return all
}

/** Whether a repair finds the block in another pack: now, once a device brought it again, or never. */
const comeBack = ({ elsewhere, state }: Damage) => ({ mark, pack }: Lost): "now" | "later" | "no" =>
  // Of a sound pack that lacks it, or one that nobody knows, no commit can say where the block went.
  !state.redirects.has(pack) ? "no" : elsewhere.has(mark) ? "now" : "later"

/** What ends damage that only checkpoints have: a repair marks files of the present state only. */
const past = (
  hits: ReadonlyArray<Hit<LostRow>>,
  comes: (block: Lost) => "now" | "later" | "no"
): Partial<Pick<Finding, "mend">> => {
  const lost = new Set(hits.flatMap((hit) => hit.row.lost.map(comes)))
  if (hits.some((hit) => hit.head) || lost.has("now")) return {}
  const ids = [...new Set(hits.flatMap((hit) => hit.checkpoints))].toSorted((a, b) => a - b)
  if (!lost.has("later")) return { mend: without(ids) }
  return { mend: `connect a device that still has the files, then \`bepository fsck --repair\`; or ${without(ids)}` }
}

/** The command that gives up these checkpoints. */
export const without = (checkpoints: ReadonlyArray<number>): string =>
  `\`bepository checkpoint remove ${checkpoints.join(" ")}\``

const extent = (hits: ReadonlyArray<Hit<LostRow>>): Extent => {
  const files = hits.filter((hit) => hit.head)
  // The same file may stand in several segments.
  const kept = new Map<string, Hit<LostRow>>()
  for (const hit of hits) if (!hit.head) kept.set(`${hit.row.folder}\0${hit.row.name}`, hit)
  const checkpoints = new Set(hits.flatMap((hit) => hit.checkpoints))
  return {
    ...(files.length === 0 ? {} : { files: filesOf(files) }),
    ...(kept.size === 0 ? {} : { checkpointFiles: filesOf([...kept.values()]) }),
    ...(checkpoints.size === 0 ? {} : { checkpoints: [...checkpoints].toSorted((a, b) => a - b) })
  }
}

const filesOf = (hits: ReadonlyArray<Hit<LostRow>>): Files => ({
  count: hits.length,
  examples: hits.slice(0, examples).map(({ row: { folder, name } }) => ({ folder, name }))
})
