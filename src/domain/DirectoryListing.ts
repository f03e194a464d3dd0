/**
 * How a tree of directories is listed as a flat, sorted namespace. A directory sorts as its name followed by "/", else a
 * sibling such as "a-b" would come on the wrong side of "a/x".
 */
import * as ObjectName from "./ObjectName.ts"

/** A name in a directory; the key of a directory ends in "/". */
export interface Node {
  readonly key: string
  readonly directory: boolean
}

/** Names at the top that are no objects: unfinished uploads, and what the file system keeps there for itself. */
const invisible: ReadonlySet<string> = new Set(["tmp/", "lost+found/"])

/** The deepest directory that holds every key with the prefix: "" or a key that ends in "/". */
export const directoryOf = (prefix: string): string => prefix.slice(0, prefix.lastIndexOf("/") + 1)

/**
 * What a listing has to look at in the directory of key `parent`, ascending: files with the prefix and beyond
 * `startAfter`, and directories that may hold such.
 */
export const nodes = (
  parent: string,
  entries: ReadonlyArray<{ readonly name: string; readonly directory: boolean }>,
  prefix: string,
  startAfter: string | undefined
): ReadonlyArray<Node> => {
  const wanted: Array<Node> = []
  for (const entry of entries) {
    const key = parent + entry.name + (entry.directory ? "/" : "")
    if (invisible.has(key.slice(0, key.indexOf("/") + 1))) continue
    if (entry.directory ? mayHold(key, prefix, startAfter) : isWanted(key, prefix, startAfter)) {
      wanted.push({ key, directory: entry.directory })
    }
  }
  return wanted.toSorted((a, b) => ObjectName.compare(a.key, b.key))
}

const isWanted = (key: string, prefix: string, startAfter: string | undefined): boolean =>
  key.startsWith(prefix) && (startAfter === undefined || ObjectName.compare(key, startAfter) > 0)

const mayHold = (directory: string, prefix: string, startAfter: string | undefined): boolean =>
  (directory.startsWith(prefix) || prefix.startsWith(directory)) &&
  (startAfter === undefined || startAfter.startsWith(directory) || ObjectName.compare(directory, startAfter) > 0)
