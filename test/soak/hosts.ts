/**
 * Two hosts that share a directory, with real Syncthings: how long an edit takes from one to the other as the program comes, and
 * what happens while the directory is away for minutes.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import * as Tree from "../harness/Tree.ts"
import { alike, both, type HostOf, put, seconds } from "../interop/hosts.ts"
import { folder, stored } from "../interop/scene.ts"
import { finding, say } from "./findings.ts"

/** How long the directory is away, seconds. */
const away = Number(process.env.BEPOSITORY_SOAK_OUTAGE ?? 600)
/** The longest pause between two attempts, and a claim that has to expire. */
const resumesWithin = 60

const samples = 8
/** Seconds of quiet before a single edit: longer than a host looks at the log often. */
const quiet = Number(process.env.BEPOSITORY_SOAK_QUIET ?? 1200)

const shown = (values: ReadonlyArray<number>) => {
  const ordered = values.toSorted((a, b) => a - b)
  const of = (share: number) => ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))]?.toFixed(1)
  return `median ${of(0.5)} s, longest ${ordered.at(-1)?.toFixed(1)} s (${values.length} edits)`
}

/** An edit at one, until the other's Syncthing has the file. */
const travel = Effect.fnUntraced(function*(from: HostOf, to: HostOf, name: string) {
  put(from, name, name)
  yield* from.actor.rescan(folder)
  return yield* seconds(Effect.gen(function*() {
    for (let tries = 0; !Fs.existsSync(`${to.actor.tree}/${name}`); tries++) {
      if (tries > 6000) return yield* new Process.HarnessError({ message: `${name} did not arrive within ten minutes` })
      yield* Effect.sleep("100 millis")
    }
  }))
})

/** As the program comes: no `--follow`, claims of the usual length. */
export const travels = Effect.gen(function*() {
  const { a, b } = yield* both(["1.29", "1.29"], [undefined, undefined], { asItComes: true })
  for (const [from, to, what] of [[a, b, "A to B"], [b, a, "B to A"]] as const) {
    const took: Array<number> = []
    for (let i = 0; i < samples; i++) {
      took.push(yield* travel(from, to, `${what} ${i}`))
      // Not in step with the looks at the log.
      yield* Effect.sleep(1000 + (i * 7919) % 9000)
    }
    yield* finding(`edits within ten minutes of each other, ${what}: ${shown(took)}`, took.every((one) => one < 45))
  }
  yield* say(`nothing happens for ${quiet} s`)
  yield* Effect.sleep(quiet * 1000)
  const late = yield* travel(a, b, "after a pause")
  yield* finding(`the first edit after ${quiet} s: ${late.toFixed(0)} s`, late < 400)
  const next = yield* travel(a, b, "soon after")
  yield* finding(`the next: ${next.toFixed(0)} s`, next < 45)
})

/** The directory is away for minutes while both Syncthings go on. */
export const storeAway = Effect.gen(function*() {
  const { a, b, first, scene, second } = yield* both(["1.29", "1.19"])
  const { repository } = scene.place
  Fs.renameSync(repository, `${repository}.away`)
  yield* say(`the repository is away for ${away} s`)
  for (let i = 0; i < 10; i++) {
    Tree.write(a.actor.tree, `away/a${i}`, Tree.bytes(200_000, 500 + i))
    Tree.write(b.actor.tree, `away/b${i}`, Tree.bytes(200_000, 600 + i))
    yield* Effect.all([a.actor.rescan(folder), b.actor.rescan(folder)])
    yield* Effect.sleep(away * 100)
  }
  for (const [host, ours] of [[a, first], [b, second]] as const) {
    const seen = yield* host.actor.completion(ours.id, folder)
    yield* finding(`${host.actor.name} is told that ${seen.needItems} things are not stored`, seen.needItems >= 10)
    yield* finding(`${host.actor.name} is still connected`, yield* host.actor.connected(ours.id))
  }
  yield* finding("nothing was made where the repository was", !Fs.existsSync(repository))
  Fs.renameSync(`${repository}.away`, repository)
  const took = yield* seconds(Effect.all([stored(a.actor, first, 300), stored(b.actor, second, 300), alike(a, b, 300)]))
  yield* finding(`all is stored, and the same on both, ${took.toFixed(0)} s after it was back`, took < resumesWithin)
  const check = yield* Bepository.json<{ readonly healthy: boolean }>(a.place, ["fsck", "--check", "full"])
  yield* finding("fsck finds nothing", check.healthy)
  for (const [name, ours] of [["A", first], ["B", second]] as const) {
    const ended = yield* ours.process.stop("SIGTERM", 60)
    yield* finding(`${name}'s daemon lived through it and ended with ${ended.code}`, ended.code === 0)
  }
})
