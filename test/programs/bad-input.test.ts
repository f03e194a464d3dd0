/**
 * What goes wrong outside, as child processes: the exact exit code, exactly one line on stderr, nothing on stdout, and not a
 * byte of the store changed.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import { useBundle } from "./bundle.ts"
import { census, make } from "./fixture.ts"

const main = useBundle()
const master = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const serve = ["serve", master, "--listen", "127.0.0.1:0", "--master-address", "none"]

/** A place in a temporary directory, with a repository in it unless `empty`. */
const place = Effect.fnUntraced(
  function*(kind: "empty" | "repository" = "repository"): Effect.fn.Return<Bepository.Place, never, Scope.Scope> {
    const place = Bepository.place(yield* Process.tempDirectory("bad-input"))
    if (kind === "repository") yield* make(place.repository, place.cache)
    return place
  }
)

interface Refusal {
  readonly code: number
  readonly words: RegExp
  readonly env?: Record<string, string>
}

/** The command ends so, and the store is as it was. */
const refuses = Effect.fnUntraced(
  function*(place: Bepository.Place, args: ReadonlyArray<string>, { code, env, words }: Refusal) {
    const before = census(place.repository)
    const ran = yield* Bepository.run(place, args, env ?? {})
    const what = `${args.join(" ")} ended with ${ran.code} and said: ${ran.stderr}${ran.stdout}`
    assert.strictEqual(ran.code, code, what)
    assert.match(ran.stderr, /^bepository: [^\n]+\n$/, what)
    assert.match(ran.stderr, words, what)
    assert.strictEqual(ran.stdout, "", what)
    assert.deepStrictEqual(census(place.repository), before, `${args.join(" ")} changed the store`)
  }
)

const object = (place: Bepository.Place, key: string) => Path.join(place.repository, ...key.split("/"))

/** Changes an object behind the program's back. */
const damage = (place: Bepository.Place, key: string, change: (bytes: Buffer) => Buffer) => {
  const file = object(place, key)
  const changed = change(Fs.readFileSync(file))
  Fs.rmSync(file)
  Fs.writeFileSync(file, changed)
}

const flipLast = (bytes: Buffer): Buffer => {
  bytes[bytes.length - 1]! ^= 1
  return bytes
}
const newer = (bytes: Buffer): Buffer => {
  bytes[5]! += 1
  return bytes
}

const isRoot = process.getuid?.() === 0
const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]

const readers = ["status", "get-id", "list-folders", "checkpoint list"]

describe("bad settings", () => {
  it.live("a missing, wrong or mistyped master id", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      yield* refuses(at, ["serve"], { code: 2, words: /serve DEVICE_ID.*BEPOSITORY_MASTER_DEVICE_ID/ })
      yield* refuses(at, ["serve", "laptop"], { code: 2, words: /MASTER_DEVICE_ID "laptop"/ })
      const mistyped = master.replace(/^./, (char) => (char === "A" ? "B" : "A"))
      yield* refuses(at, ["serve"], {
        code: 2,
        words: /BEPOSITORY_MASTER_DEVICE_ID ".*check character/,
        env: { BEPOSITORY_MASTER_DEVICE_ID: mistyped }
      })
      assert.isFalse(Fs.existsSync(at.repository), "the repository was made before the settings were checked")
    }).pipe(Effect.scoped))

  it.live("a bad storage URI", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      for (const command of [serve, ["init"], ["status"]]) {
        yield* refuses(at, command, {
          code: 2,
          words: /BEPOSITORY_STORAGE_URI "ftp:\/\/host\/x": the scheme "ftp" is not known/,
          env: { BEPOSITORY_STORAGE_URI: "ftp://host/x" }
        })
      }
      const env = { BEPOSITORY_STORAGE_URI: "s3://key:hunter2@bucket" }
      const { stderr } = yield* Bepository.run(at, ["status"], env)
      assert.notInclude(stderr, "hunter2")
      yield* refuses(at, ["status"], { code: 2, words: /secrets do not belong/, env })
    }).pipe(Effect.scoped))

  it.live("an env file that is missing, broken or not a file", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      const file = Path.join(at.envFile, "..", "broken.env")
      Fs.writeFileSync(file, "A=1\nB=\"2\n")
      yield* refuses(at, ["init"], {
        code: 2,
        words: /environment file \/none: there is no such file/,
        env: { BEPOSITORY_ENV_FILE: "/none" }
      })
      yield* refuses(at, ["init"], {
        code: 2,
        words: /broken.env, line 2: the " .* never closed/,
        env: { BEPOSITORY_ENV_FILE: file }
      })
      yield* refuses(at, ["init"], { code: 2, words: /cannot be read/, env: { BEPOSITORY_ENV_FILE: "/" } })
      assert.isFalse(Fs.existsSync(at.repository))
    }).pipe(Effect.scoped))
})

