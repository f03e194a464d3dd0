/**
 * Read-only WebDAV (class 1) over HTTP, and pages for browsers. What it decides it asks `domain/dav`; it never sends a byte
 * of a file that was not proved: where one cannot be, the connection is cut.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Clock, Effect, Layer, Option, Redacted, Result, Stream } from "effect"
import * as Xml from "effect/encoding/Xml"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import { createServer } from "node:http"
import { Attempts } from "../domain/dav/Attempts.ts"
import * as Conditional from "../domain/dav/Conditional.ts"
import * as ContentType from "../domain/dav/ContentType.ts"
import * as Credentials from "../domain/dav/Credentials.ts"
import * as DavPath from "../domain/dav/DavPath.ts"
import * as HttpDate from "../domain/dav/HttpDate.ts"
import * as Listing from "../domain/dav/Listing.ts"
import * as Multistatus from "../domain/dav/Multistatus.ts"
import * as Range from "../domain/dav/Range.ts"
import type { Resource } from "../domain/dav/Resource.ts"
import * as PeerAddress from "../domain/PeerAddress.ts"
import type { BlockMissing } from "../services/BlockReader.ts"
import { Dav, DavPasswordMissing } from "../services/Dav.ts"
import { type Child, DavTree, type Place } from "../services/DavTree.ts"
import { ListenFailed } from "../services/PeerTransport.ts"
import { ReaderPins } from "../services/ReaderPins.ts"
import type { RepositoryError } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"
import { type SnapshotEntry, SnapshotReader } from "../services/SnapshotReader.ts"

/** The longest PROPFIND body. */
const maxBody = ByteSize.kibibytes(64)
/** Names of 8 KiB are three times that when percent-encoded. */
const maxHeaders = 64 * 1024
const maxConnections = 256
/** A connection on which nothing moves for so long is closed. Milliseconds. */
const quietFor = 600_000
const shutdownPatience = "3 seconds"
/** A document up to this many resources is sent in one piece, with its length. */
const inOnePiece = 1000
/** Bytes of text sent at a time. */
const pieceBytes = 64 * 1024

const allow = "OPTIONS, GET, HEAD, PROPFIND"

/** On every answer. Nothing of ours may be framed, guessed at, or kept by a cache without asking again. */
const always = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "private, no-cache"
}

type Answer = HttpServerResponse.HttpServerResponse

/** Listens on `host:port`; port 0 picks one. */
export const layer = (
  address: string
): Layer.Layer<Dav, DavPasswordMissing | ListenFailed, DavTree | ReaderPins | Settings | SnapshotReader> =>
  Layer.effect(
    Dav,
    Effect.gen(function*() {
      const { davPassword } = yield* Settings
      const password = davPassword === undefined ? "" : Redacted.value(davPassword)
      if (password.trim() === "") return yield* new DavPasswordMissing()
      const where = PeerAddress.parse(address)
      if (where === undefined) return yield* new ListenFailed({ address, reason: "it is not of the form host:port" })
      const handler = yield* makeHandler(Credentials.matcher(password))
      const server = yield* NodeHttpServer.make(
        () => {
          const server = createServer({ maxHeaderSize: maxHeaders, keepAliveTimeout: 30_000 })
          server.maxConnections = maxConnections
          server.setTimeout(quietFor)
          return server
        },
        { host: where.host, port: where.port, gracefulShutdownTimeout: shutdownPatience }
      ).pipe(Effect.mapError((error) => new ListenFailed({ address, reason: listenReason(error) })))
      yield* server.serve(Effect.flatMap(HttpServerRequest.HttpServerRequest, handler))
      return Dav.of({ url: `${NetAddress.formatUrlUnsafe(server.address)}/` })
    })
  )

