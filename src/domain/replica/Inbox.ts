/**
 * Entries that peers announced and we do not hold, by (device, folder): a box. A name waits at most once in a box, and
 * the mark moves in the transaction that put or dropped what it covers.
 */
import * as DeviceId from "../DeviceId.ts"
import type { Draft } from "./Catalogue.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import type { Tables } from "./Tables.ts"

/** `sequence` and `info` are the peer's. */
export interface Announced {
  readonly sequence: number
  readonly name: string
  readonly info: Uint8Array
}

export interface Received {
  readonly entries: ReadonlyArray<Announced>
  /** Names of which nothing is wanted any more; entries of the same change come after. */
  readonly settled: ReadonlyArray<string>
  readonly mark: { readonly indexId: bigint; readonly sequence: number }
  /** Forgets all that waits first. */
  readonly reset: boolean
}

export const boxKey = (device: DeviceId.DeviceId, folder: string): Uint8Array =>
  Keys.box(DeviceId.toBytes(device), folder)

/** The same, made once for each box: many look-ups need it. */
export class BoxKeys {
  private readonly keys = new Map<string, Uint8Array>()

  of(device: DeviceId.DeviceId, folder: string): Uint8Array {
    const name = `${device} ${folder}`
    const key = this.keys.get(name) ?? boxKey(device, folder)
    this.keys.set(name, key)
    return key
  }
}

export const box = (tables: Tables, key: Uint8Array): Rows.Box | undefined => {
  const row = tables.state.get(key)
  return row === undefined ? undefined : Rows.decodeBox(row)
}

/** An entry replaces an older one of its name; one older than what waits is dropped. */
export const receive = (tables: Tables, draft: Draft, key: Uint8Array, change: Received): void => {
  sweep(tables)
  const held = box(tables, key)
  const begin = held === undefined || (change.reset && held.count > 0)
  if (begin && held !== undefined) tables.state.put(Keys.left(held.number), Rows.encodeNumber(held.count))
  const number = begin ? draft.nextBox++ : held.number
  let count = begin ? 0 : held.count
  for (const name of change.settled) {
    if (count === 0) break
    const at = Keys.waiting(number, name)
    const waiting = tables.waiting.get(at)
    if (waiting === undefined) continue
    tables.inbox.remove(Keys.sequence(number, Rows.decodeNumber(waiting)))
    tables.waiting.remove(at)
    count--
  }
  for (const entry of change.entries) {
    const at = Keys.waiting(number, entry.name)
    const waiting = tables.waiting.get(at)
    if (waiting !== undefined) {
      const older = Rows.decodeNumber(waiting)
      if (older > entry.sequence) continue
      if (older < entry.sequence) tables.inbox.remove(Keys.sequence(number, older))
      count--
    }
    const place = Keys.sequence(number, entry.sequence)
    const evicted = tables.inbox.get(place)
    if (evicted !== undefined) {
      // A peer that gives one sequence to two names: the later word counts.
      const name = Rows.decodeWaitingName(evicted)
      if (name !== entry.name) {
        tables.waiting.remove(Keys.waiting(number, name))
        count--
      }
    }
    tables.inbox.put(place, Rows.encodeWaiting(entry))
    tables.waiting.put(at, Rows.encodeNumber(entry.sequence))
    count++
  }
  tables.state.put(key, Rows.encodeBox({ number, mark: change.mark, count }))
}

/** Drops entries by the peer's sequence in a numbering, if it is still the peer's; what is gone already is passed over. */
export const settle = (
  tables: Tables,
  key: Uint8Array,
  indexId: bigint,
  sequences: ReadonlyArray<number>
): void => {
  const held = box(tables, key)
  if (held?.mark?.indexId !== indexId) return
  let { count } = held
  for (const sequence of sequences) {
    const at = Keys.sequence(held.number, sequence)
    const row = tables.inbox.get(at)
    if (row === undefined) continue
    tables.waiting.remove(Keys.waiting(held.number, Rows.decodeWaitingName(row)))
    tables.inbox.remove(at)
    count--
  }
  if (count !== held.count) tables.state.put(key, Rows.encodeBox({ ...held, count }))
}

/** Forgets what every device announced of the folder, mark and all, as if it had never been heard of. */
export const forget = (tables: Tables, folder: string): void => {
  const { end, start } = Keys.all("box")
  for (const { key, value } of Array.from(tables.state.entries(start, end))) {
    if (!Keys.isBoxOf(key, folder)) continue
    const { count, number } = Rows.decodeBox(value)
    tables.state.put(Keys.left(number), Rows.encodeNumber(count))
    tables.state.remove(key)
  }
}

/** Waiting entries with a higher sequence, ascending. */
export const page = (tables: Tables, key: Uint8Array, after: number, limit: number): ReadonlyArray<Announced> => {
  const held = box(tables, key)
  if (held === undefined || held.count === 0) return []
  const { end, start } = Keys.sequencesAfter(held.number, after)
  const found: Array<Announced> = []
  for (const { key, value } of tables.inbox.entries(start, end, limit)) {
    found.push({ sequence: Keys.sequenceOf(key), ...Rows.decodeWaiting(value) })
  }
  return found
}

/** The lowest sequence that waits. */
export const lowest = (tables: Tables, key: Uint8Array): number | undefined => {
  const held = box(tables, key)
  if (held === undefined || held.count === 0) return undefined
  const { end, start } = Keys.sequencesAfter(held.number, -1)
  for (const { key } of tables.inbox.entries(start, end, 1)) return Keys.sequenceOf(key)
  return undefined
}

/** The sequence under which an entry of that name waits. */
export const sequenceOf = (tables: Tables, key: Uint8Array, name: string): number | undefined => {
  const held = box(tables, key)
  if (held === undefined || held.count === 0) return undefined
  const row = tables.waiting.get(Keys.waiting(held.number, name))
  return row === undefined ? undefined : Rows.decodeNumber(row)
}

/**
 * Removes a bounded part of the boxes that were reset: a reset only takes a new number, so that forgetting a million
 * entries is no longer a transaction than putting a thousand.
 */
export const sweep = (tables: Tables): void => {
  const { end, start } = Keys.all("left")
  for (const { key } of tables.state.entries(start, end, 1)) {
    const range = Keys.within(Keys.numberLeft(key))
    let left = swept
    for (const table of [tables.inbox, tables.waiting]) {
      const keys = Array.from(table.entries(range.start, range.end, left), (entry) => entry.key)
      for (const key of keys) table.remove(key)
      left -= keys.length
    }
    if (left > 0) tables.state.remove(key)
  }
}

/** Entries at most that one call removes. */
const swept = 2000
