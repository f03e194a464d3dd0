/**
 * What lies at a path of the WebDAV tree: `/`, `/<folder>/`, `/<folder>/<moment>/` and what is in a checkpoint. New
 * checkpoints appear by themselves; a name that was shown stays right for as long as its checkpoint exists.
 */
import { Context, type Effect } from "effect"
import type { Page } from "../domain/dav/Listing.ts"
import type { Resource } from "../domain/dav/Resource.ts"
import type { RepositoryError } from "./Repository.ts"
import type { PathNotFound, SnapshotEntry } from "./SnapshotReader.ts"

export interface Child {
  readonly name: string
  /** Undefined for a symbolic link: people see where it points, no client follows it. */
  readonly resource: Resource | undefined
  /** Unix milliseconds, where it is known. */
  readonly modified: number | undefined
  /** Where a link points; or a word about a directory. */
  readonly note: string | undefined
}

export interface Place {
  readonly resource: Resource
  /** A file's entry, to read it by. */
  readonly entry: SnapshotEntry | undefined
  /** The checkpoint it lies in. */
  readonly checkpoint?: number
  /** How a directory is shown to people. */
  readonly page: Pick<Page, "order" | "lead" | "empty">
  /** Of a directory; none of a file. */
  readonly children: Effect.Effect<ReadonlyArray<Child>, PathNotFound | RepositoryError>
}

export class DavTree extends Context.Service<DavTree, {
  /** Decoded names from the root; undefined if there is nothing. */
  readonly find: (segments: ReadonlyArray<string>) => Effect.Effect<Place | undefined, RepositoryError>
}>()("bepository/services/DavTree") {}
