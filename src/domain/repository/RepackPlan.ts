/**
 * Which packs are worth rewriting, which of their blocks live, and whether they may be replaced by now. A block of a pack
 * lives if any record of a folder's table, of a checkpoint's or in the log finds it there, superseded records included.
 */
import * as Result from "effect/Result"
import * as BlockSize from "../BlockSize.ts"
import * as FileInfo from "../FileInfo.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef } from "./Refs.ts"
import type { State } from "./State.ts"

/** A pack of which no more than this share lives is rewritten. */
export const sparseShare = 0.4
/** A pack of less than this share of the target is small. */
const smallShare = 0.25
/** Small packs of about one size are put together once there are so many; if somebody asked for it, all of them. */
const enoughSmall = 64
const enoughAsked = 8
/** What makes a run worthwhile that nobody asked for: bytes gained, or their share of all. */
const worthBytes = 64 * 1024 * 1024
const worthShare = 0.1
/** Packs and blocks looked into at a time: their indexes lie in memory. */
export const mostPacks = 256
export const mostBlocks = 262_144
/** Redirects that may be in the state, and so in every base. */
export const mostRedirects = 2000
/** Of them, up to which small packs are put together: that saves requests, and must not take the room of what gives back bytes. */
export const mostForSmall = 1000

/** A pack, and about the bytes of it that live. */
export interface Weighed {
  readonly ref: PackRef
  readonly live: number
}

export interface Wish {
  readonly maxRewrite: number
  /** Payload of a full pack, bytes. */
  readonly target: number
  readonly full: boolean
  /** Packs that may be replaced, by what else bounds that. */
  readonly room: Room
}

/** How many, and how many of them for no other reason than that they are small. */
export interface Room {
  readonly all: number
  readonly small: number
}

/** By redirects, and by what may be condemned at a time. */
export const roomIn = ({ redirects }: Pick<State, "redirects">, condemned: number): Room => {
  const room = (most: number) => Math.max(0, Math.min(most - redirects.size, condemned))
  return { all: room(mostRedirects), small: room(mostForSmall) }
}

export interface Choice {
  readonly packs: ReadonlyArray<PackRef>
  /** Some of them are looked into because they are small. */
  readonly small: ReadonlySet<string>
  /** Others were left to a later run, which could take them. */
  readonly more: boolean
}

export const isSparse = ({ live, ref }: Weighed): boolean => live <= ref.bytes * sparseShare

export const isSmall = ({ size }: PackRef, target: number): boolean => size < target * smallShare

/** The packs to look into. `weighed`: those that are sparse or small, by what footers tell. `total`: bytes of all packs. */
export const choose = (weighed: ReadonlyArray<Weighed>, total: number, wish: Wish): Choice => {
  const sparse = weighed.filter(isSparse).toSorted((a, b) => a.live / a.ref.bytes - b.live / b.ref.bytes)
  const gain = sparse.reduce((sum, { live, ref }) => sum + ref.bytes - live, 0)
  const worthwhile = wish.full || gain >= Math.min(worthBytes, total * worthShare)
  const queue = [...worthwhile ? sparse : [], ...crowds(weighed.filter((each) => !isSparse(each)), wish)]
  const packs: Array<PackRef> = []
  const small = new Set<string>()
  let bytes = 0
  let blocks = 0
  let more = false
  for (const each of queue) {
    // The next run has no more room than this one leaves.
    if (packs.length >= wish.room.all || !isSparse(each) && small.size >= wish.room.small) continue
    const fits = bytes + each.live <= wish.maxRewrite && blocks + each.ref.blocks <= mostBlocks &&
      packs.length < mostPacks
    if (!fits) {
      more ||= packs.length > 0
      continue
    }
    packs.push(each.ref)
    bytes += each.live
    blocks += each.ref.blocks
    if (!isSparse(each)) small.add(each.ref.id)
  }
  return { packs, small, more }
}

/** Small packs of which there are many of about the same size: so each byte is put together few times. */
const crowds = (weighed: ReadonlyArray<Weighed>, { full, target }: Wish): ReadonlyArray<Weighed> => {
  const small = weighed.filter(({ ref }) => isSmall(ref, target))
  if (full) return small.length >= enoughAsked ? small : []
  const tiers = Map.groupBy(small, ({ ref }) => Math.floor(Math.log(ref.size) / Math.log(8)))
  return [...tiers.values()].filter((tier) => tier.length >= enoughSmall).flat()
}

