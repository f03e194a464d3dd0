/**
 * The file of a replica in memory, as a disk keeps it: it outlives the process that uses it, a transaction that fails has
 * no effect, and it may be full.
 */
import { Effect, Layer } from "effect"
import { names, type Table, type Tables } from "../../src/domain/replica/Tables.ts"
import { ReplicaUnusable } from "../../src/services/Replica.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"

export interface Disk {
  readonly tables: Tables
  /** Whether the next transaction finds no room. */
  full: () => boolean
  readonly begin: () => void
  readonly commit: () => void
  readonly rollback: () => void
}

export const make = (): Disk => {
  const undo: Array<() => void> = []
  const shared = new Uint8Array(1 << 20)
  const table = (): Table => {
    const rows = new Map<string, Uint8Array>()
    let order: Array<string> | undefined
    const set = (key: string, value: Uint8Array | undefined) => {
      const before = rows.get(key)
      undo.push(() => {
        order = undefined
        if (before === undefined) rows.delete(key)
        else rows.set(key, before)
      })
      if ((before === undefined) !== (value === undefined)) order = undefined
      if (value === undefined) rows.delete(key)
      else rows.set(key, value)
    }
    return {
      get: (key) => {
        const value = rows.get(textOf(key))
        if (value === undefined) return undefined
        shared.set(value)
        return shared.subarray(0, value.length)
      },
      put: (key, value) => set(textOf(key), Uint8Array.from(value)),
      remove: (key) => set(textOf(key), undefined),
      entries: (start, end, limit = Infinity) => {
        order ??= [...rows.keys()].toSorted()
        const from = textOf(start)
        const to = textOf(end)
        const found: Array<{ readonly key: Uint8Array; readonly value: Uint8Array }> = []
        for (let at = lowerBound(order, from); at < order.length && found.length < limit; at++) {
          const key = order[at]!
          if (key >= to) break
          found.push({ key: Buffer.from(key, "latin1"), value: Uint8Array.from(rows.get(key)!) })
        }
        return found
      },
      clear: () => {
        for (const key of rows.keys()) set(key, undefined)
      }
    }
  }
  const tables = Object.fromEntries(names.map((name) => [name, table()])) as { -readonly [K in keyof Tables]: Table }
  return {
    tables,
    full: () => false,
    begin: () => {
      undo.length = 0
    },
    commit: () => {
      undo.length = 0
    },
    rollback: () => {
      for (const step of undo.toReversed()) step()
      undo.length = 0
    }
  }
}

/** A process's use of the disk. What a dead process writes is not written. */
export const layer = (disk: Disk, dead: { readonly now: boolean } = { now: false }): Layer.Layer<ReplicaFile> =>
  Layer.sync(ReplicaFile, () =>
    ReplicaFile.of({
      directory: "/memory",
      path: "/memory/replica",
      tables: disk.tables,
      read: (body) => Effect.sync(() => body(disk.tables)),
      transact: (body) =>
        Effect.suspend(() => {
          if (dead.now) return Effect.die(new Error("the host crashed"))
          if (disk.full()) {
            return Effect.fail(
              new ReplicaUnusable({ directory: "/memory", reason: "the disk is full", mend: "make room", full: true })
            )
          }
          disk.begin()
          try {
            const answer = body(disk.tables)
            disk.commit()
            return Effect.succeed(answer)
          } catch (thrown) {
            disk.rollback()
            return Effect.die(thrown)
          }
        })
    }))

const textOf = (key: Uint8Array): string => Buffer.prototype.latin1Slice.call(key, 0, key.length)

const lowerBound = (order: ReadonlyArray<string>, key: string): number => {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = low + high >>> 1
    if (order[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
