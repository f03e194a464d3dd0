/**
 * What it means that an SFTP server would not. SFTP 3 has few codes, and "Failure" (4) stands for a full disk, a read-only
 * one, a name that exists and a broken disk alike: what the code cannot tell is told by looking, never guessed.
 */

/** Codes of SFTP 3 (draft-ietf-secsh-filexfer-02, section 7). */
export const code = {
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8
} as const

/** Whether it is no failure but the end of a file. */
export const isEnd = (error: object): boolean => "code" in error && error.code === code.endOfFile

export type Meaning =
  | { readonly _tag: "Unavailable"; readonly reason: string }
  | { readonly _tag: "Full" }
  | { readonly _tag: "Refused"; readonly reason: string; readonly mend: string }

const refused = (reason: string, mend: string): Meaning => ({ _tag: "Refused", reason, mend })

export interface Answer {
  readonly code: number
  readonly text: string
}

export interface Space {
  readonly bytes: number
  readonly files: number
  readonly readOnly: boolean
}

const permissions = "give this user of the server read and write access to the directory and everything in it"

/** Below this a server that fails is taken for a full one: a block of a file system, a directory that grows. */
const margin = 256 * 1024

/** `need`: bytes that were still to be written. `space`: what the file system says, undefined if the server cannot. */
export const meaning = (answer: Answer, need: number, space: Space | undefined): Meaning => {
  switch (answer.code) {
    case code.permissionDenied:
      return space?.readOnly === true ? readOnly : refused("permission denied", permissions)
    case code.badMessage:
      return refused("the server does not take such a path", "choose a shorter path, of plain characters")
    case code.unsupported:
      return refused("the server cannot do that", "use a server that can, such as OpenSSH's")
    case code.noSuchFile:
      return { _tag: "Unavailable", reason: "no such file" }
    default: {
      if (space?.readOnly === true) return readOnly
      if (space !== undefined && (space.bytes < need + margin || space.files < 1)) return { _tag: "Full" }
      return { _tag: "Unavailable", reason: wordsOf(answer) }
    }
  }
}

const readOnly = refused("the file system is read-only", "mount it writable or choose another location")

export const wordsOf = (answer: Answer): string =>
  answer.text === "" ? `SFTP status ${answer.code}` : `SFTP status ${answer.code}: ${plain(answer.text)}`

/** A server's words, for one line of a log. */
export const plain = (text: string): string => text.replace(/[^\x20-\x7e]+/g, " ").trim().slice(0, 200)

/** A listing without types is no listing: what is a directory has to be gone into. */
export const untyped = { _tag: "SftpStatus", code: code.unsupported, text: "no types in a listing" } as const

/** An error without a status of the server means that no answer came, or none that can be believed. */
export const ofReply = (error: Error & { readonly code?: unknown }) =>
  typeof error.code === "number"
    ? { _tag: "SftpStatus" as const, code: error.code, text: error.message }
    : { _tag: "SftpLost" as const, reason: plain(error.message) }

export const linkless = refused(
  "there are no hard links here, by which an object appears whole or not at all",
  "choose a file system with hard links (ext4, xfs, btrfs, zfs; not FAT, exFAT or most network shares)"
)

export const otherFileSystem = refused(
  "a directory below lies on another file system",
  "keep the whole location on one file system"
)

export const notAFile = (kind: "directory" | "link" | "other"): Meaning =>
  kind === "link"
    ? refused("a symbolic link is where an object should be", "replace the link by the file it points to")
    : refused(
      kind === "directory"
        ? "a directory is where an object should be"
        : "a device or pipe is where an object should be",
      "remove what does not belong there"
    )

export const notADirectory = refused("a part of the path is a file", "choose a directory")

const capable =
  "use OpenSSH's sftp-server or internal-sftp on that host, not read-only, or reach the disk as a directory"

/** Why nothing can be put on the server, or undefined; `offers` are the extensions it has. */
export const lacking = (offers: ReadonlySet<string>): Meaning | undefined => {
  if (!offers.has("hardlink@openssh.com")) {
    return refused(
      "the server makes no hard links (hardlink@openssh.com), without which an object could be seen half written",
      capable
    )
  }
  if (!offers.has("fsync@openssh.com")) {
    return refused("the server cannot say that a file is safe on its disk (fsync@openssh.com)", capable)
  }
  return undefined
}

