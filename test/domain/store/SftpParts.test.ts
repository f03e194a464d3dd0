/** The small pure parts of SFTP stores: paths, attributes, bodies in pieces, requests under way. */
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import * as SftpAttributes from "../../../src/domain/store/SftpAttributes.ts"
import * as SftpBody from "../../../src/domain/store/SftpBody.ts"
import * as SftpPump from "../../../src/domain/store/SftpPump.ts"
import * as SftpWalk from "../../../src/domain/store/SftpWalk.ts"
import * as StorePath from "../../../src/domain/store/StorePath.ts"

const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))).check(
  Schema.isMaxLength(20)
)
const Small = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 }))

describe("StorePath", () => {
  it.each([
    ["/srv/r", "log/1", "/srv/r/log/1", "/srv/r/log"],
    ["/srv/r", "log/", "/srv/r/log", "/srv/r"],
    ["/srv/r", "", "/srv/r", "/srv"],
    ["/", "a", "/a", "/"],
    ["/", "", "/", "/"],
    [".", "a/b", "a/b", "a"],
    [".", "a", "a", "."],
    [".", "", ".", "."],
    ["r", "a", "r/a", "r"],
    ["r", "", "r", "."]
  ])("below %s, %s lies at %s in %s", (root, key, path, parent) => {
    expect(StorePath.pathOf(root, key)).toBe(path)
    expect(StorePath.parentOf(path)).toBe(parent)
  })
})

describe("SftpAttributes", () => {
  it("tells files, directories, links and the rest apart, and admits what it does not know", () => {
    const kinds = [0o100644, 0o040755, 0o120777, 0o010644, 0o060000, 0o644, undefined].map(SftpAttributes.kindOf)
    expect(kinds).toEqual(["file", "directory", "link", "other", "other", undefined, undefined])
    expect(SftpAttributes.fromFields({})).toEqual({ kind: undefined, size: 0, modified: 0 })
  })

  it("counts what is left, and knows what has no limit", () => {
    const answer = { f_frsize: 4096, f_bavail: 10, f_files: 5, f_favail: 3, f_sid: 7, f_flag: 0 }
    expect(SftpAttributes.spaceOf(answer)).toEqual({ bytes: 40_960, files: 3, readOnly: false, id: 7 })
    expect(SftpAttributes.spaceOf({ ...answer, f_files: 0, f_favail: 0, f_flag: 1025 })).toMatchObject({
      files: Number.POSITIVE_INFINITY,
      readOnly: true
    })
  })
})

describe("SftpBody", () => {
  it.prop(
    "cuts a body into whole pieces in order, whatever its parts",
    { sizes: Sizes, size: Small },
    ({ size, sizes }) => {
      let at = 0
      const parts = sizes.map((length) => Uint8Array.from({ length }, () => at++ & 255))
      const whole = Buffer.concat(parts)
      const next = SftpBody.pieces(parts, size)
      const found: Array<SftpBody.Piece> = []
      for (let piece = next(); piece !== undefined; piece = next()) found.push(piece)
      expect(Buffer.concat(found.map((piece) => piece.bytes)).equals(whole)).toBe(true)
      expect(found.map((piece) => piece.at)).toEqual(found.map((_, index) => index * size))
      for (const piece of found.slice(0, -1)) expect(piece.bytes.length).toBe(size)
      expect(next()).toBeUndefined()
    }
  )

  it("copies nothing that lies in one part", () => {
    const part = new Uint8Array(100)
    expect(SftpBody.pieces([new Uint8Array(0), part], 40)()?.bytes.buffer).toBe(part.buffer)
  })
})

/** Requests that wait to be answered, in any order. */
const held = () => {
  const waiting: Array<() => void> = []
  return {
    hold: (answer: () => void) => void waiting.push(answer),
    /** Answers them all, newest and oldest by turns. */
    drain: () => {
      for (let turn = 0; waiting.length > 0; turn++) (turn % 2 === 0 ? waiting.pop() : waiting.shift())!()
    },
    count: () => waiting.length
  }
}

