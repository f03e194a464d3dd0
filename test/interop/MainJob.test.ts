/** The main job, in a directory. */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { suite } from "../harness/Suite.ts"
import { play } from "./story.ts"

suite("Main job", ["syncthing", "syncthing-1.29", "curl"], () => {
  it.live("from Syncthing 1.19 to Syncthing 1.29", () => Effect.scoped(play("1.19", "1.29")))
  it.live("from Syncthing 1.29 to Syncthing 1.19", () => Effect.scoped(play("1.29", "1.19")))
})
