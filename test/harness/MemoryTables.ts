/** The replica's tables in maps. What `get` answers is overwritten by the next call, as LMDB's buffer is. */
import { names, type Table, type Tables } from "../../src/domain/replica/Tables.ts"

const shared = new Uint8Array(1 << 20)

const table = (): Table => {
  const rows = new Map<string, Uint8Array>()
  const textOf = (key: Uint8Array) => Buffer.from(key).toString("latin1")
  return {
    get: (key) => {
      shared.fill(0xEE, 0, 4096)
      const value = rows.get(textOf(key))
      if (value === undefined) return undefined
      shared.set(value)
      return shared.subarray(0, value.length)
    },
    put: (key, value) => void rows.set(textOf(key), Uint8Array.from(value)),
    remove: (key) => void rows.delete(textOf(key)),
    entries: (start, end, limit = Infinity) => {
      const [from, to] = [textOf(start), textOf(end)]
      return [...rows].filter(([key]) => key >= from && key < to).toSorted(([a], [b]) => a < b ? -1 : 1)
        .slice(0, limit).map(([key, value]) => ({ key: Buffer.from(key, "latin1"), value: Uint8Array.from(value) }))
    },
    clear: () => rows.clear()
  }
}

export const make = (): Tables => {
  const tables = Object.fromEntries(names.map((name) => [name, table()]))
  return tables as { -readonly [K in keyof Tables]: Table }
}
