/** The GCS store and its double against rclone, a client that is not ours: what it writes we must read, and it what we write. */
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as GcsDouble from "../harness/GcsDouble.ts"
import * as GcsRig from "../harness/GcsRig.ts"
import { HarnessError, run, tempDirectory } from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import { suite } from "../harness/Suite.ts"

const rclone = Effect.fnUntraced(function*(url: string, ...args: ReadonlyArray<string>) {
  const settings = `anonymous=true,endpoint='${url}/storage/v1/',bucket_policy_only=true`
  const given = args.map((arg) => arg.replace(/^gcs:/, `:gcs,${settings}:`))
  const quick = ["--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"]
  const { code, stderr, stdout } = yield* run(Programs.path("rclone"), [...quick, ...given])
  return code === 0 ? stdout : yield* new HarnessError({ message: `rclone ${args.join(" ")}: ${code} ${stderr}` })
})

suite("GCS with rclone", ["rclone"], () => {
  it.live("each reads what the other wrote", () =>
    Effect.gen(function*() {
      const { url } = yield* GcsDouble.make({ pageSize: 40 })
      const store = Context.get(
        yield* Layer.build(GcsRig.layer({ bucket: "bucket", prefix: "pre/", endpoint: url, ambient: false }))
          .pipe(
            Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/nonexistent" })))
          ),
        ObjectStore
      )
      const directory = yield* tempDirectory("rclone")
      const [theirs, ours] = [Path.join(directory, "theirs"), Path.join(directory, "ours")]
      const contents = new Map(
        Array.from({ length: 100 }, (_, at) => {
          const name = at % 10 === 0 ? `d ä/${at}#?&.bin` : `d/${at}`
          return [name, new Uint8Array(at * at * 37).map((_, byte) => byte * at)]
        })
      )
      for (const [name, bytes] of contents) {
        Fs.mkdirSync(Path.join(theirs, Path.dirname(name)), { recursive: true })
        Fs.writeFileSync(Path.join(theirs, name), bytes)
      }
      yield* rclone(url, "copy", theirs, "gcs:bucket/pre/theirs")
      yield* rclone(url, "check", "--download", theirs, "gcs:bucket/pre/theirs")
      const listed = yield* Stream.runCollect(store.list("theirs/"))
      assert.strictEqual(listed.length, 100)
      for (const [name, bytes] of contents) {
        assert.isTrue(Buffer.from(bytes).equals(yield* store.get(`theirs/${name}`)), name)
        assert.strictEqual(yield* store.put(`ours/${name}`, [bytes]), "Created")
      }
      yield* rclone(url, "copy", "gcs:bucket/pre/ours", ours)
      yield* rclone(url, "check", "--download", theirs, "gcs:bucket/pre/ours")
      assert.strictEqual(Fs.readdirSync(Path.join(ours, "d ä")).length, 10)
      yield* rclone(url, "purge", "gcs:bucket/pre/theirs")
      assert.strictEqual(yield* Stream.runCount(store.list("")), 100)
    }).pipe(Effect.scoped))
})
