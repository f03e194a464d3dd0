/**
 * What the name of an object may be, and the order of names: the order of their UTF-8 bytes, as every bucket lists them.
 * A name that `problem` objects to could leave a directory-like store; no layer may use one.
 */
import { compareText } from "./repository/Order.ts"

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
export const compare: (a: string, b: string) => number = compareText

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length
