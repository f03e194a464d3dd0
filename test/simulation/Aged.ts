/**
 * A bucket as it is after weeks of use: files made, changed and deleted every day, checkpoints made and expired, tables
 * merged, packs collected and rewritten, the log trimmed. The same seed gives the same bucket, byte for byte.
 */
import { Clock, Context, Effect, Fiber, Random } from "effect"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Collector } from "../../src/services/Collector.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Machine from "./Machine.ts"

const hour = 3_600_000

export interface Aged {
  readonly objects: ReadonlyMap<string, Uint8Array>
  /** What the peer has, by name; what is not in it was deleted. */
  readonly contents: ReadonlyMap<string, Uint8Array>
  readonly complaints: ReadonlyArray<string>
  readonly removed: number
  readonly commits: number
}

/** `look`: called with the bucket at the end of each day. */
export const make = (
  options: { readonly seed: number; readonly days: number },
  look: (day: number, objects: ReadonlyMap<string, Uint8Array>) => Effect.Effect<void> = () => Effect.void
): Effect.Effect<Aged> => Hosts.inVirtualTime(story(options, look)).pipe(Random.withSeed(options.seed), Effect.orDie)

const story = Effect.fnUntraced(function*(
  { days, seed }: { readonly seed: number; readonly days: number },
  look: (day: number, objects: ReadonlyMap<string, Uint8Array>) => Effect.Effect<void>
) {
  const machine = yield* Machine.make({ seed, hosts: 1, names: 24 })
  const host = machine.hosts[0]!
  const { peer } = host
  const running = yield* Effect.forkChild(peer.run)
  const complaints: Array<string> = []
  yield* machine.start(host, { delay: 5 })
  while (host.life?.context === undefined) yield* Effect.sleep("1 second")
  const { context } = host.life
  const upkeep = Effect.gen(function*() {
    yield* Context.get(context, Checkpoints).round
    yield* Context.get(context, Compactor).round
    yield* Context.get(context, Collector).run({ maxRewrite: 1e9, full: true })
    yield* Context.get(context, LogTrimmer).round
  }).pipe(Effect.provideService(Clock.Clock, host.clock.clock))
  for (let day = 1; day <= days; day++) {
    for (let part = 0; part < 4; part++) {
      for (let edits = 0; edits < 4; edits++) yield* peer.edit
      for (let seconds = 0; seconds < 300 && !peer.settled(); seconds++) yield* Effect.sleep("1 second")
      if (!peer.settled()) complaints.push(`day ${day}: not everything was acknowledged`)
      machine.sky.offset += 6 * hour
      if (part % 2 === 0) yield* Effect.exit(upkeep).pipe(Effect.tap((exit) => note(complaints, day, exit)))
    }
    const flush = Effect.flatMap(
      Context.get(context, Lease).fence,
      (fence) => Context.get(context, Repository).flush(fence)
    )
    yield* Effect.exit(flush.pipe(Effect.provideService(Clock.Clock, host.clock.clock))).pipe(
      Effect.tap((exit) => note(complaints, day, exit))
    )
    yield* look(day, machine.objects)
  }
  yield* machine.stop(host)
  complaints.push(...(yield* machine.audit(true)), ...machine.guard.complaints, ...peer.complaints)
  yield* Fiber.interrupt(running)
  const contents = [...peer.current].flatMap(([name, { content }]) =>
    content === undefined ? [] : [[name, content] as const]
  )
  return {
    objects: new Map(machine.objects),
    contents: new Map(contents),
    complaints,
    removed: machine.guard.removed(),
    commits: machine.guard.commits.length
  } satisfies Aged
})

const note = (complaints: Array<string>, day: number, exit: { readonly _tag: string }): Effect.Effect<void> =>
  Effect.sync(() => {
    if (exit._tag === "Failure") complaints.push(`day ${day}: ${JSON.stringify(exit)}`)
  })