describe("SftpPump", () => {
  it.prop(
    "reads what there is, however short the replies and whatever their order",
    { file: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })), length: Small, size: Small, cut: Small },
    ({ cut, file, length: wanted, size }) => {
      const length = wanted * 5
      const source = Uint8Array.from({ length: file }, (_, at) => at & 255)
      const into = new Uint8Array(length)
      const { count, drain, hold } = held()
      const done: Array<number> = []
      SftpPump.reading<string>(length, size, 4, (want, reply) => {
        expect(want.at + want.length).toBeLessThanOrEqual(length)
        hold(() => {
          const bytes = source.subarray(want.at, want.at + Math.min(want.length, cut))
          into.set(bytes, want.at)
          reply(undefined, bytes.length)
        })
        expect(count()).toBeLessThanOrEqual(4)
      }, (error, filled) => {
        expect(error).toBeUndefined()
        done.push(filled)
      })
      drain()
      expect(done).toEqual([Math.min(file, length)])
      expect(into.subarray(0, done[0])).toEqual(source.subarray(0, done[0]))
    }
  )

  it("writes no more than it may at a time, and ends once", () => {
    const pieces = Array.from({ length: 10 }, (_, at) => ({ at, bytes: new Uint8Array(1) }))
    const { count, drain, hold } = held()
    const sent: Array<number> = []
    const done: Array<string | undefined> = []
    let most = 0
    SftpPump.writing<string>(() => pieces.shift(), 3, (piece, reply) => {
      sent.push(piece.at)
      hold(() => reply(undefined))
      most = Math.max(most, count())
    }, (error) => void done.push(error))
    drain()
    expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(most).toBe(3)
    expect(done).toEqual([undefined])
  })

  it("ends with nothing to do", () => {
    const done: Array<unknown> = []
    SftpPump.writing<string>(() => undefined, 3, () => done.push("sent"), (error) => void done.push(error))
    SftpPump.reading<string>(0, 10, 3, () => done.push("sent"), (_error, filled) => void done.push(filled))
    expect(done).toEqual([undefined, 0])
  })

  it("sends nothing after a failure, and nothing more when it is stopped", () => {
    const replies: Array<(error: string | undefined, count: number) => void> = []
    const done: Array<unknown> = []
    SftpPump.reading<string>(100, 10, 2, (_, reply) => void replies.push(reply), (error) => void done.push(error))
    replies[1]!("broken", 0)
    replies[0]!(undefined, 10)
    expect(replies.length).toBe(2)
    expect(done).toEqual(["broken"])
    const later: typeof replies = []
    const stop = SftpPump.reading<string>(100, 10, 2, (_, reply) => void later.push(reply), () => void done.push("!"))
    stop()
    for (const reply of later) reply(undefined, 10)
    expect(later.length).toBe(2)
    expect(done).toEqual(["broken"])
  })
})

describe("SftpWalk", () => {
  const keys = ["a", "b-x", "b.x", "b/1", "b/10", "b/c/d/e", "b/c/f", "b/z", "c", "d/e/f", "tmp/x", "z"]

  /** What lies in a directory. */
  const found = (key: string): ReadonlyArray<SftpWalk.Found> => {
    const names = new Map<string, SftpWalk.Found>()
    for (const inner of keys.filter((other) => other.startsWith(key)).map((other) => other.slice(key.length))) {
      const [name = "", ...rest] = inner.split("/")
      names.set(name, {
        name,
        kind: rest.length > 0 ? "directory" : "file",
        size: rest.length > 0 ? 4096 : inner.length
      })
    }
    return [...names.values()].toReversed()
  }

  it("lists the same keys in byte order, whatever the size of its pages, from anywhere", () => {
    const sorted = keys.filter((key) => !key.startsWith("tmp/"))
    for (const after of [undefined, "", "b", "b/", "b/1", "b/c", "b/c/d/e", "zz"]) {
      for (const limit of [1, 2, 3, 100]) {
        const listed: Array<SftpWalk.Entry> = []
        let pages = 0
        let place: SftpWalk.Place | undefined = SftpWalk.entered("", found(""), "", after, undefined)
        while (place !== undefined) {
          const page: Array<SftpWalk.Entry> = []
          let step: SftpWalk.Step = SftpWalk.advance(place, page, limit)
          while (step.enter !== undefined) {
            const entered = SftpWalk.entered(step.enter, found(step.enter), "", after, step.place)
            step = SftpWalk.advance(entered, page, limit)
          }
          expect(page.length).toBeLessThanOrEqual(limit)
          listed.push(...page)
          place = step.place
          expect(++pages).toBeLessThan(30)
        }
        const expected = sorted.filter((key) =>
          after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0
        )
        expect(listed.map((entry) => entry.key)).toEqual(expected)
        for (const { key, size } of listed) expect(size).toBe(key.split("/").at(-1)!.length)
      }
    }
  })
})
