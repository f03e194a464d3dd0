/**
 * What a checkpoint or a folder keeps in the store: bytes of packs and segments that nobody else names, which go in the end
 * when it goes, and about its share of those that others name too. Told from footers and inline records alone.
 */
import type { Commit } from "./Commit.ts"
import type { NamedPack } from "./Footer.ts"
import type { SegmentRef } from "./Refs.ts"
import { packRef, packsFor, type State } from "./State.ts"

export interface Held {
  /** Of the store, whole packs and segments that only it names. */
  readonly alone: number
  /** Of the store, about its part of what others name too. What lies twice, or is superseded within it, counts twice. */
  readonly shared: number
}

/** Somebody who names segments and packs. */
export interface Root<Id> {
  readonly id: Id
  readonly segments: Iterable<string>
  /** Packs that its inline records name. */
  readonly inline?: Iterable<string>
}

/** The segments of the roots whose footers `tally` needs. */
export const refs = (state: State, roots: ReadonlyArray<Root<unknown>>): ReadonlyArray<SegmentRef> => {
  const ids = new Set<string>()
  for (const { segments } of roots) for (const id of segments) ids.add(id)
  return Array.from(ids).flatMap((id) => state.segments.get(id) ?? [])
}

/** By folder, the packs that its inline records name. `commits`: all that hold some of the state. */
export const inlinePacks = (state: State, commits: Iterable<Commit>): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const { ops, position } of commits) {
    for (const op of ops) {
      if (op._tag !== "FilesChanged" || state.folders.get(op.folder)?.inline.includes(position) !== true) continue
      const packs = found.get(op.folder) ?? new Set()
      found.set(op.folder, packs)
      for (const { runs } of op.records) for (const { pack } of runs) packs.add(pack)
    }
  }
  return found
}

/** `packsOf`: what a segment's footer names. Each pack counts where its blocks lie now. */
export const tally = <Id>(
  state: State,
  roots: ReadonlyArray<Root<Id>>,
  packsOf: (segment: string) => ReadonlyArray<NamedPack>
): ReadonlyMap<Id, Held> => {
  const bySegment = new Map<string, Owner>()
  const byPack = new Map<string, Owner>()
  const own = (owners: Map<string, Owner>, key: string, owner: Owner) => {
    const known = owners.get(key)
    if (known !== owner) owners.set(key, known === undefined ? owner : many)
  }
  const name = (pack: string, owner: Owner) => {
    for (const target of packsFor(state, pack)) own(byPack, target, owner)
  }
  for (const [root, { inline = [], segments }] of roots.entries()) {
    for (const segment of segments) own(bySegment, segment, root)
    for (const pack of inline) name(pack, root)
  }
  for (const [segment, owner] of bySegment) for (const { id } of packsOf(segment)) name(id, owner)
  const alone = roots.map(() => 0)
  const add = (owner: Owner, bytes: number) => {
    if (owner !== many) alone[owner]! += bytes
  }
  for (const [segment, owner] of bySegment) add(owner, state.segments.get(segment)?.size ?? 0)
  for (const [pack, owner] of byPack) add(owner, packRef(state, pack)?.size ?? 0)

  const sharedIn = new Map<string, number>()
  for (const [segment, owner] of bySegment) {
    let bytes = owner === many ? state.segments.get(segment)?.size ?? 0 : 0
    for (const named of packsOf(segment)) {
      if (packsFor(state, named.id).some((target) => byPack.get(target) === many)) bytes += storedOf(state, named)
    }
    sharedIn.set(segment, bytes)
  }
  return new Map(roots.map(({ id, segments }, root) => {
    let shared = 0
    for (const segment of new Set(segments)) shared += sharedIn.get(segment) ?? 0
    return [id, { alone: alone[root]!, shared: Math.round(shared) }]
  }))
}

/** A root's place, or `many`. */
type Owner = number
const many = -1

/** About the bytes in the store of what is named of a pack. */
const storedOf = (state: State, { bytes, id }: NamedPack): number => {
  let size = 0
  let raw = 0
  for (const target of packsFor(state, id)) {
    const ref = packRef(state, target)
    size += ref?.size ?? 0
    raw += ref?.bytes ?? 0
  }
  return raw === 0 ? 0 : Math.min(size, bytes * size / raw)
}
