import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Base from "../../../src/domain/repository/Base.ts"
import * as Commit from "../../../src/domain/repository/Commit.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as Marker from "../../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../../src/domain/repository/Pack.ts"
import * as Segment from "../../../src/domain/repository/Segment.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { directory, objects, suites } from "../../golden/make.ts"
import { history, ok, packBlocks, packId, repository, sha } from "./fixtures.ts"

const stored = (suite: string): ReadonlyMap<string, Uint8Array> => {
  const root = Path.join(directory, suite)
  const files = Fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(files.map((file) => {
    const path = Path.join(file.parentPath, file.name)
    return [Path.relative(root, path), Fs.readFileSync(path)]
  }))
}

for (const sealing of suites) {
  describe(`golden objects of format 1, ${sealing.suite}`, () => {
    const files = stored(sealing.suite)
    const read = (name: string): Uint8Array => files.get(name) ?? assert.fail(`no golden ${name}`)

    it("are what this program writes, byte for byte, and there are no others", () => {
      const made = objects(sealing)
      assert.deepStrictEqual([...files.keys()].toSorted(), made.map((object) => object.name).toSorted())
      for (const { bytes, name } of made) assert.isTrue(Buffer.compare(read(name), bytes) === 0, name)
    })

    it("hold every kind of object", () => {
      const kinds = new Set([...files.keys()].map((name) => ObjectKey.parse(name)?._tag))
      const keys = sealing.suite === "plain" ? [] : ["Key"]
      assert.sameMembers([...kinds], ["Base", "Lease", "Log", "Marker", "Pack", "Segment", ...keys])
    })

    it("fold from the log to the state of the base", () => {
      const { commits, states } = history(sealing)
      let state = State.initial(repository)
      for (let position = 1; position <= commits.length; position++) {
        const name = ObjectKey.log(position)
        const payload = ok(Envelope.openObject(sealing, name, read(name)))
        const commit = ok(Commit.decode(payload))
        assert.deepEqual(commit, plainBytes(commits[position - 1]!))
        state = ok(State.next(state, commit, Commit.digest(payload), State.noFacts))
      }
      assert.deepEqual(state, states.at(-1)!)
      const name = ObjectKey.base(state.position)
      const base = ok(Base.decode(ok(Envelope.openObject(sealing, name, read(name)))))
      const flushed = base.packs.segments.flatMap((id) => {
        const { content } = ok(Segment.readAll(sealing, id, read(ObjectKey.segment(id))))
        return content.table === "packs" ? content.packs : []
      })
      assert.deepEqual({ ...Base.withFlushed(base, flushed), basePosition: 0 }, state)
    })

    it("give back marker, blocks and records", () => {
      const marker = ok(Marker.decode(read(ObjectKey.marker)))
      assert.deepStrictEqual(marker, {
        format: 1,
        suite: sealing.suite,
        repository,
        capabilities: ["date", "put-if-absent"],
        created: 1_700_000_000_000
      })
      const trailer = ok(Pack.readAll(sealing, packId("one"), read(ObjectKey.pack(packId("one")))))
      for (const block of packBlocks) assert.strictEqual(trailer.find(sha(block))?.length, block.length)
      const { docs, states } = history(sealing)
      const [segment = ""] = states.at(-1)!.folders.get("docs")!.segments
      const { content } = ok(Segment.readAll(sealing, segment, read(ObjectKey.segment(segment))))
      assert.deepEqual(content, {
        table: "files",
        folder: "docs",
        records: plainBytes(docs.toReversed())
      })
    })
  })
}

/** Buffers as plain arrays of bytes, so that equality is about what is in them. */
const plainBytes = <A>(value: A): A => {
  if (value instanceof Uint8Array) return Uint8Array.from(value) as A
  if (Array.isArray(value)) return value.map(plainBytes) as A
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainBytes(inner)])) as A
  }
  return value
}
