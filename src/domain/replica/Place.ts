/** Where the replica's files lie in the cache directory: each format has a directory of its own there. */
import * as Rows from "./Rows.ts"

/** Of the format that this program writes. */
export const directory = `replica-${Rows.format}`

/** What is being removed is called so first, that nobody who comes meanwhile opens half of it. */
const leaving = ".gone"

/** The name under which the directory is removed. */
export const gone = (name: string): string => name.endsWith(leaving) ? name : `${name}${leaving}`

/** Whether the directory of that name, with those files, is an older program's, or what is left of one. A newer one's is not. */
export const isOutdated = (name: string, files: ReadonlyArray<string>): boolean => {
  const format = /^replica-([1-9]\d*)(\.gone)?$/.exec(name)?.[1]
  return format !== undefined && Number(format) < Rows.format &&
    files.every((file) => file === "data.mdb" || file === "lock.mdb")
}
