/** A history that any process can repeat: commit by commit the same, with an inbox that tells whether it is whole. */
import { Effect } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import type { Replica } from "../../src/services/Replica.ts"
import { ScriptedRepository } from "./ScriptedRepository.ts"

export const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))

/** Entries of one batch of the inbox. */
export const perBatch = 20

/** Labels of the blocks that step `i` brings. */
export const labels = (i: number): ReadonlyArray<string> => Array.from({ length: 12 }, (_, n) => `block ${i} ${n}`)

/** A repository after `steps` steps. */
export const begun = (steps: number): ScriptedRepository => {
  const script = new ScriptedRepository(42)
  script.openEpoch()
  script.addFolder("f")
  for (let i = 0; i < steps; i++) step(script, i)
  return script
}

/** One commit: a pack, and forty files of it, of which some replace or delete older ones. */
export const step = (script: ScriptedRepository, i: number): void => {
  const { ref } = script.pack(labels(i))
  script.commit(
    { _tag: "PacksAdded", packs: [ref] },
    script.filesChanged(
      "f",
      Array.from({ length: 40 }, (_, n) => {
        const name = `directory ${n % 7}/file ${(i * 31 + n * 17) % 1500}`
        return n % 9 === 8
          ? { name, deleted: true }
          : { name, blocks: [{ label: labels(i)[n % 12] ?? "", pack: ref.id }] }
      }).filter(({ name }, at, all) => all.findIndex((other) => other.name === name) === at)
    )
  )
}

/** Batch `i` of a peer's index, none of which is ever settled: the inbox holds as many entries as its mark says. */
export const receive = (replica: Replica["Service"], i: number) =>
  replica.receive({
    device,
    folder: "f",
    entries: Array.from({ length: perBatch }, (_, n) => ({
      sequence: i * perBatch + n + 1,
      name: `waiting ${i} ${n}`,
      info: new Uint8Array(300).fill(n)
    })),
    settled: [],
    reset: false,
    mark: { indexId: 9n, sequence: (i + 1) * perBatch }
  })

/** How many batches the inbox holds; fails if a part of one is there, or entries and mark differ. */
export const batches = (replica: Replica["Service"]) =>
  Effect.sync(() => {
    const mark = replica.markUnsafe(device, "f")?.sequence ?? 0
    const entries = replica.inboxUnsafe(device, "f", 0, Infinity)
    if (entries.length !== mark || replica.inboxSizeUnsafe(device, "f") !== mark || mark % perBatch !== 0) {
      throw new Error(`the mark is ${mark}, ${entries.length} entries wait`)
    }
    return mark / perBatch
  })
