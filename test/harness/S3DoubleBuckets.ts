/**
 * What a bucket does, in memory: objects, conditional writes decided in one turn of the event loop so that exactly one of
 * many racers wins, listings in byte order, batch deletion, multipart uploads. Requests come here proved (S3DoubleAuth).
 */
import { createHash } from "node:crypto"
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"
import * as ObjectName from "../../src/domain/ObjectName.ts"
import { encode, s3Problem } from "./S3DoubleAuth.ts"
import type { Body } from "./S3DoubleBody.ts"
import * as Xml from "./S3DoubleXml.ts"

export interface Stored {
  readonly bytes: Buffer
  readonly etag: string
  /** Milliseconds. */
  readonly time: number
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
}

/** `refused`: 501, as B2 and Swift answer. `ignored`: overwrites, as old MinIO does. */
export type Conditional = "honoured" | "refused" | "ignored"

export interface Request {
  readonly method: string
  readonly bucket: string
  /** Empty for the bucket itself. */
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingHttpHeaders
}

export interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Uint8Array
}

interface Upload {
  readonly bucket: string
  readonly key: string
  readonly parts: Map<number, Body>
  readonly request: Request
}

const none = new Uint8Array(0)
const reply = (status: number, headers: OutgoingHttpHeaders = {}, body: Uint8Array = none): Reply => ({
  status,
  headers,
  body
})
const xml = (text: string): Reply => reply(200, { "content-type": "application/xml" }, Buffer.from(text))
const bare = (etag: string) => etag.replaceAll("\"", "")

/** What a bucket has a document about. */
const about = ["versioning", "lifecycle"] as const

/** One server's buckets. */
export class Buckets {
  readonly buckets = new Map<string, Map<string, Stored>>()
  readonly uploads = new Map<string, Upload>()
  /** Documents about a bucket, as they were put: they are kept and do nothing. */
  readonly documents = new Map<string, Buffer>()
  conditional: Conditional = "honoured"
  /** Names on a page at most. */
  pageSize = 1000
  readonly #now: () => number
  readonly #sorted = new WeakMap<Map<string, Stored>, ReadonlyArray<string>>()
  #uploads = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the request's body is looked at by `carryOut`. */
  answer(request: Request, body: Body): Reply {
    const { bucket, key, method, query } = request
    const objects = this.buckets.get(bucket)
    if (bucket === "") return this.#listBuckets()
    if (key === "" && method === "PUT" && !about.some((what) => query.has(what))) {
      if (objects === undefined) this.buckets.set(bucket, new Map())
      return reply(200)
    }
    if (objects === undefined) throw s3Problem(404, "NoSuchBucket", "The specified bucket does not exist")
    if (key === "") return this.#onBucket(request, objects, body)
    if (method === "POST" && query.has("uploads")) return this.#begin(request)
    if (query.has("uploadId")) return this.#onUpload(request, objects, body)
    switch (method) {
      case "PUT":
        return request.headers["x-amz-copy-source"] === undefined
          ? this.#put(request, objects, body)
          : this.#copy(request, objects)
      case "DELETE":
        this.#change(objects).delete(key)
        return reply(204)
      case "GET":
      case "HEAD":
        return this.#get(request, objects)
      default:
        throw s3Problem(405, "MethodNotAllowed")
    }
  }

