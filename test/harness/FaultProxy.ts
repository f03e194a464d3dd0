/**
 * A TCP relay on loopback that can slow down, cut, or swallow what passes: the network between a host and its store. Bytes of
 * one connection always arrive in their order.
 */
import { Effect, type Scope } from "effect"
import * as Net from "node:net"
import { HarnessError } from "./Process.ts"

export interface FaultProxy {
  readonly port: number
  /** Ends every connection now with a reset; new ones are taken. */
  readonly cut: () => void
  /** While true nothing passes in either direction and nothing is refused: packets are lost. */
  readonly blackHole: (on: boolean) => void
  /** Connections open now never pass a byte again, and nobody is told; new ones are as they should be. */
  readonly lose: () => void
  /** While true connections are refused at once. */
  readonly refuse: (on: boolean) => void
  /** Every connection is cut once so many bytes went to the target from now on; undefined: none. */
  readonly cutAfter: (bytes: number | undefined) => void
  /** From now on what passes is so late and no faster; nothing given: as fast as it can. */
  readonly slow: (link: Link) => void
  /** Bytes that went to the target and came back since the beginning. */
  readonly passed: () => { readonly up: number; readonly down: number }
  /** Connections open now. */
  readonly connections: () => number
}

export interface Link {
  /** Milliseconds each way. */
  readonly latencyMs?: number
  /** Of all connections together, in each direction. */
  readonly bytesPerSecond?: number
}

type Pair = readonly [near: Net.Socket, far: Net.Socket]
type Direction = "up" | "down"

/** What a link of this kind may have taken and not yet sent on: a sender is held back then. */
const queueMs = 200

export const make = (
  target: { readonly port: number; readonly host?: string },
  given: Link = {}
): Effect.Effect<FaultProxy, HarnessError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<FaultProxy & { readonly close: () => void }, HarnessError>((resume) => {
      const pairs = new Set<Pair>()
      const lost = new WeakSet<Pair>()
      /** Sockets whose other side ended while nothing passed: they hear of it when something does again. */
      const widowed = new Set<Net.Socket>()
      const passed = { up: 0, down: 0 }
      /** When the link has sent on what it took. */
      const free = { up: 0, down: 0 }
      let link = given
      let hole = false
      let refusing = false
      let left: number | undefined
      const held: Array<() => void> = []
      const cut = () => {
        for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
        for (const socket of widowed) socket.resetAndDestroy()
        pairs.clear()
        widowed.clear()
        held.length = 0
      }
      /** Now, or when the hole is closed. */
      const arrive = (go: () => void) => hole ? void held.push(go) : go()
      /** Milliseconds until so many bytes are through. */
      const late = (direction: Direction, bytes: number): number => {
        const { bytesPerSecond, latencyMs = 0 } = link
        if (bytesPerSecond === undefined) return latencyMs
        const now = performance.now()
        free[direction] = Math.max(now, free[direction]) + bytes / bytesPerSecond * 1000
        return free[direction] - now + latencyMs
      }
      const pass = (pair: Pair, chunk: Buffer, direction: Direction) => {
        const [from, to] = direction === "up" ? pair : [pair[1], pair[0]]
        if (to.destroyed || lost.has(pair)) return
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
      /** Calls the takers in their order, each as late as the link makes it: timers of one millisecond come in any order. */
      const line = () => {
        const waiting: Array<() => void> = []
        return (ms: number, go: () => void) => {
          if (ms <= 0 && waiting.length === 0) return arrive(go)
          waiting.push(go)
          setTimeout(() => {
            const next = waiting.shift()
            if (next !== undefined) arrive(next)
          }, ms)
        }
      }
      const server = Net.createServer((near) => {
        if (refusing) return void near.resetAndDestroy()
        near.setNoDelay(true)
        const far = Net.connect({ host: target.host ?? "127.0.0.1", port: target.port, noDelay: true })
        const pair: Pair = [near, far]
        pairs.add(pair)
        for (const [at, direction] of [[0, "up"], [1, "down"]] as const) {
          const [socket, other] = [pair[at], pair[1 - at]!]
          const inOrder = line()
          socket.on("data", (chunk: Buffer) => {
            const ms = late(direction, chunk.length)
            inOrder(ms, () => pass(pair, chunk, direction))
            const queued = ms - (link.latencyMs ?? 0)
            if (queued > queueMs && !socket.isPaused()) {
              socket.pause()
              setTimeout(() => socket.resume(), queued - queueMs)
            }
          })
          const end = () => {
            pairs.delete(pair)
            if (!other.destroyed) widowed.add(other)
            inOrder(late(direction, 0), () => {
              if (lost.has(pair)) return
              widowed.delete(other)
              other.destroy()
            })
          }
          socket.on("error", () => socket.destroy())
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
          lose: () => {
            for (const pair of pairs) lost.add(pair)
          },
          refuse: (on) => {
            refusing = on
          },
          cutAfter: (bytes) => {
            left = bytes
          },
          slow: (changed) => {
            link = changed
            free.up = free.down = 0
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
