/**
 * The main job, told in plain words while it happens: a folder of A flows into a repository, A goes away for good, a fresh B
 * that never met A receives every file, a file that A deleted comes back from a checkpoint, and a second host with a C beside
 * it takes turns with the first. Every claim is checked.
 */
import { Clock, Console, Duration, Effect, FileSystem, Schema, type Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { randomBytes } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Lifetime } from "../lifetime.ts"
import * as Text from "../text.ts"
import { type Actor, folder } from "./actor.ts"
import * as Process from "./process.ts"
import * as Scripted from "./scripted.ts"
import * as Syncthing from "./syncthing.ts"
import { DemoFailed, describe, difference, fill, letter, letterText, sizeOf } from "./world.ts"

export interface Options {
  /** Stay open for browsing. */
  readonly keep: boolean
  /** The scripted peer even if there is a Syncthing. */
  readonly scripted: boolean
}

const Ready = Schema.Struct({ event: Schema.Literal("ready"), device: Schema.String, listen: Schema.String })
const Made = Schema.Struct({ checkpoints: Schema.Array(Schema.Struct({ id: Schema.Int, path: Schema.String })) })
const DavReady = Schema.Struct({ event: Schema.Literal("ready"), url: Schema.String })
const Status = Schema.Struct({
  packs: Schema.Struct({ count: Schema.Int, bytes: Schema.Int, blockBytes: Schema.Int }),
  checkpoints: Schema.Int,
  hosts: Schema.Array(Schema.Struct({ label: Schema.String, role: Schema.String }))
})

const say = (text: string) => Console.log(text)
const step = (number: number, text: string) => Console.log(`\n${number}. ${text}`)
const detail = (text: string) => Console.log(`   ${text}`)

type Needs = ChildProcessSpawner | FileSystem.FileSystem | Scope.Scope

export const tell = Effect.fn("Demo.tell")(function*(options: Options): Effect.fn.Return<void, DemoFailed, Needs> {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "bepository-demo-" }).pipe(
    Effect.mapError((error) => new DemoFailed({ problem: error.message }))
  )
  yield* play(options, home).pipe(
    Effect.tapError(() =>
      // The directory goes away with what would explain the failure.
      Effect.flatMap(Effect.orElseSucceed(fs.readFileString(join(home, "log.txt")), () => ""), (log) =>
        Console.error(`\nThe last that bepository and the peers said:\n${log.split("\n").slice(-25).join("\n")}`))
    )
  )
})

