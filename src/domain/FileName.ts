/**
 * Names of entries as they travel: relative to the folder's root, `/` between components, byte for byte as received
 * (never normalised). A name with a `problem` must not be stored, sent or joined to a path.
 */

/** Why a name must be refused (BEP sheet §5.1), undefined for a good one. */
export const problem = (name: string): string | undefined => {
  const length = name.length
  if (length === 0) return "the name is empty"
  if (length > maxBytes || (length > maxBytes / 3 && Buffer.byteLength(name) > maxBytes)) return "the name is too long"
  let components = 1
  let start = 0
  for (let i = 0; i <= length; i++) {
    const c = i === length ? slash : name.charCodeAt(i)
    if (c === 0) return "the name contains a NUL"
    if (c !== slash) continue
    const size = i - start
    if (size === 0) return "the name is not canonical: an empty component"
    if (size <= 2 && name.charCodeAt(start) === dot && name.charCodeAt(i - 1) === dot) {
      return "the name is not canonical: a . or .. component"
    }
    start = i + 1
    if (i < length) components++
  }
  return components > maxComponents ? "the name has too many components" : undefined
}

/** Names Syncthing keeps to itself: `.stfolder`, `.stignore`, `.stversions` and what is below them, and temporary files. */
export const isInternal = (name: string): boolean => {
  if (name.startsWith(".st")) {
    const end = name.indexOf("/")
    const first = end < 0 ? name : name.slice(0, end)
    if (first === ".stfolder" || first === ".stignore" || first === ".stversions") return true
  }
  if (!name.endsWith(".tmp")) return false
  const base = name.lastIndexOf("/") + 1
  return name.startsWith(".syncthing.", base) || name.startsWith("~syncthing~", base)
}

/** The directory, "" at the root, and the last component. */
export const split = (name: string): { readonly parent: string; readonly base: string } => {
  const at = name.lastIndexOf("/")
  return at < 0 ? { parent: "", base: name } : { parent: name.slice(0, at), base: name.slice(at + 1) }
}

const slash = 47
const dot = 46
const maxBytes = 8192
const maxComponents = 4096
