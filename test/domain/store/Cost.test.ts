import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as StorageUri from "../../../src/domain/StorageUri.ts"
import * as Cost from "../../../src/domain/store/Cost.ts"

const prices = (text: string) => Cost.pricesOf(Result.getOrThrow(StorageUri.parse(text)))
const gibi = 1024 ** 3
const day = 86_400_000

const usage: Cost.Usage = {
  stored: 100 * gibi,
  objects: 3200,
  writes: 10_000,
  reads: 100_000,
  lists: 1000,
  read: gibi
}

describe("Cost", () => {
  it.each<[string, string | undefined, number]>([
    ["s3://bucket", "AWS S3 STANDARD", 0.023],
    ["s3://bucket?region=us-east-1", "AWS S3 STANDARD", 0.023],
    ["s3://bucket?region=eu-central-1", "AWS S3 STANDARD", 0.025],
    ["s3://bucket?region=sa-east-1", "AWS S3 STANDARD", 0.0405],
    ["s3://bucket?storage-class=STANDARD_IA", "AWS S3 STANDARD_IA", 0.0125],
    ["s3://bucket?storage-class=glacier_ir&region=eu-central-1", "AWS S3 GLACIER_IR", 0.005],
    ["s3://bucket?endpoint=https://s3.eu-central-1.amazonaws.com", "AWS S3 STANDARD", 0.025],
    ["s3://bucket?storage-class=MINE", undefined, 0],
    ["s3://bucket?endpoint=https://abc.r2.cloudflarestorage.com&region=auto", "Cloudflare R2", 0.015],
    ["s3://bucket?endpoint=https://abc.eu.r2.cloudflarestorage.com", "Cloudflare R2", 0.015],
    ["s3://bucket?endpoint=https://s3.eu-central-003.backblazeb2.com", "Backblaze B2", 0.006],
    ["s3://bucket?endpoint=https://s3.eu-central-1.wasabisys.com", "Wasabi", 0.0078027],
    ["s3://bucket?endpoint=http://127.0.0.1:9000", undefined, 0],
    ["s3://bucket?endpoint=https://evil-amazonaws.com", undefined, 0],
    ["gs://bucket", "GCS STANDARD", 0.02],
    ["gs://bucket?storage-class=NEARLINE", "GCS NEARLINE", 0.01],
    ["gs://bucket?storage-class=COLDLINE", "GCS COLDLINE", 0.004],
    ["gs://bucket?endpoint=https://storage.googleapis.com", "GCS STANDARD", 0.02],
    ["gs://bucket?endpoint=http://127.0.0.1:1", undefined, 0],
    ["sftp://host/x", undefined, 0],
    ["/srv/x", undefined, 0]
  ])("%s", (text, name, storage) => {
    assert.strictEqual(prices(text)?.name, name)
    assert.closeTo(prices(text)?.storage ?? 0, storage, 1e-7)
  })

  it.each<[string, Partial<Cost.Estimate>]>([
    // 100 × 0.023; 10 000 × 5 $/M + 100 000 × 0.4 $/M + 1000 × 5 $/M; 1 × 0.09; 100 × 0.09
    ["s3://bucket", { storage: 2.3, requests: 0.095, traffic: 0.09, month: 2.485, restore: 9.00128 }],
    ["s3://bucket?storage-class=STANDARD_IA", { storage: 1.25, requests: 0.205, traffic: 0.1, restore: 10.0032 }],
    ["s3://bucket?storage-class=GLACIER_IR", { storage: 0.4, requests: 1.205, traffic: 0.12, restore: 12.032 }],
    ["s3://bucket?endpoint=https://s3.x.wasabisys.com", { storage: 0.7802734375, requests: 0, traffic: 0, restore: 0 }],
    ["s3://bucket?endpoint=https://s3.x.backblazeb2.com", { requests: 0.044, traffic: 0, restore: 0.00128 }],
    ["gs://bucket", { storage: 2, requests: 0.095, traffic: 0.12, month: 2.215, restore: 12.00128 }],
    ["gs://bucket?storage-class=COLDLINE", { storage: 0.4, requests: 1.22, traffic: 0.14, restore: 14.032 }]
  ])("a hundred GiB at %s", (text, expected) => {
    const found = Cost.estimate(prices(text)!, usage)
    for (const key of ["storage", "requests", "traffic", "month", "restore"] as const) {
      if (expected[key] !== undefined) assert.closeTo(found[key], expected[key], 1e-6, key)
    }
  })

  it("providers with decimal gigabytes bill more of them", () => {
    const r2 = Cost.estimate(prices("s3://bucket?endpoint=https://a.r2.cloudflarestorage.com")!, usage)
    assert.closeTo(r2.storage, 107.374_182_4 * 0.015, 1e-9)
  })

  it("a month is like the time since the oldest commit at hand", () => {
    const now = 100 * day
    const known: Cost.Known = {
      packs: { count: 200, bytes: 6_000_000 },
      metadata: { segments: 10, bytes: 400 },
      position: 100,
      commits: Array.from({ length: 20 }, (_, at) => now - 10 * day + at),
      now
    }
    const found = Cost.usageOf(known)
    assert.deepStrictEqual([found.stored, found.objects], [6_000_400, 210])
    // 60 commits a month, each with an entry, two packs and a twentieth of a flush.
    assert.closeTo(found.writes, 60 * 3.05, 1e-9)
    assert.closeTo(found.reads, 5760 + 60, 1e-9)
    assert.closeTo(found.lists, 1440 + 60, 1e-9)
    assert.closeTo(found.read, 240, 1e-9)
  })

  it("one busy hour is not taken for a month", () => {
    const now = 100 * day
    const commits = Array.from({ length: 30 }, () => now - 3_600_000)
    const known: Cost.Known = {
      packs: { count: 0, bytes: 0 },
      metadata: { segments: 0, bytes: 0 },
      position: 30,
      commits,
      now
    }
    assert.closeTo(Cost.usageOf(known).writes, 900 * 1.05, 1e-9)
    assert.closeTo(Cost.usageOf({ ...known, commits: [], position: 0 }).writes, 0, 1e-9)
  })
})
