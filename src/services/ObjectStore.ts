/**
 * A flat namespace of immutable objects in a bucket or a directory. An object is created once and never overwritten;
 * that `put` creates only if absent, atomically, is the one thing every other guarantee of the repository rests on.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import * as Runtime from "effect/Runtime"

/** There is no object of that name. */
export class ObjectNotFound extends Schema.TaggedError<ObjectNotFound>()("ObjectNotFound", { key: Schema.String }) {
  override get message() {
    return `no object ${this.key} in the store`
  }
}

/**
 * The store has the object and works, and cannot read it, twice in a row: a bad sector. Asking again does not help, so this is
 * never retried; to whoever reads it is an object that is damaged.
 */
export class ObjectUnreadable extends Schema.TaggedError<ObjectUnreadable>()("ObjectUnreadable", {
  key: Schema.String,
  location: Schema.String,
  reason: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 14
  override get message() {
    return `${this.key} cannot be read at ${this.location} (${this.reason}); ${this.mend}`
  }
  get mend() {
    return "look after the disk; `bepository fsck --check full --repair` mends packs, segments and bases, all else comes from a copy of the store"
  }
}

/** The store did not answer, or answered that it cannot now. Whether the request took effect is unknown. Retry. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  key: Schema.String,
  reason: Schema.String,
  /** If there is more to say than to try again. */
  mend: Schema.optional(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = 20
  override get message() {
    const mend = this.mend ?? "check that it is there and try again"
    return `the store cannot be reached (${this.operation} ${this.key}: ${this.reason}); ${mend}`
  }
}

/** The store is full. Nothing was written; retry when there is room. */
export class StoreFull extends Schema.TaggedError<StoreFull>()("StoreFull", {
  key: Schema.String,
  location: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 23
  override get message() {
    return `no space left at ${this.location} while writing ${this.key}; nothing was lost, free some space or raise the quota, and try again`
  }
}

/** The store refuses for good: permissions, read-only, no such location, a missing capability. Never retried. */
export class StoreRefused extends Schema.TaggedError<StoreRefused>()("StoreRefused", {
  operation: Schema.String,
  location: Schema.String,
  reason: Schema.String,
  mend: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 20
  override get message() {
    return `${this.operation} refused at ${this.location}: ${this.reason}; ${this.mend}`
  }
}

export type StoreError = StoreUnavailable | StoreFull | StoreRefused
export type GetError = ObjectNotFound | ObjectUnreadable | StoreError

/** `Created` and `Exists` are definite. Any error leaves it unknown whether the object was created. */
export type PutOutcome = "Created" | "Exists"

export interface ObjectEntry {
  readonly key: string
  /** bytes */
  readonly size: number
}

export class ObjectStore extends Context.Service<ObjectStore, {
  /** Where, for logs and errors; never holds a secret. */
  readonly location: string
  /** Bytes that one GET may as well fetch as fewer: request latency × throughput. */
  readonly readAhead: number
  /**
   * Creates the object from the concatenated parts if no object of that name exists. Atomic: readers see all or nothing;
   * durable when it answers. May be retried with the same bytes only, and after a retry `Exists` may mean "by me".
   */
  readonly put: (key: string, body: ReadonlyArray<Uint8Array>) => Effect.Effect<PutOutcome, StoreError>
  /**
   * The whole object, or the half-open byte range `[start, end)`, cut at the object's end. May be retried.
   * `into`: where the bytes may be put instead of into memory of their own; look at the answer's buffer to see whether they
   * were, from the beginning of `into` then. It is the store's until it answers; if it fails or is interrupted, for good, for
   * what is still on its way may land there later: whoever tries again does so without it.
   */
  readonly get: (
    key: string,
    range?: { readonly start: number; readonly end: number },
    into?: Uint8Array
  ) => Effect.Effect<Uint8Array, GetError>
  /** Objects whose key has the prefix and is greater than `startAfter`, ascending by key in byte order. May be retried. */
  readonly list: (prefix: string, startAfter?: string) => Stream.Stream<ObjectEntry, StoreError>
  /** Deletes; absent keys succeed. May be retried. */
  readonly remove: (keys: ReadonlyArray<string>) => Effect.Effect<void, StoreError>
  /** The store's clock, Unix milliseconds. May cost one cheap request. */
  readonly now: Effect.Effect<number, StoreError>
}>()("bepository/services/ObjectStore") {}
