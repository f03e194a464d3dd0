/** Who may empty the tables and build them again, while several processes share them. */
import * as Keys from "./Keys.ts"
import * as Records from "./Records.ts"
import * as Rows from "./Rows.ts"
import { isApplied, stampIn } from "./Standing.ts"
import type { Tables } from "./Tables.ts"

export interface Claimant {
  readonly repository: string
  /** Its name as a builder. */
  readonly name: string
  /** What it judged to be useless. */
  readonly judged: Rows.Stamp | undefined
  /** Whether another builder may be taken to be dead. */
  readonly isDead: (builder: string) => boolean
}

/**
 * Empties the tables and puts the claimant's name on them. If they are another repository's, or were built meanwhile, or
 * another builder is at work, answers the stamp that says so and changes nothing.
 */
export const claim = (tables: Tables, claimant: Claimant): Rows.Stamp | undefined => {
  const held = stampIn(tables)
  if (held !== undefined && held.repository !== claimant.repository) return held
  const usable = held?.format === Rows.format ? held : undefined
  if (usable?.applied !== undefined && !isApplied(claimant.judged, usable.applied)) return usable
  const builder = usable?.builder ?? ""
  if (builder !== "" && builder !== claimant.name && !claimant.isDead(builder)) return usable
  Records.clear(tables, usable === undefined)
  tables.state.put(
    Keys.stamp,
    Rows.encodeStamp({
      ...(usable ?? Rows.newStamp(claimant.repository)),
      applied: undefined,
      begun: undefined,
      builder: claimant.name,
      progress: 0,
      hashes: 0,
      round: (usable?.round ?? 0) + 1
    })
  )
  return undefined
}
