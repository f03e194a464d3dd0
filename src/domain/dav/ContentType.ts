/** What a browser is told a file is, by its name alone. With `nosniff` it believes that and nothing else. */

/** `guess` knows types by file name; text is taken to be UTF-8, but where the document itself says what it is. */
export const of = (name: string, guess: (name: string) => string | undefined): string => {
  const type = guess(name.toLowerCase()) ?? "application/octet-stream"
  return type.startsWith("text/") && type !== "text/html" && type !== "text/xml" ? `${type}; charset=utf-8` : type
}

/**
 * The policy under which a file is shown: it may look as it likes, but runs nothing, loads nothing and belongs to no
 * origin, so that a page somebody backed up cannot read the others. Browsers show no PDF in a sandbox, and run none either.
 */
export const policy = (type: string): string =>
  type === "application/pdf"
    ? "frame-ancestors 'none'"
    : "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'"
