/**
 * Folders that were removed. Their names and inboxes go at once, which is a few rows; the rest is nobody's from then on and
 * is removed bit by bit, so that forgetting a million files holds nothing up.
 */
import type { Catalogue } from "./Catalogue.ts"
import * as Inbox from "./Inbox.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import type { Tables } from "./Tables.ts"

/** Rows at most that one call of `sweep` removes. */
const most = 2000

/** The folder holds nothing any more, and nothing waits for it. */
export const drop = (tables: Tables, catalogue: Catalogue, folder: string): void => {
  const number = catalogue.dropFolder(tables, folder)
  if (number !== undefined) {
    tables.state.remove(Keys.totals(number))
    tables.state.put(Keys.gone(number), Rows.encodeNumber(0))
  }
  Inbox.forget(tables, folder)
}

/** Removes a bounded part of what is nobody's. */
export const sweep = (tables: Tables): void => {
  const found = next(tables)
  if (found === undefined) return
  const range = Keys.within(Keys.numberLeft(found.key))
  // What is listed has a record: the list goes first.
  const rows = found.word === "gone" ? [tables.sequences, tables.files] : [tables.inbox, tables.waiting]
  let left = most
  for (const table of rows) {
    const keys = Array.from(table.entries(range.start, range.end, left), (entry) => entry.key)
    for (const key of keys) table.remove(key)
    left -= keys.length
    if (left === 0) return
  }
  tables.state.remove(found.key)
}

/** Whether there is anything to sweep. */
export const isAny = (tables: Tables): boolean => next(tables) !== undefined

const next = (tables: Tables) => {
  for (const word of ["gone", "left"] as const) {
    const { end, start } = Keys.all(word)
    const [first] = Array.from(tables.state.entries(start, end, 1))
    if (first !== undefined) return { word, key: first.key }
  }
  return undefined
}
