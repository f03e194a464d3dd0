/**
 * A store in a bucket of Google Cloud Storage, over its JSON API: an object is one upload with `ifGenerationMatch=0`, never
 * a resumable one, so that an attempt is one request and its outcome one answer. One attempt a call: who retries is above.
 * Nobody but the endpoint, and the login endpoint of the credentials, is ever asked unless `ambient` allows it.
 */
import { Clock, Config, Effect, Layer, Option, Result, Semaphore, Stream } from "effect"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import { homedir } from "node:os"
import * as Path from "node:path"
import * as ObjectName from "../domain/ObjectName.ts"
import * as Parts from "../domain/Parts.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as GcsCredentials from "../domain/store/GcsCredentials.ts"
import * as GcsFailure from "../domain/store/GcsFailure.ts"
import * as GcsRequest from "../domain/store/GcsRequest.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  type StoreError,
  StoreRefused,
  StoreUnavailable
} from "../services/ObjectStore.ts"

export interface Options {
  readonly bucket: string
  /** "" or ends in "/". */
  readonly prefix: string
  /** Pays for requests, where the bucket demands that somebody does. */
  readonly project?: string | undefined
  /** Instead of Google's; without credentials it is spoken to without any. */
  readonly endpoint?: string | undefined
  /** Of packs. */
  readonly storageClass?: string | undefined
  /** Whether the metadata service of the machine may be asked for credentials. */
  readonly ambient: boolean
}

/** The store under the prefix of the bucket. Asks nobody before its first use. Call once, where the program is wired. */
export const layer = (options: Options): Layer.Layer<ObjectStore, StoreError> =>
  Layer.effect(ObjectStore, open(options))

/** Connections, and so requests, at once. */
const connections = 32
/** Deletions at once: there is one request for each name. */
const deletions = 16
/** Bytes of the longest document, and of the longest object that is read whole. */
const longestDocument = 16 * 1024 * 1024
const longestObject = 1024 * 1024 * 1024
/** Milliseconds that a token that was refused must be old for another one to be asked for. */
const freshToken = 60_000

