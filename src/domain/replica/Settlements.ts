/**
 * Inbox entries that a commit settled, until the tables hold that commit: they leave the inbox with it and never before, for
 * without its record nothing else tells of them.
 */
import type { DeviceId } from "../DeviceId.ts"
import * as Inbox from "./Inbox.ts"
import type { Tables } from "./Tables.ts"

/** Inbox entries that a commit stored or found to need nothing. They leave the inbox when the replica holds that commit. */
export interface Settlement {
  /** Of the commit. */
  readonly position: number
  readonly entries: ReadonlyArray<{
    readonly device: DeviceId
    readonly folder: string
    /** The peer's numbering, and sequences of it. Where another has begun since, they say nothing of what waits. */
    readonly indexId: bigint
    readonly sequences: ReadonlyArray<number>
  }>
}

export class Settlements {
  private waiting: ReadonlyArray<Settlement> = []
  private readonly keys: Inbox.BoxKeys

  constructor(keys: Inbox.BoxKeys) {
    this.keys = keys
  }

  add(settlement: Settlement): void {
    this.waiting = [...this.waiting, settlement]
  }

  /** Whether a commit up to `through` settled anything that has not left yet. */
  isDue(through: number): boolean {
    return this.waiting.some(({ position }) => position <= through)
  }

  /** Drops from the inbox what commits up to `through` settled. Answers what is `done` once the transaction is. */
  settle(tables: Tables, through: number): ReadonlyArray<Settlement> {
    const due = this.waiting.filter(({ position }) => position <= through)
    for (const { device, folder, indexId, sequences } of due.flatMap(({ entries }) => entries)) {
      Inbox.settle(tables, this.keys.of(device, folder), indexId, sequences)
    }
    return due
  }

  done(settled: ReadonlyArray<Settlement>): void {
    this.waiting = this.waiting.filter((settlement) => !settled.includes(settlement))
  }
}
