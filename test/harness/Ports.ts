/** Loopback ports nobody listens on. Below the kernel's range for outgoing connections, so that none is taken in passing. */
import { Effect } from "effect"
import * as Net from "node:net"
import { HarnessError } from "./Process.ts"

const lowest = 20_000
const span = 12_000
const taken = new Set<number>()
let next = Math.floor(((process.pid * 7919) % span + span) % span)

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

/** Never the same twice in one process. */
export const free: Effect.Effect<number, HarnessError> = Effect.gen(function*() {
  for (let tries = 0; tries < 200; tries++) {
    const port = lowest + next++ % span
    if (taken.has(port)) continue
    taken.add(port)
    if (yield* isFree(port)) return port
  }
  return yield* new HarnessError({ message: "no free port on 127.0.0.1" })
})
