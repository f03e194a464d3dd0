/** What a replica must answer, told from the log alone. */
import { assert } from "@effect/vitest"
import { Effect, type Layer, Result, type Scope } from "effect"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import { parentOf } from "../../src/domain/repository/Order.ts"
import * as State from "../../src/domain/repository/State.ts"
import { Replica, type ReplicaUnusable } from "../../src/services/Replica.ts"
import { type Entry, hashOf, ScriptedRepository } from "./ScriptedRepository.ts"

export interface Place {
  readonly layer: (script: ScriptedRepository) => Layer.Layer<Replica, ReplicaUnusable>
  /** Deletes what is kept. */
  readonly discard: Effect.Effect<void>
}

export type Service = Replica["Service"]

/** Runs the body in one process over a new place. */
export const during =
  (open: Effect.Effect<Place, never, Scope.Scope>) =>
  <A, E>(script: ScriptedRepository, body: (replica: Service) => Effect.Effect<A, E, Scope.Scope>) =>
    Effect.gen(function*() {
      const place = yield* open
      return yield* Effect.scoped(Effect.flatMap(Replica, body)).pipe(Effect.provide(place.layer(script)))
    })

/** A script with an open epoch and folders. */
export const begun = (...folders: ReadonlyArray<string>): ScriptedRepository => {
  const script = new ScriptedRepository()
  script.openEpoch()
  for (const folder of folders) script.addFolder(folder)
  return script
}

export const all = { records: Infinity, bytes: Infinity }

/** Compares every answer about records with the log's own. */
export const agrees = (replica: Service, script: ScriptedRepository, prefixes: ReadonlyArray<string> = [""]) => {
  for (const folder of script.folders.keys()) {
    const view = script.view(folder)
    const expected = [...view.values()].toSorted((a, b) => a.sequence - b.sequence)
    for (const limit of [all, { records: 2, bytes: Infinity }, { records: 100, bytes: 400 }]) {
      const paged = []
      let after = 0
      for (let pages = 0; pages <= expected.length; pages++) {
        const page = replica.recordsAfterUnsafe(folder, after, limit)
        if (page.records.length === 0) {
          assert.strictEqual(page.last, after)
          break
        }
        assert.isAtMost(page.records.length, limit.records)
        assert.strictEqual(page.last, page.records.at(-1)?.sequence)
        paged.push(...page.records)
        after = page.last
      }
      assert.deepStrictEqual(paged.map(plain), expected.map(plain))
    }
    const totals = { files: 0, directories: 0, bytes: 0 }
    for (const record of expected) {
      assert.deepStrictEqual(plain(replica.recordUnsafe(folder, record.name)), plain(record))
      if (!isLive(record.info)) continue
      if (isDirectory(record.name)) totals.directories++
      else totals.files++
      totals.bytes += record.runs.reduce((sum, run) => sum + run.count, 0) * 128 * 1024
    }
    const { bytes, directories, files } = replica.totalsUnsafe(folder)
    assert.deepStrictEqual({ bytes, directories, files }, totals)
    assert.strictEqual(replica.sequenceUnsafe(folder), script.head.folders.get(folder)?.sequence)
    for (const parent of new Set(["", "nowhere", ...expected.map(({ name }) => parentOf(name))])) {
      for (const prefix of prefixes) {
        const found = replica.siblingsUnsafe(folder, parent, prefix)
        const wanted = expected.filter(({ info, name }) =>
          parentOf(name) === parent && name.startsWith(parent === "" ? prefix : `${parent}/${prefix}`) && isLive(info)
        )
        assert.sameMembers(found.map(({ name }) => name), wanted.map(({ name }) => name))
      }
    }
  }
  for (const folder of script.newest.removed.keys()) {
    assert.deepStrictEqual(replica.recordsAfterUnsafe(folder, 0, all), { records: [], last: 0 })
    assert.deepStrictEqual(replica.siblingsUnsafe(folder, "", ""), [])
    const { bytes, directories, files } = replica.totalsUnsafe(folder)
    assert.deepStrictEqual({ bytes, directories, files }, { bytes: 0, directories: 0, files: 0 })
    assert.strictEqual(replica.sequenceUnsafe(folder), 0)
  }
  assert.strictEqual(replica.positionUnsafe(), script.head.position)
}

/** `needed` labels must be found; whatever is found must be so. */
export const findsBlocks = (
  replica: Service,
  script: ScriptedRepository,
  labels: Iterable<string>,
  needed: Iterable<string>
) => {
  const must = new Set(needed)
  for (const label of labels) {
    const pack = replica.findBlockUnsafe(hashOf(label))
    if (pack === undefined) assert.isFalse(must.has(label), `block ${label} must be found`)
    else {
      assert.isTrue(script.packs.get(pack)?.has(label), `block ${label} is not in ${pack}`)
      assert.isTrue(State.isLive(script.head, pack), `pack ${pack} is not live`)
    }
  }
}

const plain = (record: ReturnType<Service["recordUnsafe"]>) =>
  record === undefined ? undefined : { ...record, info: Buffer.from(record.info).toString("hex") }

const isLive = (info: Uint8Array): boolean => {
  const { deleted, invalid } = Result.getOrThrow(FileInfo.decode(info))
  return !deleted && !invalid
}

export const long = (seed: string, length: number): string => {
  let name = seed
  while (name.length < length) name += `/${seed}-${"x".repeat(200)}`
  return name.slice(0, length - 1) + "z"
}

/** Names that meet each other's directories, prefixes and stand-ins. */
export const names = [
  "a",
  "a/b",
  "a/b/c",
  "a-b",
  "a.b/c",
  "ab",
  "d",
  "a/d",
  "é/ü",
  "n".repeat(255),
  `${"n".repeat(254)}m`,
  long("deep", 3000),
  `${long("deep", 2990)}2`,
  `p/${"q".repeat(600)}`,
  `p/${"q".repeat(600)}r`,
  `p/${"q".repeat(499)}`
]

export const isDirectory = (name: string) => name === "d" || name.endsWith("/d")
export const named = (name: string): Entry => ({ name, type: isDirectory(name) ? "directory" : "file" })
