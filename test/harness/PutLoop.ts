/** A process that puts `<prefix>/<0..count>` into a directory store and prints each outcome once it was told: `<number> <outcome>`. */
import { Effect } from "effect"
import { writeSync } from "node:fs"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FileStore from "./FileStore.ts"

const [directory = "", prefix = "", who = "", count = "0"] = process.argv.slice(2)

const loop = Effect.gen(function*() {
  const store = yield* ObjectStore
  for (let number = 0; number < Number(count); number++) {
    const body = new Uint8Array(10_000 + number).fill(Number(who))
    const outcome = yield* store.put(`${prefix}/${number}`, [body.subarray(0, 5000), body.subarray(5000)])
    writeSync(1, `${number} ${outcome}\n`)
  }
})

await Effect.runPromise(Effect.provide(loop, FileStore.layer(directory)))
