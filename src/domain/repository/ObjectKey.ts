/**
 * Every object name, built and parsed in one place. A name is used for one object, once and for ever: numbers come from
 * counters in the state, ids from a term and 128 random bits.
 */

export type ObjectKey =
  | { readonly _tag: "Marker" }
  | { readonly _tag: "Key"; readonly id: string }
  | { readonly _tag: "Log"; readonly position: number }
  | { readonly _tag: "Base"; readonly position: number }
  | { readonly _tag: "Pack"; readonly id: string }
  | { readonly _tag: "Segment"; readonly id: string }
  | { readonly _tag: "Lease"; readonly epoch: number }

export const marker = "repository"
export const logPrefix = "log/"
export const basePrefix = "base/"
export const packPrefix = "pack/"
export const segmentPrefix = "segment/"
export const leasePrefix = "lease/"
export const keyPrefix = "key/"

/** Positions and epochs as twenty digits, so that byte order is numeric order. */
export const log = (position: number): string => logPrefix + digits(position)
export const base = (position: number): string => basePrefix + digits(position)
export const lease = (epoch: number): string => leasePrefix + digits(epoch)
/** `id`: 32 hex digits. */
export const key = (id: string): string => keyPrefix + id
/** `id`: as from `makeId`. The directory level is the first two of the random digits. */
export const pack = (id: string): string => `${packPrefix}${id.slice(id.indexOf("-") + 1).slice(0, 2)}/${id}`
export const segment = (id: string): string => segmentPrefix + id

/** The id of a pack or segment of a term: `<term>-<32 hex digits>`. `random`: 16 fresh random bytes. */
export const makeId = (term: number, random: Uint8Array): string =>
  `${term}-${Buffer.from(random.buffer, random.byteOffset, random.length).toString("hex")}`

/** Taken apart; undefined if it is not the one spelling `makeId` gives. */
export const parseId = (id: string): { readonly term: number; readonly random: Uint8Array } | undefined => {
  const match = idPattern.exec(id)
  const term = match === null ? -1 : Number(match[1])
  if (match === null || !Number.isSafeInteger(term)) return undefined
  return { term, random: Buffer.from(match[2] ?? "", "hex") }
}

/** The id as it lies in objects: term as u64, then the random bytes. 24 bytes. `id` must be one that `parseId` takes. */
export const idBytes = (id: string): Uint8Array => {
  const parsed = parseId(id)
  if (parsed === undefined) throw new RangeError(`not the id of a pack or segment: ${id}`)
  const bytes = new Uint8Array(idLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(parsed.term))
  bytes.set(parsed.random, 8)
  return bytes
}

/** The id those 24 bytes at `at` are; undefined if they are none. */
export const idFromBytes = (bytes: Uint8Array, at = 0): string | undefined => {
  if (bytes.length < at + idLength) return undefined
  const term = Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0))
  return Number.isSafeInteger(term) ? makeId(term, bytes.subarray(at + 8, at + idLength)) : undefined
}

/** What the name says, relative to the repository's prefix; undefined for any spelling but ours. */
export const parse = (name: string): ObjectKey | undefined => {
  if (name === marker) return { _tag: "Marker" }
  const slash = name.indexOf("/")
  const rest = name.slice(slash + 1)
  switch (name.slice(0, slash + 1)) {
    case logPrefix:
    case basePrefix:
    case leasePrefix: {
      const number = digitsPattern.test(rest) ? Number(rest) : -1
      if (number < 0 || !Number.isSafeInteger(number)) return undefined
      if (name.startsWith(logPrefix)) return { _tag: "Log", position: number }
      return name.startsWith(basePrefix) ? { _tag: "Base", position: number } : { _tag: "Lease", epoch: number }
    }
    case packPrefix: {
      const id = rest.slice(3)
      return parseId(id) !== undefined && pack(id) === name ? { _tag: "Pack", id } : undefined
    }
    case segmentPrefix:
      return parseId(rest) === undefined ? undefined : { _tag: "Segment", id: rest }
    case keyPrefix:
      return hexPattern.test(rest) ? { _tag: "Key", id: rest } : undefined
    default:
      return undefined
  }
}

/** Bytes of an id in an object. */
export const idLength = 24

const digits = (value: number): string => String(value).padStart(20, "0")

const idPattern = /^(0|[1-9][0-9]{0,15})-([0-9a-f]{32})$/
const digitsPattern = /^[0-9]{20}$/
const hexPattern = /^[0-9a-f]{32}$/
