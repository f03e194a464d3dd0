/** Random histories, each gone through by a replica and compared with the log. Part of `ReplicaContract`. */
import { it } from "@effect/vitest"
import { Effect, Schema, type Scope } from "effect"
import * as State from "../../src/domain/repository/State.ts"
import { Replica } from "../../src/services/Replica.ts"
import { agrees, begun, findsBlocks, isDirectory, names, type Place, type Service } from "../harness/ReplicaAnswers.ts"
import { type Entry, hashOf } from "../harness/ScriptedRepository.ts"

const Step = Schema.Struct({
  what: Schema.Literals([
    "change",
    "change",
    "change",
    "segment",
    "flush",
    "pack",
    "catchUp",
    "catchUp",
    "fresh",
    "reopen",
    "discard",
    "trim",
    "restore",
    "remove",
    "add"
  ]),
  folder: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  names: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: names.length - 1 }))).check(
    Schema.isMaxLength(5)
  ),
  blocks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))).check(Schema.isMaxLength(4)),
  gone: Schema.Boolean
})

export const replicaHistoryContract = (
  open: Effect.Effect<Place, never, Scope.Scope>,
  options: { readonly histories: number }
) => {
  it.effect.prop(
    "says what the log says, through any history, and the same after its cache is gone",
    { steps: Schema.Array(Step).check(Schema.isMaxLength(25)) },
    ({ steps }) =>
      Effect.scoped(Effect.gen(function*() {
        const place = yield* open
        const script = begun("f", "g")
        const packs: Array<string> = []
        const labels = Array.from({ length: 31 }, (_, i) => `label ${i}`)
        let rest = steps
        const live = () => packs.filter((pack) => State.isLive(script.head, pack))
        const entries = (step: typeof Step.Type): ReadonlyArray<Entry> =>
          [...new Set(step.names)].map((index): Entry => {
            const name = names[index] ?? "a"
            if (isDirectory(name)) return { name, type: "directory", deleted: step.gone }
            const blocks = step.gone ? [] : step.blocks.flatMap((block) => {
              const label = labels[block] ?? ""
              const pack = live().find((pack) => script.packs.get(pack)?.has(label))
              return pack === undefined ? [] : [{ label, pack }]
            })
            return { name, deleted: step.gone, blocks }
          })
        const needed = () => {
          const runs = Array.from(script.folders.keys(), (folder) => [...script.view(folder).values()]).flat()
          return labels.filter((label) => {
            const digest = Buffer.from(hashOf(label))
            return runs.some((record) => Buffer.from(record.info).includes(digest) && record.runs.length > 0)
          })
        }
        /** Steps until the next that needs another process. */
        const process = (replica: Service) =>
          Effect.gen(function*() {
            while (rest.length > 0) {
              const [step, ...later] = rest
              rest = later
              if (step === undefined) return
              const folder = step.folder === 0 ? "f" : "g"
              const isThere = script.folders.has(folder)
              if (!isThere && ["change", "segment", "flush", "remove"].includes(step.what)) continue
              switch (step.what) {
                case "change":
                  if (step.names.length > 0) script.change(folder, entries(step))
                  break
                case "segment":
                  if (step.names.length > 0) script.changeBySegment(folder, entries(step))
                  break
                case "flush":
                  script.flush(folder)
                  break
                case "pack":
                case "fresh": {
                  if (step.blocks.length === 0) break
                  const { contents, ref } = script.pack([...new Set(step.blocks)].map((block) => labels[block] ?? ""))
                  packs.push(ref.id)
                  script.commit({ _tag: "PacksAdded", packs: [ref] })
                  if (step.what === "fresh") yield* replica.catchUp(new Map([[ref.id, contents]]))
                  break
                }
                case "catchUp":
                  yield* replica.catchUp()
                  agrees(replica, script)
                  findsBlocks(replica, script, labels, needed())
                  break
                case "remove":
                  script.removeFolder(folder)
                  break
                case "add":
                  if (!isThere) script.addFolder(folder)
                  break
                case "trim":
                  script.trim()
                  break
                case "restore": {
                  const { basePosition, position } = script.head
                  script.restore(Math.max(basePosition, position - step.names.length, 3))
                  break
                }
                case "reopen":
                  return
                case "discard":
                  return yield* Effect.as(Effect.void, "discard")
              }
            }
          })
        do {
          const ended = yield* Effect.scoped(Effect.flatMap(Replica, process)).pipe(
            Effect.provide(place.layer(script))
          )
          if (ended === "discard") yield* place.discard
        } while (rest.length > 0)
        for (const last of ["as it is", "rebuilt"]) {
          yield* Effect.gen(function*() {
            const replica = yield* Replica
            yield* replica.catchUp()
            agrees(replica, script, ["", "a", "q".repeat(500)])
            findsBlocks(replica, script, labels, needed())
          }).pipe(Effect.provide(place.layer(script)))
          if (last === "as it is") yield* place.discard
        }
      })),
    { timeout: 120_000, arbitrary: { runs: options.histories } }
  )
}
