/**
 * Where one block is looked for: in the pack that its record names, in those that took its place, and what to do about each
 * failure. Each kind of failure is met only so often: a search ends.
 */

/** What to do after a failure. */
export type Step =
  /** Ask `pack`, which may be another now. */
  | "Ask"
  /** It is not to be had from this pack: give up on it. */
  | "GiveUp"
  /** The failure is the answer. */
  | "Answer"
  /** By now it is known that others took the pack's place: all who ask for it go there. */
  | "Moved"
  /** Read the log again before the pack is believed to be gone. */
  | "Doubt"

/** `F`: failures. */
export class BlockSearch<F> {
  /** What the record says. */
  readonly named: string
  /** Where it is looked for now, and after that. */
  pack: string
  private others: ReadonlyArray<string> = []
  /** It was damaged once: on the way, perhaps. */
  private damaged = false
  /** Its pack was gone once: by a log we had not read, perhaps. */
  private gone = false
  /** It was looked for anew, from what the record says, since an older log had led astray. */
  private again = false
  /** Why it could not be had from the first pack that should hold it: the answer, if no other has it. */
  failure: F | undefined

  constructor(pack: string) {
    this.named = pack
    this.pack = pack
  }

  /** Whether another pack may hold it too. */
  get goesOn(): boolean {
    return this.others.length > 0
  }

  /** These took the pack's place. */
  moved(packs: ReadonlyArray<string>): void {
    this.others = [...packs, ...this.others]
  }

  /** Goes on to another pack. False if there is none. */
  next(): boolean {
    const [next, ...others] = this.others
    if (next === undefined) return false
    this.pack = next
    this.others = others
    return true
  }

  /** The pack should hold it, and does not give it. */
  givenUp(failure: F): void {
    this.failure ??= failure
    this.damaged = false
    this.gone = false
  }

  /** The log was read again for its pack. */
  doubted(): void {
    this.gone = true
  }

  /** `isMoved`: others are known to have taken the pack's place. */
  failed(failure: { readonly _tag: string }, isMoved: boolean): Step {
    switch (failure._tag) {
      case "RepositoryCorrupt":
        if (this.damaged) return "GiveUp"
        this.damaged = true
        return "Ask"
      case "BlockMissing":
        if (this.pack === this.named || this.again) return "GiveUp"
        // The pack that took another's place was replaced too, and forgotten: the log was read again for it.
        this.again = true
        this.pack = this.named
        this.others = []
        return "Ask"
      case "ObjectNotFound":
        // Another who missed it has read the log meanwhile.
        if (isMoved) return "Moved"
        if (this.gone) return "GiveUp"
        this.gone = true
        return "Doubt"
      default:
        return "Answer"
    }
  }
}
