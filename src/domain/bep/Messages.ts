/**
 * The messages of BEP (BEP sheet §3) as plain values, and their bytes. Decoded bytes fields, `FileInfo.raw` and
 * `Response.data` are views of the frame's body: copy what outlives the message.
 */
import { Result } from "effect"
import type { FileInfo } from "../FileInfo.ts"
import type { VersionVector } from "../VersionVector.ts"
import * as Wire from "../Wire.ts"
import * as Frames from "./Frames.ts"
import { read, write, writeIndex } from "./MessageCodec.ts"

/** Another device's part in a folder, as the sender knows it. */
export interface Device {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly name: string
  readonly addresses: ReadonlyArray<string>
  /** 0 metadata, 1 never, 2 always; informational. */
  readonly compression: number
  readonly certName: string
  /** The highest sequence of that device's index that the sender knows. */
  readonly maxSequence: number
  /** The id of that device's index that the sender knows; 0n for none. */
  readonly indexId: bigint
  readonly introducer: boolean
  readonly encryptionPasswordToken: Uint8Array
}

export interface Folder {
  readonly id: string
  readonly label: string
  /** 0 send-receive, 1 send-only, 2 receive-only, 3 receive-encrypted; not reliable. */
  readonly type: number
  readonly paused: boolean
  /** Must hold the sender and the receiver. */
  readonly devices: ReadonlyArray<Device>
}

export interface ClusterConfig {
  readonly _tag: "ClusterConfig"
  readonly folders: ReadonlyArray<Folder>
  /** This connection carries no indexes. */
  readonly secondary: boolean
}

/** Replaces everything the sender announced for the folder before. */
export interface Index {
  readonly _tag: "Index"
  readonly folder: string
  readonly files: ReadonlyArray<FileInfo>
  /** 0 from Syncthing before 1.28. */
  readonly lastSequence: number
}

export interface IndexUpdate {
  readonly _tag: "IndexUpdate"
  readonly folder: string
  readonly files: ReadonlyArray<FileInfo>
  readonly lastSequence: number
  /** `lastSequence` of the message before; 0 if not stated. */
  readonly prevSequence: number
}

export interface Request {
  readonly _tag: "Request"
  readonly id: number
  readonly folder: string
  readonly name: string
  /** Bytes; a peer may send negative or huge values. */
  readonly offset: number
  readonly size: number
  /** SHA-256 of the block; empty if absent. */
  readonly hash: Uint8Array
  readonly fromTemporary: boolean
  readonly blockNo: number
}

/** 0 ok, 1 generic error, 2 no such file, 3 invalid file. */
export type ResponseCode = 0 | 1 | 2 | 3

export interface Response {
  readonly _tag: "Response"
  readonly id: number
  readonly data: Uint8Array
  readonly code: ResponseCode
}

export interface ProgressUpdate {
  readonly type: "append" | "forget"
  readonly name: string
  readonly version: VersionVector
  readonly blockIndexes: ReadonlyArray<number>
  /** 0 means 128 KiB. */
  readonly blockSize: number
}

export interface DownloadProgress {
  readonly _tag: "DownloadProgress"
  readonly folder: string
  readonly updates: ReadonlyArray<ProgressUpdate>
}

export interface Ping {
  readonly _tag: "Ping"
}

export interface Close {
  readonly _tag: "Close"
  readonly reason: string
}

export type Message =
  | ClusterConfig
  | Index
  | IndexUpdate
  | Request
  | Response
  | DownloadProgress
  | Ping
  | Close

/** The message in a frame, undefined if its type is unknown (skip it). A failure is fatal for the connection. */
export const decode = (frame: Frames.Frame): Result.Result<Message | undefined, string> => {
  const reader = new Wire.Reader(frame.body)
  const message = read(reader, frame.type)
  return reader.problem === undefined
    ? Result.succeed(message)
    : Result.fail(`a broken ${message?._tag ?? "message"}: ${reader.problem}`)
}

/** The body of a message. Large responses are better sent with `Frames.encodeResponse`. */
export const encode = (message: Message): Uint8Array => {
  const writer = new Wire.Writer()
  write(writer, message)
  return writer.finish()
}

/** Whole frames one after the other, uncompressed, in one buffer. */
export const encodeFrames = (messages: ReadonlyArray<Message>): Uint8Array => {
  const writer = new Wire.Writer(messages.length * 192)
  for (const message of messages) {
    writer.raw(heads[message._tag])
    const start = writer.length
    write(writer, message)
    writer.patch32(start - 4, writer.length - start)
  }
  return writer.finish()
}

/** A whole frame, uncompressed. */
export const encodeFrame = (message: Message): Uint8Array => encodeFrames([message])

/**
 * The body of an Index, or of an IndexUpdate if `prev` is given, from entries as `FileInfo.announce` makes them, in
 * ascending order of sequence. `last` is the sequence of the last one.
 */
export const encodeIndex = (
  folder: string,
  infos: ReadonlyArray<Uint8Array>,
  last: number,
  prev: number | undefined
): Uint8Array => {
  let size = 64 + folder.length * 3
  for (const info of infos) size += info.length + 6
  const writer = new Wire.Writer(size)
  writeIndex(writer, folder, infos, last, prev)
  return writer.finish()
}

/** Each frame up to its body, whose length is still 0. */
const heads: Record<Message["_tag"], Uint8Array> = {
  ClusterConfig: Frames.encode(Frames.CLUSTER_CONFIG, new Uint8Array(0)),
  Index: Frames.encode(Frames.INDEX, new Uint8Array(0)),
  IndexUpdate: Frames.encode(Frames.INDEX_UPDATE, new Uint8Array(0)),
  Request: Frames.encode(Frames.REQUEST, new Uint8Array(0)),
  Response: Frames.encode(Frames.RESPONSE, new Uint8Array(0)),
  DownloadProgress: Frames.encode(Frames.DOWNLOAD_PROGRESS, new Uint8Array(0)),
  Ping: Frames.encode(Frames.PING, new Uint8Array(0)),
  Close: Frames.encode(Frames.CLOSE, new Uint8Array(0))
}
