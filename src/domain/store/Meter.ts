/** What was asked of a store, by kind of request and kind of object. Counting is a plain call: it happens at every request. */
import * as ObjectKey from "../repository/ObjectKey.ts"

export const operations = ["put", "get", "list", "delete", "now"] as const
export type Operation = (typeof operations)[number]

export const objectKinds = ["log", "base", "pack", "segment", "lease", "other"] as const
export type ObjectKind = (typeof objectKinds)[number]

export interface Count {
  readonly operation: Operation
  /** Of a listing: what was listed. */
  readonly object: ObjectKind
  /** Attempts, those that failed included. Of a deletion: names. */
  readonly requests: number
  /** Sent or received, of those that succeeded. */
  readonly bytes: number
  /** Requests that the store did not carry out, or left open. That there is no such object is an answer. */
  readonly failures: number
}

export interface Totals {
  /** Unix milliseconds. */
  readonly since: number
  /** In order of operation and object; only what occurred. */
  readonly counts: ReadonlyArray<Count>
}

const prefixes: ReadonlyArray<readonly [string, ObjectKind]> = [
  [ObjectKey.logPrefix, "log"],
  [ObjectKey.basePrefix, "base"],
  [ObjectKey.packPrefix, "pack"],
  [ObjectKey.segmentPrefix, "segment"],
  [ObjectKey.leasePrefix, "lease"]
]

/** Of an object's name, or of a prefix that is listed. */
export const kindOf = (key: string): ObjectKind => prefixes.find(([prefix]) => key.startsWith(prefix))?.[1] ?? "other"

export class Meter {
  readonly #since: number
  readonly #counts = new Map<string, { -readonly [Key in keyof Count]: Count[Key] }>()

  /** `since`: Unix milliseconds. */
  constructor(since: number) {
    this.#since = since
  }

  count(operation: Operation, key: string, requests: number, bytes: number, failed: boolean): void {
    const object = kindOf(key)
    const name = `${operation} ${object}`
    let count = this.#counts.get(name)
    if (count === undefined) this.#counts.set(name, count = { operation, object, requests: 0, bytes: 0, failures: 0 })
    count.requests += requests
    count.bytes += bytes
    if (failed) count.failures += requests
  }

  totals(): Totals {
    const counts = operations.flatMap((operation) =>
      objectKinds.flatMap((object) => {
        const count = this.#counts.get(`${operation} ${object}`)
        return count === undefined ? [] : [{ ...count }]
      })
    )
    return { since: this.#since, counts }
  }
}

export interface Sum {
  readonly requests: number
  readonly bytes: number
  readonly failures: number
}

/** Over all objects, by operation; what did not occur is 0. */
export const byOperation = (totals: Totals): Readonly<Record<Operation, Sum>> => {
  const sum = (operation: Operation): Sum => {
    const counts = totals.counts.filter((count) => count.operation === operation)
    const of = (key: keyof Sum) => counts.reduce((total, count) => total + count[key], 0)
    return { requests: of("requests"), bytes: of("bytes"), failures: of("failures") }
  }
  return { put: sum("put"), get: sum("get"), list: sum("list"), delete: sum("delete"), now: sum("now") }
}
