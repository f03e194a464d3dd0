/** What hosts ask of their bucket, and what they are answered, each once. */
import { type Effect, Exit, Stream } from "effect"
import * as Crypto from "node:crypto"
import type { GetError, ObjectEntry, ObjectStore, PutOutcome } from "../../src/services/ObjectStore.ts"
import * as Interning from "./Interning.ts"

export type Operation =
  | { readonly _tag: "put"; readonly key: string; readonly body: Uint8Array }
  | { readonly _tag: "get"; readonly key: string; readonly range: Range | undefined }
  | { readonly _tag: "list"; readonly prefix: string; readonly after: string | undefined }
  | { readonly _tag: "remove"; readonly keys: ReadonlyArray<string> }
  | { readonly _tag: "now" }
  /** All machines sleep for so long. Milliseconds. */
  | { readonly _tag: "sleep"; readonly milliseconds: number }

interface Range {
  readonly start: number
  readonly end: number
}

export interface Request {
  /** The same for the same operation, of whatever host. */
  readonly id: number
  readonly operation: Operation
  readonly label: string
}

export const isWrite = ({ operation }: Request): boolean => operation._tag === "put" || operation._tag === "remove"

export type Value = PutOutcome | Uint8Array | ReadonlyArray<ObjectEntry> | number | void
export type Answer = Exit.Exit<Value, GetError>

export interface Reply {
  /** The same for the same answer. */
  readonly id: number
  readonly answer: Answer
}

/** At a store. */
export const carriedOut = (
  store: ObjectStore["Service"],
  operation: Exclude<Operation, { readonly _tag: "sleep" }>
): Effect.Effect<Value, GetError> => {
  switch (operation._tag) {
    case "put":
      return store.put(operation.key, [operation.body])
    case "get":
      return store.get(operation.key, operation.range)
    case "list":
      return Stream.runCollect(store.list(operation.prefix, operation.after))
    case "remove":
      return store.remove(operation.keys)
    case "now":
      return store.now
  }
}

/** All requests and replies of a story, each once. */
export interface Requests {
  readonly of: (operation: Operation) => Request
  readonly reply: (answer: Answer) => Reply
}

export const make = (): Requests => {
  const asked = Interning.make<Request>()
  const replies = Interning.make<Reply>()
  return {
    of: (operation) => {
      const label = labelOf(operation)
      const detail = operation._tag === "put"
        ? digest(operation.body)
        : operation._tag === "get" && operation.range !== undefined
        ? `${operation.range.start}-${operation.range.end}`
        : operation._tag === "list"
        ? operation.after ?? ""
        : ""
      return asked.of(`${label} ${detail}`, (id) => ({ id, operation, label }))
    },
    reply: (answer) => replies.of(said(answer), (id) => ({ id, answer }))
  }
}

const labelOf = (operation: Operation): string => {
  switch (operation._tag) {
    case "put":
    case "get":
      return `${operation._tag} ${operation.key}`
    case "list":
      return `list ${operation.prefix}`
    case "remove":
      return `remove ${operation.keys.join(" ")}`
    case "now":
      return "now"
    case "sleep":
      return `all sleep for ${operation.milliseconds} ms`
  }
}

const digest = (bytes: Uint8Array): string => Crypto.hash("sha1", bytes, "base64")

export const said = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isFailure(exit)) return String(exit.cause)
  const { value } = exit
  return value instanceof Uint8Array ? `bytes ${digest(value)}` : JSON.stringify(value) ?? ""
}
