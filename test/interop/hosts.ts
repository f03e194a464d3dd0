/** What tests of two hosts begin with: one repository, and two hosts beside a Syncthing each that never meet. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as Ports from "../harness/Ports.ts"
import { HarnessError } from "../harness/Process.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { type Actor, becomes, share, type Stage, stage, stored, syncthing } from "./scene.ts"

/** Seconds. */
export const lease = 15

export interface HostOf {
  readonly actor: Actor
  readonly place: Bepository.Place
  readonly port: number
}

/** A host of the stage: its own cache, log and port, and a Syncthing; the repository is the stage's. */
const host = Effect.fnUntraced(function*(
  scene: Stage,
  name: string,
  version: Syncthing.Version,
  remote: Bepository.Remote | undefined
) {
  const place = {
    ...Bepository.place(scene.directory, `host-${name}`, remote),
    repository: scene.place.repository
  }
  return { actor: yield* syncthing(scene, name, version), place, port: yield* Ports.free } satisfies HostOf
})

export interface Flags {
  /** More flags. */
  readonly args?: ReadonlyArray<string>
  /** Claims, and looks at the log, as the program comes; else both are short. */
  readonly asItComes?: boolean
}

export const serve = (host: HostOf, { args = [], asItComes = false }: Flags = {}) =>
  Bepository.serve({
    place: host.place,
    port: host.port,
    masters: [host.actor.id],
    masterAddress: host.actor.address,
    args: [
      "--host-name",
      Path.basename(host.actor.tree),
      ...(asItComes ? [] : ["--lease", `${lease}s`, "--follow", "1s"]),
      ...args
    ],
    env: asItComes ? {} : { BEPOSITORY_TEST_SHORT_LEASE: "1" }
  })

/** Both trees have become the same, and both Syncthings have nothing left to do. Counts alone may be the same too early. */
export const alike = Effect.fnUntraced(function*(one: HostOf, other: HostOf, limit = 90) {
  const differences = () => Tree.differences(Tree.read(one.actor.tree), Tree.read(other.actor.tree))
  for (let tries = limit * 4; differences().length > 0; tries--) {
    if (tries === 0) {
      return yield* new HarnessError({ message: ["the trees stay different", ...differences()].join("\n") })
    }
    yield* Effect.sleep("250 millis")
  }
  yield* becomes(other.actor, Tree.read(one.actor.tree))
  yield* becomes(one.actor, Tree.read(other.actor.tree))
})

/** Both hosts up, both Syncthings share the folder, A's files stored and at B. `args` are A's alone. */
export const both = Effect.fnUntraced(function*(
  versions: readonly [Syncthing.Version, Syncthing.Version],
  /** How each host reaches the store, if it is no directory. */
  remotes: readonly [Bepository.Remote | undefined, Bepository.Remote | undefined] = [undefined, undefined],
  { args = [], asItComes = false }: Flags = {}
) {
  const scene = yield* stage("two-hosts")
  const a = yield* host(scene, "A", versions[0], remotes[0])
  const b = yield* host(scene, "B", versions[1], remotes[1])
  for (let i = 0; i < 20; i++) Tree.write(a.actor.tree, `d${i % 3}/file${i}`, Tree.bytes(20_000 + i * 7919, i))
  const first = yield* serve(a, { args, asItComes })
  yield* share(a.actor, first)
  yield* stored(a.actor, first)
  const second = yield* serve(b, { asItComes })
  assert.strictEqual(second.id, first.id, "one device")
  yield* share(b.actor, second)
  yield* alike(a, b)
  return { scene, a, b, first, second }
})

export const put = (at: HostOf, name: string, text: string) => Tree.write(at.actor.tree, name, Buffer.from(text))
export const read = (at: HostOf, name: string) => Fs.readFileSync(Path.join(at.actor.tree, name), "utf8")

export const seconds = Effect.fnUntraced(function*<A, E, R>(work: Effect.Effect<A, E, R>) {
  const began = performance.now()
  yield* work
  return (performance.now() - began) / 1000
})

/** The host's Syncthing has the file. */
export const untilThere = Effect.fnUntraced(function*(host: HostOf, name: string, limit = 60) {
  for (let tries = limit * 4; tries > 0; tries--) {
    if (Fs.existsSync(Path.join(host.actor.tree, name))) return
    yield* Effect.sleep("250 millis")
  }
  return yield* new HarnessError({ message: `${host.actor.name} has no ${name} after ${limit} s` })
})

/** The host has the term, as any host is told. */
export const untilActive = Effect.fnUntraced(function*(asked: HostOf, label: string) {
  for (let tries = 0; tries < 60; tries++) {
    const { hosts } = yield* Bepository.json<
      { readonly hosts: ReadonlyArray<{ readonly label: string; readonly role: string }> }
    >(asked.place, ["status"])
    if (hosts.some((host) => host.label === label && host.role === "active")) return
    yield* Effect.sleep("250 millis")
  }
  return yield* new HarnessError({ message: `${label} did not become active` })
})
