/**
 * A process that uses a replica: `replica-process.ts <directory> <what> <from> <to>`. It repeats the history to step
 * `from` and goes on to `to`; says `at <n>` after each step, and `done`.
 */
import { Effect, Logger } from "effect"
import { Replica } from "../../src/services/Replica.ts"
import * as History from "./ReplicaHistory.ts"
import * as ReplicaPlace from "./ReplicaPlace.ts"

const [directory = "", what = "", from = "0", to = "0"] = process.argv.slice(2)
const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

const program = Effect.gen(function*() {
  const script = History.begun(Number(from))
  if (what === "rebuild") {
    script.trim()
    yield* say("begin")
  }
  yield* Effect.gen(function*() {
    const replica = yield* Replica
    yield* say("open")
    yield* replica.catchUp()
    for (let i = Number(from); i < Number(to); i++) {
      if (what !== "look") History.step(script, i)
      yield* replica.catchUp()
      if (what === "write") yield* History.receive(replica, yield* History.batches(replica))
      yield* say(`at ${i + 1}`)
    }
  }).pipe(Effect.provide(ReplicaPlace.layerAt(directory, script.layer)))
  yield* say("done")
})

void Effect.runPromise(Effect.provideService(program, Logger.LogToStderr, true))