const play = Effect.fnUntraced(function*(options: Options, home: string): Effect.fn.Return<void, DemoFailed, Needs> {
  const fs = yield* FileSystem.FileSystem
  const began = yield* Clock.currentTimeMillis
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
  for (const name of ["A", "B", "C", "empty.env"]) {
    yield* Effect.orDie(name.includes(".") ? fs.writeFileString(at(name), "") : fs.makeDirectory(at(name)))
  }
  const version = options.scripted ? undefined : yield* Syncthing.version
  const uri = `file://${at("repository")}`
  const log = at("log.txt")
  const environment = (cache: string, more?: Record<string, string>) => ({
    BEPOSITORY_ENV_FILE: at("empty.env"),
    BEPOSITORY_STORAGE_URI: uri,
    BEPOSITORY_CACHE_DIRECTORY: at(cache),
    ...more
  })
  const actor = (name: string) =>
    version === undefined
      ? Scripted.start(name, at(name), log)
      : Syncthing.start(name, `Syncthing ${version}`, at(`home-${name}`), at(name))
  const serve = Effect.fnUntraced(function*(cache: string, master: Actor, more: ReadonlyArray<string> = []) {
    const running = yield* Process.start(
      "bepository serve",
      ["--json", "serve", master.device, "--listen", "127.0.0.1:0", "--master-address", master.address, ...more],
      { env: environment(cache), log }
    )
    return { ...running, ready: yield* Process.decode(Ready, running.ready) }
  })
  const timed = <A, R>(work: Effect.Effect<A, DemoFailed, R>) =>
    Effect.map(Effect.timed(work), ([took, value]) => [took, value] as const)

  yield* say(
    `This demo plays the main job of bepository on this machine only, in ${home}.\n` +
      (version === undefined
        ? "The devices are played by a scripted peer over real TLS" +
          (options.scripted ? "." : ", because there is no `syncthing` on the PATH.")
        : `The devices A, B and C are three real, throw-away Syncthing ${version}; yours is not touched.`)
  )

  fill(at("A"))
  const before = describe(at("A"))
  yield* step(
    1,
    `A has a folder "${folder.label}": ${Text.counted(before.files, "file")}, ${Text.bytes(before.bytes)}.`
  )

  const checkpoint = yield* Effect.scoped(Effect.gen(function*() {
    const a = yield* actor("A")
    yield* step(2, "bepository serves an empty directory; A shares the folder with it, as with any other device.")
    const running = yield* serve("cache-1", a)
    yield* detail(`repository ${uri}`)
    yield* detail(`device ${running.ready.device}, listening on ${running.ready.listen}`)
    const [took] = yield* timed(Effect.gen(function*() {
      yield* a.share({ device: running.ready.device, address: running.ready.listen })
      yield* a.awaitStored(before.files)
    }))
    yield* detail(`A says: bepository has everything, after ${seconds(took)}.`)

    yield* step(3, "We make a checkpoint: the folder as it is now can be gone back to.")
    const made = yield* Process.decode(
      Made,
      yield* Process.run(["checkpoint", "now"], { env: environment("cache-1"), log })
    )
    const [checkpoint] = made.checkpoints
    if (checkpoint === undefined) return yield* new DemoFailed({ problem: "no checkpoint was made" })
    yield* detail(`checkpoint ${checkpoint.id}: ${checkpoint.path}`)

    yield* step(4, `A deletes "${letter}", by mistake, and bepository learns of it.`)
    rmSync(at("A", letter))
    yield* a.rescan
    yield* a.awaitStored(before.files - 1)
    yield* detail("The deletion is stored too: it would reach every device of A.")

    yield* step(5, "bepository is stopped (SIGTERM).")
    const code = yield* running.stop
    if (code !== 0) return yield* new DemoFailed({ problem: `serve ended with code ${code} instead of 0` })
    yield* detail("It committed what was staged and ended with code 0.")
    return checkpoint
  }))

  const expected = describe(at("A"))
  for (const gone of ["A", "home-A", "cache-1"]) rmSync(at(gone), { recursive: true, force: true })
  yield* step(
    6,
    "A goes away for good: its device, its files and bepository's cache are deleted. Only the repository is left."
  )
  const stored = sizeOf(at("repository"))
  yield* detail(`${Text.counted(stored.files, "object")}, ${Text.bytes(stored.bytes)} in ${at("repository")}`)

  yield* step(7, "A fresh B, which never met A, shares an empty folder with bepository.")
  const b = yield* actor("B")
  // Of two hosts each looks soon for what the other stored.
  const running = yield* serve("cache-2", b, ["--host-name", "host-of-B", "--follow", "1s"])
  const [took] = yield* timed(Effect.gen(function*() {
    yield* b.share({ device: running.ready.device, address: running.ready.listen })
    yield* b.awaitComplete(expected.files)
  }))
  const differs = difference(expected, describe(at("B")))
  if (differs !== undefined) return yield* new DemoFailed({ problem: `B's folder is not what A had: ${differs}` })
  yield* detail(
    `B has ${Text.counted(expected.files, "file")}, ${Text.bytes(expected.bytes)}, after ${seconds(took)}: ` +
      "contents, modes, times and links are what A had."
  )

  yield* step(8, "The deleted letter is fetched from the checkpoint, over WebDAV.")
  const password = randomBytes(9).toString("base64url")
  const dav = yield* Process.start(
    "bepository checkpoint serve",
    ["--json", "checkpoint", "serve", "127.0.0.1:0"],
    { env: environment("cache-2", { BEPOSITORY_DAV_PASSWORD: password }), log }
  )
  const { url } = yield* Process.decode(DavReady, dav.ready)
  const address = new URL(checkpoint.path + letter.split("/").map(encodeURIComponent).join("/"), url).href
  const text = yield* fetchText(address, password)
  if (text !== letterText) return yield* new DemoFailed({ problem: `${address} is not the letter` })
  yield* detail(address)
  yield* detail(`"${text.split("\n").at(2) ?? ""}"`)

  yield* step(9, "A second host: C, with a bepository of its own at the same repository. B and C never meet.")
  const c = yield* actor("C")
  const other = yield* serve("cache-3", c, ["--host-name", "host-of-C", "--follow", "1s"])
  if (other.ready.device !== running.ready.device) {
    return yield* new DemoFailed({ problem: `the second host is ${other.ready.device}, another device` })
  }
  const sides = { B: { device: b, root: at("B") }, C: { device: c, root: at("C") } }
  const [joined] = yield* timed(Effect.gen(function*() {
    yield* c.share({ device: other.ready.device, address: other.ready.listen })
    yield* c.awaitComplete(expected.files)
  }))
  yield* detail(
    `C has every file, after ${seconds(joined)}; to C it is the same device ${other.ready.device.slice(0, 7)}.`
  )
  for (const [at, [from, to]] of [["B", "C"], ["C", "B"]].entries()) {
    const [here, there] = [sides[from as "B"], sides[to as "C"]]
    const files = expected.files + at + 1
    writeFileSync(join(here.root, `from ${from}.txt`), `${from} wrote this, and ${to} has to get it\n`)
    const [crossed] = yield* timed(Effect.gen(function*() {
      yield* here.device.rescan
      yield* here.device.awaitStored(files)
      yield* there.device.awaitComplete(files)
    }))
    yield* detail(`${from} writes a file: ${to} has it after ${seconds(crossed)}, by way of the repository.`)
  }
  const apart = difference(describe(at("B")), describe(at("C")))
  if (apart !== undefined) return yield* new DemoFailed({ problem: `B's folder and C's are not the same: ${apart}` })
  const status = yield* Process.decode(Status, yield* Process.run(["status"], { env: environment("cache-2"), log }))
  const seen = status.hosts.map(({ label, role }) => `${label} (${role})`).toSorted()
  if (!["host-of-B", "host-of-C"].every((name) => status.hosts.some(({ label }) => label === name))) {
    return yield* new DemoFailed({ problem: `the hosts that were seen are ${seen.join(", ")}` })
  }
  yield* detail(`Both folders are the same. Hosts by \`bepository status\`: ${seen.join(", ")}.`)

  const all = yield* Clock.currentTimeMillis
  yield* say(
    `\nDone in ${Text.duration(all - began)}. ${Text.bytes(before.bytes)} in ${
      Text.counted(before.files, "file")
    } became ` +
      `${Text.bytes(status.packs.blockBytes)} of different blocks (the copied video is stored once), ` +
      `${Text.bytes(status.packs.bytes)} in ${Text.counted(status.packs.count, "pack")}; ` +
      `${Text.counted(status.checkpoints, "checkpoint")}.`
  )
  if (!options.keep) {
    return yield* say("Everything was removed again. `npm run demo -- --keep` leaves it open for browsing.")
  }
  yield* say(
    [
      "",
      `Browse:     ${url}   (any user name, password ${password})`,
      `B's folder: ${at("B")}`,
      `Log:        ${log}`,
      `Try:        npm exec -- node src/programs/main.ts status --storage-uri ${uri}`,
      "Ctrl-C ends it and removes everything."
    ].join("\n")
  )
  const lifetime = yield* Lifetime
  lifetime.untilSignal = true
  return yield* Effect.never
})

const seconds = (took: Duration.Duration): string => Text.duration(Duration.toMillis(took))

const fetchText = (url: string, password: string): Effect.Effect<string, DemoFailed> =>
  Effect.tryPromise({
    try: (signal) =>
      fetch(url, { signal, headers: { authorization: `Basic ${Buffer.from(`demo:${password}`).toString("base64")}` } })
        .then((response) =>
          response.ok ? response.text() : Promise.reject(new Error(`${response.status} ${response.statusText}`))
        ),
    catch: (cause) => new DemoFailed({ problem: `GET ${url}: ${String(cause)}` })
  })
