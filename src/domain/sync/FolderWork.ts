/**
 * How far the inbox of one device and folder was looked through, what of it is in hand, and what is to be looked at again:
 * what failed, after a while, and what lost a conflict, when the record it lost to has changed.
 */
import type { Job } from "./Fetcher.ts"

export class FolderWork {
  /** The peer's sequence up to which the inbox was looked through. */
  cursor = 0
  exhausted = false
  /** An entry up to the cursor lost to what we hold. */
  lost = false
  /** Our sequence up to which changed records were held against what lost. */
  judged: number
  indexId: bigint | undefined
  readonly inHand = new Map<string, Job>()
  readonly failed = new Map<string, { readonly sequence: number; readonly until: number }>()

  constructor(judged: number) {
    this.judged = judged
  }

  /** The inbox is to be looked through from its beginning. */
  begin(): void {
    this.cursor = 0
    this.exhausted = false
    this.lost = false
  }

  /** An entry is to be looked at again, if that was done before. Whether there is anything to do. */
  again(name: string, sequence: number): boolean {
    if (sequence > this.cursor || this.inHand.has(name)) return false
    this.cursor = sequence - 1
    this.exhausted = false
    return true
  }

  /** When the earliest failed file may be tried again. Once one is due the inbox is to be looked through anew. */
  nextRetry(now: number): number | undefined {
    let next: number | undefined
    let due = false
    for (const [name, { until }] of this.failed) {
      if (until <= now) {
        this.failed.delete(name)
        due = true
      } else if (next === undefined || until < next) next = until
    }
    if (due) this.begin()
    return due ? now : next
  }
}
