/** What a browser is told a file is, by its name alone. With `nosniff` it believes that and nothing else. */

/** `guess` knows types by file name; text is taken to be UTF-8, but where the document itself says what it is. */
export const of = (name: string, guess: (name: string) => string | undefined): string => {
  const type = guess(name.toLowerCase()) ?? "application/octet-stream"
  return type.startsWith("text/") && type !== "text/html" && type !== "text/xml" ? `${type}; charset=utf-8` : type
}

/**
 * The policy under which a file is shown: it may look as it likes, but runs nothing and loads nothing. Documents that could
 * run something are put in a sandbox as well, so that a page somebody backed up belongs to no origin and can read no other
 * file. (Browsers show no PDF and play no film under such a policy or in a sandbox; neither runs anything of ours.)
 */
export const policy = (type: string): string =>
  /html|xml/.test(type)
    ? "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    : type === "application/pdf"
    ? "frame-ancestors 'none'"
    : "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
