/** `fsck --clear-lock`: takes away claims on the writer's term that stand no more. */
import { Effect } from "effect"
import * as Flag from "effect/cli/Flag"
import type { StorageUri } from "../domain/StorageUri.ts"
import { Claims } from "../services/Claims.ts"
import type { Settings } from "../services/Settings.ts"
import { wiring } from "./command.ts"
import { print } from "./output.ts"
import * as Text from "./text.ts"

export const ClearLockFlag = Flag.Boolean("clear-lock").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Take away claims on the right to store that ended or cannot be read; a host that stores is not disturbed"
  )
)

export const clearLock = Effect.fnUntraced(function*(uri: StorageUri, settings: Settings["Service"]) {
  const { claims } = yield* wiring
  yield* Effect.gen(function*() {
    const { kept, removed } = yield* (yield* Claims).clear
    const standing = kept.filter(({ role }) => role === "active" || role === "queued")
    yield* print({ removed, kept: standing }, () =>
      [
        removed === 0 ? "There was nothing to take away." : `${Text.counted(removed, "claim")} taken away.`,
        ...standing.map(({ label, role }) =>
          role === "active"
            ? `${label} stores now, and is not disturbed. If it has vanished, its claim ends by itself.`
            : `${label} waits for its turn.`
        )
      ].join("\n"))
  }).pipe(Effect.provide(claims(uri, settings)))
})
