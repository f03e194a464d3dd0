import { assert, describe, it } from "@effect/vitest"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as Progress from "../../src/programs/progress.ts"
import * as Terminal from "../../src/programs/terminal.ts"
import type { IngestProgress } from "../../src/services/Ingest.ts"

const row = (folder: string, device: number, part: Partial<IngestProgress>): IngestProgress => ({
  folder,
  device: DeviceId.fromBytes(new Uint8Array(32).fill(device)),
  waiting: 0,
  files: 0,
  bytesReceived: 0,
  bytesReused: 0,
  failed: 0,
  ...part
})

const sampled = (rows: ReadonlyArray<IngestProgress>, at: number, before = Progress.noRates) =>
  Progress.rates(before, Progress.byFolder(rows), at)

describe("progress", () => {
  it("adds up what waits over devices, not what was stored", () => {
    const folders = Progress.byFolder([
      row("b", 1, { files: 5, waiting: 2, bytesReceived: 10 }),
      row("a", 1, { failed: 1 }),
      row("b", 2, { files: 5, waiting: 3, bytesReceived: 10, failed: 1 })
    ])
    assert.deepStrictEqual([...folders.keys()], ["a", "b"])
    assert.deepStrictEqual(folders.get("b"), {
      folder: "b",
      files: 5,
      received: 10,
      reused: 0,
      waiting: 5,
      failed: 1
    })
  })

  it("the rate approaches what is received and falls when nothing is", () => {
    let rates = sampled([row("a", 1, {})], 1)
    for (let second = 1; second <= 20; second++) {
      rates = sampled([row("a", 1, { bytesReceived: second * 1_000_000 })], second * 1000, rates)
    }
    assert.approximately(rates.received.get("a")!, 1_000_000, 10_000)
    for (let second = 21; second <= 80; second++) {
      rates = sampled([row("a", 1, { bytesReceived: 20_000_000 })], second * 1000, rates)
    }
    assert.strictEqual(rates.received.get("a"), 0)
    assert.strictEqual(sampled([row("a", 1, { bytesReceived: 9 })], rates.at, rates), rates)
  })

  it("shows folders by label, rates only while something waits", () => {
    const before = sampled([row("abc-1", 1, {}), row("xyz", 1, {})], 1000)
    const rates = sampled(
      [
        row("abc-1", 1, { files: 1, bytesReceived: 1536, bytesReused: 10, waiting: 1234, failed: 2 }),
        row("xyz", 1, { files: 7 })
      ],
      101_000,
      before
    )
    assert.deepStrictEqual(Progress.live(rates, new Map([["abc-1", "Photos"], ["xyz", ""]]), ["laptop"], 200), [
      "Photos: 1 file stored, 1.5 KiB received, 10 B known already, 15 B/s, 1,234 waiting, 2 to be tried again",
      "xyz: 7 files stored, 0 B received, up to date",
      "connected: laptop"
    ])
    const narrow = Progress.live(rates, new Map([["abc-1", "evil\u001B[2J"]]), [], 20)
    assert.isTrue(narrow.every((line) => line.length <= 19), narrow.join("\n"))
    assert.isFalse(narrow.join("").includes("\u001B"))
    assert.strictEqual(narrow.at(-1), "no device is conne…")
  })
})

describe("terminal", () => {
  it("log lines scroll above the block, and nothing of it is left behind", () => {
    const written: Array<string> = []
    const live = Terminal.make({ columns: 40, write: (text) => written.push(text) })
    live.log("first")
    live.show(["a", "b"])
    live.show(["a", "b"])
    live.log("second")
    live.show(["c"])
    live.clear()
    live.clear()
    assert.deepStrictEqual(written, [
      "first\n",
      "a\nb\n",
      "\u001B[2A\u001B[0Jsecond\na\nb\n",
      "\u001B[2A\u001B[0Jc\n",
      "\u001B[1A\u001B[0J"
    ])
    assert.strictEqual(live.columns(), 40)
  })
})
