/**
 * Requests to S3 by Amazon's SDK: it signs, names hosts and reads XML; requests are carried out here, one attempt each. Nobody
 * but the endpoint is ever asked unless `ambient` allows it.
 */
import { S3Client, type S3ClientResolvedConfig } from "@aws-sdk/client-s3"
import { Clock, Config, Effect, Layer, Option, Result, Semaphore } from "effect"
import * as Fs from "node:fs/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import { homedir } from "node:os"
import * as Path from "node:path"
import { Readable } from "node:stream"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Parts from "../domain/Parts.ts"
import * as S3Credentials from "../domain/store/S3Credentials.ts"
import { S3Exchange } from "../domain/store/S3Exchange.ts"
import * as S3Failure from "../domain/store/S3Failure.ts"
import * as S3Place from "../domain/store/S3Place.ts"
import * as S3Wire from "../domain/store/S3Wire.ts"
import * as Silence from "../domain/store/Silence.ts"
import { type StoreError, StoreRefused } from "../services/ObjectStore.ts"
import { S3Calls, type SendOptions } from "../services/S3Calls.ts"

export interface Options extends S3Place.Options {
  /** A profile of `~/.aws`, before everything in the environment. */
  readonly profile?: string | undefined
  /** Whether credentials may come from servers and programs that nobody named: metadata services, roles, single sign-on. */
  readonly ambient: boolean
}

/** Asks nothing before its first use. Call once, where the program is wired. */
export const layer = (options: Options): Layer.Layer<S3Calls, StoreError> => Layer.effect(S3Calls, open(options))

/** Connections, and so requests, at once. */
const connections = 32

const open = Effect.fnUntraced(function*(options: Options) {
  const sources = yield* readSources(options.profile)
  const { env } = sources
  const named = { ...options, configured: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL }
  const refuse = (location: string) => ({ reason, mend }: S3Place.Problem) =>
    Effect.fail(new StoreRefused({ operation: "open", location, reason, mend }))
  const place = yield* Result.match(S3Place.make(named), {
    onSuccess: Effect.succeed,
    onFailure: refuse(`s3://${options.bucket}`)
  })
  const { location } = place
  const credentials = yield* Result.match(S3Credentials.find(sources), {
    onSuccess: Effect.succeed,
    onFailure: (missing) => missing.indirect && options.ambient ? Effect.undefined : refuse(location)(missing)
  })
  const region = options.region ?? S3Credentials.region(sources) ?? "us-east-1"
  const spoken = { ...place, region, credentials: credentials?.from ?? "this machine (use_ambient_credentials)" }
  const { client, renew } = yield* makeClient(place, region, credentials?.keys, options.profile)
  const places = yield* Semaphore.make(connections)
  /** Whether the store has ever answered: before that, what stands in the way is a mistake; later it may pass. */
  let met = false
  /** Of how long silence is to be borne. */
  let learnt = 1
  const clock = yield* Clock.Clock

  const call: S3Calls["Service"]["call"] = (exchange, send) => {
    const sent = exchange.body === undefined ? 0 : exchange.size
    const watching = Effect.suspend(() => {
      const used = learnt
      return Effect.tapError(watch(exchange, Silence.limit(sent, used)), () => {
        learnt = Silence.cut(learnt, used, Math.min(exchange.moved, sent))
        return renew
      })
    })
    const sending = Effect.tryPromise({
      try: (abortSignal) =>
        send(client, { abortSignal, exchange }).then((answer) => {
          met = true
          return answer
        }),
      catch: (cause) => {
        const verdict = exchange.verdict(cause, met, spoken)
        met ||= S3Failure.isAnswer(verdict)
        return verdict
      }
    })
    return Semaphore.withPermit(
      places,
      Effect.suspend(() => {
        const began = Monotonic.millis(clock)
        return Effect.tap(Effect.raceFirst(sending, watching), () =>
          Effect.sync(() => {
            learnt = Silence.done(learnt, sent, Monotonic.millis(clock) - began)
          }))
      })
    )
  }

  return S3Calls.of({ place, spoken, call })
})

/** The environment and the two files, read once. */
const readSources = Effect.fnUntraced(function*(profile: string | undefined) {
  const env: Record<string, string | undefined> = {}
  for (const variable of S3Credentials.variables) {
    env[variable] = Option.getOrUndefined(yield* Effect.orDie(Config.option(Config.String(variable))))
  }
  const read = (path: string) =>
    Effect.tryPromise({
      try: () => Fs.readFile(path, "utf8"),
      catch: (cause) => (cause as NodeJS.ErrnoException).code ?? String(cause)
    }).pipe(
      Effect.catchIf((code) => code === "ENOENT" || code === "ENOTDIR", () => Effect.undefined),
      Effect.mapError((code) =>
        new StoreRefused({
          operation: "open",
          location: path,
          reason: `credentials cannot be read from there (${code})`,
          mend: "let this user read the file"
        })
      ),
      Effect.map((text) => ({ path, text }))
    )
  const credentials = yield* read(env["AWS_SHARED_CREDENTIALS_FILE"] ?? Path.join(homedir(), ".aws/credentials"))
  const config = yield* read(env["AWS_CONFIG_FILE"] ?? Path.join(homedir(), ".aws/config"))
  return { env, credentials, config, profile }
})

