/**
 * The messages of BEP (BEP sheet §3) as plain values, and their bytes. Decoded bytes fields, `FileInfo.raw` and
 * `Response.data` are views of the frame's body: copy what outlives the message.
 */
import { Result } from "effect"
import * as FileInfo from "../FileInfo.ts"
import type { Counter, VersionVector } from "../VersionVector.ts"
import * as Wire from "../Wire.ts"
import * as Frames from "./Frames.ts"

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
  readonly files: ReadonlyArray<FileInfo.FileInfo>
  /** 0 from Syncthing before 1.28. */
  readonly lastSequence: number
}

export interface IndexUpdate {
  readonly _tag: "IndexUpdate"
  readonly folder: string
  readonly files: ReadonlyArray<FileInfo.FileInfo>
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

/** The body of a message. Large responses are better sent with `Frames.encodeResponse`, indexes with `encodeIndex`. */
export const encode = (message: Message): Uint8Array => {
  const writer = new Wire.Writer()
  switch (message._tag) {
    case "ClusterConfig":
      for (const folder of message.folders) writer.message(1, (w) => writeFolder(w, folder))
      return writer.bool(2, message.secondary).finish()
    case "Index":
      return encodeIndex(message.folder, message.files.map((file) => file.raw), message.lastSequence, undefined)
    case "IndexUpdate":
      return encodeIndex(
        message.folder,
        message.files.map((file) => file.raw),
        message.lastSequence,
        message.prevSequence
      )
    case "Request":
      return writer
        .signed(1, message.id)
        .string(2, message.folder)
        .string(3, message.name)
        .signed(4, message.offset)
        .signed(5, message.size)
        .data(6, message.hash)
        .bool(7, message.fromTemporary)
        .signed(9, message.blockNo)
        .finish()
    case "Response":
      return writer.signed(1, message.id).data(2, message.data).number(3, message.code).finish()
    case "DownloadProgress":
      writer.string(1, message.folder)
      for (const update of message.updates) writer.message(2, (w) => writeUpdate(w, update))
      return writer.finish()
    case "Ping":
      return writer.finish()
    case "Close":
      return writer.string(1, message.reason).finish()
  }
}

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
  const writer = new Wire.Writer(size).string(1, folder)
  for (const info of infos) writer.element(2, info)
  return writer.number(3, last).number(4, prev ?? 0).finish()
}

/** A whole frame, uncompressed. */
export const encodeFrame = (message: Message): Uint8Array => Frames.encode(types[message._tag], encode(message))

const types: Record<Message["_tag"], number> = {
  ClusterConfig: Frames.CLUSTER_CONFIG,
  Index: Frames.INDEX,
  IndexUpdate: Frames.INDEX_UPDATE,
  Request: Frames.REQUEST,
  Response: Frames.RESPONSE,
  DownloadProgress: Frames.DOWNLOAD_PROGRESS,
  Ping: Frames.PING,
  Close: Frames.CLOSE
}

const read = (reader: Wire.Reader, type: number): Message | undefined => {
  switch (type) {
    case Frames.RESPONSE:
      return readResponse(reader)
    case Frames.REQUEST:
      return readRequest(reader)
    case Frames.INDEX:
    case Frames.INDEX_UPDATE:
      return readIndex(reader, type)
    case Frames.CLUSTER_CONFIG:
      return readClusterConfig(reader)
    case Frames.DOWNLOAD_PROGRESS:
      return readProgress(reader)
    case Frames.PING:
      while (reader.pos < reader.limit) reader.skip(reader.tag())
      return { _tag: "Ping" }
    case Frames.CLOSE:
      return readClose(reader)
    default:
      return undefined
  }
}

const readResponse = (reader: Wire.Reader): Response => {
  let id = 0
  let data: Uint8Array = nothing
  let code = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x08) id = reader.int32()
    else if (tag === 0x12) data = reader.view()
    else if (tag === 0x18) code = reader.int32()
    else reader.skip(tag)
  }
  return { _tag: "Response", id, data, code: code === 0 || code === 2 || code === 3 ? code : 1 }
}

const readRequest = (reader: Wire.Reader): Request => {
  let id = 0
  let folder = ""
  let name = ""
  let offset = 0
  let size = 0
  let hash: Uint8Array = nothing
  let fromTemporary = false
  let blockNo = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x08) id = reader.int32()
    else if (tag === 0x12) folder = reader.string()
    else if (tag === 0x1A) name = reader.string()
    else if (tag === 0x20) offset = reader.int64Number()
    else if (tag === 0x28) size = reader.int32()
    else if (tag === 0x32) hash = reader.view()
    else if (tag === 0x38) fromTemporary = reader.bool()
    else if (tag === 0x48) blockNo = reader.int32()
    else reader.skip(tag)
  }
  return { _tag: "Request", id, folder, name, offset, size, hash, fromTemporary, blockNo }
}

const readIndex = (reader: Wire.Reader, type: number): Index | IndexUpdate => {
  let folder = ""
  const files: Array<FileInfo.FileInfo> = []
  let lastSequence = 0
  let prevSequence = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x12) {
      reader.object(entryWeight)
      const end = reader.end()
      files.push(FileInfo.read(reader, end))
    } else if (tag === 0x0A) folder = reader.string()
    else if (tag === 0x18) lastSequence = sequence(reader)
    else if (tag === 0x20) prevSequence = sequence(reader)
    else reader.skip(tag)
  }
  return type === Frames.INDEX
    ? { _tag: "Index", folder, files, lastSequence }
    : { _tag: "IndexUpdate", folder, files, lastSequence, prevSequence }
}

