/**
 * How people name a checkpoint: its number, or what lists and WebDAV show of it. A name that fits several is not decided
 * here: whoever asks gets all of them.
 */
import { Result } from "effect"
import * as Retention from "../repository/Retention.ts"
import type { Checkpoint, State } from "../repository/State.ts"
import * as DavPath from "./DavPath.ts"

type Known = Pick<State, "folders" | "checkpoints">

/** Where WebDAV shows each checkpoint, by its id: `/folder/moment/`. */
export const paths = (state: Known): ReadonlyMap<number, string> => {
  const found = new Map<number, string>()
  for (const [name, folder] of DavPath.folderNames(DavPath.folders(state.folders.values(), state.checkpoints))) {
    for (const [moment, checkpoint] of DavPath.momentNames(folder.checkpoints)) {
      found.set(checkpoint.id, DavPath.format([name, moment], true))
    }
  }
  return found
}

/**
 * The checkpoints of that name, oldest first: `12` or `#12`; `/Photos/2026-01-31T10-00-00Z/` (also not encoded, without
 * slashes at the ends, with a folder's id or label, or with `latest`); a moment alone. Colons are as good as dashes.
 */
export const find = (state: Known, name: string): ReadonlyArray<Checkpoint> => {
  const { checkpoints } = state
  const id = /^#?([0-9]+)$/.exec(name)?.[1]
  const numbered = checkpoints.filter((checkpoint) => String(checkpoint.id) === id)
  if (numbered.length > 0) return numbered
  const names = DavPath.folderNames(DavPath.folders(state.folders.values(), checkpoints))
  const found = new Set<Checkpoint>()
  for (const segments of readings(name)) {
    const moment = segments.at(-1)
    // A label may hold slashes.
    const folder = segments.slice(0, -1).join("/")
    if (moment === undefined || (folder === "" && moment === DavPath.latest)) continue
    for (const [shown, { checkpoints, id, label }] of names) {
      if (folder !== "" && folder !== shown && folder !== id && folder !== label) continue
      const checkpoint = DavPath.findMoment(checkpoints, moment) ??
        DavPath.findMoment(checkpoints, moment.replaceAll(":", "-"))
      if (checkpoint !== undefined) found.add(checkpoint)
    }
  }
  return checkpoints.filter((checkpoint) => found.has(checkpoint))
}

/** Why its checkpoints do not let the folder go, with the name of each that is pinned. */
export const pinnedProblem = (state: Known & Pick<State, "time">, folder: string): string | undefined => {
  const kept = state.checkpoints.filter((checkpoint) =>
    checkpoint.folder === folder && Retention.isPinned(checkpoint, state.time)
  )
  if (kept.length === 0) return undefined
  const shown = paths(state)
  const names = (some: typeof kept) => some.map(({ id }) => `${id} (${shown.get(id) ?? ""})`).join(", ")
  const { pinned = [], read = [] } = Object.groupBy(
    kept,
    (checkpoint) => Retention.held(checkpoint, state.time).some(Retention.isOperators) ? "pinned" : "read"
  )
  return [
    ...(pinned.length === 0 ? [] : [
      pinned.length === 1
        ? `its checkpoint ${names(pinned)} is pinned; \`checkpoint unpin ${pinned[0]?.id}\` first`
        : `its checkpoints ${names(pinned)} are pinned; \`checkpoint unpin\` each first`
    ]),
    ...(read.length === 0 ? [] : [
      read.length === 1
        ? `its checkpoint ${names(read)} is being read; try again later`
        : `its checkpoints ${names(read)} are being read; try again later`
    ])
  ].join("; ")
}

/** As it stands, and percent-decoded. */
const readings = (name: string): ReadonlyArray<ReadonlyArray<string>> => {
  const decoded = DavPath.parse(name.startsWith("/") ? name : `/${name}`)
  return [name.split("/").filter((part) => part !== ""), ...(Result.isSuccess(decoded) ? [decoded.success] : [])]
}
