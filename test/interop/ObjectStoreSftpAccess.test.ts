/** Who is let in by a real OpenSSH, which servers we believe, and disks that cannot be written. Nothing secret is ever said. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { GetError } from "../../src/services/ObjectStore.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as SftpStore from "../harness/SftpStore.ts"
import * as Sshd from "../harness/Sshd.ts"
import { suite } from "../harness/Suite.ts"

const { again, keysOf, opened, optionsOf } = SftpStore

const root = process.getuid?.() === 0
const body = [Uint8Array.of(1, 2, 3)]

const refusal = <A, R>(work: Effect.Effect<A, GetError, R>) =>
  Effect.map(Effect.flip(work), (error) => {
    assert.strictEqual(error._tag, "StoreRefused", error.message)
    return error.message
  })

suite("an SFTP server's key", ["sshd"], () => {
  it.live("that is not known is refused with the line that would make it known", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const home = Path.join(server.directory, "home")
      Fs.mkdirSync(Path.join(home, ".ssh"), { recursive: true })
      const { knownHosts: _, ...options } = optionsOf(server)
      const store = opened(options, { env: { HOME: home } })
      const message = yield* refusal(store)
      assert.include(message, `ssh-ed25519 ${server.fingerprint}`)
      const line = `[127.0.0.1]:${server.port} ${server.hostKey}`
      assert.isTrue(message.endsWith(`add this line to ${home}/.ssh/known_hosts: ${line}`), message)
      Fs.writeFileSync(Path.join(home, ".ssh/known_hosts"), `# mine\n${line}\n`)
      yield* (yield* store).put("a", body)
      // As OpenSSH hides the names in it.
      yield* Sshd.command("ssh-keygen", ["-q", "-H", "-f", Path.join(home, ".ssh/known_hosts")])
      assert.include(Fs.readFileSync(Path.join(home, ".ssh/known_hosts"), "utf8"), "|1|")
      assert.deepStrictEqual(yield* (yield* store).get("a"), body[0])
    }).pipe(Effect.scoped, noLeaks))

  it.live("that is added while the program runs is believed at the next try", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const store = yield* opened(optionsOf(server))
      yield* store.put("a", body)
      yield* server.kill
      yield* server.start({ hostKey: "new_key" })
      const message = yield* refusal(again(store.get("a")))
      assert.include(message, "HAS CHANGED")
      assert.include(message, `${server.knownHosts}:1 (ssh-ed25519)`)
      assert.notInclude(message, "add this line")
      const shown = (yield* Sshd.command("ssh-keygen", ["-y", "-f", Path.join(server.directory, "new_key")])).trim()
      Fs.writeFileSync(server.knownHosts, `[127.0.0.1]:${server.port} ${shown}\n`)
      assert.deepStrictEqual(yield* store.get("a"), body[0])
      Fs.appendFileSync(server.knownHosts, `@revoked * ${shown}\n`)
      yield* server.kill
      yield* server.start({ hostKey: "new_key" })
      assert.include(yield* refusal(again(store.get("a"))), "IS REVOKED")
    }).pipe(Effect.scoped, noLeaks))

  it.live("may be pinned instead, and then nothing else counts", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const options = { ...optionsOf(server), knownHosts: "/dev/null" }
      assert.include(yield* refusal(opened(options)), "is not known")
      yield* (yield* opened({ ...options, hostKey: server.fingerprint })).put("a", body)
      const wrong = `SHA256:${"A".repeat(43)}`
      const message = yield* refusal(opened({ ...optionsOf(server), hostKey: wrong }))
      assert.include(message, "IS NOT THE ONE THAT host-key NAMES")
      assert.include(message, wrong)
    }).pipe(Effect.scoped, noLeaks))

  it.live("is asked for by the kind that is known, when the server has several", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      for (const type of ["ecdsa", "rsa"]) {
        const file = Path.join(server.directory, `other_${type}`)
        yield* Sshd.keygen(file, { type })
        yield* server.kill
        yield* server.start({ config: [`HostKey ${file}`] })
        const shown = Fs.readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ")
        Fs.writeFileSync(server.knownHosts, `other.example,[127.0.0.1]:${server.port} ${shown}\n`)
        const store = yield* opened(optionsOf(server))
        assert.deepStrictEqual(yield* keysOf(store), [])
      }
    }).pipe(Effect.scoped))
})

suite("who is let in by an SFTP server", ["sshd"], () => {
  it.live("is not the holder of another key; the refusal says what was tried and what would do", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const key = Path.join(server.directory, "stranger")
      yield* Sshd.keygen(key)
      const message = yield* refusal(
        opened({ ...optionsOf(server), key }, { env: { BEPOSITORY_SFTP_PASSWORD: "hunter2" } })
      )
      assert.include(message, `the server does not let ${server.user} in`)
      const shown = (yield* Sshd.command("ssh-keygen", ["-lf", key])).split(" ")[1]
      assert.include(message, `the key ${key} (ssh-ed25519 ${shown})`)
      assert.include(message, "SSH_AUTH_SOCK is not set")
      assert.include(message, "it takes publickey")
      assert.include(message, "authorized_keys")
      assert.notInclude(message, "hunter2")
    }).pipe(Effect.scoped, noLeaks))

  it.live("needs a key that can be read and understood", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const options = optionsOf(server)
      assert.include(yield* refusal(opened({ ...options, key: `${server.key}-not` })), "ENOENT")
      assert.include(yield* refusal(opened({ ...options, key: `${server.key}.pub` })), "holds no private key")
      assert.include(yield* refusal(opened({ ...options, knownHosts: `${server.key}-not` })), "known-hosts")
    }).pipe(Effect.scoped))

  it.live("may have a key that a passphrase opens, from the environment or from a file", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      yield* Sshd.command("ssh-keygen", ["-q", "-p", "-P", "", "-N", "open sesame", "-f", server.key])
      const options = optionsOf(server)
      const message = yield* refusal(opened(options))
      assert.include(message, "BEPOSITORY_SFTP_KEY_PASSPHRASE is not set")
      const wrong = yield* refusal(opened(options, { env: { BEPOSITORY_SFTP_KEY_PASSPHRASE: "wrong" } }))
      assert.include(wrong, "does not open")
      assert.notInclude(wrong, "wrong passphrase is")
      yield* (yield* opened(options, { env: { BEPOSITORY_SFTP_KEY_PASSPHRASE: "open sesame" } })).put("a", body)
      const file = Path.join(server.directory, "passphrase")
      Fs.writeFileSync(file, "open sesame\n")
      const store = yield* opened(options, { env: { BEPOSITORY_SFTP_KEY_PASSPHRASE_FILE: file } })
      assert.deepStrictEqual(yield* store.get("a"), body[0])
    }).pipe(Effect.scoped))

  it.live("may have an agent, or OpenSSH's usual key", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const { key, ...options } = optionsOf(server)
      const socket = Path.join(server.directory, "agent")
      yield* Effect.acquireRelease(
        Effect.map(Sshd.command("ssh-agent", ["-a", socket]), (said) => Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1])),
        (pid) => Effect.sync(() => void process.kill(pid))
      )
      const env = { SSH_AUTH_SOCK: socket }
      assert.include(yield* refusal(opened(options, { env })), "the keys of the agent")
      yield* Sshd.command("ssh-add", ["-q", key!], env)
      yield* (yield* opened(options, { env })).put("a", body)
      const home = Path.join(server.directory, "home")
      Fs.mkdirSync(Path.join(home, ".ssh"), { recursive: true })
      Fs.copyFileSync(key!, Path.join(home, ".ssh/id_ed25519"))
      const store = yield* opened(options, { env: { HOME: home, SSH_AUTH_SOCK: "/nonexistent" } })
      assert.deepStrictEqual(yield* store.get("a"), body[0])
    }).pipe(Effect.scoped, noLeaks))

  it.live("may find a server without SFTP, or none: the first is for good, the second is not", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make({ config: ["ForceCommand /bin/false"] })
      assert.include(yield* refusal(opened(optionsOf(server))), "offers no SFTP")
      yield* server.kill
      const store = yield* opened(optionsOf(server))
      assert.strictEqual((yield* Effect.flip(store.put("a", body)))._tag, "StoreUnavailable")
      yield* server.start()
      assert.strictEqual(yield* store.put("a", body), "Created")
    }).pipe(Effect.scoped, noLeaks))
})

suite("an SFTP server's disk", ["sshd"], () => {
  it.live("that may only be read is read; a put says how to mend it", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      yield* (yield* opened(optionsOf(server))).put("a/b", body)
      yield* server.kill
      yield* server.start({ config: ["ForceCommand internal-sftp -R"] })
      const store = yield* opened(optionsOf(server))
      assert.deepStrictEqual(yield* store.get("a/b"), body[0])
      assert.deepStrictEqual(yield* keysOf(store), ["a/b"])
      assert.include(yield* refusal(store.remove(["a/b"])), "read and write access")
      for (const write of [store.put("a/c", body), store.put("a/b", body), store.now]) {
        assert.include(yield* refusal<unknown, never>(write), "not read-only")
      }
    }).pipe(Effect.scoped))

  it.live("whose directory is a file is refused", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const file = Path.join(server.root, "file")
      Fs.writeFileSync(file, "x")
      assert.include(yield* refusal(opened(optionsOf(server, file))), "a part of the path is a file")
    }).pipe(Effect.scoped))

  const onlyRoot = root ? it.live : it.live.skip

  onlyRoot(
    "that is full keeps what is there, leaves no remains, and works again when there is room",
    () =>
      Effect.gen(function*() {
        const server = yield* Sshd.make()
        yield* mounted(server.root, ["-t", "tmpfs", "-o", "size=2m", "tmpfs", server.root])
        const options = optionsOf(server, server.root)
        const store = yield* opened(options)
        const big = [new Uint8Array(700 * 1024).fill(1), new Uint8Array(600 * 1024).fill(2)]
        yield* store.put("one", big)
        const error = yield* Effect.flip(store.put("two", big))
        assert.strictEqual(error._tag, "StoreFull")
        assert.deepStrictEqual(yield* keysOf(store), ["one"])
        assert.strictEqual(yield* store.put("one", big), "Exists")
        yield* store.remove(["one"])
        assert.strictEqual(yield* store.put("two", big), "Created")
        assert.strictEqual((yield* store.get("two")).length, 1300 * 1024)
        assert.deepStrictEqual(Fs.readdirSync(Path.join(server.root, "tmp")), [])
      }).pipe(Effect.scoped)
  )

  onlyRoot(
    "that is mounted read-only, has another one in it, or forbids a link, says so",
    () =>
      Effect.gen(function*() {
        const server = yield* Sshd.make()
        yield* mounted(server.root, ["-t", "tmpfs", "-o", "size=4m", "tmpfs", server.root])
        const store = yield* opened(optionsOf(server, server.root))
        yield* store.put("log/1", body)
        Fs.mkdirSync(Path.join(server.root, "pack"))
        yield* mounted(Path.join(server.root, "pack"), ["-t", "tmpfs", "tmpfs", Path.join(server.root, "pack")])
        assert.include(yield* refusal(store.put("pack/00/x", body)), "another file system")
        execFileSync("umount", [Path.join(server.root, "pack")])
        // The server answers in turn: by now it has closed and removed what the refused put left open.
        assert.deepStrictEqual(yield* keysOf(store), ["log/1"])
        execFileSync("mount", ["-o", "remount,ro", server.root])
        for (const write of [store.put("log/2", body), store.remove(["log/1"]), store.now]) {
          assert.include(yield* refusal<unknown, never>(write), "mount it writable")
        }
        execFileSync("mount", ["-o", "remount,rw", server.root])
        assert.deepStrictEqual(yield* keysOf(store), ["log/1"])
        assert.deepStrictEqual(Fs.readdirSync(Path.join(server.root, "tmp")), [])
      }).pipe(Effect.scoped)
  )
})

const mounted = (path: string, step: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => void execFileSync("mount", step)),
    // One of them was taken away in the course of the test.
    () =>
      Effect.sync(() => Fs.readFileSync("/proc/mounts", "utf8").includes(` ${path} `) && execFileSync("umount", [path]))
  )
