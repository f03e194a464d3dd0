/**
 * What is done to one object of a repository that was used for a month: a full check must name it, and nobody may be served
 * wrong bytes. One number is one damage.
 */
import { Effect, References, Result, Stream } from "effect"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Record from "../../src/domain/repository/Record.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import * as World from "../harness/FsckWorld.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Aged from "./Aged.ts"
import * as SimPeer from "./SimPeer.ts"

export const days = 30

type Objects = ReadonlyMap<string, Uint8Array>

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, References.MinimumLogLevel, "None")

/** Keys of damage; of what keeps the repository from being opened, if that is so. */
export const found = (objects: Map<string, Uint8Array>) =>
  quiet(World.on(objects, "plain", World.check({ level: "full" }))).pipe(
    Effect.map((report) => report.findings.filter(({ severity }) => severity === "damage").map(({ key }) => key)),
    Effect.catch((error) =>
      error._tag === "RepositoryCorrupt" ? Effect.succeed([error.key]) : Effect.succeed([error._tag])
    )
  )

/** Reads every file of the head: names of those that were served as something else than they are. */
export const servedWrong = (objects: Map<string, Uint8Array>, contents: ReadonlyMap<string, Uint8Array>) =>
  quiet(World.on(
    objects,
    "plain",
    Effect.gen(function*() {
      const state = yield* (yield* Repository).head
      const blocks = yield* BlockReader
      const segments = yield* SegmentReader
      const newest = new Map<string, Record.FileRecord>()
      for (const id of state.folders.get(SimPeer.folder)?.segments ?? []) {
        yield* Stream.runForEach(segments.records(state.segments.get(id)!), (records) =>
          Effect.sync(() => {
            for (const record of records) {
              if ((newest.get(record.name)?.sequence ?? 0) < record.sequence) newest.set(record.name, record)
            }
          }))
      }
      const wrong: Array<string> = []
      for (const [name, content] of contents) {
        const record = newest.get(name)
        if (record === undefined) {
          wrong.push(`${name} is gone`)
          continue
        }
        const info = Result.getOrThrow(FileInfo.decode(record.info))
        if (info.deleted || info.size !== content.length) wrong.push(`${name} is another version`)
        for (let i = 0; i < FileInfo.blockCount(info) && info.size > 0; i++) {
          const read = yield* Effect.result(blocks.read(Record.packOf(record, i) ?? "", FileInfo.blockHash(info, i)))
          const right = content.subarray(i * info.blockSize, (i + 1) * info.blockSize)
          if (Result.isSuccess(read) && Buffer.compare(read.success, right) !== 0) wrong.push(`${name}, block ${i}`)
        }
      }
      return wrong
    })
  )).pipe(
    Effect.catch((error) => Effect.succeed(error._tag === "RepositoryCorrupt" ? [] : [`it failed: ${error._tag}`]))
  )

const flip = (bytes: Uint8Array, random: Seeded.Seeded): Uint8Array => {
  const at = random.int(bytes.length)
  return bytes.with(at, bytes[at]! ^ 1 << random.int(8))
}

export const harms = ["flip", "cut", "grow", "zeros", "swap", "delete", "empty"] as const

/** Undefined: it would be what it was. */
const harmed = (
  objects: Objects,
  key: string,
  harm: typeof harms[number],
  random: Seeded.Seeded
): { readonly broken: Map<string, Uint8Array>; readonly keys: ReadonlyArray<string> } | undefined => {
  const broken = new Map(objects)
  const bytes = objects.get(key)!
  const put = (value: Uint8Array) => broken.set(key, value)
  if (harm === "flip") put(flip(bytes, random))
  else if (harm === "cut") put(bytes.subarray(0, random.int(bytes.length)))
  else if (harm === "grow") put(Buffer.concat([bytes, random.bytes(1 + random.int(40))]))
  else if (harm === "empty") put(new Uint8Array(0))
  else if (harm === "delete") broken.delete(key)
  else if (harm === "zeros") {
    const from = random.int(bytes.length)
    put(Uint8Array.from(bytes).fill(0, from, from + 1 + random.int(500)))
  } else {
    const same = [...objects.keys()].filter((other) => other !== key && other.split("/")[0] === key.split("/")[0])
    const other = same[random.int(Math.max(1, same.length))]
    if (other === undefined) return undefined
    put(objects.get(other)!)
    broken.set(other, bytes)
    return { broken, keys: [key, other] }
  }
  return Buffer.compare(broken.get(key) ?? Buffer.of(1, 2, 3), bytes) === 0 ? undefined : { broken, keys: [key] }
}

export interface Victim extends Pick<Aged.Aged, "contents" | "objects"> {
  readonly needed: ReadonlySet<string>
  /** Positions of the two oldest entries: without the first the log was trimmed once more, without the second a late one is left over. */
  readonly oldest: ReadonlyArray<number>
}

/** A repository after a month. `look`: called with it at the end of each day. */
export const lived = Effect.fnUntraced(function*(look?: Parameters<typeof Aged.make>[1]) {
  const aged = yield* Aged.make({ seed: 11, days }, look)
  const state = yield* quiet(World.on(new Map(aged.objects), "plain", World.state))
  const logged = [...aged.objects.keys()].map(ObjectKey.parse).flatMap((key) =>
    key?._tag === "Log" ? [key.position] : []
  )
  const oldest = logged.toSorted((a, b) => a - b).slice(0, 2)
  return { ...aged, needed: World.neededBy(state, aged.objects), oldest }
})

const kinds = ["pack/", "segment/", "log/", "base/", "repository"] as const

/** Does one of the things to one of the objects: what it was, and what was wrong about what came of it. */
export const strike = Effect.fnUntraced(function*({ contents, needed, objects, oldest }: Victim, damage: number) {
  const random = Seeded.make(4711 + damage)
  while (true) {
    const kind = kinds[random.int(kinds.length)]!
    const keys = [...objects.keys()].filter((key) => key.startsWith(kind) && needed.has(key) || key === kind).toSorted()
    const key = keys[random.int(keys.length)]!
    const harm = harms[random.int(harms.length)]!
    // A base that is gone is no loss, and the log may begin later: that is what trimming leaves.
    const parsed = ObjectKey.parse(key)
    const isTrimmed = parsed?._tag === "Log" && oldest.includes(parsed.position)
    if (harm === "delete" && (kind === "base/" || isTrimmed)) continue
    const done = harmed(objects, key, harm, random)
    if (done === undefined) continue
    const complaints: Array<string> = []
    const told = yield* found(new Map(done.broken))
    const isNamed = told.some((one) => done.keys.includes(one)) ||
      // Without its marker it is no repository, and says so.
      key === ObjectKey.marker && told.length > 0
    if (!isNamed) complaints.push(`it was not found: ${told.join(", ") || "nothing was"}`)
    if (kind === "pack/" || kind === "segment/") complaints.push(...yield* servedWrong(done.broken, contents))
    return { what: `${harm} of ${done.keys.join(" and ")}`, kind: `${harm} ${kind}`, complaints }
  }
})
