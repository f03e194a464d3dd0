/** The documents of S3, written as S3 writes them; and the two that it reads. */

/** Text of an element or attribute, as XML 1.0 takes it. */
export const escape = (text: string): string =>
  text.replaceAll(/[&<>"'\p{Cc}]/gu, (c) => entities[c] ?? (c === "\n" || c === "\t" ? c : `&#${c.charCodeAt(0)};`))

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&apos;"
}

const unescape = (text: string): string =>
  text.replaceAll(
    /&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) =>
      hex !== undefined
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : decimal !== undefined
        ? String.fromCodePoint(Number(decimal))
        : Object.entries(entities).find(([, entity]) => entity === `&${name};`)?.[0] ?? whole
  )

/** `<name>…</name>`; `inside` is markup. */
export const element = (name: string, inside: string): string => `<${name}>${inside}</${name}>`

/** A document of elements that hold text only. */
export const document = (root: string, inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</${root}>`

export const error = (fields: Readonly<Record<string, string>>): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${
    Object.entries(fields).map(([name, text]) => element(name, escape(text))).join("")
  }</Error>`

/** The texts of every element of that name. */
export const texts = (xml: string, name: string): ReadonlyArray<string> =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map((found) => unescape(found[1] ?? ""))

/** The insides of every element of that name. */
export const elements = (xml: string, name: string): ReadonlyArray<string> =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map((found) => found[1] ?? "")
