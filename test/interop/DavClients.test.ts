/** Programs that people read WebDAV with, each against the tree that holds every kind of entry we must get right. */
import { assert, it } from "@effect/vitest"
import { Effect, References, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as DavPath from "../../src/domain/dav/DavPath.ts"
import * as DavRig from "../harness/DavRig.ts"
import * as Process from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import { password } from "../harness/SeedRepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"

const label = "Photos & more"
const latest = `${label}/latest`
const oddName = "percent%20and%2Fslash#fragment?query"

interface Seeded {
  readonly rig: DavRig.DavRig
  readonly source: string
  /** A directory for what the client needs. */
  readonly work: string
}

const seeded: Effect.Effect<Seeded, Process.HarnessError, Scope.Scope> = Effect.gen(function*() {
  const rig = yield* DavRig.make()
  const source = Path.join(rig.directory, "source")
  const work = Path.join(rig.directory, "work")
  Fs.mkdirSync(work)
  yield* Tree.make(source, { sparse: false })
  yield* rig.commit({ id: "abcd-1234", label }, source)
  yield* rig.checkpoint("abcd-1234")
  return { rig, source, work }
})

const served = <A, E>(body: (seeded: Seeded) => Effect.Effect<A, E, Scope.Scope>) => () =>
  Effect.flatMap(seeded, body).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))

const oddFile = (source: string) => Fs.readFileSync(Path.join(source, "names", oddName))

/** Runs a shell script with the variables set; fails with everything it printed if it does. */
const script = (text: string, env: Readonly<Record<string, string>>, cwd: string) =>
  Effect.gen(function*() {
    const { code, stderr, stdout } = yield* Process.run("bash", ["-euc", text], { env, cwd })
    if (code !== 0) {
      return yield* new Process.HarnessError({ message: `the script ended with ${code}:\n${stdout}\n${stderr}` })
    }
    return stdout
  })

/** Lines of `diff -r` that are no symbolic link of the source: those have no place in WebDAV. */
const differences = (source: string, copy: string, ignore: ReadonlyArray<string> = []) =>
  Effect.gen(function*() {
    const excludes = ignore.flatMap((name) => ["-x", name])
    const { stderr, stdout } = yield* Process.run("diff", ["-r", "--no-dereference", ...excludes, source, copy])
    return [...stdout.split("\n"), ...stderr.split("\n")].filter((line) => {
      const only = /^Only in (.*): (.*)$/.exec(line)
      const isLink = only !== null && only[1]!.startsWith(source) &&
        Fs.lstatSync(Path.join(only[1]!, only[2]!), { throwIfNoEntry: false })?.isSymbolicLink()
      return line !== "" && isLink !== true
    })
  })

suite("WebDAV with curl", ["curl"], () => {
  it.live(
    "reads listings, files, and parts of files",
    served(({ rig, source, work }) =>
      Effect.gen(function*() {
        const curl = (...args: ReadonlyArray<string>) =>
          Effect.map(
            Process.run(Programs.path("curl"), ["-sS", "--fail-with-body", "-u", `me:${password}`, ...args], {
              cwd: work
            }),
            ({ stdout }) => stdout
          )
        const url = (path: string) => `${rig.url.slice(0, -1)}${DavPath.format(path.split("/"), false)}`
        const listing = yield* curl("-X", "PROPFIND", "-H", "Depth: 1", url(latest))
        assert.include(listing, "<D:displayname>several megabytes.bin</D:displayname>")
        yield* curl("-o", "whole", url(`${latest}/several megabytes.bin`))
        const bytes = Fs.readFileSync(Path.join(source, "several megabytes.bin"))
        assert.isTrue(Fs.readFileSync(Path.join(work, "whole")).equals(bytes))
        yield* curl("-r", "131000-3000000", "-o", "part", url(`${latest}/several megabytes.bin`))
        assert.isTrue(Fs.readFileSync(Path.join(work, "part")).equals(bytes.subarray(131_000, 3_000_001)))
        // A download that was cut off goes on where it was.
        Fs.truncateSync(Path.join(work, "whole"), 1_234_567)
        yield* curl("-C", "-", "-o", "whole", url(`${latest}/several megabytes.bin`))
        assert.isTrue(Fs.readFileSync(Path.join(work, "whole")).equals(bytes))
        const conditional = yield* curl(
          "-z",
          Path.join(work, "whole"),
          "-w",
          "%{http_code}",
          url(`${latest}/times/old`)
        )
        assert.strictEqual(conditional, "304")
        assert.strictEqual(
          yield* curl("-I", "-o", "/dev/null", "-w", "%{http_code}", url(`${latest}/names/${oddName}`)),
          "200"
        )
        assert.strictEqual(yield* curl(url(`${latest}/names/${oddName}`)), oddFile(source).toString())
      })
    )
  )
})

