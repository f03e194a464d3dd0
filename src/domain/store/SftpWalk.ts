/** A listing of a tree whose directories are read one at a time, when they are come to: the place in it, and the way on. */
import * as DirectoryListing from "../DirectoryListing.ts"

export interface Found {
  readonly name: string
  readonly kind: "file" | "directory" | "link" | "other"
  /** bytes */
  readonly size: number
}

export interface Entry {
  readonly key: string
  readonly size: number
}

/** What is left of a directory, and of those it lies in. */
export interface Place {
  readonly nodes: ReadonlyArray<DirectoryListing.Node>
  /** Sizes of what lies in this directory, by key. */
  readonly sizes: ReadonlyMap<string, number>
  readonly at: number
  readonly above: Place | undefined
}

/** At the beginning of the directory of key `key`, in which `found` lies. */
export const entered = (
  key: string,
  found: ReadonlyArray<Found>,
  prefix: string,
  startAfter: string | undefined,
  above: Place | undefined
): Place => ({
  nodes: DirectoryListing.nodes(
    key,
    found.map((entry) => ({ name: entry.name, directory: entry.kind === "directory" })),
    prefix,
    startAfter
  ),
  sizes: new Map(found.map((entry) => [key + entry.name, entry.size])),
  at: 0,
  above
})

export interface Step {
  /** Undefined at the end. */
  readonly place: Place | undefined
  /** The directory that comes next, to be entered from `place`; undefined when there are enough entries, or no more. */
  readonly enter: string | undefined
}

/** Adds to `entries` until there are `limit` of them, a directory is come to, or nothing is left. */
export const advance = (from: Place, entries: Array<Entry>, limit: number): Step => {
  let { above, at, nodes, sizes }: Place = from
  for (;;) {
    if (entries.length >= limit) return { place: { nodes, sizes, at, above }, enter: undefined }
    const node = nodes[at++]
    if (node === undefined) {
      if (above === undefined) return { place: undefined, enter: undefined }
      ;({ above, at, nodes, sizes } = above)
    } else if (node.directory) return { place: { nodes, sizes, at, above }, enter: node.key }
    else entries.push({ key: node.key, size: sizes.get(node.key) ?? 0 })
  }
}