const open = Effect.fnUntraced(function*(options: Options) {
  const { bucket, prefix, project } = options
  const location = `gs://${bucket}/${prefix}`.replace(/\/$/, "")
  const base = new URL(options.endpoint ?? GcsRequest.defaultEndpoint)
  const root = base.pathname.replace(/\/+$/, "")
  const send = yield* makeSend
  const authorise = yield* makeLogin(options, location, send)

  /** One request and its answer below 300; every other end is a verdict. */
  const request = Effect.fnUntraced(function*(
    operation: GcsFailure.Operation,
    method: string,
    path: string,
    more: Partial<Outgoing> = {}
  ) {
    const login = yield* authorise.headers
    const url = new URL(root + path, base)
    const reply = yield* send({ method, url, limit: longestDocument, ...more, headers: { ...login, ...more.headers } })
      .pipe(Effect.mapError(GcsFailure.ofNetwork))
    if (reply.status < 300) return reply
    if (reply.status === 401 && (yield* authorise.forget)) {
      return yield* Effect.fail<GcsFailure.Verdict>({ _tag: "Unavailable", reason: "401, with a token that was good" })
    }
    const text = Buffer.from(reply.bytes).toString()
    yield* Effect.logDebug("a request failed").pipe(
      Effect.annotateLogs({ key: path, error: `${reply.status} ${text.slice(0, 300)}` })
    )
    return yield* Effect.fail(GcsFailure.classify({ operation, status: reply.status, text }, bucket, authorise.account))
  })

  const errorOf = (operation: string, key: string) => (verdict: GcsFailure.Verdict): StoreError =>
    verdict._tag === "Refused"
      ? new StoreRefused({ operation: `${operation} ${key}`.trim(), location, ...reasonsOf(verdict) })
      : new StoreUnavailable({
        operation,
        key,
        reason: verdict._tag === "Unavailable"
          ? verdict.reason
          : `an answer that fits no ${operation} (${verdict._tag})`
      })

  const put: ObjectStore["Service"]["put"] = Effect.fnUntraced(function*(key, body) {
    yield* checkKey(key)
    const boundary = randomBytes(24).toString("hex")
    // What is not a pack is small, read often or soon deleted: other classes cost more for it.
    const storageClass = ObjectKey.parse(key)?._tag === "Pack" ? options.storageClass : undefined
    const { after, before, type } = GcsRequest.envelope(boundary, prefix + key, storageClass)
    return yield* request("put", "POST", GcsRequest.uploadPath(bucket, project), {
      headers: { "content-type": type },
      body: [before, ...body, after]
    }).pipe(
      Effect.as("Created" as const),
      Effect.catch((verdict) =>
        verdict._tag === "Exists" ? Effect.succeed("Exists" as const) : Effect.fail(errorOf("put", key)(verdict))
      )
    )
  })

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    // An empty range is asked for as one byte: there is no way to write it.
    const last = range === undefined ? 0 : Math.max(range.end, range.start + 1) - 1
    const answer = yield* Effect.result(
      request("get", "GET", GcsRequest.objectPath(bucket, prefix + key, project, true), {
        ...(range === undefined ? {} : { headers: { range: `bytes=${range.start}-${last}` } }),
        limit: longestObject,
        into: range !== undefined && range.end <= range.start ? undefined : into,
        expected: range === undefined ? 32 * 1024 * 1024 : last - range.start
      })
    )
    if (Result.isFailure(answer)) {
      if (answer.failure._tag === "Absent") return yield* new ObjectNotFound({ key })
      if (answer.failure._tag === "PastEnd" && range !== undefined) return new Uint8Array(0)
      return yield* errorOf("get", key)(answer.failure)
    }
    const { bytes, headers, status } = answer.success
    const found = GcsRequest.ranged(status, headers["content-range"], range, bytes)
    return found ??
      (yield* new StoreUnavailable({ operation: "get", key, reason: `an answer ${status} with another range` }))
  })

  const list = (keyPrefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> => {
    const wanted = prefix + keyPrefix
    const after = startAfter === undefined || startAfter === "" ? undefined : prefix + startAfter
    return Stream.paginate<string | undefined, ObjectEntry, StoreError>(
      undefined,
      (page) =>
        request("list", "GET", GcsRequest.listPath(bucket, project, { prefix: wanted, from: after, page })).pipe(
          Effect.mapError(errorOf("list", keyPrefix)),
          Effect.flatMap(({ bytes }) => {
            const found = GcsRequest.parsePage(Buffer.from(bytes).toString())
            if (found === undefined) {
              return Effect.fail(
                new StoreUnavailable({ operation: "list", key: keyPrefix, reason: "no page of a listing" })
              )
            }
            // The service begins at the name itself. One that is the prefix alone is how consoles draw a folder.
            const entries = found.items
              .filter(({ name }) => name !== after && name !== prefix)
              .map(({ name, size }) => ({ key: name.slice(prefix.length), size }))
            return Effect.succeed([entries, found.next] as const)
          })
        )
    )
  }

  const remove = (keys: ReadonlyArray<string>) =>
    Effect.forEach(
      new Set(keys),
      (key) =>
        Effect.andThen(
          checkKey(key),
          request("remove", "DELETE", GcsRequest.objectPath(bucket, prefix + key, project, false)).pipe(
            Effect.catch((verdict) =>
              verdict._tag === "Absent" ? Effect.void : Effect.fail(errorOf("remove", key)(verdict))
            )
          )
        ),
      { concurrency: deletions, discard: true }
    )

  /** The date of any answer, also of "no such object", of which a bucket is sure to know. */
  const now = Effect.gen(function*() {
    const path = GcsRequest.objectPath(bucket, prefix + ObjectKey.marker, project, false)
    const login = yield* authorise.headers
    const reply = yield* send({
      method: "GET",
      url: new URL(root + path, base),
      headers: login,
      limit: longestDocument
    })
      .pipe(Effect.mapError(GcsFailure.ofNetwork))
    if (reply.status >= 300) {
      const text = Buffer.from(reply.bytes).toString()
      const verdict = GcsFailure.classify({ operation: "now", status: reply.status, text }, bucket, authorise.account)
      if (verdict._tag !== "Absent") return yield* Effect.fail(verdict)
    }
    const time = Date.parse(reply.headers.date ?? "")
    return Number.isSafeInteger(time)
      ? time
      : yield* Effect.fail<GcsFailure.Verdict>({ _tag: "Unavailable", reason: "an answer without a date" })
  }).pipe(Effect.mapError(errorOf("now", "")))

  return ObjectStore.of({ location, readAhead: 1024 * 1024, put, get, list, remove, now })
})