/** The blocks of one pack, and which of them live. */
export class Blocks {
  readonly ref: PackRef
  readonly hashes: Uint8Array
  private readonly table: Int32Array
  private readonly alive: Uint8Array
  /** Of the blocks that live. */
  bytes = 0
  count = 0
  /** A record says that a block lies here which does not: whoever mends that needs the pack as it is. */
  damaged = false

  constructor(ref: PackRef, hashes: Uint8Array) {
    this.ref = ref
    this.hashes = hashes
    const count = hashes.length / 32
    this.alive = new Uint8Array(count)
    let size = 8
    while (size < count * 2) size *= 2
    this.table = new Int32Array(size)
    for (let index = count - 1; index >= 0; index--) {
      let slot = slotOf(hashes, index * 32) & size - 1
      while (this.table[slot] !== 0) slot = slot + 1 & size - 1
      this.table[slot] = index + 1
    }
  }

  /** The block's index, or -1. */
  find(hashes: Uint8Array, at: number): number {
    const mask = this.table.length - 1
    for (let slot = slotOf(hashes, at) & mask;; slot = slot + 1 & mask) {
      const index = this.table[slot]! - 1
      if (index < 0) return -1
      let same = 0
      while (same < 32 && hashes[at + same] === this.hashes[index * 32 + same]) same++
      if (same === 32) return index
    }
  }

  /** `length`: bytes of the block. */
  mark(index: number, length: number): void {
    if (this.alive[index] === 1) return
    this.alive[index] = 1
    this.bytes += length
    this.count++
  }

  isLive(index: number): boolean {
    return this.alive[index] === 1
  }
}

const slotOf = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24

/** What records find in some packs, by redirects as they are in one state. */
export class Scan {
  readonly state: State
  readonly packs: ReadonlyMap<string, Blocks>
  /** By the name that records have for it: where its blocks may lie, among the packs looked into. */
  readonly names: ReadonlyMap<string, ReadonlyArray<Blocks>>

  constructor(state: State, packs: ReadonlyMap<string, Blocks>) {
    this.state = state
    this.packs = packs
    this.names = namesOf(state, packs)
  }

  /** Marks what the record finds. False if its entry does not tell. */
  mark(record: FileRecord): boolean {
    return this.walk(record, (blocks, index, length) => blocks.mark(index, length))
  }

  /** Packs that the record finds a block in which was not marked. Undefined if its entry does not tell. */
  missed(record: FileRecord): ReadonlyArray<string> | undefined {
    const missed: Array<string> = []
    const told = this.walk(record, (blocks, index) => {
      if (!blocks.isLive(index)) missed.push(blocks.ref.id)
    })
    return told ? missed : undefined
  }

  private walk(record: FileRecord, found: (blocks: Blocks, index: number, length: number) => void): boolean {
    if (!record.runs.some(({ pack }) => this.names.has(pack))) return true
    const info = FileInfo.decode(record.info)
    if (Result.isFailure(info)) return false
    const { blockSize, hashes, size } = info.success
    let at = 0
    for (const { count, pack } of record.runs) {
      const packs = this.names.get(pack) ?? []
      for (let i = packs.length === 0 ? count : 0; i < count; i++) {
        const block = at + i
        if (block * 32 >= hashes.length) return false
        for (const blocks of packs) {
          const index = blocks.find(hashes, block * 32)
          if (index >= 0) found(blocks, index, BlockSize.sizeAt(size, blockSize, block))
          else if (blocks.ref.id === pack) blocks.damaged = true
        }
      }
      at += count
    }
    return true
  }
}

const namesOf = (state: State, packs: ReadonlyMap<string, Blocks>): ReadonlyMap<string, ReadonlyArray<Blocks>> => {
  const names = new Map(Array.from(packs, ([id, blocks]): [string, ReadonlyArray<Blocks>] => [id, [blocks]]))
  for (const [old, targets] of state.redirects) {
    const among = targets.flatMap((id) => packs.get(id) ?? [])
    if (among.length > 0) names.set(old, among)
  }
  return names
}

/** Of the packs those that more records lead to on this state than on the scan's: by a redirect that is new. */
export const redirected = (scan: Scan, state: State): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const [old, targets] of state.redirects) {
    const known = scan.state.redirects.get(old)
    for (const id of targets) if (scan.packs.has(id) && known?.includes(id) !== true) found.add(id)
  }
  return found
}
