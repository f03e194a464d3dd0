/**
 * How fast blocks become packs: the writer against a bare SHA-256 pass over the same blocks, in the same run, in turns.
 * A ratio of 1 means that packing costs as much as hashing does. Read ratios: the machine is shared.
 */
import { createSecretKey, hash, randomFillSync } from "node:crypto"
import type { Sealing } from "../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../src/domain/repository/ObjectKey.ts"
import * as Pack from "../src/domain/repository/Pack.ts"

const rounds = 5
const amount = 256 * 1024 * 1024
const repository = "00112233445566778899aabbccddeeff"
const plain: Sealing = { suite: "plain", repository }
const aes: Sealing = { suite: "aes-256-gcm", repository, key: createSecretKey(new Uint8Array(32).fill(7)) }
const salt = new Uint8Array(32).fill(9)
const buffer = new Uint8Array(Pack.bufferLength())

const random = new Uint8Array(32 * 1024 * 1024)
randomFillSync(random)
const words = "the quick brown fox jumps over the lazy dog while storage engineers count every byte twice ".split(" ")
const text = new Uint8Array(random.length)
for (let at = 0, i = 0; at < text.length; i++) {
  const word = Buffer.from(`${words[random[i]! % words.length]} ${random[i + 1]! % 50} `)
  text.set(word.subarray(0, text.length - at), at)
  at += word.length
}

const blocksOf = (source: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: source.length / size }, (_, i) => source.subarray(i * size, i * size + size))

const seconds = (work: () => void): number => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const hashAll = (blocks: ReadonlyArray<Uint8Array>): void => {
  for (let done = 0; done < amount; done += random.length) for (const block of blocks) hash("sha256", block, "buffer")
}

const packAll = (sealing: Sealing, blocks: ReadonlyArray<Uint8Array>, hashes: ReadonlyArray<Uint8Array>) => {
  let packs = 0
  let sent = 0
  let writer: Pack.PackWriter | undefined
  const finish = (open: Pack.PackWriter): void => {
    sent += open.finish().ref.size
    packs++
    writer = undefined
  }
  for (let done = 0; done < amount; done += random.length) {
    for (let i = 0; i < blocks.length; i++) {
      writer ??= new Pack.PackWriter({ sealing, id: ObjectKey.makeId(1, salt.subarray(16)), salt, buffer })
      writer.add(hashes[i]!, blocks[i]!)
      if (writer.full()) finish(writer)
    }
  }
  if (writer !== undefined) finish(writer)
  return { packs, sent }
}

console.log(`pack writer, ${amount / 2 ** 20} MiB, median of ${rounds} rounds, each beside a SHA-256 pass`)
console.log("data            block     suite         MB/s   SHA MB/s   speed / SHA   sent / raw   packs per GiB")
for (const [name, source] of [["incompressible", random], ["text", text]] as const) {
  for (const size of [4096, 131_072, 1_048_576]) {
    const blocks = blocksOf(source, size)
    const hashes = blocks.map((block) => hash("sha256", block, "buffer"))
    for (const sealing of [plain, aes]) {
      const times: Array<{ readonly pack: number; readonly sha: number }> = []
      let result = { packs: 0, sent: 0 }
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0 ? seconds(() => hashAll(blocks)) : undefined
        const pack = seconds(() => {
          result = packAll(sealing, blocks, hashes)
        })
        times.push({ pack, sha: first ?? seconds(() => hashAll(blocks)) })
      }
      const speed = amount / 1e6 / median(times.map((time) => time.pack))
      const sha = amount / 1e6 / median(times.map((time) => time.sha))
      const ratio = median(times.map((time) => time.sha / time.pack))
      console.log([
        name.padEnd(14),
        String(size).padStart(8),
        sealing.suite.padEnd(12),
        speed.toFixed(0).padStart(6),
        sha.toFixed(0).padStart(9),
        ratio.toFixed(2).padStart(12),
        (result.sent / amount).toFixed(4).padStart(13),
        (result.packs / amount * 2 ** 30).toFixed(1).padStart(12)
      ].join("  "))
    }
  }
}
