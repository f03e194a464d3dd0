/**
 * Rows by the names that packs have now: of a pack that was replaced, that of the only one in its place which holds the
 * block. A row is given other names for all its blocks, or stays as it is; nothing of it but its runs ever changes.
 */
import * as Result from "effect/Result"
import * as FileInfo from "../FileInfo.ts"
import type { BlockRun, FileRecord } from "./Record.ts"
import type { PackRef } from "./Refs.ts"
import { type Blocks, mostBlocks, mostPacks } from "./RepackPlan.ts"
import { packRef, type State } from "./State.ts"

export class Renaming {
  /** By pack that was replaced: the blocks of all those in its place. */
  private readonly names: ReadonlyMap<string, ReadonlyArray<Blocks>>
  /** Packs that rows were given the names of. */
  readonly given = new Set<string>()

  constructor(names: ReadonlyMap<string, ReadonlyArray<Blocks>>) {
    this.names = names
  }

  of(record: FileRecord): FileRecord {
    if (!record.runs.some(({ pack }) => this.names.has(pack))) return record
    const info = FileInfo.decode(record.info)
    if (Result.isFailure(info)) return record
    const { hashes } = info.success
    const runs: Array<BlockRun> = []
    const append = (pack: string, count: number) => {
      const last = runs.at(-1)
      if (last?.pack === pack) runs[runs.length - 1] = { pack, count: last.count + count }
      else runs.push({ pack, count })
    }
    let at = 0
    for (const { count, pack } of record.runs) {
      const places = this.names.get(pack)
      if (places === undefined) append(pack, count)
      for (let i = places === undefined ? count : 0; i < count; i++) {
        const from = (at + i) * 32
        const found = from < hashes.length ? places!.filter((blocks) => blocks.find(hashes, from) >= 0) : []
        const [place] = found
        // Nowhere: it is damage, and the redirect is what a repair begins with. In several: one may be bad, and only the
        // redirect leads to the others.
        if (place === undefined || found.length > 1) return record
        append(place.ref.id, 1)
      }
      at += count
    }
    for (const { pack } of runs) this.given.add(pack)
    return { ...record, runs }
  }
}

/** What to read for it: packs that were replaced, of those that are named, and the packs in their place, as many as fit in memory. */
export const wanted = (
  state: State,
  named: Iterable<string>
): { readonly old: ReadonlyMap<string, ReadonlyArray<string>>; readonly packs: ReadonlyMap<string, PackRef> } => {
  const old = new Map<string, ReadonlyArray<string>>()
  const packs = new Map<string, PackRef>()
  let blocks = 0
  for (const id of named) {
    const places = state.redirects.get(id)
    if (places === undefined || old.has(id)) continue
    const refs = places.map((place) => packRef(state, place))
    // Nowhere, or in what lives no more: its rows cannot be named otherwise.
    if (refs.length === 0 || !refs.every((ref) => ref !== undefined)) continue
    const fresh = refs.filter((ref) => !packs.has(ref.id))
    const more = fresh.reduce((sum, ref) => sum + ref.blocks, 0)
    if (packs.size + fresh.length > mostPacks || blocks + more > mostBlocks) continue
    blocks += more
    for (const ref of fresh) packs.set(ref.id, ref)
    old.set(id, places)
  }
  return { old, packs }
}
