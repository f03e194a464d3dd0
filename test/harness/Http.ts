/** One HTTP/1.1 request with exactly this target and these headers: nothing is normalised, followed or added. */
import { Effect, Schema } from "effect"
import * as NodeHttp from "node:http"

export interface Reply {
  readonly status: number
  readonly headers: NodeHttp.IncomingHttpHeaders
  readonly body: Buffer
}

/** The connection ended before the reply did. `received`: bytes of its body that came. */
export class Aborted extends Schema.TaggedError<Aborted>()("Aborted", {
  status: Schema.Int,
  received: Schema.Int
}) {}

export interface Options {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly user?: string
  /** None sent if undefined. */
  readonly password?: string | undefined
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`

/** `origin`: `http://127.0.0.1:port/`. `target`: as it goes into the request line. */
export const request = (origin: string, target: string, options: Options = {}): Effect.Effect<Reply, Aborted> =>
  Effect.callback((resume) => {
    const { hostname, port } = new URL(origin)
    const sent = NodeHttp.request({
      hostname,
      port,
      path: target,
      method: options.method ?? "GET",
      agent: false,
      headers: {
        ...(options.password === undefined ? {} : { authorization: basic(options.user ?? "any", options.password) }),
        ...options.headers
      }
    })
    let status = 0
    let received = 0
    const gone = () => resume(Effect.fail(new Aborted({ status, received })))
    sent.on("error", gone)
    sent.on("response", (reply) => {
      const chunks: Array<Buffer> = []
      status = reply.statusCode ?? 0
      reply.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        received += chunk.length
      })
      reply.on("error", gone)
      reply.on("end", () => {
        resume(Effect.succeed({ status, headers: reply.headers, body: Buffer.concat(chunks) }))
      })
    })
    sent.end(options.body)
    return Effect.sync(() => sent.destroy())
  })
