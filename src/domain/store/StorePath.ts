/** Where an object of a given key lies below the directory of a store, here or on an SFTP server. */

/** `root`: absolute, or relative to the directory in which the login ends ("."). A key that ends in "/" is a directory's. */
export const pathOf = (root: string, key: string): string => {
  const inner = key.endsWith("/") ? key.slice(0, -1) : key
  if (inner === "") return root
  if (root === ".") return inner
  return root === "/" ? `/${inner}` : `${root}/${inner}`
}

/** The directory that holds the name; "/" and "." hold themselves. */
export const parentOf = (path: string): string => {
  const at = path.lastIndexOf("/")
  return at > 0 ? path.slice(0, at) : at === 0 ? "/" : "."
}
