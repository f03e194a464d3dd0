/** Two hosts on real servers, one of which loses its way to the store in the middle of its work. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FaultProxy from "../harness/FaultProxy.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import * as Sshd from "../harness/Sshd.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"
import { alike, both, lease, put, read, seconds, untilActive, untilThere } from "./hosts.ts"
import { folder, stored } from "./scene.ts"
import { type Make, s3, sftp } from "./stores.ts"

const cutOff = Effect.fnUntraced(function*(make: Make) {
  const { proxy, remote } = yield* make
  // A goes through a second proxy, which alone fails.
  const link = yield* FaultProxy.make({ port: proxy.port })
  const ofA = { ...remote, uri: remote.uri.replace(`127.0.0.1:${proxy.port}`, `127.0.0.1:${link.port}`) }
  assert.notStrictEqual(ofA.uri, remote.uri)
  const { a, b, first, second } = yield* both(["1.29", "1.19"], [ofA, remote])
  put(a, "edited", "by A")
  yield* stored(a.actor, first)
  yield* alike(a, b)
  put(b, "edited", "by B")
  yield* stored(b.actor, second)
  yield* alike(b, a)

  // A is in the middle of it and cannot reach the store any more: its claim runs out.
  link.slow({ bytesPerSecond: 4 * 1024 * 1024 })
  Tree.write(a.actor.tree, "large", Tree.bytes(96 * 1024 * 1024, 7))
  yield* a.actor.rescan(folder)
  yield* untilActive(b, "A")
  link.blackHole(true)
  put(b, "meanwhile", "by B")
  const took = yield* seconds(stored(b.actor, second, lease + 60))
  assert.isBelow(took, lease + 10)
  link.slow({})
  link.blackHole(false)
  link.cut()
  yield* stored(a.actor, first)
  yield* alike(a, b)
  assert.strictEqual(read(a, "meanwhile"), "by B")
})

/** A second server over the same directory lets nobody write. */
const readOnly = Effect.gen(function*() {
  const server = yield* Sshd.make()
  const uriOf = ({ fingerprint, key, port }: Sshd.Sshd) =>
    `sftp://${server.user}@127.0.0.1:${port}${server.root}/store?key=${key}&host-key=${fingerprint}`
  const reader = yield* Sshd.make({ config: ["ForceCommand internal-sftp -R"] })
  const remote = { uri: uriOf(server), env: {} }
  const { a, b, first, second } = yield* both(["1.29", "1.19"], [remote, { uri: uriOf(reader), env: {} }])
  put(b, "by B", "who may not store it")
  yield* b.actor.rescan(folder)
  put(a, "by A", "while B asks in vain")
  yield* stored(a.actor, first)
  yield* untilThere(b, "by A")
  assert.strictEqual(read(b, "by A"), "while B asks in vain")
  yield* reader.kill
  yield* reader.start()
  yield* stored(b.actor, second, 180)
  yield* alike(b, a)
})

suite("Two hosts on SFTP", ["syncthing", "syncthing-1.29", "sshd"], () => {
  it.live(
    "one whose credential may only read serves what is stored, and stores once it may write",
    () => Effect.scoped(readOnly),
    300_000
  )
  it.live("hand over, and one is cut off from the store", () => Effect.scoped(cutOff(sftp)), 300_000)
})

suite("Two hosts on S3", ["syncthing", "syncthing-1.29", ...Radosgw.needs], () => {
  it.live("hand over, and one is cut off from the store", () => Effect.scoped(cutOff(s3)), 300_000)
})
