/**
 * What took the place of packs. Merges give the rows of segments new names, and then the log forgets the old ones; rows here
 * keep them. So what was replaced since the tables were built stays known here. It is followed from pack to pack.
 */
import * as State from "../repository/State.ts"
import type { Catalogue, Draft } from "./Catalogue.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import type { Tables } from "./Tables.ts"

export const put = (
  tables: Tables,
  draft: Draft,
  catalogue: Catalogue,
  moved: Iterable<readonly [string, ReadonlyArray<string>]>
): void => {
  for (const [old, packs] of moved) {
    const places = packs.map((pack) => catalogue.addPack(tables, draft, pack))
    tables.state.put(Keys.moved(catalogue.addPack(tables, draft, old)), Rows.encodePlaces(places))
  }
}

/** Live packs that may hold what lay in the pack, if the state knows of it no more. */
export const places = (tables: Tables, catalogue: Catalogue, state: State.State, id: string): ReadonlyArray<string> => {
  const first = isKnown(state, id) ? undefined : catalogue.findPack(tables, id)
  if (first === undefined) return []
  const next = (pack: number) => {
    const row = tables.state.get(Keys.moved(pack))
    return row === undefined ? [] : Rows.decodePlaces(row)
  }
  return follow(first, next, (pack) => State.isLive(state, catalogue.pack(tables, pack)))
    .map((pack) => catalogue.pack(tables, pack))
}

/** It is live, or its redirect is there. */
export const isKnown = (state: State.State, id: string): boolean => State.isLive(state, id) || state.redirects.has(id)

/** The same over anything that says what took a pack's place. */
export const follow = <Pack>(
  first: Pack,
  placesOf: (pack: Pack) => ReadonlyArray<Pack>,
  live: (pack: Pack) => boolean
): ReadonlyArray<Pack> => {
  const seen = new Set([first])
  const found: Array<Pack> = []
  for (const pack of seen) {
    if (live(pack)) found.push(pack)
    else for (const place of placesOf(pack)) seen.add(place)
  }
  return found
}
