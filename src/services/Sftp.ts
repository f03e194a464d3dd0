/**
 * An SFTP server, reached when it is needed: requests of SFTP 3 and OpenSSH's extensions, over one connection at a time.
 * A session that was lost stays lost: what was under way on it has an unknown outcome, and the next use asks for a new one.
 */
import { Context, type Effect } from "effect"
import type { StoreError } from "./ObjectStore.ts"

/** What the server answered instead of doing it: a code of SFTP 3 (2 to 8) and its words. */
export interface SftpStatus {
  readonly _tag: "SftpStatus"
  readonly code: number
  readonly text: string
}

/** No answer will come; whether it was done is unknown. */
export interface SftpLost {
  readonly _tag: "SftpLost"
  readonly reason: string
}

export type SftpError = SftpStatus | SftpLost

/** An open file, good for the session that opened it. */
export type Handle = Uint8Array

export interface Attributes {
  /** Undefined where the server does not say. */
  readonly kind: "file" | "directory" | "link" | "other" | undefined
  /** bytes */
  readonly size: number
  /** Unix seconds. */
  readonly modified: number
}

export interface DirectoryEntry extends Attributes {
  readonly name: string
  readonly kind: NonNullable<Attributes["kind"]>
}

/** What is left of a file system. */
export interface Space {
  /** Bytes that this user may still write. */
  readonly bytes: number
  /** Files that this user may still create; Infinity where there is no limit. */
  readonly files: number
  readonly readOnly: boolean
  /** Names the file system as long as it is mounted; a few digits may be lost. */
  readonly id: number
}

/** Paths are absolute, or relative to the directory in which the login ends. */
export interface SftpSession {
  /** Names of the extensions that the server offers in a version we know. */
  readonly offers: ReadonlySet<string>
  /** `create`: only if there is nothing of that name, readable and writable by its owner. Links are followed by `read`. */
  readonly open: (path: string, how: "read" | "create") => Effect.Effect<Handle, SftpError>
  /** Writes the concatenated parts from the beginning of the file, in many requests at a time. */
  readonly write: (handle: Handle, body: ReadonlyArray<Uint8Array>) => Effect.Effect<void, SftpError>
  /** Fills `into` from `start` on, in many requests at a time; answers how much there was before the file's end. */
  readonly read: (handle: Handle, start: number, into: Uint8Array) => Effect.Effect<number, SftpError>
  readonly fstat: (handle: Handle) => Effect.Effect<Attributes, SftpError>
  readonly lstat: (path: string) => Effect.Effect<Attributes, SftpError>
  readonly stat: (path: string) => Effect.Effect<Attributes, SftpError>
  /** Everything in a directory but "." and "..", in no order. */
  readonly list: (path: string) => Effect.Effect<ReadonlyArray<DirectoryEntry>, SftpError>
  /** For its owner alone. */
  readonly mkdir: (path: string) => Effect.Effect<void, SftpError>
  readonly unlink: (path: string) => Effect.Effect<void, SftpError>
  /** Only if it is empty. */
  readonly rmdir: (path: string) => Effect.Effect<void, SftpError>
  /** Asks for `fsync@openssh.com`. */
  readonly fsync: (handle: Handle) => Effect.Effect<void, SftpError>
  /** Another name for a file, only if there is nothing of that name. Asks for `hardlink@openssh.com`. */
  readonly link: (from: string, to: string) => Effect.Effect<void, SftpError>
  /** Undefined without `statvfs@openssh.com`. */
  readonly space: (path: string) => Effect.Effect<Space | undefined, SftpError>
  /** Tells the server that the file is not used any more; nobody waits for the answer. */
  readonly closeLater: (handle: Handle) => void
  /** Tells the server to remove a name; nobody waits for the answer. */
  readonly unlinkLater: (path: string) => void
}

export class Sftp extends Context.Service<Sftp, {
  /** Without user and path. */
  readonly host: string
  readonly port: number
  /** The session there is, else a new one: all who wait while one is being made get that one, or its failure. */
  readonly session: Effect.Effect<SftpSession, StoreError>
}>()("bepository/services/Sftp") {}
