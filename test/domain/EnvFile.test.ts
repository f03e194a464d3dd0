import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as EnvFile from "../../src/domain/EnvFile.ts"

const variables = (text: string) => Object.fromEntries(Result.getOrThrow(EnvFile.parse(text)))
const problem = (text: string) => {
  const parsed = EnvFile.parse(text)
  assert.isTrue(Result.isFailure(parsed), `no problem was found in ${JSON.stringify(text)}`)
  return Result.isFailure(parsed) ? parsed.failure : undefined
}

describe("EnvFile", () => {
  it.each<[string, string, Record<string, string>]>([
    ["nothing", "", {}],
    ["only comments and blanks", "# a\n  ; b\n\n\t\n", {}],
    ["plain", "A=1\nB=two words\n", { A: "1", B: "two words" }],
    ["blanks around", "  A \t=  x y \t\nB=\n", { A: "x y", B: "" }],
    ["no newline at the end", "A=1", { A: "1" }],
    ["carriage returns", "A=1\r\nB=\"2\"\r\n", { A: "1", B: "2" }],
    ["a byte order mark", "\uFEFFA=1", { A: "1" }],
    ["the last one wins", "A=1\nB=2\nA=3\n", { A: "3", B: "2" }],
    ["double quotes", "A=\"x # y\"  \n", { A: "x # y" }],
    ["escapes in double quotes", "A=\"\\\"\\\\\\$\\`\\n\"", { A: "\"\\$`\\n" }],
    ["single quotes keep all", "A='x\\ \"y\" $z'", { A: "x\\ \"y\" $z" }],
    ["quotes over lines", "A=\"one\ntwo\"\nB='three\nfour'\nC=5", { A: "one\ntwo", B: "three\nfour", C: "5" }],
    ["a continued line", "A=one\\\n two\nB=\"x\\\ny\"", { A: "one two", B: "xy" }],
    ["protected blanks", "A=\\ x\\ \nB=1", { A: " x ", B: "1" }],
    ["equals signs and fragments", "A=b=c\nU=s3://x#y", { A: "b=c", U: "s3://x#y" }],
    ["a quote inside", "A=it's", { A: "it's" }]
  ])("%s", (_name, text, expected) => {
    assert.deepStrictEqual(variables(text), expected)
  })

  it.each<[string, string, number, RegExp]>([
    ["no equals sign", "A=1\nB\nC=3", 2, /no "="/],
    ["export", "\n\nexport A=1", 3, /without "export"/],
    ["a bad name", "1A=x", 1, /variable's name/],
    ["an empty name", "# x\n=x", 2, /variable's name/],
    ["an open quote, at the line it opens", "A=1\nB=\"x\ny\nz", 2, /never closed/],
    ["an open single quote", "B='x", 1, /never closed/],
    ["text after a quote", "A=\"x\" y", 1, /after the closing "/],
    ["a comment behind a value", "A=x # y", 1, /own/],
    ["NUL", "A=x\0", 1, /NUL/],
    ["lines within values are counted", "A=\"1\n2\n3\"\nB=x\\\ny\nC", 6, /no "="/]
  ])("a problem: %s", (_name, text, line, words) => {
    const found = problem(text)
    assert.strictEqual(found?.line, line)
    assert.match(found?.problem ?? "", words)
  })

  it("never repeats a value", () => {
    for (
      const text of [
        "A=\"hunter2",
        "A='hunter2' x",
        "A=hunter2 # x",
        "A=\"x\" hunter2",
        "A=hunter2\0",
        "export A=hunter2"
      ]
    ) {
      assert.notInclude(problem(text)?.problem ?? "", "hunter2")
    }
  })
})
