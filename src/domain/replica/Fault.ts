/** What a failure of the replica's file means for whoever runs the program. */

export interface Fault {
  readonly reason: string
  readonly mend: string
  /** The disk has no room. */
  readonly full: boolean
}

/** Room without which nothing is begun: LMDB dies on a signal if its lock file cannot grow. Bytes. */
export const leastRoom = 1024 * 1024

const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", 28, 122, -30792])
/** MDB_PAGE_NOTFOUND, CORRUPTED, PANIC, VERSION_MISMATCH, INVALID, BAD_TXN (after one of the others), PROBLEM */
const brokenCodes: ReadonlySet<unknown> = new Set([-30797, -30796, -30795, -30794, -30793, -30782, -30779, "DAMAGED"])
const ioError = 5

/** What decoders throw on bytes that this program never wrote. */
export const damaged = (what: string): Error => Object.assign(new Error(what), { code: "DAMAGED" })

/** Whether a thrown thing tells of the file and its disk; anything else is a bug. */
export const isOurs = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown &&
  (typeof thrown.code === "number" || (typeof thrown.code === "string" && /^[A-Z]+$/.test(thrown.code)))

/** `code`: of errno or LMDB; `room`: bytes free where `path` lies, if known. LMDB calls a short write an I/O error. */
export const of = (
  failure: { readonly code: unknown; readonly message: string },
  path: string,
  room: number | undefined
): Fault => {
  if (fullCodes.has(failure.code) || (failure.code === ioError && room !== undefined && room < leastRoom)) return noRoom
  if (brokenCodes.has(failure.code)) return broken(failure.message, path)
  const mend = failure.code === ioError
    ? "check the disk"
    : "give it to the user who runs this, or choose another --cache-dir"
  return { reason: failure.message, mend, full: false }
}

export const noRoom: Fault = { reason: "no space left on its disk", mend: "free some space and try again", full: true }

export const broken = (reason: string, path: string): Fault => ({
  reason: `its file is damaged (${reason})`,
  mend: `delete ${path}, it is built again from the repository`,
  full: false
})

export const foreign = (repository: string): Fault => ({
  reason: `it belongs to another repository (${repository})`,
  mend: "remove it or choose another --cache-dir",
  full: false
})

/** Bytes of the file's beginning that `headProblem` looks at. */
export const headLength = 64 * 1024

/**
 * What shows that a file is none of LMDB's, looked at because LMDB's JavaScript binding crashes on such a file. A page
 * begins with 24 bytes of header; the first and the one after it hold magic, version and at offset 48 the page size.
 */
export const headProblem = (head: Uint8Array): string | undefined => {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  if (head.length < 64) return "it is too short"
  const pageSize = view.getUint32(48, true)
  for (const page of [0, pageSize]) {
    if (page > head.length - 64) return "it is too short"
    if (view.getUint32(page + 24, true) !== 0xBEEF_C0DE || view.getUint32(page + 28, true) !== 2) {
      return "it does not begin like a file of LMDB"
    }
  }
  return undefined
}