describe("a location that is not ours", () => {
  it.live("files of somebody else are left alone", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      Fs.mkdirSync(at.repository)
      Fs.writeFileSync(Path.join(at.repository, "thesis.tex"), "do not touch")
      for (const command of [["init"], serve]) {
        yield* refuses(at, command, { code: 15, words: /is not empty and not a repository \(it holds thesis.tex\)/ })
      }
      for (const command of readers) yield* refuses(at, command.split(" "), { code: 10, words: /no repository/ })
    }).pipe(Effect.scoped))

  it.live("a file where the directory should be", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      Fs.writeFileSync(at.repository, "a file")
      for (const command of [["init"], serve, ["status"]]) {
        yield* refuses(at, command, { code: 20, words: /a part of the path is a file/ })
      }
    }).pipe(Effect.scoped))

  it.live("nothing there: readers say so and make nothing", () =>
    Effect.gen(function*() {
      const at = yield* place("empty")
      for (const command of [...readers, "checkpoint now"]) {
        yield* refuses(at, command.split(" "), { code: 10, words: /there is no repository at .*bepository init/ })
      }
      assert.isFalse(Fs.existsSync(at.repository))
    }).pipe(Effect.scoped))
})

describe("a repository that cannot be trusted", () => {
  it.live("newer than the program", () =>
    Effect.gen(function*() {
      // Other objects that are newer: newer.test.ts. One whose header alone was changed is damaged.
      const at = yield* place()
      damage(at, ObjectKey.marker, newer)
      for (const command of [["init"], ["status"], serve]) {
        yield* refuses(at, command, { code: 13, words: /needs a newer bepository.*upgrade/ })
      }
      const flipped = yield* place()
      damage(flipped, ObjectKey.log(3), newer)
      yield* refuses(flipped, serve, { code: 14, words: /log\/0*3/ })
    }).pipe(Effect.scoped), 60_000)

  it.live.each<[string, string, (bytes: Buffer) => Buffer]>([
    ["a flipped bit in the marker", ObjectKey.marker, flipLast],
    ["an empty marker", ObjectKey.marker, () => Buffer.alloc(0)],
    ["a marker of somebody else", ObjectKey.marker, () => Buffer.from("hello, this is not a repository\n")],
    ["a flipped bit in the first commit", ObjectKey.log(1), flipLast],
    ["a flipped bit in the last commit", ObjectKey.log(7), flipLast],
    ["a cut commit", ObjectKey.log(4), (bytes) => bytes.subarray(0, bytes.length / 2)]
  ])("%s", ([, key, change]) =>
    Effect.gen(function*() {
      const at = yield* place()
      damage(at, key, change)
      for (const command of [["status"], serve]) {
        yield* refuses(at, command, { code: 14, words: new RegExp(`object ${key} is damaged.*nothing was changed`) })
      }
    }).pipe(Effect.scoped), 60_000)

  it.live("a commit that is missing, or another one's", () =>
    Effect.gen(function*() {
      const at = yield* place()
      Fs.copyFileSync(object(at, ObjectKey.log(5)), Path.join(at.repository, "..", "five"))
      Fs.rmSync(object(at, ObjectKey.log(5)))
      yield* refuses(at, serve, { code: 14, words: /log\/0*5/ })
      Fs.copyFileSync(object(at, ObjectKey.log(4)), object(at, ObjectKey.log(5)))
      yield* refuses(at, serve, { code: 14, words: /log\/0*5/ })
    }).pipe(Effect.scoped), 60_000)

  it.live("a damaged base", () =>
    Effect.gen(function*() {
      const at = Bepository.place(yield* Process.tempDirectory("bad-input"))
      yield* make(at.repository, at.cache, "base")
      const [base] = Fs.readdirSync(object(at, "base"))
      damage(at, `base/${base!}`, flipLast)
      yield* refuses(at, ["status"], { code: 14, words: /object base\/\d+ is damaged/ })
      yield* refuses(at, serve, { code: 14, words: /object base\/\d+ is damaged/ })
    }).pipe(Effect.scoped), 60_000)
})

