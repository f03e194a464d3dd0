/**
 * An S3 server in this process, for tests: buckets in memory, every signature verified, conditional writes exact, and faults
 * on request. Buckets in the path, or in the host name below `domain`. It listens on 127.0.0.1 only, and is gone with its scope.
 */
import { Effect, type Scope } from "effect"
import Dns from "node:dns"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import { type Authority, queryOf, S3Problem, s3Problem, verify } from "./S3DoubleAuth.ts"
import * as Body from "./S3DoubleBody.ts"
import { Buckets, type Conditional, type Reply, type Request, type Stored } from "./S3DoubleBuckets.ts"
import * as Xml from "./S3DoubleXml.ts"

export type Fault =
  /** Answers nothing before the promise. */
  | { readonly _tag: "Delay"; readonly until: Promise<void> }
  /** An error document, without looking at the request; the body is not waited for if `early`. */
  | {
    readonly _tag: "Refuse"
    readonly status: number
    readonly code: string
    readonly headers?: Readonly<Record<string, string>>
    readonly more?: Readonly<Record<string, string>>
    readonly early?: boolean
  }
  /** What some other server would answer; by default a page. */
  | {
    readonly _tag: "Foreign"
    readonly status: number
    readonly body: string
    readonly headers?: Readonly<Record<string, string>>
  }
  /** The reply ends after so many bytes of its body; `reset` by RST, else by FIN. `unstated`: without its length. */
  | { readonly _tag: "Cut"; readonly after: number; readonly reset?: boolean; readonly unstated?: boolean }
  /** Carries the request out, then resets the connection instead of answering. */
  | { readonly _tag: "LoseReply" }
  /** Takes the request and never answers. */
  | { readonly _tag: "Hang" }
  /** The reply's body and headers, changed. */
  | { readonly _tag: "Change"; readonly change: (reply: Reply) => Reply }

export interface Seen extends Request {
  /** Target of the request line. */
  readonly url: string
  /** Bytes of the body as sent, once it came. */
  readonly length: number
  /** Remote port: equal for requests on one connection. */
  readonly connection: number
}

export interface Options {
  readonly buckets?: ReadonlyArray<string>
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  readonly region?: string
  /** Batch deletion without Content-MD5 is refused. */
  readonly needsMd5?: boolean
  readonly pageSize?: number
  readonly conditional?: Conditional
  /** Host names below it are buckets. */
  readonly domain?: string
  /** What its clock is ahead of ours, milliseconds. */
  readonly ahead?: number
  readonly port?: number
  /** PEM; with it, only TLS is spoken. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface S3Double {
  /** `http://127.0.0.1:port`, or with https. */
  readonly url: string
  readonly port: number
  readonly objects: (bucket: string) => Map<string, Stored>
  readonly requests: ReadonlyArray<Seen>
  /** Asked in this order; the first that says something is what happens. */
  readonly faults: Array<(request: Seen) => Fault | undefined>
  /** Resolves when a request fits: one that came already, or the next. */
  readonly seen: (fits: (request: Seen) => boolean) => Promise<Seen>
  /** Connections that are open now. */
  readonly connections: () => number
  conditional: Conditional
}

export const defaults = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret/with+signs=" } as const

export const make = (options: Options = {}): Effect.Effect<S3Double, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(Effect.promise(() => start(options)), ({ close }) => Effect.promise(close)),
    ({ double }) => double
  )

/** Makes every host name below the domain this machine, for this process: nothing else here resolves such names. */
export const resolving = (domain: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => {
      const original = Dns.lookup
      const patched = (host: string, ...rest: ReadonlyArray<unknown>) =>
        Reflect.apply(original, Dns, [host.endsWith(`.${domain}`) || host === domain ? "127.0.0.1" : host, ...rest])
      Object.assign(Dns, { lookup: Object.assign(patched, { __promisify__: original.__promisify__ }) })
      return original
    }),
    (original) => Effect.sync(() => void Object.assign(Dns, { lookup: original }))
  ))

