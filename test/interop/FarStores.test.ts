/**
 * A store that is very far away: what a peer pulls comes in many requests at a time, so that half a second there and back costs
 * little more than a few times. The bound is three quarters of what one request after the other would take, so that a busy machine
 * does not matter. Narrow links, and how long a pull takes, are in `npm run soak -- narrow`.
 */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Radosgw from "../harness/Radosgw.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"
import { folder, serve, share, stage, stored, syncthing } from "./scene.ts"
import { type Make, s3, sftp } from "./stores.ts"

const MiB = 1024 * 1024
/** Milliseconds each way. */
const latencyMs = 250
/** Seconds that a pull may take longer for it. In turn, 64 requests of 1 MiB would take 32 more; over SFTP each is two round trips. */
const longer = { s3: 24, sftp: 45 }

const pulls = Effect.fnUntraced(function*(make: Make, longer: number) {
  const { proxy, remote } = yield* make
  const scene = yield* stage("far", remote)
  const content = Tree.bytes(64 * MiB, 64)
  yield* Effect.gen(function*() {
    const a = yield* syncthing(scene, "A", "1.29")
    Tree.write(a.tree, "one.bin", content)
    const ours = yield* serve(scene, [a])
    yield* share(a, ours)
    yield* stored(a, ours)
  }).pipe(Effect.scoped)
  /** Seconds until a fresh Syncthing has the file from a daemon with an empty cache. */
  const pull = Effect.fnUntraced(function*(name: string) {
    Fs.rmSync(scene.place.cache, { recursive: true })
    const b = yield* syncthing(scene, name, "1.29")
    const ours = yield* serve(scene, [b])
    yield* b.pair(ours)
    yield* b.untilConnected(ours.id, 30)
    const began = performance.now()
    yield* b.share({ id: folder, path: b.tree, devices: [ours.id] })
    yield* b.untilInSync(folder, { localFiles: 1 })
    const took = (performance.now() - began) / 1000
    expect(Buffer.compare(Fs.readFileSync(`${b.tree}/one.bin`), content)).toBe(0)
    return took
  }, Effect.scoped)
  const near = yield* pull("near")
  proxy.slow({ latencyMs })
  const before = proxy.passed().down
  const far = yield* pull("far")
  // It came over the slow link, and once.
  const came = proxy.passed().down - before
  expect(came).toBeGreaterThan(64 * MiB)
  expect(came).toBeLessThan(70 * MiB)
  expect(far).toBeLessThan(near + longer)
})

suite("Far SFTP", ["syncthing-1.29", "sshd"], () => {
  it.live("a pull of 64 MiB is not one request after the other", () => Effect.scoped(pulls(sftp, longer.sftp)), 120_000)
})

suite("Far S3", ["syncthing-1.29", ...Radosgw.needs], () => {
  it.live("a pull of 64 MiB is not one request after the other", () => Effect.scoped(pulls(s3, longer.s3)), 120_000)
})
