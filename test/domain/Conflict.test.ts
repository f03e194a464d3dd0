import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as Conflict from "../../src/domain/Conflict.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as VersionVector from "../../src/domain/VersionVector.ts"
import { int } from "./bep/arbitraries.ts"

const content = (seed: number) => new Uint8Array(32).fill(seed)

const info = (fields: Partial<FileInfo.Fields> & { readonly v?: ReadonlyArray<readonly [number, number]> }) =>
  Result.getOrThrow(FileInfo.decode(FileInfo.encode({
    name: "x",
    type: "file",
    size: fields.type === undefined && fields.deleted !== true ? 1 : 0,
    ...(fields.type === undefined && fields.deleted !== true ? { hashes: content(1) } : {}),
    version: (fields.v ?? [[1, 1]]).map(([id, value]) => ({ id: BigInt(id), value: BigInt(value) })),
    ...fields
  })))

const A: ReadonlyArray<readonly [number, number]> = [[1, 1]]
const B: ReadonlyArray<readonly [number, number]> = [[2, 1]]

describe("Conflict.winner", () => {
  const cases = [
    ["the later time", info({ v: B, modifiedS: 42 }), info({ v: A, modifiedS: 41 }), "both"],
    [
      "the later nanosecond",
      info({ v: B, modifiedS: 42, modifiedNs: 2 }),
      info({ v: A, modifiedS: 42, modifiedNs: 1 }),
      "both"
    ],
    [
      "the concurrent-greater version at equal times",
      info({ v: A, modifiedS: 42 }),
      info({ v: B, modifiedS: 42 }),
      "both"
    ],
    [
      "the concurrent-greater version, counters of both",
      info({ v: [[42, 2], [43, 1]] }),
      info({ v: [[42, 1], [43, 2]] }),
      "both"
    ],
    [
      "valid over invalid with a later time",
      info({ v: B, modifiedS: 1 }),
      info({ v: A, modifiedS: 9, invalid: true }),
      "both"
    ],
    [
      "a valid deletion over an invalid file",
      info({ v: B, deleted: true }),
      info({ v: A, modifiedS: 9, invalid: true }),
      "both"
    ],
    [
      "the dominating version with an older time",
      info({ v: [[1, 2]], modifiedS: 1 }),
      info({ v: [[1, 1]], modifiedS: 9 }),
      "both"
    ],
    ["a dominating deletion", info({ v: [[1, 2]], deleted: true }), info({ v: [[1, 1]], modifiedS: 9 }), "both"],
    ["valid over invalid of the same version", info({ v: A }), info({ v: A, invalid: true }), "both"],
    [
      "a deletion with the later time",
      info({ v: B, modifiedS: 9, deleted: true }),
      info({ v: A, modifiedS: 1 }),
      "2.x"
    ],
    [
      "a modification whatever the time",
      info({ v: B, modifiedS: 1 }),
      info({ v: A, modifiedS: 9, deleted: true }),
      "1.x"
    ],
    [
      "the later of two deletions",
      info({ v: B, modifiedS: 9, deleted: true }),
      info({ v: A, modifiedS: 1, deleted: true }),
      "both"
    ]
  ] as const
  it.each(cases)("takes %s", (_, better, worse, styles) => {
    for (const style of styles === "both" ? ["1.x", "2.x"] as const : [styles]) {
      assert.strictEqual(Conflict.winner(better, worse, style), "a", style)
      assert.strictEqual(Conflict.winner(worse, better, style), "b", style)
    }
  })

  it("takes neither of two that are the same version", () => {
    assert.strictEqual(Conflict.winner(info({ modifiedS: 1 }), info({ modifiedS: 9 }), "2.x"), "a")
  })

  const some = Arbitrary.map(
    Arbitrary.all([int(0, 2), int(0, 2), int(0, 2), int(0, 3), int(0, 1)]),
    ([one, two, modifiedS, flags, modifiedNs]) =>
      info({ v: [[1, one], [2, two]], modifiedS, modifiedNs, deleted: (flags & 1) !== 0, invalid: (flags & 2) !== 0 })
  )
  it.prop("does not depend on who asks", [some, some], ([a, b]) => {
    for (const style of ["1.x", "2.x"] as const) {
      const first = Conflict.winner(a, b, style)
      const second = Conflict.winner(b, a, style)
      const same = a.version.length === b.version.length && a.invalid === b.invalid &&
        a.version.every((c, i) => c.id === b.version[i]!.id && c.value === b.version[i]!.value)
      assert(same ? first === "a" && second === "a" : first !== second)
    }
  }, { arbitrary: { runs: 400 } })
})