const reasonsOf = ({ mend, reason }: { readonly mend: string; readonly reason: string }) => ({ mend, reason })

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined
    ? Effect.void
    : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}

/** Who speaks: found once, when the store is opened; turned into a token when it is needed, and again before that ends. */
const makeLogin = Effect.fnUntraced(function*(options: Options, location: string, send: Send) {
  const refuse = (reason: string, mend: string) => new StoreRefused({ operation: "open", location, reason, mend })
  const found = yield* findKeyFile(refuse)
  const turn = yield* Semaphore.make(1)
  let token: (GcsCredentials.Token & { readonly since: number }) | undefined

  if (found === undefined && !options.ambient && isGoogle(options.endpoint)) {
    return yield* refuse(
      "there are no credentials",
      "name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`, or let the " +
        "machine's own service account be used: use_ambient_credentials=true"
    )
  }
  if (found === undefined && !options.ambient) {
    return { account: "nobody", headers: Effect.succeed<Record<string, string>>({}), forget: Effect.succeed(false) }
  }
  if (
    options.endpoint !== undefined && !/^(https:|http:\/\/(127\.|localhost[:/]|\[::1\]))/.test(`${options.endpoint}/`)
  ) {
    return yield* refuse("its endpoint would show the credentials to everybody on the way", "use an https:// endpoint")
  }
  const account = found === undefined ? "this machine's service account" : found.account
  const metadata = yield* variable("GCE_METADATA_HOST")

  const ask = Effect.gen(function*() {
    const time = yield* Clock.currentTimeMillis
    const reply = yield* send(
      found === undefined
        ? {
          method: "GET",
          url: new URL(
            `http://${
              metadata ?? "metadata.google.internal"
            }/computeMetadata/v1/instance/service-accounts/default/token`
          ),
          headers: { "metadata-flavor": "Google" },
          limit: longestDocument
        }
        : {
          method: "POST",
          url: new URL(found.tokenUri),
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: [Buffer.from(GcsCredentials.form(found, time))],
          limit: longestDocument
        }
    ).pipe(Effect.mapError(GcsFailure.ofNetwork))
    const text = Buffer.from(reply.bytes).toString()
    if (reply.status >= 300) {
      return yield* Effect.fail(GcsFailure.classify({ operation: "log in", status: reply.status, text }, "", account))
    }
    const fresh = GcsCredentials.parseToken(text, time)
    if (fresh === undefined) {
      return yield* Effect.fail<GcsFailure.Verdict>({ _tag: "Unavailable", reason: "a login that gave no token" })
    }
    token = { ...fresh, since: time }
    return fresh.value
  })

  return {
    account,
    headers: turn.withPermit(
      Effect.flatMap(
        Clock.currentTimeMillis,
        (time) => token !== undefined && token.expires > time ? Effect.succeed(token.value) : ask
      )
    ).pipe(
      Effect.map((value): Record<string, string> => ({ authorization: `Bearer ${value}` }))
    ),
    /** Whether another token may help. */
    forget: Effect.map(Clock.currentTimeMillis, (time) => {
      const old = token !== undefined && time - token.since >= freshToken
      if (old) token = undefined
      return old
    })
  }
})

const isGoogle = (endpoint: string | undefined): boolean =>
  endpoint === undefined || /(^|\.)googleapis\.com$/.test(URL.parse(endpoint)?.hostname ?? "")

const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.String(name)).pipe(
    Effect.map((found) => Option.getOrUndefined(Option.filter(found, (text) => text !== ""))),
    Effect.orElseSucceed(() => undefined)
  )

