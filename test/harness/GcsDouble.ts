/**
 * Google Cloud Storage as far as we and rclone speak it: the JSON API in memory, on a port of 127.0.0.1. Creates with
 * `ifGenerationMatch=0` have exactly one winner; logins are verified signatures; everything a real service does only once in a
 * while is asked for by `decide`. It says nothing about the real service: the same suite runs against a bucket, if one is named.
 */
import { Effect } from "effect"
import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Asked {
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Http.IncomingHttpHeaders
  /** 0 for the first request. */
  readonly index: number
}

export type Fault =
  | { readonly delay: number }
  /** Not carried out. */
  | { readonly status: number; readonly reason?: string; readonly message?: string }
  /** The connection ends after so many bytes of the answer. */
  | { readonly cut: number }
  /** Carried out; the answer is lost. */
  | { readonly lose: true }
  /** Neither carried out nor answered. */
  | { readonly hang: true }
  /** Another answer than the true one. */
  | { readonly answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string } }

export interface Options {
  readonly buckets?: ReadonlyArray<string>
  /** Entries of a page, at most. */
  readonly pageSize?: number
  /** Whether a token is asked for. */
  readonly login?: boolean
  readonly decide?: (asked: Asked) => Fault | undefined
  /** Puts are never conditional, as with something that only looks like the service. */
  readonly overwrites?: boolean
}

export interface Stored {
  readonly bytes: Uint8Array
  readonly generation: number
  readonly type: string
  readonly storageClass: string
}

export interface GcsDouble {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  readonly buckets: ReadonlyMap<string, Map<string, Stored>>
  /** What a bucket's metadata say besides its name. */
  readonly metadata: Map<string, object>
  /** Changes what is decided from now on. */
  decide: (asked: Asked) => Fault | undefined
  /** The text of a key file that it lets in. */
  readonly keyFile: string
  /** Forgets the tokens it gave. */
  readonly forgetTokens: () => void
}

const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const refusal = (status: number, reason: string, message = reason) =>
  Object.assign(new Error(message), { status, reason })

/** What was thrown on purpose, and what was not. */
const answerable = (error: unknown): ReturnType<typeof refusal> =>
  error instanceof Error && "status" in error
    ? error as ReturnType<typeof refusal>
    : refusal(500, "internalError", String(error))

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string | number>
  readonly body?: Uint8Array
}

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: Buffer.from(JSON.stringify(value))
})

const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Runs until the scope closes. */
export const make = (options: Options = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => start(options)),
    ({ server }) =>
      Effect.promise(() =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        })
      )
  ).pipe(Effect.map(({ double }) => double))