  #listBuckets(): Reply {
    const names = [...this.buckets.keys()].map((name) => Xml.element("Bucket", Xml.element("Name", Xml.escape(name))))
    return xml(Xml.document("ListAllMyBucketsResult", Xml.element("Buckets", names.join(""))))
  }

  /** The objects, about to change: their order is sorted anew when next asked for. */
  #change(objects: Map<string, Stored>): Map<string, Stored> {
    this.#sorted.delete(objects)
    return objects
  }

  #names(objects: Map<string, Stored>): ReadonlyArray<string> {
    const known = this.#sorted.get(objects)
    if (known !== undefined) return known
    const names = [...objects.keys()].toSorted(ObjectName.compare)
    this.#sorted.set(objects, names)
    return names
  }

  #onBucket(request: Request, objects: Map<string, Stored>, body: Body): Reply {
    const { bucket, method, query } = request
    if (method === "HEAD") return reply(200)
    const what = about.find((what) => query.has(what))
    if (what !== undefined) return this.#onDocument(`${bucket} ${what}`, what, request, body)
    if (method === "GET" && query.has("uploads")) return this.#listUploads(bucket)
    if (method === "GET" && query.has("location")) return xml(Xml.document("LocationConstraint", ""))
    if (method === "GET") return this.#list(bucket, objects, query)
    if (method === "POST" && query.has("delete")) return this.#deleteMany(objects, body)
    if (method === "DELETE") {
      if (objects.size > 0) throw s3Problem(409, "BucketNotEmpty")
      this.buckets.delete(bucket)
      return reply(204)
    }
    throw s3Problem(405, "MethodNotAllowed")
  }

  #onDocument(name: string, what: (typeof about)[number], { method }: Request, body: Body): Reply {
    if (method === "PUT") this.documents.set(name, body.bytes)
    else if (method === "DELETE") this.documents.delete(name)
    else {
      const found = this.documents.get(name)
      if (found !== undefined) return xml(found.toString("utf8"))
      if (what === "versioning") return xml(Xml.document("VersioningConfiguration", ""))
      throw s3Problem(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
    }
    return reply(method === "PUT" ? 200 : 204)
  }

  #list(bucket: string, objects: Map<string, Stored>, query: ReadonlyMap<string, string>): Reply {
    const second = query.get("list-type") === "2"
    const prefix = query.get("prefix") ?? ""
    const delimiter = query.get("delimiter") ?? ""
    const limit = Math.min(Number(query.get("max-keys") ?? this.pageSize), this.pageSize)
    const token = query.get("continuation-token")
    const after = token === undefined
      ? query.get(second ? "start-after" : "marker") ?? ""
      : Buffer.from(token, "base64url").toString()
    const named = (name: string) =>
      query.get("encoding-type") === "url" ? encode(name).replaceAll("%2F", "/") : Xml.escape(name)
    const contents: Array<string> = []
    const prefixes: Array<string> = []
    let truncated = false
    let last = ""
    for (const name of this.#names(objects)) {
      if (!name.startsWith(prefix)) continue
      const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
      const shown = cut < 0 ? name : name.slice(0, cut + delimiter.length)
      if (ObjectName.compare(shown, after) <= 0 || cut >= 0 && (shown === last || after.startsWith(shown))) continue
      if (contents.length + prefixes.length >= limit) {
        truncated = true
        break
      }
      if (cut < 0) contents.push(name)
      else prefixes.push(shown)
      last = shown
    }
    const row = (name: string) => {
      const { bytes, etag, storageClass, time } = objects.get(name)!
      return `<Contents><Key>${named(name)}</Key><LastModified>${new Date(time).toISOString()}</LastModified><ETag>${
        Xml.escape(etag)
      }</ETag><Size>${bytes.length}</Size><StorageClass>${storageClass}</StorageClass></Contents>`
    }
    const go = second
      ? Xml.element("KeyCount", String(contents.length + prefixes.length)) +
        (truncated ? Xml.element("NextContinuationToken", Buffer.from(last).toString("base64url")) : "")
      : truncated
      ? Xml.element("NextMarker", named(last))
      : ""
    return xml(Xml.document(
      "ListBucketResult",
      Xml.element("Name", Xml.escape(bucket)) + Xml.element("Prefix", named(prefix)) +
        Xml.element("MaxKeys", String(limit)) +
        (query.has("encoding-type") ? Xml.element("EncodingType", "url") : "") +
        Xml.element("IsTruncated", String(truncated)) + go + contents.map(row).join("") +
        prefixes.map((name) => Xml.element("CommonPrefixes", Xml.element("Prefix", named(name)))).join("")
    ))
  }

  #deleteMany(objects: Map<string, Stored>, body: Body): Reply {
    const document = body.bytes.toString("utf8")
    const keys = Xml.texts(document, "Key")
    if (keys.length === 0 || keys.length > 1000) throw s3Problem(400, "MalformedXML")
    this.#change(objects)
    for (const key of keys) objects.delete(key)
    const quiet = Xml.texts(document, "Quiet")[0] === "true"
    const deleted = keys.map((key) => Xml.element("Deleted", Xml.element("Key", Xml.escape(key)))).join("")
    return xml(Xml.document("DeleteResult", quiet ? "" : deleted))
  }

  /** Throws unless the request may write now; the write must follow in the same turn. */
  #precondition(request: Request, objects: Map<string, Stored>): void {
    const condition = request.headers["if-none-match"]
    if (condition === undefined || this.conditional === "ignored") return
    if (this.conditional === "refused" || condition !== "*") {
      throw s3Problem(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented."
      )
    }
    if (objects.has(request.key)) {
      throw s3Problem(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    }
  }

  #store(request: Request, objects: Map<string, Stored>, bytes: Buffer, etag: string): void {
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined && (name === "content-type" || name.startsWith("x-amz-meta-"))) {
        headers[name] = value.toString()
      }
    }
    const storageClass = request.headers["x-amz-storage-class"]?.toString() ?? "STANDARD"
    this.#change(objects).set(request.key, { bytes, etag, headers, storageClass, time: this.#now() })
  }

  #put(request: Request, objects: Map<string, Stored>, body: Body): Reply {
    this.#precondition(request, objects)
    this.#store(request, objects, body.bytes, body.etag)
    return reply(200, { etag: body.etag, ...body.checksums })
  }

  #copy(request: Request, objects: Map<string, Stored>): Reply {
    const source = decodeURIComponent(request.headers["x-amz-copy-source"]?.toString() ?? "").replace(/^\//, "")
    const slash = source.indexOf("/")
    const from = this.buckets.get(source.slice(0, slash))?.get(source.slice(slash + 1))
    if (from === undefined) throw s3Problem(404, "NoSuchKey")
    this.#precondition(request, objects)
    this.#store(request, objects, from.bytes, from.etag)
    return xml(Xml.document("CopyObjectResult", Xml.element("ETag", Xml.escape(from.etag))))
  }

  #get(request: Request, objects: Map<string, Stored>): Reply {
    const found = objects.get(request.key)
    if (found === undefined) throw s3Problem(404, "NoSuchKey", "The specified key does not exist.")
    const size = found.bytes.length
    const headers = {
      ...found.headers,
      etag: found.etag,
      "last-modified": new Date(found.time).toUTCString(),
      "accept-ranges": "bytes"
    }
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? []
    if (first === "" && last === "") return reply(200, headers, found.bytes)
    const start = first === "" ? Math.max(0, size - Number(last)) : Number(first)
    const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1)
    if (start >= end) throw s3Problem(416, "InvalidRange", "The requested range is not satisfiable")
    const part = found.bytes.subarray(start, end)
    return reply(206, { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` }, part)
  }

  #begin(request: Request): Reply {
    const { bucket, key } = request
    const id = `upload-${++this.#uploads}`
    this.uploads.set(id, { bucket, key, parts: new Map(), request })
    return xml(Xml.document(
      "InitiateMultipartUploadResult",
      Xml.element("Bucket", bucket) + Xml.element("Key", Xml.escape(key)) + Xml.element("UploadId", id)
    ))
  }

  #listUploads(bucket: string): Reply {
    const rows = [...this.uploads].filter(([, upload]) => upload.bucket === bucket).map(([id, { key }]) =>
      Xml.element("Upload", Xml.element("Key", Xml.escape(key)) + Xml.element("UploadId", id))
    )
    return xml(Xml.document("ListMultipartUploadsResult", rows.join("") + Xml.element("IsTruncated", "false")))
  }

  #onUpload(request: Request, objects: Map<string, Stored>, body: Body): Reply {
    const id = request.query.get("uploadId") ?? ""
    const upload = this.uploads.get(id)
    if (upload === undefined || upload.key !== request.key) throw s3Problem(404, "NoSuchUpload")
    if (request.method === "DELETE") {
      this.uploads.delete(id)
      return reply(204)
    }
    if (request.method === "PUT") {
      upload.parts.set(Number(request.query.get("partNumber")), body)
      return reply(200, { etag: body.etag, ...body.checksums })
    }
    const parts = Xml.elements(body.bytes.toString("utf8"), "Part").map((part) => {
      const found = upload.parts.get(Number(Xml.texts(part, "PartNumber")[0]))
      if (found === undefined || bare(found.etag) !== bare(Xml.texts(part, "ETag")[0] ?? "")) {
        throw s3Problem(400, "InvalidPart")
      }
      return found
    })
    if (parts.slice(0, -1).some(({ bytes }) => bytes.length < 5 * 1024 * 1024)) {
      throw s3Problem(400, "EntityTooSmall")
    }
    this.#precondition(request, objects)
    this.uploads.delete(id)
    const hash = createHash("md5")
    for (const part of parts) hash.update(Buffer.from(bare(part.etag), "hex"))
    const etag = `"${hash.digest("hex")}-${parts.length}"`
    this.#store(upload.request, objects, Buffer.concat(parts.map(({ bytes }) => bytes)), etag)
    return xml(Xml.document(
      "CompleteMultipartUploadResult",
      Xml.element("Key", Xml.escape(request.key)) + Xml.element("ETag", Xml.escape(etag))
    ))
  }
}
