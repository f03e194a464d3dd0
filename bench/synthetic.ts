/** The million files of `million.ts`: names, entries, blocks that nobody reads, and packs that are holes with a trailer. */
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileInfo from "../src/domain/FileInfo.ts"
import type { Op } from "../src/domain/repository/Commit.ts"
import { Parts, type Sealing, tail } from "../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../src/domain/repository/ObjectKey.ts"
import type { FileRecord } from "../src/domain/repository/Record.ts"
import type { PackRef } from "../src/domain/repository/State.ts"
import * as Trailer from "../src/domain/repository/Trailer.ts"
import { Lease } from "../src/services/Lease.ts"
import { Repository } from "../src/services/Repository.ts"

export const blockSize = 131_072
export const blocksPerFile = 10
const blocksPerPack = 256
const filesPerDirectory = 100
/** As many as the daemon stages for one commit. */
export const filesPerCommit = 8000
export const folder = "million"

export const path = (i: number): string =>
  `pictures/${1990 + Math.floor(i / 40_000)}/event ${Math.floor(i / filesPerDirectory)}/DSC_${
    String(i).padStart(7, "0")
  }.jpeg`

/** Hashes of the file's blocks: nothing that compresses. */
export const hashesOf = (i: number): Uint8Array =>
  Crypto.createHash("shake256", { outputLength: 32 * blocksPerFile }).update(String(i)).digest()

/** Trailer and tail of a pack of raw frames; what lies before them is a hole. */
const endOf = (sealing: Sealing, id: string, pack: number): Uint8Array => {
  const hashes = new Uint8Array(32 * blocksPerPack)
  for (let at = 0; at < blocksPerPack; at++) {
    const block = pack * blocksPerPack + at
    const [file, index] = [Math.floor(block / blocksPerFile), block % blocksPerFile]
    hashes.set(hashesOf(file).subarray(index * 32, index * 32 + 32), at * 32)
  }
  const frames = Array.from({ length: blocksPerPack }, () => ({ blocks: 1, stored: blockSize, codec: 0 } as const))
  const payload = Trailer.encode(frames, Array.from({ length: blocksPerPack }, () => blockSize), hashes)
  const parts = new Parts(sealing, ObjectKey.pack(id), new Uint8Array(0))
  const sealed = new Uint8Array(payload.length + parts.overhead)
  parts.sealInto(sealed, 0, blocksPerPack, blocksPerPack + 1, payload)
  return Buffer.concat([sealed, tail(parts, blocksPerPack + 1, sealed.length)])
}

export const build = Effect.fnUntraced(function*(directory: string, files: number) {
  const repository = yield* Repository
  const fence = yield* (yield* Lease).fence
  yield* repository.commit(() =>
    Effect.succeed([{ _tag: "FolderAdded", folder, label: "A million files", indexId: 7n }])
  )
  const packOf = (block: number): string =>
    ObjectKey.makeId(
      fence.term,
      Crypto.hash("sha256", `pack ${Math.floor(block / blocksPerPack)}`, "buffer").subarray(0, 16)
    )
  let packed = 0
  for (let from = 0; from < files; from += filesPerCommit) {
    const to = Math.min(files, from + filesPerCommit)
    const packs: Array<PackRef> = []
    for (; packed * blocksPerPack < to * blocksPerFile; packed++) {
      const id = packOf(packed * blocksPerPack)
      const end = endOf(repository.sealing, id, packed)
      const ref: PackRef = {
        id,
        size: blocksPerPack * blockSize + 24 + end.length,
        trailerLength: end.length,
        blocks: blocksPerPack,
        bytes: blocksPerPack * blockSize
      }
      packs.push(ref)
      const object = Path.join(directory, "store", ObjectKey.pack(ref.id))
      Fs.mkdirSync(Path.dirname(object), { recursive: true })
      const file = Fs.openSync(object, "w")
      Fs.writeSync(file, end, 0, end.length, ref.size - end.length)
      Fs.closeSync(file)
    }
    const records = Array.from({ length: to - from }, (_, at): FileRecord => {
      const i = from + at
      const name = path(i)
      const info = FileInfo.encode({
        name,
        type: "file",
        size: blocksPerFile * blockSize,
        permissions: 0o644,
        modifiedS: 1_600_000_000 + i,
        modifiedNs: i * 997 % 1_000_000_000,
        modifiedBy: 77n,
        version: [{ id: 77n, value: BigInt(i + 1) }],
        hashes: hashesOf(i)
      })
      const first = packOf(i * blocksPerFile)
      const last = packOf((i + 1) * blocksPerFile - 1)
      const inFirst = Math.min(blocksPerFile, blocksPerPack - i * blocksPerFile % blocksPerPack)
      const runs = first === last
        ? [{ pack: first, count: blocksPerFile }]
        : [{ pack: first, count: inFirst }, { pack: last, count: blocksPerFile - inFirst }]
      return { name, sequence: i + 1, info, runs }
    })
    yield* repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "PacksAdded", packs }]), fence)
    const segment = yield* repository.putSegment({ table: "files", folder, records }, fence)
    yield* repository.commit(
      () => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "SegmentAdded", folder, segment }]),
      fence
    )
    if (from % (filesPerCommit * 25) === 0) console.error(`  ${to} files`)
  }
  yield* repository.flush(fence)
})
