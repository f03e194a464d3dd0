/** Numbers things from 0, the same for the same text. */
export interface Numbering {
  readonly of: (text: string) => number
  readonly size: () => number
}

export const make = (): Numbering => {
  const numbers = new Map<string, number>()
  return {
    of: (text) => {
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, numbers.size)
      return numbers.size - 1
    },
    size: () => numbers.size
  }
}
