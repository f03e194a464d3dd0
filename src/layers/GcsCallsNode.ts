/**
 * Calls of Google's libraries that end when they are told to. The libraries neither cancel what waits for an answer, nor time it
 * out, nor close what they keep: so the requests of Node that a call makes are known by the asynchronous context they are made
 * in. A call's `start` must make its requests in that context, not hand them to something that was started before.
 */
import { Clock, Effect, Layer, Semaphore } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import * as Diagnostics from "node:diagnostics_channel"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"
import { Stream as NodeStream } from "node:stream"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Silence from "../domain/store/Silence.ts"
import { GcsCalls, type Trouble } from "../services/GcsCalls.ts"

/** Calls, and so connections, at once. */
const connections = 32

interface Exchange {
  /** Bytes that are sent. */
  readonly sent: number
  /** Of what was learnt of silence. */
  readonly used: number
  readonly requests: Set<Http.ClientRequest>
  readonly stop: (trouble: Trouble) => void
  /** Of the last request. */
  answer: Http.IncomingMessage | undefined
  over: boolean
}

/** `limit`: milliseconds of silence after which a call that sends so many bytes is given up, and what was learnt of that. */
const make = Effect.fnUntraced(function*(limit: (sent: number, learnt: number) => number) {
  const places = yield* Semaphore.make(connections)
  const clock = yield* Clock.Clock
  let learnt = 1
  const context = new AsyncLocalStorage<Exchange | undefined>()
  const sockets = new Set<Socket>()

  const watch = (message: unknown) => {
    const exchange = context.getStore()
    if (exchange === undefined) return
    const { request } = message as { readonly request: Http.ClientRequest }
    // Also the next request of a call that is over: where a redirect leads.
    if (exchange.over) return void request.destroy()
    exchange.requests.add(request)
    // Node counts what the system takes of a long write, too.
    const patience = limit(exchange.sent, exchange.used)
    request.setTimeout(patience)
    request.on("timeout", () => {
      const connected = request.socket?.connecting === false
      learnt = Silence.cut(learnt, exchange.used, connected ? exchange.sent : 0)
      exchange.stop({ status: undefined, text: `silence of ${Math.round(patience / 1000)} s` })
    })
    request.on("socket", (socket) => {
      if (sockets.has(socket)) return
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    })
    request.on("response", (answer) => {
      exchange.answer = answer
      const status = answer.statusCode ?? 0
      // Nobody else is asked instead: what answers a GET elsewhere says nothing about an upload here.
      if (status >= 300 && status < 400) return exchange.stop({ status, text: "" })
      // The library takes the limit away now.
      process.nextTick(() => request.setTimeout(patience))
    })
  }

  yield* Effect.acquireRelease(
    Effect.sync(() => Diagnostics.subscribe("http.client.request.created", watch)),
    () =>
      Effect.gen(function*() {
        Diagnostics.unsubscribe("http.client.request.created", watch)
        // A connection is idle one turn after the answer that it carried.
        yield* Effect.callback<void>((resume) => {
          setImmediate(() => resume(Effect.void))
        })
        for (const { freeSockets } of [Http.globalAgent, Https.globalAgent]) {
          for (const socket of Object.values(freeSockets).flatMap((idle) => idle ?? [])) {
            if (sockets.has(socket)) socket.destroy()
          }
        }
      })
  )

  const call: GcsCalls["Service"]["call"] = <A>(sent: number, start: (signal: AbortSignal) => Promise<A>) =>
    Effect.callback<A, Trouble>((resume) => {
      const abort = new AbortController()
      const finish = (outcome: Effect.Effect<A, Trouble> | undefined) => {
        if (exchange.over) return
        exchange.over = true
        abort.abort()
        for (const request of exchange.requests) {
          // Who answers before he heard all of it cannot go on with this connection.
          if (!request.writableFinished || exchange.answer?.complete !== true) request.destroy()
        }
        // Nothing that follows belongs to this call.
        if (outcome !== undefined) context.run(undefined, () => resume(outcome))
      }
      const began = Monotonic.millis(clock)
      const exchange: Exchange = {
        sent,
        used: learnt,
        requests: new Set(),
        stop: (trouble) => finish(Effect.fail(trouble)),
        answer: undefined,
        over: false
      }
      const answered = (value: A): Effect.Effect<A, Trouble> => {
        if (exchange.answer?.complete === false) {
          return Effect.fail({ status: undefined, text: "an answer that was cut off" })
        }
        learnt = Silence.done(learnt, sent, Monotonic.millis(clock) - began)
        return Effect.succeed(value)
      }
      context.run(exchange, () => {
        Promise.resolve(abort.signal).then(start).then(
          (value) => finish(answered(value)),
          (error: unknown) => finish(Effect.fail(troubleOf(error, exchange.answer)))
        )
      })
      return Effect.sync(() => finish(undefined))
    }).pipe((attempt) => places.withPermit(attempt))

  return GcsCalls.of({ call })
})

/** When its scope closes, no connection stays. */
export const layer: Layer.Layer<GcsCalls> = Layer.suspend(() => layerWith(Silence.limit))

/** The same, with another limit of silence than the usual. */
export const layerWith = (limit: typeof Silence.limit): Layer.Layer<GcsCalls> => Layer.effect(GcsCalls, make(limit))

/** What the libraries throw, as far as it is looked at. */
interface Thrown {
  readonly code?: unknown
  readonly message?: string
  readonly response?: { readonly body?: unknown; readonly data?: unknown }
}

const troubleOf = (error: unknown, answer: Http.IncomingMessage | undefined): Trouble => {
  const { code, message = "", response } = error as Thrown
  const status = answer?.statusCode
  if (answer === undefined || !answer.complete || status === undefined) {
    const text = typeof code === "string"
      ? code
      : answer === undefined
      ? message.slice(0, 200)
      : "an answer that was cut off"
    return { status: undefined, text }
  }
  if (status < 300) return { status: undefined, text: `${status} with an answer that makes no sense` }
  const body = response?.data ?? response?.body
  return {
    status,
    text: typeof body === "string"
      ? body
      : typeof body === "object" && body !== null && !(body instanceof NodeStream)
      ? JSON.stringify(body)
      : message
  }
}
