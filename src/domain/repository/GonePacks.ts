/** Packs that are known to be gone: as long as the log says nothing new, nobody need ask for them again. */

/** Packs remembered. */
export const most = 4096
/** For at most so long, for a pack may be put back from a copy, which no commit tells. Milliseconds. */
export const lasting = 5 * 60_000

export class GonePacks {
  /** The longest known first. */
  private readonly packs = new Map<string, { readonly position: number; readonly until: number }>()

  /** It could not be read although the log was, up to the position. `now`: milliseconds of a clock that nobody sets. */
  add(pack: string, position: number, now: number): void {
    this.packs.delete(pack)
    this.packs.set(pack, { position, until: now + lasting })
    const [oldest] = this.packs.keys()
    if (this.packs.size > most && oldest !== undefined) this.packs.delete(oldest)
  }

  /** Whether it is gone, for whoever stands at the position. */
  has(pack: string, position: number, now: number): boolean {
    const known = this.packs.get(pack)
    return known !== undefined && known.position === position && now < known.until
  }
}
