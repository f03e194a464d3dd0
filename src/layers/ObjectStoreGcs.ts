/**
 * A store in a bucket of Google Cloud Storage, by Google's own library: an object is one upload with `ifGenerationMatch=0`, never
 * a resumable one, so that an attempt is one request and its outcome one answer. One attempt a call: who retries is above.
 * Whom the login does not name is never asked: the library gets its client, and looks for none.
 */
import { type File, Storage } from "@google-cloud/storage"
import { Effect, Layer, Result, Stream } from "effect"
import type * as Http from "node:http"
import { Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as ObjectName from "../domain/ObjectName.ts"
import * as Parts from "../domain/Parts.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as GcsFailure from "../domain/store/GcsFailure.ts"
import * as GcsReply from "../domain/store/GcsReply.ts"
import * as GcsWire from "../domain/store/GcsWire.ts"
import { GcsCalls, type Trouble } from "../services/GcsCalls.ts"
import { GcsLogin } from "../services/GcsLogin.ts"
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
  /** Instead of Google's. */
  readonly endpoint?: string | undefined
  /** Of packs. */
  readonly storageClass?: string | undefined
}

/** The store under the prefix of the bucket. Asks nobody before its first use. */
export const layer = (options: Options): Layer.Layer<ObjectStore, StoreError, GcsCalls | GcsLogin> =>
  Layer.effect(ObjectStore, open(options))

/** Deletions at once: there is one request for each name. */
const deletions = 16
/** Bytes of the longest object that is read whole. */
const longestObject = 1024 * 1024 * 1024

const open = Effect.fnUntraced(function*(options: Options) {
  const { prefix, project } = options
  const location = `gs://${options.bucket}/${prefix}`.replace(/\/$/, "")
  const { call } = yield* GcsCalls
  const login = yield* GcsLogin
  const bucket = GcsWire.connect(Storage, options.endpoint, login.client).bucket(
    options.bucket,
    project === undefined ? {} : { userProject: project }
  )
  const payer = project === undefined ? {} : { userProject: project }
  const objectAt = (key: string): File => bucket.file(prefix + key)

  const verdictOf = Effect.fnUntraced(
    function*(operation: GcsFailure.Operation, key: string, { status, text }: Trouble) {
      yield* Effect.logDebug("a request failed").pipe(
        Effect.annotateLogs({ operation, key, error: `${status ?? ""} ${text.slice(0, 300)}`.trim() })
      )
      if (status === undefined) return yield* Effect.fail(GcsFailure.ofNetwork(text))
      if (status === 401 && (yield* login.forget)) {
        return yield* Effect.fail(unavailable("401, with a token that was good"))
      }
      return yield* Effect.fail(GcsFailure.classify({ operation, status, text }, options.bucket, login.account))
    }
  )

  /** One call; every other end than success is a verdict. */
  const request = <A>(
    operation: GcsFailure.Operation,
    key: string,
    sent: number,
    start: (signal: AbortSignal) => Promise<A>
  ): Effect.Effect<A, GcsFailure.Verdict> =>
    Effect.andThen(login.ready, call(sent, start).pipe(Effect.catch((trouble) => verdictOf(operation, key, trouble))))

  const errorOf = (operation: string, key: string) => (verdict: GcsFailure.Verdict): StoreError =>
    verdict._tag === "Refused"
      ? new StoreRefused({
        operation: `${operation} ${key}`.trim(),
        location,
        reason: verdict.reason,
        mend: verdict.mend
      })
      : new StoreUnavailable({
        operation,
        key,
        reason: verdict._tag === "Unavailable"
          ? verdict.reason
          : `an answer that fits no ${operation} (${verdict._tag})`
      })

  const put: ObjectStore["Service"]["put"] = Effect.fnUntraced(function*(key, body) {
    yield* checkKey(key)
    // What is not a pack is small, read often or soon deleted: other classes cost more for it.
    const storageClass = ObjectKey.parse(key)?._tag === "Pack" ? options.storageClass : undefined
    const size = Parts.size(body)
    const file = objectAt(key)
    const upload = (signal: AbortSignal) =>
      pipeline(
        body,
        file.createWriteStream({
          resumable: false,
          validation: false,
          preconditionOpts: { ifGenerationMatch: 0 },
          metadata: { contentType: "application/octet-stream", ...(storageClass === undefined ? {} : { storageClass }) }
        }),
        { signal }
      )
    return yield* request("put", key, size, upload).pipe(
      Effect.flatMap(() =>
        GcsReply.isCreated(file.metadata, file.name, size)
          ? Effect.succeed("Created" as const)
          : Effect.fail(unavailable("a success that names another object"))
      ),
      Effect.catch((verdict) =>
        verdict._tag === "Exists" ? Effect.succeed("Exists" as const) : Effect.fail(errorOf("put", key)(verdict))
      )
    )
  })

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    // An empty range is asked for as one byte: there is no way to write it.
    const last = range === undefined ? 0 : Math.max(range.end, range.start + 1) - 1
    const file = objectAt(key)
    const answer = yield* Effect.result(
      request("get", key, 0, (signal) =>
        read(
          file.createReadStream({
            validation: false,
            decompress: false,
            ...payer,
            ...(range === undefined ? {} : { start: range.start, end: last })
          }),
          range !== undefined,
          range !== undefined && range.end <= range.start ? undefined : into,
          signal
        ))
    )
    if (Result.isFailure(answer)) {
      if (answer.failure._tag === "Absent") return yield* new ObjectNotFound({ key })
      if (answer.failure._tag === "PastEnd" && range !== undefined) return new Uint8Array(0)
      return yield* errorOf("get", key)(answer.failure)
    }
    const { bytes, contentRange, status } = answer.success
    const found = GcsReply.ranged(status, contentRange, range, bytes)
    return found ??
      (yield* new StoreUnavailable({ operation: "get", key, reason: `an answer ${status} with another range` }))
  })

  const list = (keyPrefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> => {
    const after = startAfter === undefined || startAfter === "" ? undefined : prefix + startAfter
    return Stream.paginate<string | undefined, ObjectEntry, StoreError>(
      undefined,
      (page) =>
        request("list", keyPrefix, 0, () =>
          bucket.getFiles({
            autoPaginate: false,
            maxResults: 1000,
            fields: "items(name,size),nextPageToken",
            ...payer,
            ...(prefix + keyPrefix === "" ? {} : { prefix: prefix + keyPrefix }),
            ...(after === undefined ? {} : { startOffset: after }),
            ...(page === undefined ? {} : { pageToken: page })
          })).pipe(
            Effect.flatMap(([, , document]) => {
              const found = GcsReply.parsePage(document)
              if (found === undefined) return Effect.fail(unavailable("no page of a listing"))
              // The service begins at the name itself. One that is the prefix alone is how consoles draw a folder.
              const entries = found.items
                .filter(({ name }) => name !== after && name !== prefix)
                .map(({ name, size }) => ({ key: name.slice(prefix.length), size }))
              return Effect.succeed([entries, found.next] as const)
            }),
            Effect.mapError(errorOf("list", keyPrefix))
          )
    )
  }

  const remove = (keys: ReadonlyArray<string>) =>
    Effect.forEach(
      new Set(keys),
      (key) =>
        Effect.andThen(
          checkKey(key),
          request("remove", key, 0, () => objectAt(key).delete()).pipe(
            Effect.catch((verdict) =>
              verdict._tag === "Absent" ? Effect.void : Effect.fail(errorOf("remove", key)(verdict))
            )
          )
        ),
      { concurrency: deletions, discard: true }
    )

  /** The date of any answer, also of "no such object", of which a bucket is sure to know. */
  const now = Effect.suspend(() => {
    let date = ""
    const dated = (answer: Answer | undefined) => {
      date = answer?.headers?.date ?? ""
    }
    const ask = () =>
      objectAt(ObjectKey.marker).getMetadata({ fields: "name" }).then(
        ([, answer]) => dated(answer as Answer),
        (error: Error & { readonly response?: Answer }) => {
          dated(error.response)
          return Promise.reject(error)
        }
      )
    return request("now", ObjectKey.marker, 0, ask).pipe(
      Effect.catchTag("Absent", () => Effect.void),
      Effect.flatMap(() => {
        const time = Date.parse(date)
        return Number.isSafeInteger(time) ? Effect.succeed(time) : Effect.fail(unavailable("an answer without a date"))
      }),
      Effect.mapError(errorOf("now", ""))
    )
  })

  return ObjectStore.of({ location, readAhead: 1024 * 1024, put, get, list, remove, now })
})

