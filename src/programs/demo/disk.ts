/** A directory as BEP sees it, for the demo's scripted peer: entries out of files, files out of entries. */
import { createHash } from "node:crypto"
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import * as BlockSize from "../../domain/BlockSize.ts"
import type * as FileInfo from "../../domain/FileInfo.ts"

/** What lies under the directory, without versions and sequences; parents before what is in them. */
export const scan = (root: string): ReadonlyArray<Omit<FileInfo.Fields, "version">> => {
  const found: Array<Omit<FileInfo.Fields, "version">> = []
  const walk = (directory: string) => {
    for (const base of readdirSync(join(root, directory)).toSorted()) {
      const name = directory === "" ? base : `${directory}/${base}`
      const path = join(root, name)
      const stats = lstatSync(path, { bigint: true })
      const common = {
        name,
        permissions: Number(stats.mode & 0o777n),
        modifiedS: Number(stats.mtimeNs / 1_000_000_000n),
        modifiedNs: Number(stats.mtimeNs % 1_000_000_000n)
      }
      if (stats.isDirectory()) {
        found.push({ ...common, type: "directory" })
        walk(name)
      } else if (stats.isSymbolicLink()) {
        found.push({ ...common, type: "symlink", noPermissions: true, symlinkTarget: Buffer.from(readlinkSync(path)) })
      } else {
        const size = Number(stats.size)
        found.push({ ...common, type: "file", size, blockSize: BlockSize.forFile(size), hashes: hashes(path, size) })
      }
    }
  }
  walk("")
  return found
}

const hashes = (path: string, size: number): Uint8Array => {
  const blockSize = BlockSize.forFile(size)
  const count = BlockSize.count(size, blockSize)
  const all = new Uint8Array(count * 32)
  for (let i = 0; i < count; i++) {
    const block = read(path, i * blockSize, BlockSize.sizeAt(size, blockSize, i))
    all.set(createHash("sha256").update(block).digest(), i * 32)
  }
  return all
}

/** A range of a file, cut at its end. */
export const read = (path: string, offset: number, size: number): Uint8Array => {
  const file = openSync(path, "r")
  try {
    const buffer = Buffer.alloc(size)
    return buffer.subarray(0, readSync(file, buffer, 0, size, offset))
  } finally {
    closeSync(file)
  }
}

/** Makes the disk say what the entry says; `content` is the whole of a file. */
export const write = (root: string, info: FileInfo.FileInfo, content: Uint8Array): void => {
  const path = join(root, info.name)
  if (info.deleted) return rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  switch (info.type) {
    case "directory":
      mkdirSync(path, { recursive: true })
      return chmodSync(path, info.permissions)
    case "symlink":
      rmSync(path, { force: true })
      return symlinkSync(Buffer.from(info.symlinkTarget).toString(), path)
    case "file": {
      writeFileSync(path, content)
      chmodSync(path, info.permissions)
      const seconds = info.modifiedS + info.modifiedNs / 1e9
      return utimesSync(path, seconds, seconds)
    }
  }
}
