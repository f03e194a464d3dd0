/**
 * Which of two versions of a name wins, and what we must do about it so that no edit is lost. Syncthing decides for
 * itself by the same rules: whoever changes `winner` makes us and it keep different files.
 */
import * as DeviceId from "./DeviceId.ts"
import * as FileInfo from "./FileInfo.ts"
import * as FileName from "./FileName.ts"
import * as VersionVector from "./VersionVector.ts"

/** The rules of the peer on the other side of the conflict, by its Hello. They differ where a deletion meets an edit. */
export type Style = "1.x" | "2.x"

export type Decision =
  /** Keep ours for good: the entry is invalid, the same, or older. */
  | { readonly _tag: "Ignore" }
  /** Keep ours, and theirs in mind: it knows nothing of ours, and may win against what comes after. */
  | { readonly _tag: "Lose" }
  /** Take theirs. Whoever made it had ours, or ours has nothing that could be lost. */
  | { readonly _tag: "Adopt" }
  /** Take theirs, and keep our content under the name of a conflict copy in the same commit. */
  | { readonly _tag: "AdoptWithCopy" }

/** Local wall-clock time; `month` is 1-12. */
export interface CopyTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The better of two versions of one name (BEP sheet §6.1). Content never matters. "a" if neither is better. */
export const winner = (a: FileInfo.FileInfo, b: FileInfo.FileInfo, style: Style): "a" | "b" => {
  const order = VersionVector.compare(a.version, b.version)
  if (order === "greater") return "a"
  if (order === "lesser") return "b"
  if (a.invalid !== b.invalid) return a.invalid ? "b" : "a"
  if (order === "equal") return "a"
  if (style === "1.x" && a.deleted !== b.deleted) return a.deleted ? "b" : "a"
  if (a.modifiedS !== b.modifiedS) return a.modifiedS > b.modifiedS ? "a" : "b"
  if (a.modifiedNs !== b.modifiedNs) return a.modifiedNs > b.modifiedNs ? "a" : "b"
  return order === "concurrent-greater" ? "a" : "b"
}

/** What an announced entry means for what we hold (§6.4). `theirs` has no problem. */
export const decide = (theirs: FileInfo.FileInfo, ours: FileInfo.FileInfo | undefined, style: Style): Decision => {
  if (theirs.invalid) return ignore
  if (ours === undefined || ours.invalid || ours.version.every((c) => c.value === 0n)) return adopt
  switch (VersionVector.compare(theirs.version, ours.version)) {
    case "equal":
    case "lesser":
      return ignore
    case "greater":
      return adopt
    default:
      if (knew(theirs, ours)) return adopt
      if (winner(theirs, ours, style) === "b") return lose
      return ours.type !== "file" || ours.deleted || FileInfo.sameContent(theirs, ours) ||
          (isCopy(ours.name) && !(isNew(ours) && isNew(theirs)))
        ? adopt
        : adoptWithCopy
  }
}

/**
 * Whether whoever made theirs had the content of ours, though our vector says more: it has taken in the counters of what lost
 * against it (`settled`). A device's edits of a name follow each other, so its counter in theirs says that it was seen.
 *
 * Not if ours has theirs in it just so: then two chose differently who knew both, and would change places for ever.
 */
const knew = (theirs: FileInfo.FileInfo, ours: FileInfo.FileInfo): boolean => {
  const made = madeAt(ours)
  return made > 0n && VersionVector.counter(theirs.version, ours.modifiedBy) >= made &&
    VersionVector.counter(ours.version, theirs.modifiedBy) < madeAt(theirs)
}

/** Whether it was made under its name and not changed since: two such copies are of two losers to one winner, in one second. */
const isNew = ({ modifiedBy, version }: FileInfo.FileInfo): boolean =>
  version.length === 1 && version[0]!.id === modifiedBy

/** The counter of whoever made it. */
const madeAt = ({ modifiedBy, version }: FileInfo.FileInfo): bigint => VersionVector.counter(version, modifiedBy)

/**
 * The version under which theirs is kept in the place of ours: its own, if it is newer. After a conflict it is newer than both,
 * so that whoever still holds the loser follows, also to what is made of the winner later: an edit, or a deletion. Two who settle the
 * same conflict may pick differently (1.x and 2.x), so other content gets a counter of ours, and so do other metadata if it is not
 * the winner that is taken. As Syncthing does, but for that counter.
 *
 * `now` in Unix seconds; `self` is our short id.
 */
export const settled = (
  theirs: FileInfo.FileInfo,
  ours: FileInfo.FileInfo | undefined,
  self: bigint,
  now: number
): VersionVector.VersionVector => {
  if (ours === undefined || ours.invalid) return theirs.version
  const order = VersionVector.compare(theirs.version, ours.version)
  if (order === "greater" || order === "equal") return theirs.version
  const both = VersionVector.merge(theirs.version, ours.version)
  // What anybody would take, whatever its rules.
  const isUndisputed = FileInfo.sameContent(theirs, ours) && winner(theirs, ours, "2.x") === "a"
  return isUndisputed ? both : VersionVector.update(both, self, now)
}

/** The name Syncthing gives to a losing file (§6.3). `modifiedBy` is that of the version that won. */
export const copyName = (name: string, at: CopyTime, modifiedBy: bigint): string => {
  const { base } = FileName.split(name)
  const dot = base.lastIndexOf(".")
  const extension = dot < 0 ? "" : base.slice(dot)
  const day = digits(at.year, 4) + digits(at.month, 2) + digits(at.day, 2)
  const time = digits(at.hour, 2) + digits(at.minute, 2) + digits(at.second, 2)
  const stem = name.slice(0, name.length - extension.length)
  return `${stem}${mark}${day}-${time}-${DeviceId.shortText(modifiedBy)}${extension}`
}

/** Whether the name is that of a conflict copy. */
export const isCopy = (name: string): boolean => FileName.split(name).base.includes(mark)

const mark = ".sync-conflict-"
const digits = (value: number, width: number): string => String(value).padStart(width, "0")

const ignore: Decision = { _tag: "Ignore" }
const lose: Decision = { _tag: "Lose" }
const adopt: Decision = { _tag: "Adopt" }
const adoptWithCopy: Decision = { _tag: "AdoptWithCopy" }
