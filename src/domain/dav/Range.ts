/** The Range header of a GET (RFC 9110 §14): one byte range is honoured, everything else is answered with the whole file. */

/** Half-open `[start, end)`, never empty. */
export type Selection =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Part"; readonly start: number; readonly end: number }
  | { readonly _tag: "Unsatisfiable" }

const whole: Selection = { _tag: "Whole" }
const unsatisfiable: Selection = { _tag: "Unsatisfiable" }

/** What of a file of `size` bytes the header asks for. Malformed headers, other units and several ranges mean the whole. */
export const select = (header: string | undefined, size: number): Selection => {
  if (header === undefined) return whole
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header)
  if (match === null) return whole
  const first = match[1]!
  const last = match[2]!
  if (first === "") {
    if (last === "") return whole
    const length = Number(last)
    if (length === 0) return unsatisfiable
    return size === 0 ? whole : { _tag: "Part", start: Math.max(0, size - length), end: size }
  }
  const start = Number(first)
  if (last !== "" && Number(last) < start) return whole
  if (start >= size) return unsatisfiable
  return { _tag: "Part", start, end: last === "" ? size : Math.min(size, Number(last) + 1) }
}

/** `bytes 0-99/200` */
export const contentRange = (start: number, end: number, size: number): string => `bytes ${start}-${end - 1}/${size}`

export const unsatisfied = (size: number): string => `bytes */${size}`
