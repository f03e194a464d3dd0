/**
 * What this host keeps in mind of its upkeep from one process to the next, outside the replica. It is thrift and caution:
 * without it what could go stays for longer. What cannot be read or kept is told in the log, and work goes on without.
 */
import { Context, type Effect } from "effect"
import type * as ClockDoubt from "../domain/repository/ClockDoubt.ts"

export interface Notes {
  /** Of readings of the store's clock; undefined before the first. */
  readonly clock?: ClockDoubt.Note
  /** By pack that no record ever named: since when it is known to be dead, by the store's clock, Unix milliseconds. */
  readonly unnamed: ReadonlyMap<string, number>
  /** By `CollectionPlan.sightingOf` what is condemned: when this host saw it so first, as `clock.passed` counts. */
  readonly condemned: ReadonlyMap<string, number>
}

export const none: Notes = { unnamed: new Map(), condemned: new Map() }

export class UpkeepNotes extends Context.Service<UpkeepNotes, {
  readonly read: (repository: string) => Effect.Effect<Notes>
  /** Durable when it ends. Changes of one process are made one after the other. */
  readonly change: (repository: string, change: (notes: Notes) => Notes) => Effect.Effect<void>
}>()("bepository/services/UpkeepNotes") {}