/** Without Effect, for a process of its own. */
export const start = async (
  options: Options = {}
): Promise<{ readonly double: S3Double; readonly close: () => Promise<void> }> => {
  const now = () => Date.now() + (options.ahead ?? 0)
  const authority: Authority = {
    accessKeyId: options.accessKeyId ?? defaults.accessKeyId,
    secretAccessKey: options.secretAccessKey ?? defaults.secretAccessKey,
    sessionToken: options.sessionToken,
    region: options.region ?? "us-east-1",
    now
  }
  const buckets = new Buckets(now)
  buckets.conditional = options.conditional ?? "honoured"
  buckets.pageSize = options.pageSize ?? 1000
  for (const name of options.buckets ?? []) buckets.buckets.set(name, new Map())
  const requests: Array<Seen> = []
  const faults: Array<(request: Seen) => Fault | undefined> = []
  const waiting = new Set<{ readonly fits: (request: Seen) => boolean; readonly resolve: (seen: Seen) => void }>()

  const note = (seen: Seen): Fault | undefined => {
    requests.push(seen)
    for (const waiter of waiting) {
      if (!waiter.fits(seen)) continue
      waiting.delete(waiter)
      waiter.resolve(seen)
    }
    for (const fault of faults) {
      const found = fault(seen)
      if (found !== undefined) return found
    }
    return undefined
  }

  const answer = (request: Http.IncomingMessage, target: Request, raw: Buffer): Reply => {
    verify(request, authority)
    const needsMd5 = options.needsMd5 === true && target.query.has("delete")
    return buckets.answer(target, Body.check(request, raw, needsMd5))
  }

  const handle = async (request: Http.IncomingMessage, response: Http.ServerResponse): Promise<void> => {
    const target = targetOf(request, options.domain)
    const connection = request.socket.remotePort ?? 0
    const seen = {
      ...target,
      url: request.url ?? "/",
      length: Number(request.headers["content-length"] ?? 0),
      connection
    }
    const fault = note(seen)
    if (fault?._tag === "Refuse" && fault.early === true) {
      return send(request, response, problem(refusal(fault), fault.headers), fault, now)
    }
    const raw = await Body.collect(request)
    if (raw === undefined || fault?._tag === "Hang") return
    if (fault?._tag === "Delay") await fault.until
    if (fault?._tag === "Foreign") {
      const body = Buffer.from(fault.body)
      return send(
        request,
        response,
        { status: fault.status, headers: fault.headers ?? { "content-type": "text/html" }, body },
        fault,
        now
      )
    }
    let made: Reply
    try {
      if (fault?._tag === "Refuse") throw refusal(fault)
      made = answer(request, target, raw)
    } catch (error) {
      const known = error instanceof S3Problem ? error : s3Problem(500, "InternalError", String(error))
      made = problem(known, fault?._tag === "Refuse" ? fault.headers : {})
    }
    if (fault?._tag === "Change") made = fault.change(made)
    send(request, response, made, fault, now)
  }

  const serve = (request: Http.IncomingMessage, response: Http.ServerResponse) => {
    handle(request, response).catch(() => response.destroy())
  }
  const plain = { keepAliveTimeout: 60_000, highWaterMark: 1 << 20 }
  const server = options.tls === undefined
    ? Http.createServer(plain, serve)
    : Https.createServer({ ...plain, ...options.tls }, serve)
  server.requestTimeout = 0
  const sockets = new Set<unknown>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const double: S3Double = {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    requests,
    faults,
    objects: (bucket) => buckets.buckets.get(bucket) ?? new Map(),
    seen: (fits) => {
      const found = requests.find(fits)
      return found === undefined
        ? new Promise((resolve) => void waiting.add({ fits, resolve }))
        : Promise.resolve(found)
    },
    connections: () => sockets.size,
    get conditional() {
      return buckets.conditional
    },
    set conditional(value) {
      buckets.conditional = value
    }
  }
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { double, close }
}

const refusal = ({ code, more, status }: Extract<Fault, { _tag: "Refuse" }>): S3Problem =>
  s3Problem(status, code, code, more)

const problem = ({ code, more, said, status }: S3Problem, headers: Http.OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { ...headers, "content-type": "application/xml" },
  body: Buffer.from(Xml.error({ Code: code, Message: said, ...more, RequestId: "0123456789ABCDEF" }))
})

/** The bucket and the key that a request names, in its path or in its host name. */
const targetOf = (request: Http.IncomingMessage, domain: string | undefined): Request => {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "")
  const path = (request.url ?? "/").split("?")[0]?.slice(1) ?? ""
  const rest = {
    method: request.method ?? "GET",
    query: new Map(queryOf(request.url ?? "/")),
    headers: request.headers
  }
  if (domain !== undefined && host.endsWith(`.${domain}`)) {
    return { ...rest, bucket: host.slice(0, -domain.length - 1), key: decodeURIComponent(path) }
  }
  const slash = path.indexOf("/")
  return {
    ...rest,
    bucket: decodeURIComponent(slash < 0 ? path : path.slice(0, slash)),
    key: slash < 0 ? "" : decodeURIComponent(path.slice(slash + 1))
  }
}

const send = (
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  { body, headers, status }: Reply,
  fault: Fault | undefined,
  now: () => number
): void => {
  if (fault?._tag === "LoseReply") return void request.socket.resetAndDestroy()
  const unstated = fault?._tag === "Cut" && fault.unstated === true
  response.sendDate = false
  if (unstated) response.useChunkedEncodingByDefault = false
  response.writeHead(status, {
    ...(fault?._tag === "Foreign" ? {} : { "x-amz-request-id": "0123456789ABCDEF" }),
    date: new Date(now()).toUTCString(),
    ...(request.complete ? {} : { connection: "close" }),
    ...headers,
    ...(status === 204 ? {} : unstated ? { connection: "close" } : { "content-length": body.length })
  })
  if (request.method === "HEAD" || status === 204) return void response.end()
  if (fault?._tag !== "Cut") return void response.end(body)
  const part = body.subarray(0, fault.after)
  const cut = () => fault.reset === true ? request.socket.resetAndDestroy() : request.socket.destroy()
  // The head and the part must have left before the connection ends.
  if (part.length === 0) response.flushHeaders()
  response.write(part.length === 0 ? "" : part, () => setImmediate(cut))
}
