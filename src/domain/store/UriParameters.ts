/**
 * The parameters of a storage URI, checked by a schema each. A misspelt one is a problem that names the nearest known one,
 * never ignored: `storage-clas=…` would cost money in silence. Problems name parameters, never their values.
 */
import { Result, Schema } from "effect"

export interface Field<out A = unknown> {
  readonly schema: Schema.Decoder<A>
  /** What the value must be, to be read after "must be". */
  readonly must: string
}

/** By name. */
export type Fields = Readonly<Record<string, Field>>

export type Values<F extends Fields> = { readonly [Name in keyof F]?: F[Name] extends Field<infer A> ? A : never }

/** A value of the pattern, and not one that `refuse` objects to. */
export const text = (pattern: RegExp, must: string): Field<string> => ({
  schema: Schema.String.check(Schema.isPattern(pattern)),
  must
})

export const oneOf = <const L extends ReadonlyArray<string>>(values: L): Field<L[number]> => ({
  schema: Schema.Literals(values),
  must: `one of ${values.join(", ")}`
})

export const flag: Field<"true" | "false"> = { schema: Schema.Literals(["true", "false"]), must: "true or false" }

/** A file of this host. A service has no home and no working directory to speak of. */
export const file: Field<string> = {
  schema: Schema.String.check(Schema.makeFilter((path) => path.startsWith("/") && !hasControl(path))),
  must: "the absolute path of a file, beginning with /"
}

/** `http(s)://host[:port][/path]`, without a slash at the end. */
export const endpoint: Field<string> = {
  schema: Schema.String.check(Schema.makeFilter(isEndpoint)),
  must: "an address like https://host or http://127.0.0.1:9000, without user, query or a slash at the end"
}

function isEndpoint(text: string): boolean {
  if (!/^https?:\/\/[^/?#@\\\s]+(\/[^?#@\\\s]*[^/?#@\\\s])?$/.test(text) || hasControl(text)) return false
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && url.hostname !== "" && url.username === "" && url.password === ""
}

/** The parameters in the query (what follows "?"), each decoded; or what is wrong with them. */
export const parse = <const F extends Fields>(
  scheme: string,
  fields: F,
  query: string | undefined
): Result.Result<Values<F>, string> => {
  const found: Record<string, unknown> = {}
  for (const pair of query === undefined ? [] : query.split("&")) {
    const [, name, raw] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (name === undefined || raw === undefined || name === "") {
      return Result.fail("its parameters must be written ?name=value&name=value")
    }
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) return Result.fail(unknown(scheme, name, Object.keys(fields)))
    if (Object.hasOwn(found, name)) return Result.fail(`the parameter "${name}" is given twice`)
    const value = decoded(raw)
    if (value === undefined) return Result.fail(`the parameter "${name}" has a % without two digits of UTF-8 after it`)
    const checked = value === "" ? undefined : Result.getOrUndefined(Schema.decodeResult(field.schema)(value))
    if (checked === undefined) return Result.fail(`the parameter "${name}" must be ${field.must}`)
    found[name] = checked
  }
  // Every value came out of its field's own schema.
  return Result.succeed(found as Values<F>)
}

/** `?name=value…` of what is set, in the order given; "" if nothing is. */
export const format = (values: ReadonlyArray<readonly [name: string, value: string | undefined]>): string => {
  const pairs = values.flatMap(([name, value]) => value === undefined ? [] : [`${name}=${encoded(value)}`])
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const unknown = (scheme: string, name: string, known: ReadonlyArray<string>): string => {
  // What cannot be a name may be a secret pasted in the wrong place.
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(name)) return `it has a parameter that ${scheme}:// does not know`
  const near = nearest(name, known)
  const hint = near !== undefined
    ? `; did you mean "${near}"?`
    : known.length === 0
    ? "; there are none"
    : `; there are ${known.join(", ")}`
  return `the parameter "${name}" is not known for ${scheme}://${hint}`
}

/** The known name that differs least, if it differs little. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  let best: string | undefined
  let least = Infinity
  for (const candidate of known) {
    const distance = edits(plain(name), plain(candidate))
    if (distance < least && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate
      least = distance
    }
  }
  return best
}

const plain = (name: string): string => name.toLowerCase().replace(/[_-]/g, "")

/** Insertions, deletions, replacements and swaps of neighbours between two short texts. */
const edits = (a: string, b: string): number => {
  const rows: Array<Array<number>> = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, rows[i - 2]![j - 2]! + 1)
      }
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

/** Percent-decoding; a "+" is a plus. Undefined if it is not UTF-8 or gives a control character. */
export const decoded = (text: string): string | undefined => {
  const value = Result.getOrUndefined(Result.try(() => decodeURIComponent(text)))
  return value === undefined || hasControl(value) ? undefined : value
}

/** Percent-encoding that leaves alone what may stand in a query, and what people read. */
export const encoded = (text: string): string => encodeURIComponent(text).replace(/%(2F|3A|40|2B)/g, decodeURIComponent)

export const hasControl = (text: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\0-\x1f\x7f]/.test(text)