describe("Conflict.decide", () => {
  const ours = info({ v: [[1, 5]], modifiedS: 50, hashes: content(1) })
  const wins = { v: [[2, 1]], modifiedS: 90 } as const
  const loses = { v: [[2, 1]], modifiedS: 10 } as const
  type Case = readonly [
    string,
    theirs: FileInfo.FileInfo,
    ours: FileInfo.FileInfo | undefined,
    Conflict.Decision["_tag"],
    only?: "1.x" | "2.x"
  ]
  const cases: ReadonlyArray<Case> = [
    ["a new name", info({}), undefined, "Adopt"],
    ["a deletion of a name we never had", info({ deleted: true }), undefined, "Adopt"],
    ["an invalid entry for a name we never had", info({ invalid: true }), undefined, "Ignore"],
    ["an invalid entry with the same version", info({ v: [[1, 5]], invalid: true }), ours, "Ignore"],
    ["an invalid entry with a newer version", info({ v: [[1, 6]], invalid: true }), ours, "Ignore"],
    ["an invalid entry with an empty version", info({ v: [], invalid: true }), ours, "Ignore"],
    ["anything valid over our invalid entry", info({ v: [[1, 1]] }), info({ v: [[1, 5]], invalid: true }), "Adopt"],
    ["anything valid over our entry without a version", info({ v: [] }), info({ v: [[9, 0]] }), "Adopt"],
    ["the same version", info({ v: [[1, 5]], permissions: 0o600 }), ours, "Ignore"],
    ["a newer version", info({ v: [[1, 6]], hashes: content(2) }), ours, "Adopt"],
    ["a newer deletion", info({ v: [[1, 6]], deleted: true }), ours, "Adopt"],
    ["an older version", info({ v: [[1, 4]], modifiedS: 99, hashes: content(2) }), ours, "Ignore"],
    ["an older deletion", info({ v: [[1, 4]], modifiedS: 99, deleted: true }), ours, "Ignore"],
    ["a concurrent edit that wins", info({ ...wins, hashes: content(2) }), ours, "AdoptWithCopy"],
    ["a concurrent edit that loses", info({ ...loses, hashes: content(2) }), ours, "Lose"],
    [
      "a concurrent edit that wins with the same content",
      info({ ...wins, hashes: content(1), permissions: 0o600 }),
      ours,
      "Adopt"
    ],
    ["a concurrent edit that loses with the same content", info({ ...loses, hashes: content(1) }), ours, "Lose"],
    ["a concurrent deletion that wins, 2.x", info({ ...wins, deleted: true }), ours, "AdoptWithCopy", "2.x"],
    ["a concurrent deletion that is later, 1.x", info({ ...wins, deleted: true }), ours, "Lose", "1.x"],
    ["a concurrent deletion that loses, 2.x", info({ ...loses, deleted: true }), ours, "Lose", "2.x"],
    ["a concurrent directory that wins over a file", info({ ...wins, type: "directory" }), ours, "AdoptWithCopy"],
    ["a concurrent symlink that wins over a file", info({ ...wins, type: "symlink" }), ours, "AdoptWithCopy"],
    ["a concurrent file that wins over a directory", info(wins), info({ v: [[1, 5]], type: "directory" }), "Adopt"],
    [
      "a concurrent edit that wins over our deletion",
      info(wins),
      info({ v: [[1, 5]], modifiedS: 50, deleted: true }),
      "Adopt"
    ],
    [
      "an earlier edit against our deletion, 2.x",
      info(loses),
      info({ v: [[1, 5]], modifiedS: 50, deleted: true }),
      "Lose",
      "2.x"
    ],
    [
      "an earlier edit against our deletion, 1.x",
      info(loses),
      info({ v: [[1, 5]], modifiedS: 50, deleted: true }),
      "Adopt",
      "1.x"
    ],
    [
      "a concurrent edit that wins over a conflict copy",
      info({ ...wins, name: "x.sync-conflict-20261122-110600-7NGKLBR", hashes: content(2) }),
      info({ v: [[1, 5]], modifiedS: 50, name: "x.sync-conflict-20261122-110600-7NGKLBR" }),
      "Adopt"
    ]
  ]
  it.each(cases.map((row) => ({ name: row[0], row })))("$name", ({ row: [, theirs, ours, expected, only] }) => {
    for (const style of only === undefined ? ["1.x", "2.x"] as const : [only]) {
      assert.strictEqual(Conflict.decide(theirs, ours, style)._tag, expected, style)
    }
  })
})