const readClusterConfig = (reader: Wire.Reader): ClusterConfig => {
  const folders: Array<Folder> = []
  let secondary = false
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x0A) folders.push(readFolder(reader, reader.end()))
    else if (tag === 0x10) secondary = reader.bool()
    else reader.skip(tag)
  }
  return { _tag: "ClusterConfig", folders, secondary }
}

const readFolder = (reader: Wire.Reader, end: number): Folder => {
  reader.object()
  let id = ""
  let label = ""
  let type = 0
  let paused = false
  const devices: Array<Device> = []
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === 0x0A) id = reader.string()
    else if (tag === 0x12) label = reader.string()
    else if (tag === 0x18) type = reader.int32()
    else if (tag === 0x38) paused = reader.bool()
    else if (tag === 0x82) devices.push(readDevice(reader, reader.endWithin(end)))
    else reader.skip(tag)
  }
  reader.at(end)
  return { id, label, type, paused, devices }
}

const readDevice = (reader: Wire.Reader, end: number): Device => {
  reader.object()
  let id: Uint8Array = nothing
  let name = ""
  const addresses: Array<string> = []
  let compression = 0
  let certName = ""
  let maxSequence = 0
  let indexId = 0n
  let introducer = false
  let encryptionPasswordToken: Uint8Array = nothing
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === 0x0A) id = reader.view()
    else if (tag === 0x12) name = reader.string()
    else if (tag === 0x1A) {
      reader.object()
      addresses.push(reader.string())
    } else if (tag === 0x20) compression = reader.int32()
    else if (tag === 0x2A) certName = reader.string()
    else if (tag === 0x30) maxSequence = sequence(reader)
    else if (tag === 0x38) introducer = reader.bool()
    else if (tag === 0x40) indexId = reader.uint64()
    else if (tag === 0x52) encryptionPasswordToken = reader.view()
    else reader.skip(tag)
  }
  reader.at(end)
  return { id, name, addresses, compression, certName, maxSequence, indexId, introducer, encryptionPasswordToken }
}

const readProgress = (reader: Wire.Reader): DownloadProgress => {
  let folder = ""
  const updates: Array<ProgressUpdate> = []
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x0A) folder = reader.string()
    else if (tag === 0x12) updates.push(readUpdate(reader, reader.end()))
    else reader.skip(tag)
  }
  return { _tag: "DownloadProgress", folder, updates }
}

const readUpdate = (reader: Wire.Reader, end: number): ProgressUpdate => {
  reader.object()
  let type = 0
  let name = ""
  const version: Array<Counter> = []
  const blockIndexes: Array<number> = []
  let blockSize = 0
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === 0x08) type = reader.int32()
    else if (tag === 0x12) name = reader.string()
    else if (tag === 0x1A) FileInfo.readVersion(reader, reader.endWithin(end), version)
    else if (tag === 0x20) {
      reader.object()
      blockIndexes.push(reader.int32())
    } else if (tag === 0x22) {
      const packed = reader.endWithin(end)
      while (reader.pos < packed) {
        reader.object()
        blockIndexes.push(reader.int32())
      }
      reader.at(packed)
    } else if (tag === 0x28) blockSize = reader.int32()
    else reader.skip(tag)
  }
  reader.at(end)
  return { type: type === 1 ? "forget" : "append", name, version, blockIndexes, blockSize }
}

const readClose = (reader: Wire.Reader): Close => {
  let reason = ""
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x0A) reason = reader.string()
    else reader.skip(tag)
  }
  return { _tag: "Close", reason }
}

const writeFolder = (writer: Wire.Writer, folder: Folder): void => {
  writer.string(1, folder.id).string(2, folder.label).number(3, folder.type).bool(7, folder.paused)
  for (const device of folder.devices) writer.message(16, (w) => writeDevice(w, device))
}

const writeDevice = (writer: Wire.Writer, device: Device): void => {
  writer.data(1, device.id).string(2, device.name)
  for (const address of device.addresses) writer.element(3, address)
  writer
    .number(4, device.compression)
    .string(5, device.certName)
    .number(6, device.maxSequence)
    .bool(7, device.introducer)
    .bigint(8, device.indexId)
    .data(10, device.encryptionPasswordToken)
}

const writeUpdate = (writer: Wire.Writer, update: ProgressUpdate): void => {
  writer.number(1, update.type === "forget" ? 1 : 0).string(2, update.name)
    .message(3, (w) => FileInfo.writeVersion(w, update.version))
  for (const index of update.blockIndexes) writer.varint(4 << 3).varint(index)
  writer.number(5, update.blockSize)
}

/** A sequence number; what cannot be one is 0. */
const sequence = (reader: Wire.Reader): number => {
  const value = reader.int64Number()
  return value > 0 && Number.isSafeInteger(value) ? value : 0
}

/** An entry weighs as much as ten small objects: a message holds at most 100,000 of them. */
const entryWeight = 10

const nothing = new Uint8Array(0)
