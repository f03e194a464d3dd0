/**
 * The log's objects for those who look into damage: newest bases that cannot be read, or whose pack table cannot, are passed
 * over, so that the log is read from an older one. The log is the truth, a base only repeats it.
 */
import { Effect, Layer } from "effect"
import type { Sealing } from "../domain/repository/Envelope.ts"
import { LogObjects } from "../services/LogObjects.ts"

export const layer: Layer.Layer<LogObjects, never, LogObjects> = Layer.effect(
  LogObjects,
  Effect.gen(function*() {
    const below = yield* LogObjects
    /** By position; a base never changes. */
    const readable = new Map<number, boolean>()

    /** Whoever asks for bases has read the marker before. */
    let sealing: Sealing | undefined

    const look = Effect.fnUntraced(function*(position: number, sealing: Sealing) {
      const base = yield* below.base(sealing, position)
      if (base !== undefined) yield* below.withPackTable(sealing, base)
      return true
    })

    const isReadable = Effect.fnUntraced(function*(position: number, sealing: Sealing) {
      const known = readable.get(position)
      if (known !== undefined) return known
      const found = yield* Effect.catchTag(look(position, sealing), "RepositoryCorrupt", () => Effect.succeed(false))
      readable.set(position, found)
      return found
    })

    return LogObjects.of({
      ...below,
      marker: Effect.tap(below.marker, (found) =>
        Effect.sync(() => {
          sealing = found.sealing
        })),
      bases: Effect.fn("LogObjects.bases")(function*(after) {
        const positions = [...yield* below.bases(after)]
        if (sealing === undefined) return positions
        for (let newest = positions.at(-1); newest !== undefined; newest = positions.at(-1)) {
          if (yield* isReadable(newest, sealing)) break
          positions.pop()
        }
        return positions
      })
    })
  })
)
