/**
 * A network between the programs that are measured and the servers of stores: a second network namespace, joined to this one
 * by a pair of interfaces that let pass what a link of that rate would (token buckets of the kernel, one each way).
 * Needs root. The namespace ends with its holder, a process of the scope's, and the interfaces end with it.
 */
import { Effect, type Scope } from "effect"
import * as Process from "../test/harness/Process.ts"

export interface Link {
  /** Address of the servers' side, as this side reaches it. */
  readonly address: string
  /** `[program, ...arguments]` that run what follows on the servers' side. */
  readonly wrap: ReadonlyArray<string>
}

/** Both in a /30 of the block that is set aside for measuring networks (RFC 2544). */
const here = "198.18.0.1"
const there = "198.18.0.2"
/** What a link of 1 Gbit/s and a modest switch let pass at once and keep waiting. */
const bucket = ["burst", "128kb", "latency", "20ms"]

/** `rate` as `tc` takes it: `1gbit`, `100mbit`. */
export const make = (rate: string, log: string): Effect.Effect<Link, Process.HarnessError, Scope.Scope> =>
  Effect.gen(function*() {
    const holder = yield* Process.start({
      name: "namespace",
      command: "unshare",
      args: ["--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep infinity"],
      log
    })
    yield* holder.line(/ready/)
    const wrap = ["nsenter", `--net=/proc/${holder.pid}/ns/net`]
    const run = Effect.fnUntraced(function*(...[program, ...args]: [string, ...ReadonlyArray<string>]) {
      const ended = yield* Process.run(program, args)
      if (ended.code !== 0) {
        return yield* new Process.HarnessError({ message: `${program} ${args.join(" ")}: ${ended.stderr}` })
      }
    })
    const [near, far] = [`bench${holder.pid}a`.slice(-15), `bench${holder.pid}b`.slice(-15)]
    yield* run(
      ...["ip", "link", "add", "name", near, "type", "veth", "peer", "name", far, "netns", String(holder.pid)] as const
    )
    yield* Effect.addFinalizer(() => Effect.ignore(run("ip", "link", "del", near)))
    yield* run("ip", "addr", "add", `${here}/30`, "dev", near)
    yield* run("ip", "link", "set", near, "up")
    yield* run("tc", "qdisc", "add", "dev", near, "root", "tbf", "rate", rate, ...bucket)
    yield* run("nsenter", ...wrap.slice(1), "ip", "addr", "add", `${there}/30`, "dev", far)
    yield* run("nsenter", ...wrap.slice(1), "ip", "link", "set", far, "up")
    yield* run("nsenter", ...wrap.slice(1), "tc", "qdisc", "add", "dev", far, "root", "tbf", "rate", rate, ...bucket)
    return { address: there, wrap }
  })
