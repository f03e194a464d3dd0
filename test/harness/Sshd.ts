/**
 * A throw-away OpenSSH server on loopback that speaks SFTP only: its own host keys, one client key that it lets in, nothing of
 * the machine's configuration. Started again it keeps port and keys. Ended by its pid alone.
 */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Ports from "./Ports.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"

export interface Sshd {
  /** `127.0.0.1`, or as in `Options`. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** Holds everything of the server, and is gone with it. */
  readonly directory: string
  /** An empty directory to keep stores in. */
  readonly root: string
  /** A private key that is let in. */
  readonly key: string
  /** The server's key, as `ssh-keygen -y` prints it: type and base64. */
  readonly hostKey: string
  /** `SHA256:…` of the server's key. */
  readonly fingerprint: string
  /** A known_hosts file that knows the server. */
  readonly knownHosts: string
  readonly pid: Effect.Effect<number>
  /** The processes that serve connections. */
  readonly children: Effect.Effect<ReadonlyArray<number>>
  /** Ends the server and every connection at once. */
  readonly kill: Effect.Effect<void>
  /** After `kill`, at the same port. `options` as in `Options`. */
  readonly start: (options?: Options) => Effect.Effect<void, Process.HarnessError, Scope.Scope>
}

export interface Options {
  /** Lines of sshd_config, which win over ours. */
  readonly config?: ReadonlyArray<string>
  /** Name of the server's key; another one is made when it is not there. */
  readonly hostKey?: string
  /** How the server is started: `[program, ...arguments]` before sshd's own. */
  readonly wrap?: ReadonlyArray<string>
  /** Where it listens. */
  readonly host?: string
}

export const keygen = (
  file: string,
  options: { readonly type?: string; readonly passphrase?: string } = {}
): Effect.Effect<void, Process.HarnessError> =>
  Effect.asVoid(
    command("ssh-keygen", ["-q", "-t", options.type ?? "ed25519", "-N", options.passphrase ?? "", "-f", file])
  )

/** Runs a program of openssh-client; what it prints. */
export const command = (program: "ssh-keygen" | "ssh-agent" | "ssh-add", args: ReadonlyArray<string>, env = {}) =>
  Effect.flatMap(Process.run(program, args, { env }), ({ code, stderr, stdout }) =>
    code === 0
      ? Effect.succeed(stdout)
      : Effect.fail(new Process.HarnessError({ message: `${program} ${args.join(" ")}: ${stderr}` })))

export const make = (options: Options = {}): Effect.Effect<Sshd, Process.HarnessError, Scope.Scope> =>
  Effect.gen(function*() {
    const directory = yield* Process.tempDirectory("sshd")
    const port = yield* Ports.free
    const host = options.host ?? "127.0.0.1"
    const user = Os.userInfo().username
    const root = Path.join(directory, "root")
    const key = Path.join(directory, "client_key")
    Fs.chmodSync(directory, 0o755)
    Fs.mkdirSync(root)
    // Where sshd as root puts itself away; it belongs to the package.
    if (process.getuid?.() === 0) Fs.mkdirSync("/run/sshd", { recursive: true })
    yield* keygen(key)
    Fs.copyFileSync(`${key}.pub`, Path.join(directory, "authorized_keys"))
    let running: Process.Process | undefined

    /** With every connection: none may outlive its server. */
    const kill = Effect.gen(function*() {
      if (running === undefined) return
      const below = descendants(running.pid)
      yield* running.signal("SIGKILL")
      for (const pid of below) end(pid)
      yield* running.exited
      running = undefined
    })

    const start = (options: Options = {}) =>
      Effect.gen(function*() {
        const hostKey = Path.join(directory, options.hostKey ?? "host_key")
        if (!Fs.existsSync(hostKey)) yield* keygen(hostKey)
        const config = Path.join(directory, "sshd_config")
        Fs.writeFileSync(
          config,
          [
            ...(options.config ?? []),
            `Port ${port}`,
            `ListenAddress ${host}`,
            `HostKey ${hostKey}`,
            "PidFile none",
            `AuthorizedKeysFile ${Path.join(directory, "authorized_keys")}`,
            `AllowUsers ${user}`,
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",
            "PermitRootLogin prohibit-password",
            "UseDNS no",
            "PrintMotd no",
            "X11Forwarding no",
            "AllowTcpForwarding no",
            "MaxStartups 100:30:200",
            "Subsystem sftp internal-sftp",
            "LogLevel VERBOSE",
            ""
          ].join("\n")
        )
        const [program, ...before] = options.wrap ?? []
        const sshd = Programs.path("sshd")
        const args = ["-D", "-e", "-f", config]
        running = yield* Process.start({
          name: "sshd",
          command: program ?? sshd,
          args: program === undefined ? args : [...before, sshd, ...args],
          log: Path.join(directory, "sshd.log")
        })
        // Before the listener is told to end: its connections would live on, and hold its log open.
        yield* Effect.addFinalizer(() => kill)
        yield* running.line(/Server listening on/)
      })

    const children = Effect.sync(() => running === undefined ? [] : childrenOf(running.pid))

    yield* start(options)
    const hostKey = (yield* command("ssh-keygen", ["-y", "-f", Path.join(directory, options.hostKey ?? "host_key")]))
      .trim().split(" ").slice(0, 2).join(" ")
    const knownHosts = Path.join(directory, "known_hosts")
    Fs.writeFileSync(knownHosts, `[${host}]:${port} ${hostKey}\n`)
    const shown = yield* command("ssh-keygen", ["-lf", `${Path.join(directory, options.hostKey ?? "host_key")}.pub`])
    return {
      host,
      port,
      user,
      directory,
      root,
      key,
      hostKey,
      fingerprint: shown.split(" ")[1] ?? "",
      knownHosts,
      pid: Effect.sync(() => running?.pid ?? -1),
      children,
      kill,
      start
    }
  })

/** Its answer, or what is said of a process that is gone. */
const unlessGone = <A>(look: () => A, gone: A): A => {
  try {
    return look()
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return gone
    throw error
  }
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  unlessGone(() => Fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"), "")
    .split(" ").filter((child) => child !== "").map(Number)

/** Every process below the given one, the nearest first. */
export const descendants = (pid: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (const child of childrenOf(pid)) found.push(child, ...descendants(child))
  return found
}

const end = (pid: number): void => void unlessGone(() => process.kill(pid, "SIGKILL"), true)
