/** What SFTP 3 says of a file (draft-ietf-secsh-filexfer-02, section 5). Servers may leave out any field. */

export type Kind = "file" | "directory" | "link" | "other"

export interface Fields {
  /** Type and permissions as in POSIX. */
  readonly mode?: number | undefined
  readonly size?: number | undefined
  readonly mtime?: number | undefined
}

const kinds: Readonly<Record<number, Kind>> = { 0o100000: "file", 0o040000: "directory", 0o120000: "link" }

/** Undefined where the server does not say. */
export const kindOf = (mode: number | undefined): Kind | undefined => {
  const type = (mode ?? 0) & 0o170000
  return type === 0 ? undefined : kinds[type] ?? "other"
}

export const fromFields = (fields: Fields) => ({
  kind: kindOf(fields.mode),
  size: fields.size ?? 0,
  modified: fields.mtime ?? 0
})

/** The answer to `statvfs@openssh.com` (OpenSSH's PROTOCOL, section 4.5), in blocks of `f_frsize` bytes. */
export interface Statvfs {
  readonly f_frsize: number
  readonly f_bavail: number
  readonly f_files: number
  readonly f_favail: number
  readonly f_sid: number
  readonly f_flag: number
}

const readOnlyFlag = 1

export const spaceOf = (answer: Statvfs) => ({
  bytes: answer.f_bavail * answer.f_frsize,
  // No files at all is how a file system without a limit says so.
  files: answer.f_files === 0 ? Number.POSITIVE_INFINITY : answer.f_favail,
  readOnly: (answer.f_flag & readOnlyFlag) !== 0,
  id: answer.f_sid
})
