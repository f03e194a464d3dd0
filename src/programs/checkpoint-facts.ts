/** What `checkpoint list` and its neighbours tell of checkpoints. */
import { Effect } from "effect"
import * as CheckpointNames from "../domain/dav/CheckpointNames.ts"
import * as CheckpointPlan from "../domain/repository/CheckpointPlan.ts"
import type { Held } from "../domain/repository/Holdings.ts"
import * as Retention from "../domain/repository/Retention.ts"
import type { Checkpoint, State } from "../domain/repository/State.ts"
import * as Timespan from "../domain/Timespan.ts"
import { CheckpointRefused } from "../services/CheckpointKeeping.ts"
import * as Text from "./text.ts"

/** `now`: the local clock's. `held`: what each holds; where it is left out, nobody asked. */
export const checkpoints = (
  state: State,
  some: ReadonlyArray<Checkpoint>,
  now: number,
  held?: ReadonlyMap<number, Held>
) => {
  const where = CheckpointNames.paths(state)
  const served = new Map(
    Array.from(CheckpointPlan.byFolder(state).values(), (all) => [...Retention.served(all, state.schedules)]).flat()
  )
  return some.map((checkpoint) => {
    const until = served.get(checkpoint.id)
    return {
      id: checkpoint.id,
      folder: checkpoint.folder,
      label: checkpoint.label,
      time: Text.time(checkpoint.time),
      reason: checkpoint.reason,
      superseded: checkpoint.supersededAt === undefined ? null : Text.time(checkpoint.supersededAt),
      /** Not before; null while it stays by itself. */
      expires: until === undefined ? null : Text.time(until + Retention.defaultGrace),
      /** Those that have not ended. */
      pins: Retention.held(checkpoint, Math.max(state.time, now)).map(({ holder, reason, until }) => ({
        holder,
        reason,
        until: until === undefined ? null : Text.time(until)
      })),
      files: checkpoint.counts?.files ?? null,
      directories: checkpoint.counts?.directories ?? null,
      bytes: checkpoint.counts?.bytes ?? null,
      ...(held === undefined ? {} : {
        alone: held.get(checkpoint.id)?.alone ?? 0,
        shared: held.get(checkpoint.id)?.shared ?? 0
      }),
      path: where.get(checkpoint.id) ?? ""
    }
  })
}

export type Facts = ReturnType<typeof checkpoints>[number]

/** In order of age, oldest first. `now`: the local clock's, for ages only. */
export const table = (rows: ReadonlyArray<Facts>, now: number): string =>
  Text.table(
    [">ID", "FOLDER", "MADE", "REASON", "EXPIRES", ">FILES", ">DIRS", ">SIZE", ">ALONE", ">SHARED", "PATH"],
    rows.map((row) => [
      String(row.id),
      Text.cut(row.label || row.folder, 60),
      Text.ago(Date.parse(row.time), now),
      row.reason,
      expiry(row, now),
      row.files === null ? "-" : Text.count(row.files),
      row.directories === null ? "-" : Text.count(row.directories),
      row.bytes === null ? "-" : Text.bytes(row.bytes),
      row.alone === undefined ? "-" : Text.bytes(row.alone),
      row.shared === undefined ? "-" : Text.bytes(row.shared),
      row.path
    ])
  )

const expiry = (row: Facts, now: number): string => {
  if (row.pins.length > 0) return row.pins.map((pin) => pinned(pin, now)).join("; ")
  if (row.expires !== null) {
    const expires = Date.parse(row.expires)
    return expires <= now ? "due" : `in ${left(expires, now)}`
  }
  return row.reason === "manual" ? "never" : row.superseded === null ? "newest" : "kept"
}

const pinned = (pin: Facts["pins"][number], now: number): string => {
  const until = pin.until === null ? "" : ` for ${left(Date.parse(pin.until), now)}`
  if (!Retention.isOperators(pin)) return `being read,${until}`
  return Text.cut(pin.reason === "" ? `pinned${until}` : `pinned${until}: ${pin.reason}`, 60)
}

/** In whole minutes, begun ones too. */
const left = (until: number, now: number): string => Text.duration(Math.ceil((until - now) / 60_000) * 60_000)

export const schedules = (state: State) =>
  state.schedules.map(({ every, keep }) => ({
    every: Timespan.format(every),
    everySeconds: every / 1000,
    ttl: Timespan.format(keep),
    ttlSeconds: keep / 1000
  }))

export const schedulesText = (state: State): string =>
  state.schedules.length === 0
    ? "There are no schedules: only `checkpoint now` makes checkpoints."
    : `Schedules: ${schedules(state).map(({ every, ttl }) => `every ${every} kept ${ttl}`).join(", ")}`

/** The one checkpoint of that name. */
export const named = (state: State, name: string): Effect.Effect<Checkpoint, CheckpointRefused> => {
  const found = CheckpointNames.find(state, name)
  const [only] = found
  if (only !== undefined && found.length === 1) return Effect.succeed(only)
  const paths = CheckpointNames.paths(state)
  const list = found.map(({ id }) => `${id} (${paths.get(id) ?? ""})`).join(", ")
  return new CheckpointRefused({
    problem: only === undefined
      ? `there is no checkpoint "${name}"; \`checkpoint list\` shows numbers and paths`
      : `"${name}" names several checkpoints: ${list}; give a number`
  })
}
