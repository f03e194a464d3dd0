/**
 * Who may try a password now. After a few wrong ones from an address it is not looked at for a while, right or wrong;
 * bounded: only so many addresses are remembered, the least recently failed ones are forgotten first.
 */

/** Wrong passwords in a row that cost nothing: people mistype, clients try an old one first. */
const free = 4
const longest = 60_000
const remembered = 1024

interface Failures {
  readonly count: number
  /** Unix milliseconds before which no attempt is looked at. */
  readonly until: number
}

/** Mutable; owned by one server. */
export class Attempts {
  readonly #failures = new Map<string, Failures>()

  /** Milliseconds to wait before the address may try again; 0 means now. */
  wait(address: string, now: number): number {
    const failures = this.#failures.get(address)
    return failures === undefined ? 0 : Math.min(longest, Math.max(0, failures.until - now))
  }

  /** Counts a wrong password. */
  failed(address: string, now: number): void {
    const count = (this.#failures.get(address)?.count ?? 0) + 1
    this.#failures.delete(address)
    this.#failures.set(address, { count, until: now + delay(count) })
    if (this.#failures.size > remembered) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest)
        break
      }
    }
  }

  /** A right password clears the count. */
  succeeded(address: string): void {
    this.#failures.delete(address)
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#failures.size
  }
}

/** 0 for the first few, then 1 s, 2 s, 4 s, … 60 s. */
const delay = (count: number): number =>
  count <= free ? 0 : Math.min(longest, 1000 * 2 ** Math.min(16, count - free - 1))