const makeHandler = Effect.fnUntraced(function*(isPassword: (given: string) => boolean) {
  const tree = yield* DavTree
  const snapshots = yield* SnapshotReader
  const pins = yield* ReaderPins
  const attempts = new Attempts()

  /** An answer for who may not come in; undefined for who may. */
  const refusal = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
    const password = Credentials.passwordOf(request.headers["authorization"])
    if (password === undefined) return unauthorized
    const peer = Option.getOrElse(request.remoteAddress, () => "")
    const now = yield* Clock.currentTimeMillis
    const wait = attempts.wait(peer, now)
    if (wait > 0) {
      return text(429, "Too many wrong passwords; try again later.", { "retry-after": String(Math.ceil(wait / 1000)) })
    }
    if (isPassword(password)) {
      attempts.succeeded(peer)
      return undefined
    }
    attempts.failed(peer, now)
    yield* Effect.logWarning("a wrong password was given").pipe(Effect.annotateLogs({ peer }))
    return unauthorized
  })

  const propfind = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest, place: Place) {
    const depth = request.headers["depth"]?.trim().toLowerCase() ?? "infinity"
    if (depth === "infinity") return xml(403, [Multistatus.error("propfind-finite-depth")])
    if (depth !== "0" && depth !== "1") return text(400, "Depth must be 0 or 1.")
    const asked = yield* propfindBody(request)
    if ("status" in asked) return asked
    const children = depth === "1" ? yield* place.children : []
    const resources = children.flatMap((child) => child.resource ?? [])
    const pieces = Multistatus.render([place.resource, ...resources], asked.request)
    return xml(207, pieces, resources.length <= inOnePiece)
  })

  const get = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest, place: Place) {
    if (place.entry !== undefined) return yield* file(request, place.resource, place.entry, place.checkpoint)
    const children = yield* place.children
    const pieces = Listing.render({ ...place.page, segments: place.resource.segments, rows: children.map(rowOf) })
    const headers = { "content-security-policy": Listing.contentSecurityPolicy, vary: "authorization" }
    return document(200, "text/html; charset=utf-8", pieces, children.length <= inOnePiece, headers)
  })

  const file = Effect.fnUntraced(function*(
    request: HttpServerRequest.HttpServerRequest,
    resource: Resource,
    entry: SnapshotEntry,
    checkpoint: number | undefined
  ) {
    const { contentType = "application/octet-stream", etag = "", modified = 0, size } = resource
    const validators = { etag, modified }
    const conditions = conditionsOf(request)
    const headers = {
      ...always,
      etag,
      "last-modified": HttpDate.format(modified),
      "accept-ranges": "bytes",
      "content-security-policy": ContentType.policy(contentType)
    }
    switch (Conditional.evaluate(conditions, validators)) {
      case "not-modified":
        return HttpServerResponse.empty({ status: 304, headers })
      case "failed":
        return text(412, "The file is another one by now.")
      case "proceed":
    }
    const ranged = request.method === "GET" && Conditional.rangeApplies(conditions, validators)
    const range = Range.select(ranged ? request.headers["range"] : undefined, size)
    if (range._tag === "Unsatisfiable") {
      return text(416, "The file has no such bytes.", { "content-range": Range.unsatisfied(size), etag })
    }
    const [start, end] = range._tag === "Part" ? [range.start, range.end] : [0, size]
    // What cannot be read at all is said with a status, while there still is one to send.
    if (request.method === "GET" && start < end) yield* Stream.runDrain(snapshots.content(entry, start, start + 1))
    const read = snapshots.content(entry, start, end)
    const content = (checkpoint === undefined ? read : Stream.unwrap(Effect.as(pins.hold(checkpoint), read))).pipe(
      Stream.tapError((error) => report(error, "a file was cut off: a part of it cannot be read", resource))
    )
    return HttpServerResponse.stream(content, {
      status: range._tag === "Part" ? 206 : 200,
      contentType,
      contentLength: end - start,
      headers: range._tag === "Part" ? { ...headers, "content-range": Range.contentRange(start, end, size) } : headers
    })
  })

  const answer = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
    const refused = yield* refusal(request)
    if (refused !== undefined) return refused
    if (request.method === "OPTIONS") return options
    if (!reading.has(request.method)) return text(405, "This server is read-only.", { allow })
    const segments = DavPath.parse(request.url)
    if (Result.isFailure(segments)) return text(400, segments.failure)
    const place = yield* tree.find(segments.success)
    if (place === undefined) return nothingHere
    return yield* request.method === "PROPFIND" ? propfind(request, place) : get(request, place)
  })

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Answer> =>
    answer(request).pipe(
      // Its checkpoint went while it was read.
      Effect.catchTag("PathNotFound", () => Effect.succeed(nothingHere)),
      Effect.catch((error) => Effect.as(report(error, "a request failed", undefined), failure(error)))
    )
})

