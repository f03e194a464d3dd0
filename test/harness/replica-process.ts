/**
 * A process that uses a replica: `replica-process.ts <directory> <what> <from> <to> [<stored>]`. Its bucket holds the
 * history up to step `stored` (default `from`), of which it knows `from` steps at first and one more each time, up to
 * `to`. Says `open`, `at <n>` after each step, and `done`.
 */
import { Effect, Logger } from "effect"
import { Replica } from "../../src/services/Replica.ts"
import * as History from "./ReplicaHistory.ts"
import * as ReplicaPlace from "./ReplicaPlace.ts"

const [directory = "", what = "", from = "0", to = "0", stored = from] = process.argv.slice(2)
const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

const program = Effect.gen(function*() {
  const script = History.begun(Number(stored))
  if (what === "rebuild") script.trim()
  script.known = script.newest.position + Number(from) - Number(stored)
  yield* Effect.gen(function*() {
    const replica = yield* Replica
    yield* say("open")
    yield* replica.catchUp()
    for (let i = Number(from); i < Number(to); i++) {
      if (script.known === script.newest.position) History.step(script, i)
      script.known++
      yield* replica.catchUp()
      if (what === "write") yield* History.receive(replica, yield* History.batches(replica))
      yield* say(`at ${i + 1}`)
    }
  }).pipe(Effect.provide(ReplicaPlace.layerAt(directory, script.layer)))
  yield* say("done")
})

void Effect.runPromise(Effect.provideService(program, Logger.LogToStderr, true))
