/**
 * Entries of the log as objects: built for one state, sealed, read back, chained. A draft is good for one position of one
 * history; after a lost race it is thrown away, never changed.
 */
import * as Result from "effect/Result"
import * as Commit from "./Commit.ts"
import { corrupt, type EnvelopeError, openObject, type Sealing, sealObject } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as State from "./State.ts"

/** A commit as it lies in the store. */
export interface Entry {
  readonly commit: Commit.Commit
  readonly digest: Uint8Array
  /** Of the object, bytes. */
  readonly size: number
}

/** A commit ready to be put, with the state it leads to. */
export interface Draft extends Entry {
  readonly body: Uint8Array
  readonly state: State.State
}

/** What a commit is made of besides its place in the log. */
export interface Authorship {
  /** Epoch of the writer's term; 0 for a writer without one. */
  readonly term: number
  readonly nonce: Uint8Array
  readonly salt: Uint8Array
  readonly host: string
  /** The store's clock. */
  readonly time: number
}

/** The commit of these operations on this state, or the rule they break: that is a bug of whoever planned them. */
export const draft = (
  sealing: Sealing,
  state: State.State,
  ops: ReadonlyArray<Commit.Op>,
  by: Authorship,
  facts: State.Facts
): Result.Result<Draft, string> => {
  const commit: Commit.Commit = {
    position: state.position + 1,
    previous: state.digest,
    term: by.term,
    nonce: by.nonce,
    host: by.host,
    time: by.time,
    ops
  }
  const bytes = Commit.encode(commit)
  const digest = Commit.digest(bytes)
  return Result.map(State.next(state, commit, digest, facts), (state) => {
    const body = sealObject(sealing, ObjectKey.log(commit.position), by.salt, bytes)
    return { commit, digest, size: body.length, body, state }
  })
}

/** From the object `log/<position>`. */
export const read = (sealing: Sealing, position: number, object: Uint8Array): Result.Result<Entry, EnvelopeError> =>
  Result.gen(function*() {
    const bytes = yield* openObject(sealing, ObjectKey.log(position), object)
    const commit = yield* Commit.decode(bytes)
    if (commit.position !== position) return yield* Result.fail(corrupt(`it says that it is commit ${commit.position}`))
    return { commit, digest: Commit.digest(bytes), size: object.length }
  })

/**
 * Whether the entry is the draft's own commit. The digest covers the nonce and all else: a process that goes on from a copy
 * of its memory draws the same nonces, for other commits.
 */
export const isDraft = (draft: Draft, entry: Entry): boolean => Buffer.compare(draft.digest, entry.digest) === 0

/** The first position missing from an ascending run that should begin after `position`; undefined if it is whole. */
export const firstGap = (position: number, run: ReadonlyArray<number>): number | undefined => {
  const at = run.findIndex((found, index) => found !== position + 1 + index)
  return at < 0 ? undefined : position + 1 + at
}

/** Positions in listed names, ascending; names that are none of ours are left out. */
export const positionsIn = (keys: Iterable<string>): ReadonlyArray<number> => {
  const positions: Array<number> = []
  for (const key of keys) {
    const parsed = ObjectKey.parse(key)
    if (parsed?._tag === "Log" || parsed?._tag === "Base") positions.push(parsed.position)
  }
  return positions
}
