/**
 * Repositories that were used for a month: a check finds nothing wrong with them on any day, and everything that is done
 * to one of their objects; and whatever is done, nobody is ever served wrong bytes.
 */
import { assert, describe, it } from "@effect/vitest"
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

const cases = Number(process.env["BEPOSITORY_CORRUPTIONS"] ?? 120)
const days = 30

type Objects = ReadonlyMap<string, Uint8Array>

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, References.MinimumLogLevel, "None")

/** Keys of damage; of what keeps the repository from being opened, if that is so. */
const found = (objects: Map<string, Uint8Array>) =>
  quiet(World.on(objects, "plain", World.check({ level: "full" }))).pipe(
    Effect.map((report) => report.findings.filter(({ severity }) => severity === "damage").map(({ key }) => key)),
    Effect.catch((error) =>
      error._tag === "RepositoryCorrupt" ? Effect.succeed([error.key]) : Effect.succeed([error._tag])
    )
  )

/** Reads every file of the head: names of those that were served as something else than they are. */
const servedWrong = (objects: Map<string, Uint8Array>, contents: ReadonlyMap<string, Uint8Array>) =>
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

const harms = ["flip", "cut", "grow", "zeros", "swap", "delete", "empty"] as const

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

describe("a repository that was used for a month", () => {
  let aged: Aged.Aged | undefined

  it.live("is in order on every day, by a full check", () =>
    Effect.gen(function*() {
      const alarms: Array<string> = []
      aged = yield* Aged.make({ seed: 11, days }, (day, objects) =>
        Effect.map(found(new Map(objects)), (keys) =>
          void alarms.push(...keys.map((key) => `day ${day}: ${key}`))))
      assert.deepStrictEqual(aged.complaints, [])
      assert.deepStrictEqual(alarms, [])
      assert.isAbove(aged.removed, 100)
      assert.deepStrictEqual(yield* servedWrong(new Map(aged.objects), aged.contents), [])
    }), 120_000)

  it.live(
    `whatever is done to one of its objects is found, and nothing wrong is served, ${cases} times`,
    () =>
      Effect.gen(function*() {
        const { contents, objects } = aged!
        const random = Seeded.make(4711)
        const state = yield* quiet(World.on(new Map(objects), "plain", World.state))
        const needed = World.neededBy(state, objects)
        const oldest = (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted()[0]
        const kinds = ["pack/", "segment/", "log/", "base/", "repository"]
        const counts: { [kind: string]: number } = {}
        for (let done = 0; done < cases;) {
          const kind = kinds[random.int(kinds.length)]!
          const keys = [...objects.keys()].filter((key) => key.startsWith(kind) && needed.has(key) || key === kind)
            .toSorted()
          const key = keys[random.int(keys.length)]!
          const harm = harms[random.int(harms.length)]!
          const harmedObjects = harmed(objects, key, harm, random)
          if (harmedObjects === undefined) continue
          // A base that is gone is no loss, and the log may begin later: that is what trimming leaves.
          if (harm === "delete" && (kind === "base/" || key === oldest("log/"))) continue
          done++
          counts[`${kind} ${harm}`] = (counts[`${kind} ${harm}`] ?? 0) + 1
          const { broken, keys: hurt } = harmedObjects
          const told = yield* found(new Map(broken))
          const named = told.some((one) => hurt.includes(one)) ||
            // Without its marker it is no repository, and says so.
            key === ObjectKey.marker && told.length > 0
          assert.isTrue(named, `${harm} of ${hurt.join(" and ")} was not found: ${told.join(", ") || "nothing was"}`)
          if (kind === "pack/" || kind === "segment/") {
            assert.deepStrictEqual(yield* servedWrong(broken, contents), [], `${harm} of ${key}`)
          }
        }
        assert.isAbove(Object.keys(counts).length, 25)
      }),
    600_000
  )
})