describe("this host", () => {
  it.live("a port that is taken", () =>
    Effect.gen(function*() {
      const at = yield* place()
      const port = yield* Effect.acquireRelease(
        Effect.callback<Net.Server>((resume) => {
          const server = Net.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => void server.close())
      ).pipe(Effect.map((server) => (server.address() as Net.AddressInfo).port))
      const ran = yield* Bepository.run(at, [
        "serve",
        master,
        "--listen",
        `127.0.0.1:${port}`,
        "--master-address",
        "none"
      ])
      assert.strictEqual(ran.code, 21, ran.stderr)
      assert.match(ran.stderr, new RegExp(`^bepository: cannot listen on 127.0.0.1:${port}.*--listen.*\n$`))
      assert.strictEqual(ran.stdout, "")
      yield* refuses(at, ["checkpoint", "serve", `127.0.0.1:${port}`], {
        code: 21,
        words: new RegExp(`cannot listen on 127.0.0.1:${port}`),
        env: { BEPOSITORY_DAV_PASSWORD: "secret" }
      })
    }).pipe(Effect.scoped), 60_000)

  it.live("a cache directory that is a file, or lies below one", () =>
    Effect.gen(function*() {
      const at = yield* place()
      const file = Path.join(at.envFile, "..", "file")
      Fs.writeFileSync(file, "")
      for (const cache of [file, Path.join(file, "below")]) {
        for (const command of [serve, ["checkpoint", "now"]]) {
          yield* refuses(at, command, {
            code: 22,
            words: /the cache directory .*file.* cannot be used/,
            env: { BEPOSITORY_CACHE_DIRECTORY: cache }
          })
        }
      }
    }).pipe(Effect.scoped), 60_000)

  it.live("a disk without room for the cache [needs root]", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return context.skip("mounting a small tmpfs needs root")
      const at = yield* place()
      // The host's id and what it saw of the log have room, the replica has not.
      const cache = yield* tmpfs("68k")
      Fs.writeFileSync(Path.join(cache, "full"), Buffer.alloc(56 * 1024))
      yield* refuses(at, serve, {
        code: 23,
        words: /the cache directory .* cannot be used: .*(space|room|full)/i,
        env: { BEPOSITORY_CACHE_DIRECTORY: cache }
      })
    }).pipe(Effect.scoped), 60_000)

  it.live("a store without room [needs root]", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return context.skip("mounting a small tmpfs needs root")
      const at = { ...(yield* place("empty")), repository: Path.join(yield* tmpfs("256k"), "repository") }
      yield* make(at.repository, at.cache)
      fill(Path.dirname(at.repository))
      yield* refuses(at, ["checkpoint", "now"], { code: 23, words: /no space left at .*nothing was lost/ })
      Fs.rmSync(Path.join(Path.dirname(at.repository), "filler"))
      const made = yield* Bepository.json<{ readonly checkpoints: ReadonlyArray<unknown> }>(at, ["checkpoint", "now"])
      assert.strictEqual(made.checkpoints.length, 1)
      const empty = { ...at, repository: Path.join(Path.dirname(at.repository), "second") }
      fill(Path.dirname(at.repository))
      const ran = yield* Bepository.run(empty, ["init"])
      assert.strictEqual(ran.code, 23, ran.stderr)
      assert.match(ran.stderr, /^bepository: no space left [^\n]*\n$/)
    }).pipe(Effect.scoped), 60_000)

  it.live("what another user may not read or write [needs root]", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return context.skip("becoming another user needs root")
      const readable = yield* Process.run("setpriv", [...nobody, "test", "-r", main])
      if (readable.code !== 0) return context.skip("another user cannot read this checkout")
      const at = yield* place()
      const directory = Path.dirname(at.envFile)
      execFileSync("chmod", ["-R", "a+rX", directory])
      const secret = Path.join(directory, "secret.env")
      Fs.writeFileSync(secret, "A=1\n", { mode: 0o600 })
      const locked = Path.join(directory, "locked")
      Fs.mkdirSync(locked, { mode: 0o700 })
      const as = (args: ReadonlyArray<string>, refusal: Refusal) =>
        Effect.gen(function*() {
          const before = census(at.repository)
          const ran = yield* Process.run("setpriv", [...nobody, process.execPath, main, ...args], {
            env: { HOME: "/", BEPOSITORY_ENV_FILE: at.envFile, BEPOSITORY_STORAGE_URI: at.repository, ...refusal.env }
          })
          assert.strictEqual(ran.code, refusal.code, ran.stderr)
          assert.match(ran.stderr, /^bepository: [^\n]+\n$/)
          assert.match(ran.stderr, refusal.words)
          assert.deepStrictEqual(census(at.repository), before)
        })
      yield* as(["status"], {
        code: 2,
        words: /secret.env: it cannot be read \(permission denied\)/,
        env: { BEPOSITORY_ENV_FILE: secret }
      })
      yield* as(serve, {
        code: 22,
        words: /locked.* cannot be used/,
        env: { BEPOSITORY_CACHE_DIRECTORY: Path.join(locked, "c") }
      })
      yield* as(["init"], { code: 20, words: /locked/, env: { BEPOSITORY_STORAGE_URI: Path.join(locked, "r") } })
      yield* as(["checkpoint", "now"], {
        code: 20,
        words: /EACCES|permission/i,
        env: { BEPOSITORY_CACHE_DIRECTORY: "/tmp/bepository-nobody" }
      })
      Fs.rmSync("/tmp/bepository-nobody", { recursive: true, force: true })
    }).pipe(Effect.scoped), 60_000)

  it.live("a cache of another repository, that was at this location before", () =>
    Effect.gen(function*() {
      const at = yield* place()
      yield* Effect.scoped(Bepository.serve({ place: at, masters: [master] }))
      Fs.rmSync(at.repository, { recursive: true })
      yield* refuses(at, serve, { code: 10, words: /knows .* as the repository .* none now; .* mounted/ })
      const device = yield* make(at.repository, at.cache)
      yield* refuses(at, serve, { code: 14, words: /knows .* as the repository .* holds the repository .* remove / })
      const notes = Path.join(at.cache, "witness")
      for (const note of Fs.readdirSync(notes)) if (note.startsWith("at-")) Fs.rmSync(Path.join(notes, note))
      yield* refuses(at, serve, { code: 22, words: /belongs to another repository .*; remove it or choose another/ })
      Fs.rmSync(at.cache, { recursive: true })
      const again = yield* Effect.scoped(Bepository.serve({ place: at, masters: [master] }))
      assert.strictEqual(again.id, device)
    }).pipe(Effect.scoped), 60_000)
})

/** A file system of that size, gone with the scope. */
const tmpfs = (size: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(Effect.scoped(Process.tempDirectory("tmpfs")), (directory) => {
      Fs.mkdirSync(directory)
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "bepository-test", directory])
      return directory
    }),
    (directory) =>
      Effect.sync(() => {
        execFileSync("umount", [directory])
        Fs.rmdirSync(directory)
      })
  )

/** Takes all room that is left. */
const fill = (directory: string): void => {
  const file = Fs.openSync(Path.join(directory, "filler"), "a")
  try {
    for (;;) Fs.writeSync(file, Buffer.alloc(512))
  } catch (error) {
    assert.strictEqual((error as NodeJS.ErrnoException).code, "ENOSPC")
  } finally {
    Fs.closeSync(file)
  }
}
