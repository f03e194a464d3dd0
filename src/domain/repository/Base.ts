/**
 * A state as one object, so that opening needs no log from its beginning. Written only when no record lies in commits
 * alone; equal states give equal bytes, whatever way they were folded.
 */
import * as Result from "effect/Result"
import { Writer } from "../Wire.ts"
import {
  readCheckpoint,
  readFolder,
  readIdentity,
  readPlaces,
  writeCheckpoint,
  writeFolder,
  writePlaces
} from "./BaseParts.ts"
import * as Upkeep from "./BaseUpkeep.ts"
import type { EnvelopeError } from "./Envelope.ts"
import { compareText } from "./Order.ts"
import type { Checkpoint, PackRef, SegmentRef } from "./Refs.ts"
import { readPacks, readSegment, writeList, writePacks, writeSegment } from "./RefWire.ts"
import { type FolderState, maxInlinePacks, type State } from "./State.ts"
import { Strict } from "./Strict.ts"

/** The payload of `base/<position>`, or why there can be none for this state. */
export const encode = (state: State): Result.Result<Uint8Array, string> => {
  const unflushed = [...state.folders.values()].find((folder) => folder.inline.length > 0)
  if (unflushed !== undefined) return Result.fail(`the folder ${unflushed.id} has records that no segment holds`)
  if (state.packs.inline.size > maxInlinePacks) return Result.fail("too many packs are in no pack table")
  if (state.position === 0) return Result.fail("there is nothing to write down before the first commit")
  const writer = new Writer(16_384)
  writer.number(1, state.position).data(2, state.digest).number(3, state.epoch).number(4, state.time)
  if (state.identity !== undefined) {
    const { certificate, privateKey } = state.identity
    writer.message(5, (writer) => writer.data(1, certificate).data(2, privateKey))
  }
  const segments = [...state.segments.values()].toSorted((a, b) => compareText(a.id, b.id))
  const places = new Map(segments.map((segment, place) => [segment.id, place]))
  for (const segment of segments) writeSegment(writer, 6, segment)
  const folders = [...state.folders.values()].toSorted((a, b) => compareText(a.id, b.id))
  for (const folder of folders) writer.message(7, (writer) => writeFolder(writer, folder, places))
  const packs = [...state.packs.inline.values()].toSorted((a, b) =>
    a.position - b.position || compareText(a.ref.id, b.ref.id)
  )
  if (packs.length > 0) {
    writePacks(writer, 8, packs.map((pack) => pack.ref))
    writeList(writer, 9, packs.map((pack) => pack.position))
  }
  writePlaces(writer, 10, state.packs.segments, places)
  for (const checkpoint of state.checkpoints) {
    writer.message(11, (writer) => writeCheckpoint(writer, checkpoint, places))
  }
  writer.number(12, state.nextCheckpoint)
  Upkeep.write(writer, state)
  return Result.succeed(writer.finish())
}

/** The state a base holds. Its packs are complete only after `withFlushed`: until then those of its pack table are unknown. */
export const decode = (bytes: Uint8Array): Result.Result<State, EnvelopeError> => {
  const reader = new Strict(bytes)
  const head = { position: 0, epoch: 0, time: 0, nextCheckpoint: 0 }
  let digest: Uint8Array = new Uint8Array(0)
  let identity: State["identity"]
  const segments: Array<SegmentRef> = []
  const folders = new Map<string, FolderState>()
  let packs: ReadonlyArray<PackRef> = []
  const positions: Array<number> = []
  let packSegments: ReadonlyArray<string> = []
  const checkpoints: Array<Checkpoint> = []
  const upkeep = Upkeep.reader(reader)
  reader.all((tag) => {
    switch (tag) {
      case 8:
        head.position = reader.safe()
        break
      case 18:
        digest = reader.copy()
        break
      case 24:
        head.epoch = reader.safe()
        break
      case 32:
        head.time = reader.safe()
        break
      case 42:
        identity = readIdentity(reader)
        break
      case 50:
        segments.push(readSegment(reader))
        break
      case 58: {
        const folder = readFolder(reader, segments)
        folders.set(folder.id, folder)
        break
      }
      case 66:
        packs = readPacks(reader)
        break
      case 74:
        reader.packed(positions)
        break
      case 82:
        packSegments = readPlaces(reader, segments)
        break
      case 90:
        checkpoints.push(readCheckpoint(reader, segments))
        break
      case 96:
        head.nextCheckpoint = reader.safe()
        break
      default:
        if (!upkeep.field(tag)) reader.unknown("Base", tag)
    }
  })
  if (head.position === 0 || digest.length !== 32 || head.nextCheckpoint === 0) reader.fail("the base is not complete")
  if (packs.length !== positions.length || packs.length > maxInlinePacks) reader.fail("its packs have no positions")
  const { dropped, ...kept } = upkeep.finish()
  return reader.result({
    ...head,
    ...kept,
    digest,
    ...(identity === undefined ? {} : { identity }),
    folders,
    segments: new Map(segments.map((segment) => [segment.id, segment])),
    packs: {
      flushed: new Map(),
      inline: new Map(packs.map((ref, i) => [ref.id, { ref, position: positions[i] ?? 0 }])),
      segments: packSegments,
      dropped
    },
    checkpoints,
    inlineBytes: 0,
    basePosition: head.position
  })
}

/** The state with the rows of its pack-table segments. */
export const withFlushed = (state: State, packs: Iterable<PackRef>): State => {
  const flushed = new Map(state.packs.flushed)
  for (const ref of packs) if (!state.packs.dropped.has(ref.id)) flushed.set(ref.id, ref)
  return { ...state, packs: { ...state.packs, flushed } }
}