const reading = new Set(["GET", "HEAD", "PROPFIND"])

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  HttpServerResponse.text(`${body}\n`, {
    status,
    contentType: "text/plain; charset=utf-8",
    headers: { ...always, "content-security-policy": "default-src 'none'", ...headers }
  })

const nothingHere = text(404, "There is nothing here.")

const unauthorized = text(401, "Give the password of BEPOSITORY_DAV_PASSWORD, with any user name.", {
  "www-authenticate": `Basic realm="bepository", charset="UTF-8"`
})

const options = HttpServerResponse.empty({
  status: 200,
  headers: { ...always, allow, dav: "1", "ms-author-via": "DAV", "content-length": "0" }
})

/** A text given in pieces: whole with its length, or as a stream while it is made. */
const document = (
  status: number,
  contentType: string,
  pieces: Iterable<string>,
  whole: boolean,
  headers: Readonly<Record<string, string>>
): Answer => {
  const options = { status, contentType, headers: { ...always, ...headers } }
  return whole
    ? HttpServerResponse.uint8Array(Buffer.from(Array.from(pieces).join("")), options)
    : HttpServerResponse.stream(Stream.fromIterable(larger(pieces)), options)
}

const xml = (status: number, pieces: Iterable<string>, whole = true): Answer =>
  document(status, "application/xml; charset=utf-8", pieces, whole, { "content-security-policy": "default-src 'none'" })

function* larger(pieces: Iterable<string>): Generator<Uint8Array> {
  let held = ""
  for (const piece of pieces) {
    held += piece
    if (held.length < pieceBytes) continue
    yield Buffer.from(held)
    held = ""
  }
  if (held !== "") yield Buffer.from(held)
}

/** What the body asks for, or the answer to a body that cannot be understood. */
const propfindBody = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<{ readonly request: Multistatus.Request } | Answer> =>
  Effect.gen(function*() {
    const body = new Uint8Array(yield* request.arrayBuffer)
    if (body.length === 0) return { request: Multistatus.all }
    const events = yield* Stream.make(body).pipe(
      Stream.pipeThroughChannel(Xml.decode({ maxDepth: 32 })),
      Stream.runCollect
    )
    return Result.match(Multistatus.parse(events), {
      onSuccess: (request) => ({ request }),
      onFailure: (problem) => text(400, problem)
    })
  }).pipe(
    Effect.catchTags({
      XmlError: (error) => Effect.succeed(text(400, error.message)),
      HttpServerError: () => Effect.succeed(text(413, "That asks for too much."))
    }),
    Effect.provideService(MaxBodySize, maxBody)
  )

const conditionsOf = ({ headers }: HttpServerRequest.HttpServerRequest): Conditional.Headers => ({
  ifMatch: headers["if-match"],
  ifNoneMatch: headers["if-none-match"],
  ifModifiedSince: headers["if-modified-since"],
  ifUnmodifiedSince: headers["if-unmodified-since"],
  ifRange: headers["if-range"]
})

const rowOf = ({ modified, name, note, resource }: Child): Listing.Row => ({
  name,
  href: resource === undefined ? undefined : DavPath.format(resource.segments, resource.directory),
  kind: resource === undefined ? "symlink" : resource.directory ? "directory" : "file",
  size: resource?.size ?? 0,
  modified,
  note
})

/** A client learns whether to come again; what exactly is wrong is for the log. */
const failure = (error: BlockMissing | RepositoryError): Answer =>
  error._tag === "StoreUnavailable" || error._tag === "StoreFull"
    ? text(503, "The store cannot be reached now; try again later.", { "retry-after": "30" })
    : text(500, "This cannot be read: the repository is damaged or refuses; the server's log says more.")

const report = (error: BlockMissing | RepositoryError, message: string, resource: Resource | undefined) =>
  Effect.logError(message).pipe(Effect.annotateLogs({
    error: error.message,
    ...(resource === undefined ? {} : { key: DavPath.format(resource.segments, resource.directory) })
  }))

const listenReason = ({ cause }: ServeError): string => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return listenReasons[code] ?? (code || String(cause))
}

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is taken",
  EACCES: "not permitted",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "this machine has no such address"
}
