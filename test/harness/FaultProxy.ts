/** A TCP relay on loopback that can slow down, cut, or swallow what passes: the network between a host and its store. */
import { Effect, type Scope } from "effect"
import * as Net from "node:net"
import { HarnessError } from "./Process.ts"

export interface FaultProxy {
  readonly port: number
  /** Ends every connection now with a reset; new ones are taken. */
  readonly cut: () => void
  /** While true nothing passes in either direction and nothing is refused: packets are lost. */
  readonly blackHole: (on: boolean) => void
  /** While true connections are refused at once. */
  readonly refuse: (on: boolean) => void
  /** Every connection is cut once so many bytes went to the target from now on; undefined: none. */
  readonly cutAfter: (bytes: number | undefined) => void
  /** Bytes that went to the target and came back since the beginning. */
  readonly passed: () => { readonly up: number; readonly down: number }
  /** Connections open now. */
  readonly connections: () => number
}

export const make = (
  target: { readonly port: number; readonly host?: string },
  options: { readonly latencyMs?: number } = {}
): Effect.Effect<FaultProxy, HarnessError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<FaultProxy & { readonly close: () => void }, HarnessError>((resume) => {
      const pairs = new Set<readonly [Net.Socket, Net.Socket]>()
      const passed = { up: 0, down: 0 }
      let hole = false
      let refusing = false
      let left: number | undefined
      const held: Array<() => void> = []
      const cut = () => {
        for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
        pairs.clear()
        held.length = 0
      }
      /** Passes the bytes on, now or when the hole is closed. */
      const pass = (chunk: Buffer, from: Net.Socket, to: Net.Socket, direction: "up" | "down") => {
        const go = () => {
          if (to.destroyed) return
          passed[direction] += chunk.length
          if (direction === "up" && left !== undefined) {
            left -= chunk.length
            if (left <= 0) {
              left = undefined
              return cut()
            }
          }
          if (!to.write(chunk) && !from.isPaused()) {
            from.pause()
            to.once("drain", () => from.resume())
          }
        }
        const arrive = () => hole ? void held.push(go) : go()
        if (options.latencyMs === undefined) arrive()
        else setTimeout(arrive, options.latencyMs)
      }
      const server = Net.createServer((near) => {
        if (refusing) return void near.resetAndDestroy()
        near.setNoDelay(true)
        const far = Net.connect({ host: target.host ?? "127.0.0.1", port: target.port, noDelay: true })
        const pair = [near, far] as const
        pairs.add(pair)
        const end = () => {
          pairs.delete(pair)
          if (!hole) { for (const socket of pair) socket.destroy() }
        }
        near.on("data", (chunk: Buffer) => pass(chunk, near, far, "up"))
        far.on("data", (chunk: Buffer) => pass(chunk, far, near, "down"))
        for (const socket of pair) {
          socket.on("error", end)
          socket.on("close", end)
        }
      })
      server.once("error", (error) => resume(Effect.fail(new HarnessError({ message: `proxy: ${error.message}` }))))
      server.listen(0, "127.0.0.1", () => {
        resume(Effect.succeed({
          port: (server.address() as Net.AddressInfo).port,
          cut,
          blackHole: (on) => {
            hole = on
            if (!on) { for (const go of held.splice(0)) go() }
          },
          refuse: (on) => {
            refusing = on
          },
          cutAfter: (bytes) => {
            left = bytes
          },
          passed: () => ({ ...passed }),
          connections: () => pairs.size,
          close: () => {
            cut()
            server.close()
          }
        }))
      })
    }),
    (proxy) => Effect.sync(proxy.close)
  )
