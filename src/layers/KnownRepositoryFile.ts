/**
 * A note beside the witnesses for each location, made when a repository there was first opened, and never changed after.
 * Commands that only look read it, and make none.
 */
import { Effect, Layer, Schema } from "effect"
import { HostFiles } from "../services/HostFiles.ts"
import { KnownRepository } from "../services/KnownRepository.ts"

const KnownJson = Schema.fromJsonString(Schema.Struct({
  repository: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
  suite: Schema.Literals(["plain", "aes-256-gcm"])
}))

/** `place`: a name for the location that is a file's name too. */
export const layer = (place: string, manner: "keep" | "look"): Layer.Layer<never, never, HostFiles> =>
  Layer.effect(
    KnownRepository,
    Effect.gen(function*() {
      const files = yield* HostFiles
      const name = `witness/at-${place}.json`

      const known = Effect.gen(function*() {
        const text = yield* files.read(name)
        if (text === undefined) return undefined
        return yield* Effect.mapError(
          Schema.decodeEffect(KnownJson)(text),
          () => files.damaged(name, "make sure that the store still holds your repository, then remove that file")
        )
      })

      return {
        note: files.pathOf(name),
        known,
        remember: (seen) =>
          manner === "look"
            ? Effect.void
            : Effect.flatMap(
              known,
              (before) => before === undefined ? files.create(name, JSON.stringify(seen)) : Effect.void
            )
      }
    })
  )
