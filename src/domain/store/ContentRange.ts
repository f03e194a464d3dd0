/** Whether a reply to a GET is what was asked for (RFC 9110 §14): a part that is shorter would be taken for the end of the object. */

/**
 * Why a reply to a GET cannot be the bytes that were asked for, or undefined. `stated`: its Content-Length, negative if it has
 * none. RFC 9110 §14.4: a part of an object is 206 and says which; 200 is all of it, whatever was asked.
 */
export const problem = (
  status: number,
  contentRange: string | undefined,
  range: { readonly start: number; readonly end: number } | undefined,
  stated: number
): string | undefined => {
  if (status === 200) return undefined
  if (status !== 206 || range === undefined) return `an answer with status ${status} to a GET`
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? "") ?? []
  if (first === undefined) return "a part of an object that does not say which"
  const length = Number(last) + 1 - range.start
  const atEnd = size !== "*" && Number(last) + 1 === Number(size)
  const right = Number(first) === range.start && length > 0 && (Number(last) + 1 === range.end || atEnd)
  return right && (stated < 0 || stated === length) ? undefined : `other bytes than were asked for (${contentRange})`
}
