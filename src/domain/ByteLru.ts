/**
 * A cache bounded by the bytes its values take, least recently used out first. What a value costs is said when it is put
 * and must not grow; a value larger than the bound stays alone until the next one comes.
 */
export class ByteLru<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly bytes: number }>()
  readonly #limit: number
  readonly #gone: (value: V) => void
  #bytes = 0

  /** `limit`: bytes. `gone` is told each value that is put out, deleted or replaced. */
  constructor(limit: number, gone: (value: V) => void = () => {}) {
    this.#limit = limit
    this.#gone = gone
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value, now the most recently used. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** The value, without using it. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  set(key: K, value: V, bytes: number): void {
    this.delete(key)
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit || oldest === key) break
      this.delete(oldest)
    }
  }

  /** Puts out the oldest until no more than so many bytes are held. */
  trim(bytes: number): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= bytes) break
      this.delete(oldest)
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
    this.#gone(entry.value)
  }
}
