/** The hosts of a repository, for `status`. */
import type { HostRow } from "../domain/repository/HostRows.ts"
import * as Text from "./text.ts"

export const facts = (rows: ReadonlyArray<HostRow>) =>
  rows.map((row) => ({
    ...row,
    seenAt: Text.time(row.seenAt),
    since: row.since === undefined ? null : Text.time(row.since)
  }))

export const table = (rows: ReadonlyArray<HostRow>, now: number): string =>
  Text.table(
    ["HOST", "ROLE", "PRIORITY", "LAST SEEN", "TO STORE", "RATE", "PROGRAM"],
    rows.map(({ label, priority, progress, role, seenAt, version }) => [
      Text.cut(label, 40),
      role,
      Text.count(priority),
      Text.ago(seenAt, now),
      progress.waiting === 0 ? "-" : Text.counted(progress.waiting, "entry", "entries"),
      role === "active" ? `${Text.bytes(progress.rate)}/s` : "-",
      Text.cut(version, 20)
    ])
  )
