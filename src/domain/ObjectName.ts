/**
 * What the name of an object may be, and the order of names: the order of their UTF-8 bytes, as every bucket lists them.
 * A name that `problem` objects to could leave a directory-like store; no layer may use one.
 */

/** Bytes of the longest name any backend accepts. */
export const maxBytes = 1024

const maxSegmentBytes = 255

/** Why the text cannot name an object, or undefined. */
export const problem = (name: string): string | undefined => {
  if (name === "") return "empty"
  if (name.includes("\0")) return "holds NUL"
  if (name.includes("\\")) return "holds a backslash"
  if (!name.isWellFormed()) return "is not Unicode text"
  if (bytesOf(name) > maxBytes) return `longer than ${maxBytes} bytes`
  for (const segment of name.split("/")) {
    if (segment === "") return "holds an empty segment"
    if (segment === "." || segment === "..") return `holds the segment ${segment}`
    if (bytesOf(segment) > maxSegmentBytes) return `holds a segment longer than ${maxSegmentBytes} bytes`
  }
  return undefined
}

/** Order of the UTF-8 bytes: negative, zero or positive. */
export const compare = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x === y) continue
    // A surrogate stands for a code point above U+FFFF: it sorts after the units U+E000 to U+FFFF.
    if (isSurrogate(x) && y >= 0xe000) return 1
    if (isSurrogate(y) && x >= 0xe000) return -1
    return x - y
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length