suite("WebDAV with cadaver", ["cadaver"], () => {
  it.live(
    "lists, changes directories and gets",
    served(({ rig, source, work }) =>
      Effect.gen(function*() {
        Fs.writeFileSync(Path.join(work, ".netrc"), `machine 127.0.0.1 login me password "${password}"\n`, {
          mode: 0o600
        })
        const commands = ["ls", `cd "${latest}"`, "ls", `get "names/${oddName}" odd`, "get zeros zeros", "quit"]
        const printed = yield* script(
          `printf '%s\\n' "$COMMANDS" | "$CADAVER" "$URL" 2>&1`,
          { CADAVER: Programs.path("cadaver"), URL: rig.url, COMMANDS: commands.join("\n"), HOME: work },
          work
        )
        assert.match(printed, /Coll:\s+Photos & more/)
        assert.match(printed, /Coll:\s+nested\s+0/)
        assert.match(printed, /several megabytes\.bin\s+5000000/)
        assert.isTrue(Fs.readFileSync(Path.join(work, "odd")).equals(oddFile(source)))
        assert.isTrue(Fs.readFileSync(Path.join(work, "zeros")).equals(Buffer.alloc(400_000)))
      })
    )
  )
})

suite("WebDAV with rclone", ["rclone"], () => {
  it.live(
    "lists, copies and checks the whole tree",
    served(({ rig, source, work }) =>
      Effect.gen(function*() {
        const rclone = (...args: ReadonlyArray<string>) =>
          Effect.gen(function*() {
            const run = yield* Process.run(Programs.path("rclone"), args, {
              env: { RCLONE_CONFIG: "/dev/null" },
              cwd: work
            })
            assert.strictEqual(run.code, 0, run.stderr)
            return run.stdout
          })
        const obscured = (yield* rclone("obscure", password)).trim()
        const remote = `:webdav,url='${rig.url}',vendor=other,user=me,pass='${obscured}':`
        assert.match(yield* rclone("lsd", remote), /Photos & more/)
        assert.match(yield* rclone("lsd", `${remote}${label}`), /latest/)
        yield* rclone("copy", "--create-empty-src-dirs", `${remote}${latest}`, Path.join(work, "copy"))
        assert.deepStrictEqual(yield* differences(source, Path.join(work, "copy")), [])
        const seconds = (root: string) => Math.floor(Fs.statSync(Path.join(root, "times/old")).mtimeMs / 1000)
        assert.strictEqual(seconds(Path.join(work, "copy")), seconds(source))
        // rclone itself writes a tab otherwise on disk than over WebDAV.
        yield* rclone("check", "--download", "--exclude", "tab*", source, `${remote}${latest}`)
      })
    )
  )
})