const start = async (options: Options): Promise<{ readonly double: GcsDouble; readonly server: Http.Server }> => {
  const buckets = new Map((options.buckets ?? ["bucket"]).map((name) => [name, new Map<string, Stored>()]))
  const asked: Array<Asked> = []
  const tokens = new Set<string>()
  let generation = 1000
  let url = ""

  const resource = (bucket: string, name: string, stored: Stored) => ({
    kind: "storage#object",
    id: `${bucket}/${name}/${stored.generation}`,
    name,
    bucket,
    generation: String(stored.generation),
    metageneration: "1",
    contentType: stored.type,
    size: String(stored.bytes.length),
    md5Hash: createHash("md5").update(stored.bytes).digest("base64"),
    storageClass: stored.storageClass,
    timeCreated: "2026-01-01T00:00:00.000Z",
    updated: "2026-01-01T00:00:00.000Z",
    selfLink: `${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`,
    mediaLink: `${url}/download/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`
  })

  const objectsOf = (bucket: string): Map<string, Stored> => {
    const objects = buckets.get(bucket)
    if (objects === undefined) throw refusal(404, "notFound", "The specified bucket does not exist.")
    return objects
  }

  const create = (bucket: string, query: URLSearchParams, given: Metadata, bytes: Uint8Array): Answer => {
    const objects = objectsOf(bucket)
    const name = given.name ?? query.get("name") ?? ""
    if (name === "" || name.includes("\n") || Buffer.byteLength(name) > 1024) throw refusal(400, "invalid")
    const match = query.get("ifGenerationMatch")
    if (match !== null && options.overwrites !== true && Number(match) !== (objects.get(name)?.generation ?? 0)) {
      throw refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
    }
    const stored: Stored = {
      bytes,
      generation: ++generation,
      type: given.contentType ?? "application/octet-stream",
      storageClass: given.storageClass ?? "STANDARD"
    }
    objects.set(name, stored)
    return json(resource(bucket, name, stored))
  }

  const list = (bucket: string, query: URLSearchParams): Answer => {
    const objects = objectsOf(bucket)
    const [prefix, delimiter, from] = ["prefix", "delimiter", "startOffset"].map((name) => query.get(name) ?? "")
    const after = Buffer.from(query.get("pageToken") ?? "", "base64").toString()
    const most = Math.min(Number(query.get("maxResults") ?? 1000), options.pageSize ?? 1000)
    const items: Array<unknown> = []
    const prefixes: Array<string> = []
    let last = ""
    let more = false
    for (const name of [...objects.keys()].filter((name) => name.startsWith(prefix!)).toSorted(order)) {
      const cut = delimiter === "" ? -1 : name.indexOf(delimiter!, prefix!.length)
      const shown = cut < 0 ? name : name.slice(0, cut + 1)
      if (order(name, from!) < 0 || order(shown, after) <= 0 || shown === prefixes.at(-1)) continue
      if (items.length + prefixes.length >= most) {
        more = true
        break
      }
      if (cut < 0) items.push(resource(bucket, name, objects.get(name)!))
      else prefixes.push(shown)
      last = shown
    }
    return json({
      kind: "storage#objects",
      ...(items.length > 0 ? { items } : {}),
      ...(prefixes.length > 0 ? { prefixes } : {}),
      ...(more ? { nextPageToken: Buffer.from(last).toString("base64") } : {})
    })
  }

  const read = (bucket: string, name: string, { headers, query, path }: Asked): Answer => {
    const stored = objectsOf(bucket).get(name)
    if (stored === undefined) throw refusal(404, "notFound", `No such object: ${bucket}/${name}`)
    if (query.get("alt") !== "media" && !path.startsWith("/download/")) return json(resource(bucket, name, stored))
    const all = { "content-type": stored.type, "x-goog-generation": stored.generation }
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? []
    if (first === undefined) return { status: 200, headers: all, body: stored.bytes }
    const start = Number(first)
    const end = Math.min(last === "" ? Infinity : Number(last) + 1, stored.bytes.length)
    if (start >= stored.bytes.length) throw refusal(416, "requestedRangeNotSatisfiable")
    return {
      status: 206,
      headers: { ...all, "content-range": `bytes ${start}-${end - 1}/${stored.bytes.length}` },
      body: stored.bytes.subarray(start, end)
    }
  }

  const logIn = (body: Uint8Array): Answer => {
    const form = new URLSearchParams(Buffer.from(body).toString())
    if (form.get("grant_type") === "refresh_token") {
      if (form.get("refresh_token") !== "refresh") throw refusal(400, "invalid_grant")
    } else {
      const [head = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".")
      const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>
      const right = verify(
        "sha256",
        Buffer.from(`${head}.${claims}`),
        createPublicKey(keys.publicKey),
        Buffer.from(signature, "base64url")
      )
      if (!right || said.aud !== `${url}/token` || said.iss !== "tester@example.com") {
        throw refusal(400, "invalid_grant")
      }
    }
    const token = `token-${tokens.size}-${++generation}`
    tokens.add(token)
    return json({ access_token: token, expires_in: 3600, token_type: "Bearer" })
  }

  const handle = (request: Asked, raw: string, body: Uint8Array): Answer => {
    const { headers, method, query } = request
    if (raw === "/token" && method === "POST") return logIn(body)
    if (options.login === true && !tokens.has(headers.authorization?.replace(/^Bearer /, "") ?? "")) {
      throw refusal(401, "authError", "Invalid Credentials")
    }
    const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(raw)
    if (upload !== null) {
      const bucket = decodeURIComponent(upload[1]!)
      if (query.get("uploadType") === "media") return create(bucket, query, {}, Uint8Array.from(body))
      const { given, media } = multipart(headers["content-type"] ?? "", Buffer.from(body))
      return create(bucket, query, given, Uint8Array.from(media))
    }
    const found = /^(?:\/download)?\/storage\/v1\/b\/([^/]+)(\/o)?(?:\/([^/]+))?$/.exec(raw)
    if (found === null) throw refusal(404, "notFound", `${method} ${raw}`)
    const bucket = decodeURIComponent(found[1]!)
    if (found[2] === undefined) {
      objectsOf(bucket)
      return json({ kind: "storage#bucket", name: bucket, id: bucket, ...double.metadata.get(bucket) })
    }
    if (found[3] === undefined) return list(bucket, query)
    const name = decodeURIComponent(found[3])
    if (method !== "DELETE") return read(bucket, name, request)
    if (!objectsOf(bucket).delete(name)) throw refusal(404, "notFound", `No such object: ${bucket}/${name}`)
    return { status: 204 }
  }

  const double: GcsDouble = {
    url: "",
    asked,
    buckets,
    metadata: new Map(),
    decide: options.decide ?? (() => undefined),
    keyFile: "",
    forgetTokens: () => tokens.clear()
  }

  const serve = async (request: Http.IncomingMessage, response: Http.ServerResponse) => {
    const [raw = "", search = ""] = (request.url ?? "").split("?")
    const one: Asked = {
      method: request.method ?? "",
      path: decodeURIComponent(raw),
      query: new URLSearchParams(search),
      headers: request.headers,
      index: asked.length
    }
    asked.push(one)
    const fault = double.decide(one)
    const chunks: Array<Uint8Array> = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    if (fault !== undefined && "hang" in fault) return
    if (fault !== undefined && "delay" in fault) await new Promise((resolve) => setTimeout(resolve, fault.delay))
    let answer: Answer
    try {
      if (fault !== undefined && "status" in fault) {
        throw refusal(fault.status, fault.reason ?? "backendError", fault.message ?? fault.reason ?? "refused")
      }
      answer = fault !== undefined && "answer" in fault
        ? { ...fault.answer, body: Buffer.from(fault.answer.body) }
        : handle(one, raw, Buffer.concat(chunks))
    } catch (error) {
      const { message, reason, status } = answerable(error)
      // Of media the service says in plain text that they are not there.
      answer = one.query.get("alt") === "media"
        ? { status, headers: { "content-type": "text/html" }, body: Buffer.from(message) }
        : json({ error: { code: status, message, errors: [{ message, domain: "global", reason }] } }, status)
    }
    if (fault !== undefined && "lose" in fault) return void request.socket.resetAndDestroy()
    const body = answer.body ?? Buffer.alloc(0)
    response.writeHead(answer.status, { ...answer.headers, "content-length": body.length })
    if (fault !== undefined && "cut" in fault) {
      response.write(body.subarray(0, fault.cut), () => request.socket.resetAndDestroy())
      return
    }
    response.end(body)
  }

  const server = Http.createServer((request, response) => {
    // A client that went away is its own affair.
    serve(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const keyFile = JSON.stringify({
    type: "service_account",
    client_email: "tester@example.com",
    private_key: keys.privateKey,
    private_key_id: "1",
    token_uri: `${url}/token`
  })
  Object.assign(double, { url, keyFile })
  return { double, server }
}

interface Metadata {
  readonly name?: string
  readonly contentType?: string
  readonly storageClass?: string
}

/** RFC 2387, as strictly as the service takes it: two parts, the first of JSON. */
const multipart = (type: string, body: Buffer): { readonly given: Metadata; readonly media: Buffer } => {
  const boundary = /^multipart\/related; ?boundary="?([^";]+)/.exec(type)?.[1]
  if (boundary === undefined) throw refusal(400, "parseError", "no boundary")
  const head = body.indexOf("\r\n\r\n")
  const second = body.indexOf(`\r\n--${boundary}\r\n`, head)
  // The second part may have no headers at all.
  const media = body.indexOf("\r\n\r\n", second + boundary.length + 4) + 4
  const end = body.lastIndexOf(`\r\n--${boundary}--`)
  if (
    !body.subarray(0, boundary.length + 2).equals(Buffer.from(`--${boundary}`)) || second < 0 || media < 4 ||
    end < media
  ) {
    throw refusal(400, "parseError", "not two parts")
  }
  return { given: JSON.parse(body.subarray(head + 4, second).toString()) as Metadata, media: body.subarray(media, end) }
}
