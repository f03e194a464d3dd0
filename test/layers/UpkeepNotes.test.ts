/** What notes of upkeep must keep, and what becomes of a file that is damaged or cannot be written. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as HostFilesNode from "../../src/layers/HostFilesNode.ts"
import * as UpkeepNotesFile from "../../src/layers/UpkeepNotesFile.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import { type Notes, UpkeepNotes } from "../../src/services/UpkeepNotes.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-notes-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const noting = (packs: Readonly<Record<string, number>>) => (notes: Notes): Notes => ({
  ...notes,
  unnamed: new Map([...notes.unnamed, ...Object.entries(packs)])
})

const contract = (name: string, layer: Layer.Layer<UpkeepNotes>) =>
  describe(`UpkeepNotes (${name})`, () => {
    it.layer(layer, { excludeTestServices: true })((it) => {
      it.effect("keeps what was changed, for each repository", () =>
        Effect.gen(function*() {
          const notes = yield* UpkeepNotes
          assert.strictEqual((yield* notes.read("a")).unnamed.size, 0)
          yield* notes.change("a", noting({ "1-x": 5 }))
          yield* notes.change("b", noting({ "2-y": 6 }))
          yield* notes.change("a", noting({ "1-z": 7 }))
          assert.deepStrictEqual([...(yield* notes.read("a")).unnamed], [["1-x", 5], ["1-z", 7]])
          assert.deepStrictEqual([...(yield* notes.read("b")).unnamed], [["2-y", 6]])
        }))

      it.effect("loses none of many changes at once", () =>
        Effect.gen(function*() {
          const notes = yield* UpkeepNotes
          const packs = Array.from({ length: 16 }, (_, at) => `${at}-w`)
          yield* Effect.forEach(packs, (pack, at) => notes.change("c", noting({ [pack]: at })), {
            concurrency: "unbounded",
            discard: true
          })
          assert.strictEqual((yield* notes.read("c")).unnamed.size, packs.length)
        }))
    })
  })

contract("memory", UpkeepNotesMemory.layer)
contract(
  "file",
  Layer.unwrap(
    Effect.map(
      temporary,
      (path) => UpkeepNotesFile.layer.pipe(Layer.provide(HostFilesNode.layer(Path.join(path, "new"))))
    )
  )
)

/** The answer, and what was said meanwhile. */
const heard = Effect.fnUntraced(function*<A>(path: string, use: (notes: UpkeepNotes["Service"]) => Effect.Effect<A>) {
  const said: Array<string> = []
  const answer = yield* Effect.flatMap(UpkeepNotes, use).pipe(
    Effect.provide(
      Layer.merge(
        UpkeepNotesFile.layer.pipe(Layer.provide(HostFilesNode.layer(path))),
        Logger.layer([Logger.make(({ message }) => void said.push(String(message)))])
      )
    )
  )
  return { answer, said }
})

it.live("file: another process finds what was noted, and nothing else lies about", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    const condemned = new Map([["7 pack/1-y", 8]])
    yield* heard(path, (notes) => notes.change("abc", noting({ "1-x": 5 })))
    yield* heard(path, (notes) => notes.change("abc", (all) => ({ ...all, condemned })))
    const { answer, said } = yield* heard(path, (notes) => notes.read("abc"))
    assert.deepStrictEqual([...answer.unnamed], [["1-x", 5]])
    assert.deepStrictEqual(answer.condemned, condemned)
    assert.deepStrictEqual(said, [])
    assert.deepStrictEqual(Fs.readdirSync(Path.join(path, "witness")), ["upkeep-abc.json"])
  }))

it.live("file: a doubt about the store's clock outlives the process, and the program that noted it", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    const clock = { last: 90, wall: 80, passed: 30, leap: { from: 5, at: 70, passed: 10 } }
    yield* heard(path, (notes) => notes.change("abc", (all) => ({ ...all, clock })))
    assert.deepStrictEqual((yield* heard(path, (notes) => notes.read("abc"))).answer.clock, clock)
    // As earlier programs noted it: with nothing of this host's clock.
    const noted = (text: string) =>
      Effect.sync(() => Fs.writeFileSync(Path.join(path, "witness/upkeep-abc.json"), text))
    yield* noted(`{"clock":{"last":90,"leap":{"from":5,"at":70}},"unnamed":{}}`)
    assert.deepStrictEqual((yield* heard(path, (notes) => notes.read("abc"))).answer.clock, {
      last: 90,
      passed: 20,
      leap: { from: 5, at: 70, passed: 0 }
    })
    yield* noted(`{"clock":{"last":90},"unnamed":{}}`)
    assert.deepStrictEqual((yield* heard(path, (notes) => notes.read("abc"))).answer.clock, { last: 90, passed: 0 })
  }))

it.live("file: a damaged one is told, and begun anew", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    Fs.mkdirSync(Path.join(path, "witness"))
    for (const text of ["", "{", "{}", `{"unnamed":{"1-x":-1}}`, `{"unnamed":{"1-x":"5"}}`]) {
      Fs.writeFileSync(Path.join(path, "witness/upkeep-abc.json"), text)
      const { answer, said } = yield* heard(path, (notes) => notes.read("abc"))
      assert.strictEqual(answer.unnamed.size, 0)
      assert.strictEqual(said.length, 1, text)
    }
    yield* heard(path, (notes) => notes.change("abc", noting({ "1-x": 5 })))
    assert.strictEqual((yield* heard(path, (notes) => notes.read("abc"))).answer.unnamed.get("1-x"), 5)
  }))

it.live("file: where none can be made work goes on, and it is told", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    Fs.writeFileSync(Path.join(path, "witness"), "a file")
    const { said } = yield* heard(path, (notes) => notes.change("abc", noting({ "1-x": 5 })))
    assert.strictEqual(said.length, 1)
    assert.include(said[0], "cannot be kept")
  }))

it.live("file: of very many packs those known for longest are kept", () =>
  Effect.gen(function*() {
    const path = yield* temporary
    const many = Object.fromEntries(Array.from({ length: 20_500 }, (_, at) => [`${at}-x`, 30_000 - at]))
    yield* heard(path, (notes) => notes.change("abc", noting(many)))
    const { unnamed } = (yield* heard(path, (notes) => notes.read("abc"))).answer
    assert.strictEqual(unnamed.size, 20_000)
    assert.isFalse(unnamed.has("0-x"))
    assert.isTrue(unnamed.has("20499-x"))
  }))