suite("WebDAV with davfs2", ["davfs2"], () => {
  // In a mount namespace of its own: nothing of the machine's configuration is touched, nothing stays mounted.
  const mount = `
    mount --make-rprivate /
    mount --bind "$WORK/system.conf" /etc/davfs2/davfs2.conf
    "$MOUNT" -o "ro,conf=$WORK/davfs2.conf" "$URL" "$WORK/mnt"
    trap 'umount "$WORK/mnt" >&2' EXIT
    mkdir "$WORK/copy"
    cp -rp "$WORK/mnt/$LATEST/." "$WORK/copy" 2> "$WORK/errors" || true
    diff -r --no-dereference "$SOURCE/many" "$WORK/mnt/$LATEST/many"
    stat -c '%a' "$WORK/mnt/$LATEST/modes/script.sh"
    dd if="$WORK/mnt/$LATEST/several megabytes.bin" bs=1000 skip=1311 count=5 status=none | sha256sum
    dd if="$SOURCE/several megabytes.bin" bs=1000 skip=1311 count=5 status=none | sha256sum
    ! touch "$WORK/mnt/$LATEST/new" 2>/dev/null
  `
  it.live.skipIf(process.getuid?.() !== 0)(
    "mounts (as root), and the tree is the same",
    served(({ rig, source, work }) =>
      Effect.gen(function*() {
        for (const directory of ["mnt", "cache"]) Fs.mkdirSync(Path.join(work, directory))
        // The mount helper gives up root for a user of its own.
        for (const directory of [rig.directory, work]) Fs.chmodSync(directory, 0o755)
        Fs.chmodSync(Path.join(work, "cache"), 0o777)
        Fs.writeFileSync(Path.join(work, "system.conf"), "buf_size 64\n")
        const conf = ["use_locks 0", "ask_auth 0", `secrets ${work}/secrets`, `cache_dir ${work}/cache`, ""].join("\n")
        Fs.writeFileSync(Path.join(work, "davfs2.conf"), conf, { mode: 0o600 })
        Fs.writeFileSync(Path.join(work, "secrets"), `${rig.url} me "${password}"\n`, { mode: 0o600 })
        const printed = yield* script(
          `unshare -m bash -euc "$SCRIPT"`,
          { SCRIPT: mount, MOUNT: Programs.path("davfs2"), URL: rig.url, WORK: work, SOURCE: source, LATEST: latest },
          work
        )
        const [mode, ours, theirs] = printed.trim().split("\n")
        assert.strictEqual(mode, "755")
        assert.strictEqual(ours, theirs)
        // davfs2 cannot hold names of 255 bytes (its cache files are longer), nor paths of 3,000.
        const tooLong = ["x".repeat(251) + ".txt", "é".repeat(127) + "x", `10${"d".repeat(185)}`]
        assert.deepStrictEqual(yield* differences(source, Path.join(work, "copy"), tooLong), [])
      })
    )
  )
})

suite("WebDAV with gvfs", ["gio"], () => {
  const session = `
    printf 'me\\n%s\\n' "$PASSWORD" | gio mount "$ROOT"
    gio list -l "$ROOT"
    gio list "$ROOT$LATEST"
    gio copy "$ROOT$LATEST/several%20megabytes.bin" "$WORK/copied"
    gio cat "$ROOT$LATEST/names/$ODD" > "$WORK/odd"
    gio tree "$ROOT$LATEST/nested"
    gio mount -u "$ROOT"
  `
  it.live(
    "mounts, lists and copies",
    served(({ rig, source, work }) =>
      Effect.gen(function*() {
        const runtime = Path.join(work, "runtime")
        Fs.mkdirSync(runtime, { mode: 0o700 })
        const printed = yield* script(
          `dbus-run-session -- bash -euc "$SCRIPT" 2> "$WORK/errors"`,
          {
            SCRIPT: session,
            ROOT: rig.url.replace(/^http:/, "dav:"),
            LATEST: DavPath.format(latest.split("/"), false).slice(1),
            ODD: DavPath.encode(oddName),
            PASSWORD: password,
            WORK: work,
            HOME: work,
            XDG_RUNTIME_DIR: runtime
          },
          work
        )
        assert.match(printed, /Photos & more\t0\t\(directory\)/)
        assert.include(printed, "empty directory")
        assert.include(printed, "deep.txt")
        assert.isTrue(Fs.readFileSync(Path.join(work, "odd")).equals(oddFile(source)))
        const bytes = Fs.readFileSync(Path.join(source, "several megabytes.bin"))
        assert.isTrue(Fs.readFileSync(Path.join(work, "copied")).equals(bytes))
      })
    )
  )
})