const makeClient = Effect.fnUntraced(function*(
  place: S3Place.Place,
  region: string,
  keys: S3Credentials.Keys | undefined,
  profile: string | undefined
) {
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const shared = S3Wire.agent(connections)
      return readingInto(place.secure ? new Https.Agent(shared) : new Http.Agent(shared))
    }),
    (agent) => Effect.sync(() => agent.destroy())
  )
  const client = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new S3Client({
        region,
        forcePathStyle: place.pathStyle,
        maxAttempts: 1,
        // These two would be looked for at a metadata service, or change what is sent.
        defaultsMode: "standard",
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        expectContinueHeader: false,
        customUserAgent: "bepository",
        ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
        // Without keys the SDK looks wherever it can, which only `ambient` allows.
        ...(keys === undefined ? profile === undefined ? {} : { profile } : { credentials: keys }),
        requestHandler: {
          handle: (request: HttpRequest, options?: Partial<SendOptions>) => perform(agent, request, options),
          updateHttpClientConfig: () => undefined,
          httpHandlerConfigs: () => ({})
        }
      })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
  return { client, renew: Effect.sync(() => S3Wire.renew(agent)) }
})

/**
 * Gives every connection one buffer that it always reads into: a fresh one for each 64 KiB makes collecting garbage the
 * larger part of a download's work. What comes is looked at before more is read, and never kept.
 */
const readingInto = <A extends Http.Agent>(agent: A): A => {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, connected) => {
    const onread: Net.OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(room),
      callback: (length, bytes) => {
        socket?.emit("data", bytes.subarray(0, length))
        return true
      }
    }
    const socket = connect({ ...options, onread } as Net.TcpNetConnectOpts, connected)
    return socket
  }
  return agent
}

/** Bytes that one connection reads at once. */
const room = 256 * 1024

type Handle = S3ClientResolvedConfig["requestHandler"]["handle"]
type HttpRequest = Parameters<Handle>[0]

/** Fails when nothing moves for so many milliseconds. */
const watch = Effect.fnUntraced(function*(exchange: S3Exchange, patience: number) {
  let moved = exchange.moved
  for (let still = 0; still < patience;) {
    // Not after all of the patience: what moved at its beginning would have it twice.
    const pause = Math.min(look, patience - still)
    yield* Effect.sleep(pause)
    still = exchange.moved === moved ? still + pause : 0
    moved = exchange.moved
  }
  return yield* Effect.fail(silent(`no byte moved for ${Math.round(patience / 1000)} s`))
})

/** Milliseconds between two looks at what moved. */
const look = 5_000

const silent = (reason: string): S3Failure.Verdict => ({ _tag: "Unavailable", reason })

/** Sends the request once, and answers when its reply is whole. The SDK gets documents; objects stay in the exchange. */
const perform = (agent: Http.Agent, request: HttpRequest, options: Partial<SendOptions> = {}) => {
  const { promise, reject, resolve } = Promise.withResolvers<Awaited<ReturnType<Handle>>>()
  const { abortSignal } = options
  const exchange = options.exchange ?? new S3Exchange("now")
  const sent = (request.protocol === "https:" ? Https : Http).request({
    agent,
    host: request.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: request.port,
    method: request.method,
    path: request.path + S3Place.queryOf(request.query),
    headers: request.headers
  })
  let over = false
  const finish = (settle: () => void) => {
    if (over) return
    over = true
    abortSignal?.removeEventListener("abort", abort)
    settle()
  }
  const fail = (network: string) =>
    finish(() => {
      exchange.network = network
      sent.destroy()
      reject(new Error(network))
    })
  const abort = () => fail("interrupted")
  const failed = (error: NodeJS.ErrnoException) => {
    if (!over) S3Wire.renew(agent)
    fail(error.code ?? error.message)
  }
  sent.on("error", failed)
  if (abortSignal?.aborted === true) abort()
  else abortSignal?.addEventListener("abort", abort)
  /** Whether all is well so far. */
  const check = (problem: string | undefined): boolean => {
    if (problem !== undefined) fail(problem)
    return !over
  }
  sent.on("response", (reply) => {
    const status = reply.statusCode ?? 0
    const { headers } = reply
    reply.on("error", failed)
    reply.on("data", (chunk: Buffer) => over || check(exchange.push(chunk)))
    reply.on("end", () => {
      if (!over && check(exchange.end(reply.complete))) finish(answered)
    })
    const answered = () => {
      // An answer that did not wait for all of the body: the rest is not sent, and the connection is of no use.
      if (!sent.writableFinished) sent.destroy()
      const plain = exchange.operation !== "list" || status >= 300
      const body = exchange.object ? Readable.from([]) : plain ? exchange.bytes : unread
      resolve({ response: { statusCode: status, headers: headers as Record<string, string>, body } })
    }
    check(exchange.begin(request.method, status, headers))
  })
  write(sent, exchange, request.body)
  return promise
}

/** What the SDK gets to read instead of a listing, which is read faster elsewhere. */
const unread = Buffer.from("<ListBucketResult/>")

/** Hands the parts over as fast as they are taken, none of them copied or kept, in pieces small enough to see them move. */
const write = (sent: Http.ClientRequest, exchange: S3Exchange, document: unknown): void => {
  if (exchange.body === undefined) return void sent.end(document)
  const pieces = Parts.pieces(exchange.body, piece)
  const more = () => {
    for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
      if (sent.destroyed) return
      const { length } = next.value
      const taken = (error?: Error | null) => {
        if (!error) exchange.moved += length
      }
      if (!sent.write(next.value, taken)) return void sent.once("drain", more)
    }
    sent.end()
  }
  more()
}

/** Bytes. */
const piece = 256 * 1024
