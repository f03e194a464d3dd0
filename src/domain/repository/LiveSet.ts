/**
 * Which packs the records of one state name, by the footers of its segments and its inline records alone. It holds for that
 * state and no other: whoever decides on it decides in a commit on exactly that state.
 */
import { type FileRecord, inspect, type Inspection } from "./Record.ts"
import type { PackRef } from "./Refs.ts"
import type { State } from "./State.ts"

/** Pack ids as small numbers: what many segments name is kept once. Ids are only ever added. */
export class Names {
  private readonly ids: Array<string> = []
  private readonly places = new Map<string, number>()

  get size(): number {
    return this.ids.length
  }

  place(id: string): number {
    const known = this.places.get(id)
    if (known !== undefined) return known
    this.places.set(id, this.ids.length)
    return this.ids.push(id) - 1
  }

  find(id: string): number | undefined {
    return this.places.get(id)
  }

  id(place: number): string {
    return this.ids[place]!
  }
}

/** What the rows of one segment name: places of packs, and the bytes that the rows name in each. */
export interface Named {
  readonly places: Uint32Array
  readonly bytes: Float64Array
}

/** The same of some records. */
export const namedBy = (records: ReadonlyArray<FileRecord>, names: Names): Named => {
  const sums = new Map<number, number>()
  for (const record of records) {
    if (record.runs.length === 0) continue
    const info = inspect(record.info)
    let index = 0
    for (const { count, pack } of record.runs) {
      const place = names.place(pack)
      const bytes = info === undefined ? 0 : spanOf(info, index, count)
      sums.set(place, (sums.get(place) ?? 0) + bytes)
      index += count
    }
  }
  return { places: Uint32Array.from(sums.keys()), bytes: Float64Array.from(sums.values()) }
}

/** Bytes of `count` blocks from block `index` on. */
const spanOf = ({ blockSize, size }: Inspection, index: number, count: number): number =>
  Math.min(size, (index + count) * blockSize) - Math.min(size, index * blockSize)

/** What names a pack: the current view of a folder, a checkpoint, or only a segment that nothing is made of any more. */
export type Root = "head" | "checkpoint" | "none"

const head = 1
const checkpoint = 2
/** Named by a segment that is no part of anything: nobody needs it, and it is no part of an upload under way. */
const once = 4
/** Needed by way of a redirect. */
const toHead = 8
const toCheckpoint = 16
const bits: Readonly<Record<Root, number>> = { head, checkpoint, none: once }

export class LiveSet {
  readonly position: number
  private readonly names: Names
  private flags: Uint8Array
  /** What all roots name in it together, and what the one that names most names: the truth lies between them. */
  private most: Float64Array
  private least: Float64Array
  /** By place: the packs in whose stead others are. */
  private readonly moved = new Map<number, ReadonlyArray<string>>()

  constructor(state: State, names: Names) {
    this.position = state.position
    this.names = names
    for (const [old, packs] of state.redirects) {
      this.moved.set(names.place(old), packs)
      for (const pack of packs) names.place(pack)
    }
    this.flags = new Uint8Array(names.size)
    this.most = new Float64Array(names.size)
    this.least = new Float64Array(names.size)
  }

  add({ bytes, places }: Named, root: Root): void {
    this.grow()
    const bit = bits[root]
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!
      this.flags[place] = this.flags[place]! | bit
      if (root === "none") continue
      this.most[place] = this.most[place]! + bytes[i]!
      this.least[place] = Math.max(this.least[place]!, bytes[i]!)
    }
  }

  /** Follows redirects; once, after the last `add`. */
  finish(): this {
    for (const [old, packs] of this.moved) {
      const flags = this.flags[old]!
      // What an old segment names was complete once, wherever its blocks lie now.
      const via = (flags & head ? toHead : 0) | (flags & checkpoint ? toCheckpoint : 0) | flags & once
      if (via === 0) continue
      for (const pack of packs) {
        const place = this.names.place(pack)
        this.flags[place] = this.flags[place]! | via
        // Which of them holds how much only their own indexes say: one holds all at most, and each its share about.
        this.most[place] = this.most[place]! + this.most[old]!
        this.least[place] = this.least[place]! + this.least[old]! / packs.length
      }
    }
    return this
  }

  /** A record, or the redirect of a pack that a record names, leads to it: its object must stay. */
  isNeeded(pack: string): boolean {
    const place = this.names.find(pack)
    return place !== undefined && !this.moved.has(place) && this.has(place, head | checkpoint | toHead | toCheckpoint)
  }

  /** A current view needs it, and not checkpoints only. */
  isCurrent(pack: string): boolean {
    const place = this.names.find(pack)
    return place !== undefined && !this.moved.has(place) && this.has(place, head | toHead)
  }

  /** A record names it, whether it was replaced or not. */
  isNamed(pack: string): boolean {
    const place = this.names.find(pack)
    return place !== undefined && this.has(place, head | checkpoint)
  }

  /** A segment that is no part of anything any more names it, or a pack in whose stead it is. */
  wasNamed(pack: string): boolean {
    const place = this.names.find(pack)
    return place !== undefined && this.has(place, once)
  }

  /**
   * About the bytes of the pack that live: at least and at most, unless the same block lies in a file more than once.
   * `named`: of all records together, whatever they have in common.
   */
  bytesOf(ref: PackRef): { readonly least: number; readonly most: number; readonly named: number } {
    const place = this.names.find(ref.id)
    if (place === undefined || place >= this.flags.length) return { least: 0, most: 0, named: 0 }
    const named = this.most[place]!
    return { least: Math.min(ref.bytes, this.least[place]!), most: Math.min(ref.bytes, named), named }
  }

  private has(place: number, bits: number): boolean {
    return place < this.flags.length && (this.flags[place]! & bits) !== 0
  }

  /** New names may have come since. */
  private grow(): void {
    if (this.names.size <= this.flags.length) return
    const length = this.names.size + (this.names.size >> 1)
    const flags = new Uint8Array(length)
    flags.set(this.flags)
    this.flags = flags
    const most = new Float64Array(length)
    most.set(this.most)
    this.most = most
    const least = new Float64Array(length)
    least.set(this.least)
    this.least = least
  }
}
