/** Things that are the same by what is said of them, each made once and numbered from 0. */
export interface Interning<A> {
  readonly of: (text: string, make: (id: number) => A) => A
  /** How many there are up to now. */
  readonly count: () => number
}

export const make = <A>(): Interning<A> => {
  const known = new Map<string, A>()
  return {
    of: (text, make) => {
      const found = known.get(text)
      if (found !== undefined) return found
      const made = make(known.size)
      known.set(text, made)
      return made
    },
    count: () => known.size
  }
}