const unavailable = (reason: string): GcsFailure.Verdict => ({ _tag: "Unavailable", reason })

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined
    ? Effect.void
    : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}

/** What the library gives of an answer, with an error too. */
interface Answer {
  readonly headers?: Http.IncomingHttpHeaders
}

interface Found {
  readonly status: number
  readonly contentRange: string | undefined
  readonly bytes: Uint8Array
}

/** All of a download, in `into` if it fits there and is what was asked for. */
const read = (
  stream: ReturnType<File["createReadStream"]>,
  ranged: boolean,
  into: Uint8Array | undefined,
  signal: AbortSignal
): Promise<Found> => {
  let status = 0
  let headers: Http.IncomingHttpHeaders = {}
  let room: Uint8Array | undefined
  let received = 0
  const chunks: Array<Uint8Array> = []
  stream.on("response", (answer: Http.IncomingMessage) => {
    // The library listens to it in more places than Node takes for right.
    answer.setMaxListeners(32)
    status = answer.statusCode ?? 0
    headers = answer.headers
    const stated = Number(headers["content-length"] ?? Infinity)
    // Only what was asked for may lie in it, from its beginning.
    room = into !== undefined && status === (ranged ? 206 : 200) && stated <= into.length ? into : undefined
  })
  const sink = new Writable({
    write: (chunk: Uint8Array, _, done) => {
      if (received + chunk.length > (room?.length ?? longestObject)) return done(new Error("an answer longer than any"))
      if (room === undefined) chunks.push(chunk)
      else room.set(chunk, received)
      received += chunk.length
      done()
    }
  })
  return pipeline(stream, sink, { signal }).then(() => ({
    status,
    contentRange: headers["content-range"],
    bytes: room === undefined ? Parts.concatenate(chunks) : room.subarray(0, received)
  }))
}
