/**
 * Several devices that edit one folder and meet only through us, as Syncthings do that are seldom online together: they go
 * away and come back, in any order, and edit meanwhile. In the end all have the same, which is what we have; and what
 * anybody put anywhere is there, under its name or a conflict copy's, unless somebody who saw it overwrote or deleted it.
 */
import { Effect, Fiber, Random } from "effect"
import * as Crypto from "node:crypto"
import type * as Conflict from "../../src/domain/Conflict.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Machine from "./Machine.ts"
import type * as SimPeer from "./SimPeer.ts"

export interface Plan {
  readonly seed: number
  readonly devices: number
  readonly style: Conflict.Style
  /** Virtual days that an absence lasts at most. */
  readonly absence: number
}

export interface Outcome {
  /** What broke a law, or was lost. */
  readonly complaints: ReadonlyArray<string>
  /** In what the devices are not the same in the end. */
  readonly differences: ReadonlyArray<string>
  readonly edits: number
  readonly copies: number
  /** Contents that somebody put somewhere. */
  readonly made: number
}

const day = 86_400_000
/** Virtual seconds in which all must have become the same. */
const patience = 3600

export const simulate = (plan: Plan): Effect.Effect<Outcome> =>
  Hosts.inVirtualTime(story(plan)).pipe(Random.withSeed(plan.seed), Effect.orDie)

const story = Effect.fnUntraced(function*({ absence, devices, seed, style }: Plan) {
  const random = Seeded.make(seed ^ 0xc0)
  const machine = yield* Machine.make({
    seed,
    hosts: devices,
    names: 6,
    takes: style,
    lease: () => ({ ...LeaseObjectStore.defaults, version: "simulated" })
  })
  const { guard, hosts, peers, sky } = machine
  const complaints: Array<string> = []
  const running = yield* Effect.forEach(peers, (peer) => Effect.forkChild(peer.run))
  let edits = 0
  const toggle = (host: Machine.Host) =>
    host.life === undefined
      ? machine.start(host, { delay: 40 })
      : random.chance(0.3)
      ? machine.kill(host)
      : machine.stop(host)

  yield* machine.start(hosts[0]!, { delay: 40 })
  for (let step = 0; step < 24; step++) {
    const host = hosts[random.int(hosts.length)]!
    const dice = random.int(10)
    if (dice < 5) {
      for (let burst = 1 + random.int(3); burst > 0; burst--) {
        yield* host.peer.edit
        edits++
      }
    } else if (dice < 9) yield* toggle(host)
    else sky.offset += random.int(absence * day)
    yield* Effect.sleep(1000 + random.int(random.chance(0.3) ? 300_000 : 10_000))
  }

  // One may be lost for good: what it was told to be stored is.
  const gone = random.chance(0.4) ? hosts[random.int(hosts.length)] : undefined
  if (gone !== undefined) yield* machine.kill(gone)
  const stay = hosts.filter((host) => host !== gone)
  for (const host of stay) {
    if (host.life?.ended !== undefined) complaints.push(`${host.name} ended: ${host.life.ended}`)
    if (host.life === undefined) yield* machine.start(host, { delay: 40 })
  }
  const staying = stay.map(({ peer }) => peer)
  const views = () => staying.map(viewOf)
  const isSame = () => new Set(views().map((view) => JSON.stringify([...view]))).size === 1
  let quiet = 0
  for (let seconds = 0; seconds < patience && quiet < 12; seconds += 10) {
    yield* Effect.sleep("10 seconds")
    quiet = isSame() && staying.every((peer) => peer.settled()) ? quiet + 1 : 0
  }
  const differences: Array<string> = []
  if (quiet === 0) {
    const all = views()
    const names = new Set(all.flatMap((view) => [...view.keys()]))
    for (const name of names) {
      const kinds = all.map((view) => view.get(name)?.slice(0, 8) ?? "nothing")
      if (new Set(kinds).size > 1) differences.push(`${name} stays different: ${kinds.join(", ")}`)
    }
    if (differences.length === 0) differences.push("not everything was acknowledged in the end")
  }
  const kept = new Set(views().flatMap((view) => Array.from(view.values())))
  const told = gone === undefined ? [] : Array.from(gone.peer.acknowledged.values()).flatMap(hashesOf)
  const made = new Set([...staying.flatMap(({ contents }) => Array.from(contents.made)), ...told])
  const replaced = new Set(peers.flatMap(({ contents }) => [...contents.replaced]))
  for (const content of made) {
    if (!kept.has(content) && !replaced.has(content)) complaints.push(`the content ${content.slice(0, 8)} is nowhere`)
  }
  for (const host of stay) yield* machine.stop(host)
  complaints.push(...yield* machine.audit(false))
  yield* Fiber.interruptAll(running)
  for (const peer of peers) complaints.push(...peer.complaints)
  complaints.push(...guard.complaints)
  const copies = [...viewOf(staying[0]!).keys()].filter((name) => name.includes(".sync-conflict-")).length
  return { complaints, differences, edits, copies, made: made.size } satisfies Outcome
})

const hashesOf = ({ content }: SimPeer.Edit): ReadonlyArray<string> =>
  content === undefined || content.length === 0 ? [] : [Crypto.hash("sha256", content, "hex")]

/** Contents by name of what is not deleted, names in order. */
const viewOf = (peer: SimPeer.SimPeer): ReadonlyMap<string, string> =>
  new Map(
    [...peer.current].flatMap(([name, { content }]) =>
      content === undefined ? [] : [[name, Crypto.hash("sha256", content, "hex")] as const]
    ).toSorted(([a], [b]) => a < b ? -1 : 1)
  )
