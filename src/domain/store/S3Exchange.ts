/**
 * One request and its reply as they pass: fed with the head, the chunks and the end of the reply, it says what is wrong with
 * them, and holds the bytes when they are whole. Not one byte counts before `end` found nothing wrong.
 */
import * as Parts from "../Parts.ts"
import * as ContentRange from "./ContentRange.ts"
import * as S3Answer from "./S3Answer.ts"
import * as S3Failure from "./S3Failure.ts"

export type Headers = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** Bytes of the longest error document or listing that is read. */
const longestDocument = 16 * 1024 * 1024
/** Bytes of the longest object that is read whole; ours are a few times 32 MiB at most. */
const longestObject = 1024 * 1024 * 1024

export class S3Exchange {
  readonly operation: S3Failure.Operation
  /** What is sent, for a put. */
  readonly body: ReadonlyArray<Uint8Array> | undefined
  /** Bytes of the object, as far as they are known. */
  size: number
  /** Bytes that moved so far, in either direction. */
  moved = 0
  /** Undefined until the reply is whole. */
  status: number | undefined
  headers: Headers = {}
  bytes: Uint8Array = new Uint8Array(0)
  /** Whether the bytes are all of the object, whatever range was asked for. */
  whole = true
  /** How the connection failed, or what is wrong with the reply. */
  network: string | undefined

  readonly #into: Uint8Array | undefined
  readonly #range: { readonly start: number; readonly end: number } | undefined
  #head = { status: 0, headers: {} as Headers }
  #chunks: Array<Uint8Array> = []
  #room: Uint8Array | undefined
  #stated = -1
  #limit = 0
  #received = 0

  constructor(
    operation: S3Failure.Operation,
    more: {
      readonly body?: ReadonlyArray<Uint8Array>
      /** Where an object's bytes may be put. */
      readonly into?: Uint8Array | undefined
      readonly range?: { readonly start: number; readonly end: number } | undefined
    } = {}
  ) {
    this.operation = operation
    this.body = more.body
    this.size = more.body === undefined ? 0 : Parts.size(more.body)
    this.#into = more.into
    this.#range = more.range
  }

  /** Whether the reply's bytes are an object's. */
  get object(): boolean {
    return this.operation === "get" && this.#head.status < 300
  }

  /** The reply begins. What is wrong with it, or undefined. */
  begin(method: string, status: number, headers: Headers): string | undefined {
    this.#head = { status, headers }
    const foreign = status < 300 ? S3Answer.headProblem(this.operation, headers) : undefined
    if (foreign !== undefined) return foreign
    this.#stated = method === "HEAD" ? 0 : Number(headers["content-length"]?.toString() ?? -1)
    this.whole = status !== 206
    const range = this.#range
    this.#limit = !this.object
      ? longestDocument
      : range === undefined || this.whole
      ? longestObject
      : range.end - range.start
    if (!(this.#stated <= this.#limit)) return `an answer of ${this.#stated} bytes, more than ${this.#limit}`
    if (this.object) {
      const problem = ContentRange.problem(status, headers["content-range"]?.toString(), range, this.#stated)
      if (problem !== undefined) return problem
    }
    this.size = Math.max(this.size, this.#stated)
    if (this.#stated < 0) return undefined
    const into = this.object ? this.#into : undefined
    // Memory of its own, not of the shared pool: who gets it may keep it, and nothing else with it.
    this.#room = into !== undefined && into.length >= this.#stated
      ? into.subarray(0, this.#stated)
      : new Uint8Array(Buffer.allocUnsafeSlow(this.#stated).buffer)
    return undefined
  }

  /** A chunk came; it is copied. */
  push(chunk: Uint8Array): string | undefined {
    const stated = this.#stated >= 0
    if (this.#received + chunk.length > (stated ? this.#stated : this.#limit)) return "an answer longer than it may be"
    if (this.#room === undefined) this.#chunks.push(new Uint8Array(chunk))
    else this.#room.set(chunk, this.#received)
    this.#received += chunk.length
    this.moved += chunk.length
    return undefined
  }

  /** The reply ended; `complete`: as HTTP says it does. */
  end(complete: boolean): string | undefined {
    if (!complete || this.#stated >= 0 && this.#received !== this.#stated) {
      return `an answer cut after ${this.#received} bytes`
    }
    this.bytes = this.#room ?? Parts.concatenate(this.#chunks)
    this.#chunks = []
    const range = this.#range
    if (this.object && !this.whole && range !== undefined) {
      const headers = this.#head.headers["content-range"]?.toString()
      const problem = ContentRange.problem(this.#head.status, headers, range, this.bytes.length)
      if (problem !== undefined) return problem
    }
    const foreign = this.#head.status < 300 ? S3Answer.documentProblem(this.operation, this.bytes) : undefined
    if (foreign !== undefined) return foreign
    this.status = this.#head.status
    this.headers = this.#head.headers
    return undefined
  }

  /** `Code` of the error document, if the reply has one. */
  get code(): string | undefined {
    return (this.status ?? 0) < 300 ? undefined : S3Failure.element(Buffer.from(this.bytes).toString("utf8"), "Code")
  }

  /** What it means that the request failed. `cause`: what was thrown; `met`: whether the store has ever answered. */
  verdict(cause: unknown, met: boolean, place: S3Failure.Place): S3Failure.Verdict {
    const { headers, network, operation, status } = this
    const { message = "", name = "" } = (cause ?? {}) as Partial<Error>
    if (network !== undefined) return S3Failure.classify({ operation, network }, place, met)
    if (status !== undefined && status >= 300) {
      const document = Buffer.from(this.bytes).toString("utf8")
      const region = headers["x-amz-bucket-region"]?.toString() ?? S3Failure.element(document, "Region")
      const said = S3Failure.element(document, "Message")
      return S3Failure.classify({ operation, status, code: this.code, message: said, region }, place, met)
    }
    // What the SDK could not read, or what failed before anything was sent.
    if (status !== undefined) return { _tag: "Unavailable", reason: "an answer that cannot be read" }
    if (/CredentialsProvider|TokenProvider/.test(name) && !met) {
      return {
        _tag: "Refused",
        reason: `no credentials, and this machine offers none (${S3Failure.short(message)})`,
        mend: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"
      }
    }
    return { _tag: "Unavailable", reason: `${name}: ${S3Failure.short(message)}` }
  }
}
