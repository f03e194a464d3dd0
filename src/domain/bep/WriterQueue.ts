/**
 * What one connection still has to write, by urgency and bounded in bytes (BEP sheet §11). Within a kind the order is that
 * of `push`; a more urgent kind goes first, so what must not be overtaken has to be of the same kind.
 * A buffer counts until `written`, not until `take`: whoever fills up to `room` bounds what lies in memory.
 */

/** From the most to the least urgent. `control` is Close, ClusterConfig and Ping. */
export type Kind = "control" | "response" | "request" | "index"

const kinds: ReadonlyArray<Kind> = ["control", "response", "request", "index"]

/** Bytes of each kind that may wait. One entry always fits, whatever its size. */
export type Limits = Readonly<Record<Kind, number>>

export const defaultLimits: Limits = {
  control: 64 * 1024 * 1024,
  response: 64 * 1024 * 1024,
  request: 32 * 1024 * 1024,
  index: 4 * 1024 * 1024
}

interface Entry {
  readonly buffers: ReadonlyArray<Uint8Array>
  readonly bytes: number
  /** What `drop` finds it by: the folder of an index message. */
  readonly tag: string
}

export class WriterQueue {
  private readonly limits: Limits
  private readonly waiting: Record<Kind, Array<Entry>> = { control: [], response: [], request: [], index: [] }
  private readonly bytes: Record<Kind, number> = { control: 0, response: 0, request: 0, index: 0 }
  private readonly taken: Record<Kind, number> = { control: 0, response: 0, request: 0, index: 0 }

  constructor(limits: Limits = defaultLimits) {
    this.limits = limits
  }

  /** False, and nothing is queued, if the kind's bound would be passed. */
  push(kind: Kind, buffers: ReadonlyArray<Uint8Array>, tag = ""): boolean {
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.length
    if (bytes > this.room(kind)) return false
    this.waiting[kind].push({ buffers, bytes, tag })
    this.bytes[kind] += bytes
    return true
  }

  /** Bytes that fit now. */
  room(kind: Kind): number {
    return this.bytes[kind] === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.limits[kind] - this.bytes[kind])
  }

  /** Bytes that wait or are being written. */
  size(kind: Kind): number {
    return this.bytes[kind]
  }

  /**
   * The next entries in order, whole, until they have at least `target` bytes; undefined if nothing waits. They count as
   * waiting until `written` is called, which must come before the next `take`.
   */
  take(target: number): Array<Uint8Array> | undefined {
    const batch: Array<Uint8Array> = []
    let total = 0
    for (const kind of kinds) {
      const queue = this.waiting[kind]
      let count = 0
      while (count < queue.length && total < target) {
        const entry = queue[count++]!
        for (const buffer of entry.buffers) batch.push(buffer)
        total += entry.bytes
        this.taken[kind] += entry.bytes
      }
      if (count === queue.length) queue.length = 0
      else if (count > 0) queue.splice(0, count)
      if (total >= target) break
    }
    return batch.length === 0 ? undefined : batch
  }

  /** What was taken is on its way; its buffers are free. */
  written(): void {
    for (const kind of kinds) {
      this.bytes[kind] -= this.taken[kind]
      this.taken[kind] = 0
    }
  }

  /** Forgets waiting entries with the tag, or all of the kind; not what was taken. */
  drop(kind: Kind, tag?: string): void {
    const kept = tag === undefined ? [] : this.waiting[kind].filter((entry) => entry.tag !== tag)
    let bytes = this.taken[kind]
    for (const entry of kept) bytes += entry.bytes
    this.waiting[kind] = kept
    this.bytes[kind] = bytes
  }
}
