/** A device of the story, whatever plays it. */
import type { Effect } from "effect"
import type { DemoFailed } from "./world.ts"

export interface Actor {
  /** What plays it, for the narration: `Syncthing v1.29.5`. */
  readonly played: string
  readonly device: string
  /** `tcp://127.0.0.1:port`, or "none" if it cannot be dialled. */
  readonly address: string
  /** Shares the folder with bepository, which listens on `address` (`host:port`). */
  readonly share: (
    bepository: { readonly device: string; readonly address: string }
  ) => Effect.Effect<void, DemoFailed>
  /** Looks for changes in its folder now. */
  readonly rescan: Effect.Effect<void, DemoFailed>
  /** Waits until the device has found that many files in its folder and sees that bepository has everything. */
  readonly awaitStored: (files: number) => Effect.Effect<void, DemoFailed>
  /** Waits until the device holds that many files and needs nothing more. */
  readonly awaitComplete: (files: number) => Effect.Effect<void, DemoFailed>
}

export const folder = { id: "demo", label: "Family" }
