/** Which packs of a large repository one run of a full check reads: the same part of a cycle each time, or a random sample. */
import * as Result from "effect/Result"
import * as ObjectKey from "./ObjectKey.ts"

export type Subset =
  /** Part `n` of `of`, by the packs' ids: `of` runs read them all. */
  | { readonly _tag: "Part"; readonly n: number; readonly of: number }
  /** A random share, 0 to 1. */
  | { readonly _tag: "Share"; readonly share: number }
  /** Random packs of so many bytes together, at least one. */
  | { readonly _tag: "Bytes"; readonly bytes: number }

/** `1/7`, `5%`, `2G`; or what is wrong with it. */
export const parse = (text: string): Result.Result<Subset, string> => {
  const part = /^(\d{1,6})\/(\d{1,6})$/.exec(text)
  if (part !== null) {
    const [n, of] = [Number(part[1]), Number(part[2])]
    return n >= 1 && n <= of ? Result.succeed({ _tag: "Part", n, of }) : Result.fail("there is no such part")
  }
  const share = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)
  if (share !== null) {
    const percent = Number(share[1])
    return percent > 0 && percent <= 100
      ? Result.succeed({ _tag: "Share", share: percent / 100 })
      : Result.fail("a share is more than 0% and at most 100%")
  }
  const size = /^(\d{1,9})([KMGT])$/i.exec(text)
  if (size !== null) {
    const bytes = Number(size[1]) * 1024 ** ("KMGT".indexOf(size[2]!.toUpperCase()) + 1)
    return bytes > 0 ? Result.succeed({ _tag: "Bytes", bytes }) : Result.fail("nothing would be read")
  }
  return Result.fail("it is none of 1/7 (a part), 5% (a random share) or 2G (so much, by chance)")
}

/** As it is given. */
export const format = (subset: Subset): string => {
  switch (subset._tag) {
    case "Part":
      return `${subset.n}/${subset.of}`
    case "Share":
      return `${Number((subset.share * 100).toPrecision(12))}%`
    case "Bytes": {
      const unit = [4, 3, 2, 1].find((power) => subset.bytes % 1024 ** power === 0) ?? 0
      return `${subset.bytes / 1024 ** unit}${unit === 0 ? "" : "KMGT"[unit - 1]}`
    }
  }
}

/** Whether the choice is by chance. */
export const isRandom = (subset: Subset): boolean => subset._tag !== "Part"

/** The chosen ones. `random`: a number from 0 up to 1 for each pack, asked for only where chance decides. */
export const choose = <Pack extends { readonly id: string; readonly size: number }>(
  subset: Subset,
  packs: ReadonlyArray<Pack>,
  random: ReadonlyArray<number>
): ReadonlyArray<Pack> => {
  switch (subset._tag) {
    case "Part":
      return packs.filter((pack) => partOf(pack.id, subset.of) === subset.n)
    case "Share":
      return packs.filter((_, at) => random[at]! < subset.share)
    case "Bytes": {
      const order = packs.map((pack, at) => ({ pack, place: random[at]! })).toSorted((a, b) => a.place - b.place)
      let left = subset.bytes
      const chosen = order.filter(({ pack }) => {
        if (left <= 0) return false
        left -= pack.size
        return true
      })
      return chosen.map(({ pack }) => pack)
    }
  }
}

/** From 1 to `of`; ids are random, so parts are about equal, and a pack stays in its part. */
const partOf = (id: string, of: number): number => {
  const random = ObjectKey.parseId(id)?.random
  return random === undefined ? 1 : new DataView(random.buffer, random.byteOffset).getUint32(0) % of + 1
}
