/**
 * Whether a reply of success is a store's. A portal that wants a login, or a proxy with a page of its own, says 200 to
 * everything: what it says was neither stored, nor read, nor deleted.
 */
import type { Headers } from "./S3Exchange.ts"
import type { Operation } from "./S3Failure.ts"
import * as S3Failure from "./S3Failure.ts"

export const foreign = "the answer is not a store's; is there a proxy or portal in between?"

/** What is wrong with the head, or undefined. Every store says the ETag of what it stored or gives, and none gives pages. */
export const headProblem = (operation: Operation, headers: Headers): string | undefined => {
  if (operation !== "put" && operation !== "get") return undefined
  const page = /^text\/html/i.test(headers["content-type"]?.toString() ?? "") && headers["content-length"] !== "0"
  return headers["etag"] === undefined || page ? foreign : undefined
}

/** What is wrong with the document that the operation is answered with, or undefined. */
export const documentProblem = (operation: Operation, bytes: Uint8Array): string | undefined => {
  const root = operation === "list" ? "ListBucketResult" : operation === "remove" ? "DeleteResult" : undefined
  if (root === undefined) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const begin = /^\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*<(\w+)[\s/>]/.exec(text.toString("utf8", 0, margin))?.[1]
  if (begin === root) {
    const end = text.toString("utf8", Math.max(0, text.length - margin)).trimEnd()
    return end.endsWith("/>") || end.endsWith(`</${root}>`) ? undefined : `a ${root} that ends early`
  }
  const code = begin === "Error" ? S3Failure.element(text.toString("utf8"), "Code") : undefined
  return code === undefined ? foreign : `${S3Failure.short(code)} instead of a ${root}`
}

/** Bytes in which a document's outermost element begins, and ends. */
const margin = 1024

/** Whether who answered says by a header of S3's that it is a store. Not all stores do. */
export const isMarked = (headers: Headers): boolean => Object.keys(headers).some((name) => name.startsWith("x-amz-"))
