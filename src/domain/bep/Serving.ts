/**
 * What a peer gets for a Request (BEP sheet §7.1), decided from our record of the name. Content is found by name and
 * offset; whatever the record says, nothing is sent whose hash is not the one the peer asked for.
 */
import * as FileInfo from "../FileInfo.ts"
import * as FileName from "../FileName.ts"
import * as Record from "../repository/Record.ts"
import type { Request, ResponseCode } from "./Messages.ts"

/** Our current entry of a name. */
export interface Entry {
  readonly info: FileInfo.FileInfo
  readonly record: Record.FileRecord
}

export type Decision =
  /** No data. Code 0 is the answer to a request for no bytes. */
  | { readonly _tag: "Answer"; readonly code: ResponseCode }
  /** The block of that hash; `pack` is undefined if it must be looked up by hash, for our entry has another there. */
  | { readonly _tag: "Read"; readonly hash: Uint8Array; readonly pack: string | undefined }

export const generic: Decision = { _tag: "Answer", code: 1 }
export const noSuchFile: Decision = { _tag: "Answer", code: 2 }
export const invalidFile: Decision = { _tag: "Answer", code: 3 }
const nothing: Decision = { _tag: "Answer", code: 0 }

/** Whether the name may be looked up at all; undefined if so. `shared`: the folder is shared with the peer and not paused. */
export const refusal = (request: Request, shared: boolean): Decision | undefined => {
  if (!shared) return generic
  if (request.size < 0 || request.offset < 0) return invalidFile
  if (FileName.problem(request.name) !== undefined || FileName.isInternal(request.name)) return invalidFile
  return undefined
}

/** `entry` is undefined if we have no record of the name. The request passed `refusal`. */
export const decide = (request: Request, entry: Entry | undefined): Decision => {
  if (entry === undefined) return noSuchFile
  const { info, record } = entry
  if (info.type !== "file" || info.deleted || info.invalid) return noSuchFile
  if (request.offset + request.size > Math.max(info.size, 0)) return noSuchFile
  const { hash } = request
  if (request.size === 0) return hash.length === 0 || sameBytes(hash, emptyHash) ? nothing : noSuchFile
  const index = Math.floor(request.offset / info.blockSize)
  const aligned = index * info.blockSize === request.offset && index < FileInfo.blockCount(info) &&
    request.size === Math.min(info.blockSize, info.size - request.offset)
  if (aligned) {
    const ours = FileInfo.blockHash(info, index)
    if (hash.length === 0 || sameBytes(hash, ours)) {
      return { _tag: "Read", hash: ours, pack: Record.packOf(record, index) }
    }
  }
  return hash.length === 32 ? { _tag: "Read", hash, pack: undefined } : noSuchFile
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0

/** SHA-256 of nothing. */
const emptyHash = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex")