/** How a connection ended before it could be used; `level` and `code` as ssh2 gives them. */
export interface ConnectProblem {
  readonly level: string | undefined
  readonly code: string | number | undefined
  readonly message: string
}

export interface Login {
  readonly user: string
  /** What was shown to the server, in order. */
  readonly tried: ReadonlyArray<string>
  /** What could not be shown, and why. */
  readonly skipped: ReadonlyArray<string>
  /** The methods that the server would take. */
  readonly accepts: ReadonlyArray<string>
}

/** What Node or ssh2 would not even begin, by what they threw. */
export const unbegun = (thrown: unknown): Meaning =>
  refused(
    `no connection can be begun (${plain(thrown instanceof Error ? thrown.message : String(thrown))})`,
    "check host, port and user of the location, and that this Node's OpenSSL has AES-CTR, AES-GCM, SHA-2 and elliptic curves"
  )

/** SSH_MSG_DISCONNECT: no more authentication methods, too many failures (OpenSSH says protocol error), illegal user. */
const turnedAway: ReadonlySet<string | number | undefined> = new Set([2, 14, 15])

export const connecting = (problem: ConnectProblem, login: Login): Meaning => {
  if (problem.level === "client-authentication" || /authentication failures/i.test(problem.message)) {
    return shutOut(login)
  }
  if (turnedAway.has(problem.code) && login.tried.length > 0) return shutOut(login)
  if (problem.level === "handshake") {
    return refused(
      `no secure connection could be made (${plain(problem.message)})`,
      "the server must offer curve25519 or Diffie-Hellman with SHA-2, an AES cipher and an ed25519, ECDSA or RSA key with SHA-2"
    )
  }
  if (/subsystem|while establishing SFTP/i.test(problem.message)) {
    return refused(
      "the server let us in and offers no SFTP",
      "enable it (sshd_config: Subsystem sftp internal-sftp), and let the user's shell print nothing"
    )
  }
  const name = typeof problem.code === "string" ? reasons[problem.code] : undefined
  return { _tag: "Unavailable", reason: name ?? plain(problem.message) }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that port",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "the host's name is not known",
  EAI_AGAIN: "the host's name cannot be looked up now",
  ETIMEDOUT: "the host does not answer",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no network"
}

const shutOut = (login: Login): Meaning => {
  const tried = login.tried.length === 0 ? "there was nothing to show" : `tried ${login.tried.join(", ")}`
  const skipped = login.skipped.length === 0 ? "" : `; not tried: ${login.skipped.join(", ")}`
  const accepts = login.accepts.length === 0 ? "" : `; it takes ${login.accepts.map(plain).join(", ")}`
  return refused(
    `the server does not let ${login.user} in (${tried}${skipped}${accepts})`,
    "add the public key to ~/.ssh/authorized_keys of that user there, or name another with key=FILE in the URI; " +
      "an encrypted key needs BEPOSITORY_SFTP_KEY_PASSPHRASE, a password BEPOSITORY_SFTP_PASSWORD"
  )
}

/** A key's file that cannot be used; `words` are ssh2's. Only for one that the operator named is that the end. */
export const key = (
  file: string,
  words: string,
  named: boolean
): { readonly _tag: "Skipped"; readonly reason: string } | (Meaning & { readonly _tag: "Refused" }) => {
  // An agent may hold the very same key.
  if (/no passphrase/i.test(words)) {
    return { _tag: "Skipped", reason: `the key ${file} (encrypted, and BEPOSITORY_SFTP_KEY_PASSPHRASE is not set)` }
  }
  const wrong = /passphrase/i.test(words)
  const reason = wrong ? "does not open with BEPOSITORY_SFTP_KEY_PASSPHRASE" : "holds no private key that is understood"
  if (!named) return { _tag: "Skipped", reason: `the key ${file} (it ${reason})` }
  return {
    _tag: "Refused",
    reason: `the key ${file} ${reason}`,
    mend: wrong ? "set the passphrase of this key, or name another key" : "use OpenSSH's format (ssh-keygen)"
  }
}