/** The file that GOOGLE_APPLICATION_CREDENTIALS names, else the one that `gcloud auth application-default login` writes. */
const findKeyFile = Effect.fnUntraced(function*(refuse: (reason: string, mend: string) => StoreRefused) {
  const named = yield* variable("GOOGLE_APPLICATION_CREDENTIALS")
  const home = (yield* variable("HOME")) ?? homedir()
  const path = named ?? Path.join(home, ".config/gcloud/application_default_credentials.json")
  const mend = "correct GOOGLE_APPLICATION_CREDENTIALS, or unset it to use the login of gcloud"
  const text = yield* Effect.tryPromise({
    try: () => Fs.readFile(path, "utf8"),
    catch: (cause) => (cause as NodeJS.ErrnoException).code ?? String(cause)
  }).pipe(Effect.catch((code) =>
    named === undefined && (code === "ENOENT" || code === "ENOTDIR")
      ? Effect.undefined
      : Effect.fail(refuse(`the key file ${path} cannot be read (${code})`, mend))
  ))
  if (text === undefined) return undefined
  return yield* Effect.fromResult(
    Result.mapError(GcsCredentials.parse(text), (problem) => refuse(`the key file ${path}: ${problem}`, mend))
  )
})

interface Outgoing {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: ReadonlyArray<Uint8Array> | undefined
  /** Bytes of the longest answer that is taken. */
  readonly limit: number
  /** Where the bytes of a successful answer may be put. */
  readonly into?: Uint8Array | undefined
  /** Bytes of the answer, as far as they are known. */
  readonly expected?: number
}

interface Reply {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly bytes: Uint8Array
}

/** Fails with how the connection failed: then nothing is known. */
type Send = (outgoing: Outgoing) => Effect.Effect<Reply, string>

/** Requests over a bounded number of connections that are kept. */
const makeSend = Effect.gen(function*() {
  const settings = { keepAlive: true, maxSockets: connections, scheduling: "lifo" } as const
  const agents = yield* Effect.acquireRelease(
    Effect.sync(() => ({ "http:": new Http.Agent(settings), "https:": new Https.Agent(settings) })),
    (agents) =>
      Effect.sync(() => {
        for (const agent of Object.values(agents)) agent.destroy()
      })
  )
  const places = yield* Semaphore.make(connections)
  const send: Send = (outgoing) => {
    const agent = outgoing.url.protocol === "https:" ? agents["https:"] : agents["http:"]
    const moved = Parts.size(outgoing.body ?? []) + (outgoing.expected ?? 0)
    return places.withPermit(Effect.timeoutOrElse(exchange(agent, outgoing), {
      duration: GcsRequest.longest(moved),
      orElse: () => Effect.fail("it took too long")
    }))
  }
  return send
})

const exchange = (agent: Http.Agent | Https.Agent, outgoing: Outgoing): Effect.Effect<Reply, string> =>
  Effect.callback((resume) => {
    const { body = [], headers, into, limit, method, url } = outgoing
    const fail = (reason: string) => resume(Effect.fail(reason))
    const sent = (agent instanceof Https.Agent ? Https : Http).request(url, {
      agent,
      method,
      headers: { ...headers, ...(method === "POST" ? { "content-length": Parts.size(body) } : {}) }
    })
    sent.setTimeout(GcsRequest.silence, () => sent.destroy(new Error("silence")))
    sent.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    sent.on("response", (response) => {
      const status = response.statusCode ?? 0
      const stated = Number(response.headers["content-length"] ?? -1)
      // Only what was asked for may lie in it, from its beginning.
      const fits = status === (headers.range === undefined ? 200 : 206) && stated >= 0 && stated <= (into?.length ?? -1)
      const room = fits ? into : undefined
      const chunks: Array<Uint8Array> = []
      let received = 0
      response.on("data", (chunk: Uint8Array) => {
        if (received + chunk.length > (room?.length ?? limit)) {
          sent.destroy(new Error("an answer longer than any"))
          return
        }
        if (room === undefined) chunks.push(chunk)
        else room.set(chunk, received)
        received += chunk.length
      })
      response.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      response.on("close", () => fail("the connection was closed"))
      response.on("end", () => {
        if (!response.complete || (stated >= 0 && stated !== received)) return fail("an answer that was cut off")
        // Who answers before he heard all of it cannot go on with this connection.
        if (!sent.writableFinished) sent.destroy()
        const bytes = room === undefined ? Parts.concatenate(chunks) : room.subarray(0, received)
        resume(Effect.succeed({ status, headers: response.headers, bytes }))
      })
    })
    for (const part of body) sent.write(part)
    sent.end()
    return Effect.sync(() => sent.destroy())
  })
