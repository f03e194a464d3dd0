/**
 * The fields of each message of BEP, read and written in the order of BEP sheet §3. A reader given to `read` says afterwards
 * whether what came out may be believed. Use `Messages`; this file is its inside.
 */
import * as FileInfo from "../FileInfo.ts"
import type { Counter } from "../VersionVector.ts"
import type * as Wire from "../Wire.ts"
import * as Frames from "./Frames.ts"
import type {
  Close,
  ClusterConfig,
  Device,
  DownloadProgress,
  Folder,
  Index,
  IndexUpdate,
  Message,
  ProgressUpdate,
  Request,
  Response
} from "./Messages.ts"

/** Reads the whole body of a message of the given type; undefined for an unknown type. */
export const read = (reader: Wire.Reader, type: number): Message | undefined => {
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

/** Appends the body of a message. */
export const write = (writer: Wire.Writer, message: Message): void => {
  switch (message._tag) {
    case "ClusterConfig":
      for (const folder of message.folders) writer.message(1, (w) => writeFolder(w, folder))
      writer.bool(2, message.secondary)
      break
    case "Index":
      writeIndex(writer, message.folder, message.files.map((file) => file.raw), message.lastSequence, undefined)
      break
    case "IndexUpdate":
      writeIndex(
        writer,
        message.folder,
        message.files.map((file) => file.raw),
        message.lastSequence,
        message.prevSequence
      )
      break
    case "Request":
      writer
        .signed(1, message.id)
        .string(2, message.folder)
        .string(3, message.name)
        .signed(4, message.offset)
        .signed(5, message.size)
        .data(6, message.hash)
        .bool(7, message.fromTemporary)
        .signed(9, message.blockNo)
      break
    case "Response":
      writer.signed(1, message.id).data(2, message.data).number(3, message.code)
      break
    case "DownloadProgress":
      writer.string(1, message.folder)
      for (const update of message.updates) writer.message(2, (w) => writeUpdate(w, update))
      break
    case "Close":
      writer.string(1, message.reason)
  }
}

/** Appends the body of an Index or IndexUpdate from encoded entries. */
export const writeIndex = (
  writer: Wire.Writer,
  folder: string,
  infos: ReadonlyArray<Uint8Array>,
  last: number,
  prev: number | undefined
): void => {
  writer.string(1, folder)
  for (const info of infos) writer.element(2, info)
  writer.number(3, last).number(4, prev ?? 0)
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
