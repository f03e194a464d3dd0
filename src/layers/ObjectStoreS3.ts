/**
 * A store in an S3 bucket. An object is one PutObject with `If-None-Match: *`, never a multipart upload: that request is
 * what creates only if absent, and the only one that every S3 store with conditional writes decides alike.
 * One attempt a call: who retries is above.
 */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand
} from "@aws-sdk/client-s3"
import { Effect, Layer, Option, Result, Stream } from "effect"
import { createHash } from "node:crypto"
import * as ObjectName from "../domain/ObjectName.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as S3Answer from "../domain/store/S3Answer.ts"
import { S3Exchange } from "../domain/store/S3Exchange.ts"
import * as S3Failure from "../domain/store/S3Failure.ts"
import * as S3Listing from "../domain/store/S3Listing.ts"
import * as S3Wire from "../domain/store/S3Wire.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  type StoreError,
  StoreFull,
  StoreRefused,
  StoreUnavailable
} from "../services/ObjectStore.ts"
import { S3Calls } from "../services/S3Calls.ts"

/** Names in one request to delete: the most S3 takes. */
const batch = 1000

/** The store under the prefix of the bucket. */
const open = Effect.gen(function*() {
  const { call: request, place, spoken } = yield* S3Calls
  const { bucket, location } = place

  const errorOf = (operation: S3Failure.Operation, key: string, verdict: S3Failure.Verdict): StoreError => {
    switch (verdict._tag) {
      case "Full":
        return new StoreFull({ key, location })
      case "Refused":
        return new StoreRefused({
          operation: `${operation} ${key}`.trim(),
          location,
          reason: verdict.reason,
          mend: verdict.mend
        })
      default: {
        const reason = verdict._tag === "Unavailable" ? verdict.reason : `an answer that fits no ${operation}`
        return new StoreUnavailable({ operation, key, reason })
      }
    }
  }

  const put: ObjectStore["Service"]["put"] = Effect.fnUntraced(function*(key, body) {
    yield* checkKey(key)
    const hash = place.secure ? "UNSIGNED-PAYLOAD" : yield* hashOf(body)
    const exchange = new S3Exchange("put", { body })
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: place.prefix + key,
      IfNoneMatch: "*",
      ContentLength: exchange.size,
      ContentType: "application/octet-stream",
      // What is not a pack is small, read often or soon deleted: other classes cost more for it.
      ...(place.storageClass !== undefined && ObjectKey.parse(key)?._tag === "Pack"
        ? { StorageClass: place.storageClass as "STANDARD" }
        : {})
    })
    command.middlewareStack.add(S3Wire.withHeaders(() => ({ "x-amz-content-sha256": hash })), { step: "build" })
    return yield* request(exchange, (client, options) => client.send(command, options)).pipe(
      Effect.as("Created" as const),
      Effect.catch((verdict) =>
        verdict._tag === "Exists" ? Effect.succeed("Exists" as const) : Effect.fail(errorOf("put", key, verdict))
      )
    )
  })

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    // There is no way to ask for no byte: one is asked for, and not given.
    const none = range !== undefined && range.end <= range.start
    const end = none ? range.start + 1 : range?.end ?? 0
    const exchange = new S3Exchange("get", {
      into: none ? undefined : into,
      range: range === undefined ? undefined : { start: range.start, end }
    })
    const input = {
      Bucket: bucket,
      Key: place.prefix + key,
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${end - 1}` })
    }
    const answered = yield* Effect.result(
      request(exchange, (client, options) => client.send(new GetObjectCommand(input), options))
    )
    if (Result.isFailure(answered)) {
      const verdict = answered.failure
      if (verdict._tag === "Absent") return yield* new ObjectNotFound({ key })
      if (verdict._tag === "PastEnd" && range !== undefined) return new Uint8Array(0)
      return yield* errorOf("get", key, verdict)
    }
    const { bytes, whole } = exchange
    if (range === undefined) return bytes
    // A store may answer a range with all of the object.
    return whole ? bytes.slice(range.start, range.end) : none ? new Uint8Array(0) : bytes
  })

  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> => {
    const Prefix = place.prefix + prefix
    const after = startAfter === undefined || startAfter === "" ? undefined : place.prefix + startAfter
    const page = Effect.fnUntraced(function*({ token, last }: Cursor) {
      const input = { Bucket: bucket, Prefix, StartAfter: after, ContinuationToken: token }
      const exchange = new S3Exchange("list")
      const fail = (verdict: S3Failure.Verdict) => errorOf("list", prefix, verdict)
      yield* request(exchange, (client, options) => client.send(new ListObjectsV2Command(input), options)).pipe(
        Effect.mapError(fail)
      )
      const read = S3Listing.parse(Buffer.from(exchange.bytes).toString("utf8"))
      if (Result.isFailure(read)) return yield* fail(read.failure)
      const { entries, token: next, truncated } = read.success
      const problem = S3Listing.problem({ ...read.success, token: next === token ? undefined : next }, Prefix, last)
      if (problem !== undefined) return yield* fail(problem)
      const own = entries
        // Consoles mark a folder by an empty object of its name: the prefix itself is no object of the repository.
        .filter(({ key }) => key !== place.prefix)
        .map(({ key, size }) => ({ key: key.slice(place.prefix.length), size }))
      const cursor = truncated ? { token: next, last: entries.at(-1)?.key ?? last } : undefined
      return [own, Option.fromUndefinedOr(cursor)] as const
    })
    return Stream.paginate<Cursor, ObjectEntry, StoreError>({ token: undefined, last: after }, page)
  }

  const removeMany = Effect.fnUntraced(function*(keys: ReadonlyArray<string>) {
    const Objects = keys.map((key) => ({ Key: place.prefix + key }))
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })
    // Many stores know no other proof of this body, which S3 does not take without one.
    const digest = (body: unknown) => ({ "content-md5": createHash("md5").update(String(body)).digest("base64") })
    command.middlewareStack.add(S3Wire.withHeaders(digest), { step: "build" })
    const answer = yield* request(new S3Exchange("remove"), (client, options) => client.send(command, options)).pipe(
      Effect.mapError((verdict) =>
        errorOf("remove", keys.length > 1 ? `${keys.length} objects` : keys[0] ?? "", verdict)
      )
    )
    for (const { Key = "", Code: code, Message: message } of answer.Errors ?? []) {
      const verdict = S3Failure.classify({ operation: "remove", code, message }, spoken)
      if (verdict._tag !== "Absent") return yield* errorOf("remove", Key.slice(place.prefix.length), verdict)
    }
  })

  const remove = Effect.fnUntraced(function*(keys: ReadonlyArray<string>) {
    yield* Effect.forEach(keys, checkKey, { discard: true })
    for (let at = 0; at < keys.length; at += batch) yield* removeMany(keys.slice(at, at + batch))
  })

  /**
   * The reply to a HEAD has no document: what is wrong is said by a listing of one name, which also shows that a store answers
   * where the head alone does not.
   */
  const now = Effect.gen(function*() {
    let exchange = new S3Exchange("now")
    const head = new HeadBucketCommand({ Bucket: bucket })
    const headed = yield* Effect.result(request(exchange, (client, options) => client.send(head, options)))
    if (Result.isFailure(headed) && (exchange.status ?? 500) >= 500) return yield* errorOf("now", "", headed.failure)
    if (Result.isFailure(headed) || !S3Answer.isMarked(exchange.headers)) {
      exchange = new S3Exchange("list")
      const one = new ListObjectsV2Command({ Bucket: bucket, Prefix: place.prefix, MaxKeys: 1 })
      yield* Effect.mapError(
        request(exchange, (client, options) => client.send(one, options)),
        (verdict) => errorOf("now", "", verdict)
      )
    }
    const date = Date.parse(exchange.headers["date"]?.toString() ?? "")
    if (!Number.isNaN(date)) return date
    return yield* new StoreRefused({
      operation: "now",
      location,
      reason: "its answers have no date",
      mend: "see that no proxy before the store removes the Date header"
    })
  })

  return ObjectStore.of({ location, readAhead: 1024 * 1024, put, get, list, remove, now })
})

/** A place in a listing: how S3 goes on, and the last name so far. */
interface Cursor {
  readonly token: string | undefined
  readonly last: string | undefined
}

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined ? Effect.void : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}

/** SHA-256 of the body, for a connection that does not itself prove that it arrives as it was sent. */
const hashOf = Effect.fnUntraced(function*(body: ReadonlyArray<Uint8Array>) {
  const hash = createHash("sha256")
  for (const part of body) {
    for (let at = 0; at < part.length; at += slice) {
      hash.update(part.subarray(at, at + slice))
      if (part.length > slice / 2) yield* Effect.yieldNow
    }
  }
  return hash.digest("hex")
})

/** Bytes hashed in one go, about a millisecond. */
const slice = 1024 * 1024

export const layer: Layer.Layer<ObjectStore, never, S3Calls> = Layer.effect(ObjectStore, open)
