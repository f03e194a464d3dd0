/** Basic authentication (RFC 7617). Passwords are compared by their digests, in a time that says nothing about them. */
import { hash, timingSafeEqual } from "node:crypto"

/** The password of an Authorization header; the user name may be any. Undefined if it holds none. */
export const passwordOf = (authorization: string | undefined): string | undefined => {
  const token = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization ?? "")?.[1]
  if (token === undefined) return undefined
  const pair = Buffer.from(token, "base64").toString("utf8")
  const colon = pair.indexOf(":")
  return colon < 0 ? undefined : pair.slice(colon + 1)
}

/** Compares with one password. */
export const matcher = (expected: string): (given: string) => boolean => {
  const digest = hash("sha256", expected, "buffer")
  return (given) => timingSafeEqual(hash("sha256", given, "buffer"), digest)
}