describe("an edit of what won a conflict, by one who had not heard that it did", () => {
  // 2 made it; what it won against was 1's.
  const ours = info({ v: [[1, 5], [2, 3], [9, 70]], modifiedBy: 2n, modifiedS: 50, hashes: content(1) })
  it.each(
    [
      ["is taken, its time being later", { v: [[2, 4]], modifiedBy: 2n, modifiedS: 90, hashes: content(2) }, "Adopt"],
      ["is taken, its time being earlier", { v: [[2, 4]], modifiedBy: 2n, modifiedS: 10, hashes: content(2) }, "Adopt"],
      ["is taken if it is a deletion", { v: [[2, 4]], modifiedBy: 2n, modifiedS: 10, deleted: true }, "Adopt"],
      ["is taken if another one made it", {
        v: [[2, 3], [3, 1]],
        modifiedBy: 3n,
        modifiedS: 10,
        hashes: content(2)
      }, "Adopt"],
      ["is in conflict if it is of what came before, and wins", {
        v: [[2, 2], [3, 1]],
        modifiedS: 90,
        hashes: content(2)
      }, "AdoptWithCopy"],
      ["is in conflict if it is of what came before, and loses", {
        v: [[2, 2], [3, 1]],
        modifiedS: 10,
        hashes: content(2)
      }, "Lose"],
      ["is in conflict if both were settled, and differently", {
        v: [[1, 5], [2, 3], [10, 60]],
        modifiedBy: 1n,
        modifiedS: 90,
        hashes: content(2)
      }, "AdoptWithCopy"],
      ["is in conflict if it is of the loser", { v: [[1, 6]], modifiedS: 90, hashes: content(2) }, "AdoptWithCopy"]
    ] as const
  )("%s", (_, theirs, expected) => {
    for (const style of ["1.x", "2.x"] as const) {
      assert.strictEqual(Conflict.decide(info(theirs), ours, style)._tag, expected, style)
    }
  })

  it("is in conflict if nobody is known to have made ours", () => {
    const anonymous = info({ v: [[1, 5], [2, 3]], modifiedS: 50, hashes: content(1) })
    assert.strictEqual(
      Conflict.decide(info({ v: [[2, 4]], modifiedBy: 2n, modifiedS: 10 }), anonymous, "2.x")._tag,
      "Lose"
    )
  })
})

describe("Conflict.settled", () => {
  const self = 9n
  const v = (...counters: ReadonlyArray<readonly [number, number]>) =>
    counters.map(([id, value]) => ({ id: BigInt(id), value: BigInt(value) }))
  it.each(
    [
      ["a name we never had", [[2, 7], [1, 3]], undefined, [[2, 7], [1, 3]]],
      ["a newer version, as it was received", [[2, 7], [1, 3]], { v: [[1, 3]] }, [[2, 7], [1, 3]]],
      ["what stands in the place of an invalid entry", [[2, 7]], { v: [[1, 3]], invalid: true }, [[2, 7]]],
      ["a winner: newer than both", [[2, 7]], { v: [[1, 3]], hashes: content(3) }, [[1, 3], [2, 7], [9, 100]]],
      ["a winner over what was settled before", [[2, 7]], { v: [[1, 3], [9, 100]], hashes: content(3) }, [[1, 3], [
        2,
        7
      ], [9, 101]]],
      ["a winner over a deletion", [[2, 7]], { v: [[1, 3]], deleted: true }, [[1, 3], [2, 7], [9, 100]]],
      ["a winner with the same content: both may say so", [[1, 3]], { v: [[2, 7]] }, [[1, 3], [2, 7]]],
      ["the same content, taken though it does not win", [[2, 7]], { v: [[1, 3], [2, 6]] }, [[1, 3], [2, 7], [9, 100]]]
    ] as const
  )("is for %s", (_, theirs, ours, expected) => {
    const held = ours === undefined ? undefined : info(ours)
    assert.deepStrictEqual(Conflict.settled(info({ v: theirs }), held, self, 100), v(...expected))
  })
})

