/** Mistakes that only a real server can show: quotas, users that may only read, another host's key. Codes and mends of commands. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import { tempDirectory } from "../harness/Process.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import * as Sshd from "../harness/Sshd.ts"
import { suite } from "../harness/Suite.ts"

const placeOf = (uri: string, env: Record<string, string> = {}) =>
  Effect.map(tempDirectory("errors"), (directory) => Bepository.place(directory, "bepository", { uri, env }))

/** The command ends with this code, and its last line names the mend; a stack is never shown. */
const ends = Effect.fnUntraced(function*(
  place: Bepository.Place,
  args: ReadonlyArray<string>,
  code: number,
  words: RegExp = /^/
) {
  const ran = yield* Bepository.run(place, args)
  assert.strictEqual(ran.code, code, `${args.join(" ")}: ${ran.stderr}${ran.stdout}`)
  assert.match(ran.stderr.trim().split("\n").at(-1) ?? "", words)
  assert.notMatch(ran.stderr, /^\s+at /m)
  return ran
})

suite("Mistakes with S3 on Ceph", Radosgw.needs, () => {
  it.live(
    "a quota that is used up, a user that may only read, a suspended one, somebody else's bucket",
    () =>
      Effect.gen(function*() {
        const gateway = yield* Radosgw.make()
        const user = Effect.fnUntraced(function*(name: string) {
          const keys = { accessKeyId: name, secretAccessKey: `secret-of-${name}` }
          yield* gateway.admin(
            "user",
            "create",
            `--uid=${name}`,
            `--display-name=${name}`,
            `--access-key=${keys.accessKeyId}`,
            `--secret=${keys.secretAccessKey}`
          )
          yield* gateway.makeBucket(name, keys)
          const uri = `s3://${name}/p?endpoint=${gateway.url}`
          const place = yield* placeOf(uri, {
            AWS_ACCESS_KEY_ID: keys.accessKeyId,
            AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
            BEPOSITORY_RETRY_FOR: "2s"
          })
          return { keys, place }
        })

        const poor = yield* user("poor")
        yield* gateway.admin("quota", "set", "--quota-scope=user", "--uid=poor", "--max-objects=1")
        yield* gateway.admin("quota", "enable", "--quota-scope=user", "--uid=poor")
        yield* ends(poor.place, ["init"], 23, /no space left at s3:\/\/poor\/p .*raise the quota/)

        const reader = yield* user("reader")
        yield* ends(reader.place, ["init"], 0)
        yield* gateway.admin("user", "modify", "--uid=reader", "--op-mask=read")
        yield* ends(reader.place, ["status"], 0)
        const doctor = yield* ends(reader.place, ["doctor", "--size", "0"], 3)
        assert.match(doctor.stdout, /^FAILED.*AccessDenied.*s3:PutObject/ms)
        const elsewhere = { ...reader.place.remote!, uri: `s3://reader/q?endpoint=${gateway.url}` }
        yield* ends(
          { ...reader.place, remote: elsewhere },
          ["init"],
          20,
          /AccessDenied.*let the credentials of.*s3:PutObject/
        )

        const stranger = { ...reader.place.remote!, uri: `s3://poor/p?endpoint=${gateway.url}` }
        yield* ends({ ...reader.place, remote: stranger }, ["status"], 20, /AccessDenied.*s3:ListBucket/)

        yield* gateway.admin("user", "suspend", "--uid=reader")
        yield* ends(reader.place, ["status"], 20, /UserSuspended|AccessDenied/)
      }).pipe(Effect.scoped),
    240_000
  )
})

suite("Mistakes with SFTP", ["sshd"], () => {
  const uriOf = (server: Sshd.Sshd, more = "") =>
    `sftp://${server.user}@127.0.0.1:${server.port}${server.root}/store?key=${server.key}${more}`

  it.live("a host key that changed, one that is not the pinned one, a login that is refused", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const place = yield* placeOf(uriOf(server, `&known-hosts=${server.knownHosts}`))
      yield* ends(place, ["init"], 0)
      yield* ends(place, ["status"], 0)
      const other = Path.join(server.directory, "other_key")
      yield* Sshd.keygen(other)
      const uninvited = uriOf(server, `&known-hosts=${server.knownHosts}`).replace(`key=${server.key}`, `key=${other}`)
      yield* ends(yield* placeOf(uninvited), ["status"], 20, /authorized_keys/)
      yield* server.kill
      yield* server.start({ hostKey: "new_key" })
      yield* ends(place, ["status"], 20, /HAS CHANGED/)
      yield* ends(yield* placeOf(uriOf(server, `&host-key=${server.fingerprint}`)), ["status"], 20, /host-key/)
      yield* server.kill
      yield* server.start()
      yield* ends(place, ["status"], 0)
    }).pipe(Effect.scoped))

  it.live("a server that lets nobody write is read; what writes says so", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const place = yield* placeOf(uriOf(server, `&host-key=${server.fingerprint}`))
      yield* ends(place, ["init"], 0)
      yield* server.kill
      yield* server.start({ config: ["ForceCommand internal-sftp -R"] })
      yield* ends(place, ["status"], 0)
      const doctor = yield* ends(place, ["doctor", "--size", "0"], 3)
      assert.match(doctor.stdout, /^FAILED.*not read-only/ms)
      const elsewhere = { ...place.remote!, uri: place.remote!.uri.replace("/store?", "/other?") }
      yield* ends({ ...place, remote: elsewhere }, ["init"], 20, /not read-only/)
    }).pipe(Effect.scoped))

  const onlyRoot = process.getuid?.() === 0 ? it.live : it.live.skip
  onlyRoot("a disk that is full: 23, and nothing is lost", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      yield* Effect.acquireRelease(
        Effect.sync(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", server.root])),
        () => Effect.sync(() => execFileSync("umount", [server.root]))
      )
      const place = yield* placeOf(uriOf(server, `&host-key=${server.fingerprint}`))
      yield* ends(place, ["init"], 0)
      const fill = Path.join(server.root, "filler")
      const full = yield* Effect.sync(() => {
        execFileSync("sh", ["-c", `cat /dev/zero > ${fill} 2>/dev/null || true`])
        return { ...place.remote!, uri: place.remote!.uri.replace("/store?", "/other?") }
      })
      yield* ends({ ...place, remote: full }, ["init"], 23, /no space left at sftp:\/\/.*free some space/)
      yield* ends(place, ["status"], 0)
    }).pipe(Effect.scoped))
})