describe("who settles one conflict without the other", () => {
  const maybe = (of: FileInfo.FileInfo, version: VersionVector.VersionVector) =>
    Result.getOrThrow(FileInfo.decode(FileInfo.withVersion(of.raw, version)))
  /** A repository that hears of another version. */
  const hears = (theirs: FileInfo.FileInfo, ours: FileInfo.FileInfo, self: bigint, now: number) => {
    const { _tag } = Conflict.decide(theirs, ours, "2.x")
    return _tag === "Ignore" || _tag === "Lose" ? ours : maybe(theirs, Conflict.settled(theirs, ours, self, now))
  }
  /** A Syncthing: what wins, under the version of both. */
  const takes = (theirs: FileInfo.FileInfo, own: FileInfo.FileInfo) =>
    Conflict.winner(theirs, own, "2.x") === "a"
      ? maybe(theirs, VersionVector.merge(theirs.version, own.version))
      : own
  const same = (a: FileInfo.FileInfo, b: FileInfo.FileInfo) =>
    VersionVector.compare(a.version, b.version) === "equal" && a.permissions === b.permissions &&
    a.modifiedS === b.modifiedS && FileInfo.sameContent(a, b)
  /** Two repositories, each always hearing what the other said before: devices carry it to and fro. */
  const settle = (a: FileInfo.FileInfo, b: FileInfo.FileInfo) => {
    let [one, other] = [a, b]
    for (let day = 0; day < 4; day++) {
      ;[one, other] = [hears(other, one, 9n, 100 + day), hears(one, other, 10n, 100 + day)]
    }
    return [one, other] as const
  }

  it("two repositories that chose differently end with one of the two", () => {
    // 2's next edit came to one of them before the conflict, and to the other one after it.
    const edited = { modifiedBy: 2n, modifiedS: 10, hashes: content(2) }
    const before = { modifiedBy: 2n, modifiedS: 50, hashes: content(1) }
    const one = hears(info({ ...edited, v: [[2, 4]] }), info({ ...before, v: [[1, 5], [2, 3]] }), 9n, 70)
    const other = hears(info({ ...before, v: [[1, 5], [2, 3]] }), info({ ...edited, v: [[2, 4]] }), 10n, 71)
    assert.isFalse(FileInfo.sameContent(one, other))
    const [a, b] = settle(one, other)
    assert.isTrue(same(a, b))
  })

  it("metadata that were changed by one who had not heard are not two things under one version", () => {
    const ours = info({ v: [[1, 5], [2, 3]], modifiedBy: 2n, modifiedS: 50, permissions: 0o644 })
    const theirs = info({ v: [[2, 4]], modifiedBy: 2n, modifiedS: 50, permissions: 0o600 })
    const [here, there] = [hears(theirs, ours, 9n, 100), takes(ours, theirs)]
    assert.strictEqual(VersionVector.compare(here.version, there.version), "greater")
    assert.strictEqual(takes(here, there).permissions, 0o600)
  })

  const small = int(0, 3)
  const made = Arbitrary.map(
    Arbitrary.all([small, small, small, int(1, 3), int(0, 2), int(0, 2), int(0, 2)]),
    ([x, y, z, by, modifiedS, permissions, seed]) =>
      info({
        v: [[1, x], [2, y], [3, z]],
        modifiedBy: BigInt(by),
        modifiedS,
        permissions,
        deleted: seed === 0,
        ...(seed === 0 ? {} : { hashes: content(seed) })
      })
  )
  it.prop("a repository and a Syncthing never have two things under one version", [made, made], ([a, b]) => {
    if (!VersionVector.compare(a.version, b.version).startsWith("concurrent")) return
    const [here, there] = [hears(a, b, 9n, 100), takes(b, a)]
    if (VersionVector.compare(here.version, there.version) === "equal") assert.isTrue(same(here, there))
  }, { arbitrary: { runs: 2000 } })

  it.prop("two repositories end with the same", [made, made], ([a, b]) => {
    if (!VersionVector.compare(a.version, b.version).startsWith("concurrent")) return
    const [one, other] = settle(a, b)
    assert.isTrue(same(one, other))
  }, { arbitrary: { runs: 2000 } })
})

describe("Conflict.copyName", () => {
  const at = { year: 2026, month: 11, day: 22, hour: 11, minute: 6, second: 0 }
  it.each([
    ["a/b.tar.gz", "a/b.tar.sync-conflict-20261122-110600-AERUKZ4.gz"],
    ["ca.txt", "ca.sync-conflict-20261122-110600-AERUKZ4.txt"],
    ["cg", "cg.sync-conflict-20261122-110600-AERUKZ4"],
    ["d.ir/cg", "d.ir/cg.sync-conflict-20261122-110600-AERUKZ4"],
    [".bashrc", ".sync-conflict-20261122-110600-AERUKZ4.bashrc"],
    ["d/.bashrc", "d/.sync-conflict-20261122-110600-AERUKZ4.bashrc"],
    ["dot.", "dot.sync-conflict-20261122-110600-AERUKZ4."]
  ])("of %s is %s", (name, expected) => {
    assert.strictEqual(Conflict.copyName(name, at, 0x0123456789abcdefn), expected)
    assert.isTrue(Conflict.isCopy(expected))
    assert.isFalse(Conflict.isCopy(name))
  })

  it("pads dates, names the winner, and has no short id if nobody is known to have modified it", () => {
    const early = { year: 987, month: 1, day: 2, hour: 3, minute: 4, second: 5 }
    assert.strictEqual(Conflict.copyName("a", early, 0n), "a.sync-conflict-09870102-030405-")
    const seven = 0xF994_A584_2C00_0000n
    assert.strictEqual(Conflict.copyName("a", at, seven).slice(-7), "7GKKLBB")
  })

  it("looks at the last component only", () => {
    assert.isFalse(Conflict.isCopy("a.sync-conflict-20261122-110600-AERUKZ4/x"))
  })
})
