/**
 * What a repository costs in a month, by the providers' list prices: an estimate, without free tiers, volume discounts, taxes
 * and minimum durations. Nothing is decided by it.
 */
import type { StorageUri } from "../StorageUri.ts"

/** US dollars. A million requests, a GB-month; `gigabyte` is how many bytes the provider calls a GB. */
export interface Prices {
  readonly name: string
  readonly storage: number
  /** Creates and listings. */
  readonly writes: number
  readonly reads: number
  /** Listings, where they cost otherwise than creates. */
  readonly lists?: number
  /** Per GB read back, beside the traffic. */
  readonly retrieval: number
  /** Per GB that leaves the provider. */
  readonly egress: number
  readonly gigabyte: number
}

/**
 * When the prices below were looked at last. Of which of them a source was found, and which, is in docs/stores.md; they are those
 * of aws.amazon.com/s3/pricing, cloud.google.com/storage/pricing, developers.cloudflare.com/r2/pricing,
 * backblaze.com/cloud-storage/transaction-pricing and wasabi.com/pricing, and they change.
 */
export const asOf = "November 2026"

const gibi = 1024 ** 3
const giga = 1000 ** 3

/** Region classes of AWS by storage price: us-east-1 and its like, most of the others, and the dearest. */
export type RegionClass = "low" | "middle" | "high"

const low = /^(us-east-[12]|us-west-2|eu-west-1|eu-north-1)$/
const high = /^(sa-|af-|me-|il-|mx-)/

export const regionClass = (region: string | undefined): RegionClass =>
  region === undefined || low.test(region) ? "low" : high.test(region) ? "high" : "middle"

const awsTraffic: Readonly<Record<RegionClass, number>> = { low: 0.09, middle: 0.11, high: 0.15 }

/** Storage by region class; then creates, reads and retrieval of the first one. */
const awsClasses: Readonly<
  Record<
    string,
    { readonly storage: Readonly<Record<RegionClass, number>>; readonly rest: readonly [number, number, number] }
  >
> = {
  STANDARD: { storage: { low: 0.023, middle: 0.025, high: 0.0405 }, rest: [5, 0.4, 0] },
  INTELLIGENT_TIERING: { storage: { low: 0.023, middle: 0.025, high: 0.0405 }, rest: [5, 0.4, 0] },
  STANDARD_IA: { storage: { low: 0.0125, middle: 0.0138, high: 0.0221 }, rest: [10, 1, 0.01] },
  ONEZONE_IA: { storage: { low: 0.01, middle: 0.011, high: 0.0177 }, rest: [10, 1, 0.01] },
  GLACIER_IR: { storage: { low: 0.004, middle: 0.005, high: 0.0083 }, rest: [20, 10, 0.03] }
}

const aws = (storageClass: string, region: RegionClass): Prices | undefined => {
  const found = awsClasses[storageClass]
  if (found === undefined) return undefined
  const [writes, reads, retrieval] = found.rest
  // Requests follow storage, roughly.
  const dearer = found.storage[region] / found.storage.low
  return {
    name: `AWS S3 ${storageClass}`,
    storage: found.storage[region],
    writes: writes * dearer,
    reads: reads * dearer,
    // A listing is billed as in the standard class.
    lists: 5 * dearer,
    retrieval,
    egress: awsTraffic[region],
    gigabyte: gibi
  }
}

/** Of a region in the United States or Western Europe. */
const gcs: Readonly<Record<string, Prices>> = {
  STANDARD: { name: "GCS STANDARD", storage: 0.02, writes: 5, reads: 0.4, retrieval: 0, egress: 0.12, gigabyte: gibi },
  NEARLINE: {
    name: "GCS NEARLINE",
    storage: 0.01,
    writes: 10,
    reads: 1,
    retrieval: 0.01,
    egress: 0.12,
    gigabyte: gibi
  },
  COLDLINE: {
    name: "GCS COLDLINE",
    storage: 0.004,
    writes: 20,
    reads: 10,
    retrieval: 0.02,
    egress: 0.12,
    gigabyte: gibi
  },
  ARCHIVE: {
    name: "GCS ARCHIVE",
    storage: 0.0012,
    writes: 50,
    reads: 50,
    retrieval: 0.05,
    egress: 0.12,
    gigabyte: gibi
  }
}

const r2: Prices = {
  name: "Cloudflare R2",
  storage: 0.015,
  writes: 4.5,
  reads: 0.36,
  retrieval: 0,
  egress: 0,
  gigabyte: giga
}
/** Creates are free, listings are not; traffic is free up to three times what is stored in a month. */
const b2: Prices = {
  name: "Backblaze B2",
  storage: 0.006,
  writes: 0,
  reads: 0.4,
  lists: 4,
  retrieval: 0,
  egress: 0,
  gigabyte: giga
}
/** Bills at least 1 TB, which it takes for 1024 GB, and 90 days of every object. */
const wasabi: Prices = {
  name: "Wasabi",
  storage: 7.99 / 1024,
  writes: 0,
  reads: 0,
  retrieval: 0,
  egress: 0,
  gigabyte: gibi
}

/** Undefined for a store that is nobody's business, or unknown. */
export const pricesOf = (uri: StorageUri): Prices | undefined => {
  if (uri._tag === "Gcs") {
    return uri.endpoint === undefined || hostOf(uri.endpoint).endsWith(".googleapis.com")
      ? gcs[uri.storageClass ?? "STANDARD"]
      : undefined
  }
  if (uri._tag !== "S3") return undefined
  const host = uri.endpoint === undefined ? "s3.amazonaws.com" : hostOf(uri.endpoint)
  const within = (domain: string) => host === domain || host.endsWith(`.${domain}`)
  if (within("r2.cloudflarestorage.com")) return r2
  if (within("backblazeb2.com")) return b2
  if (within("wasabisys.com")) return wasabi
  if (!within("amazonaws.com")) return undefined
  return aws(
    uri.storageClass ?? "STANDARD",
    regionClass(uri.region ?? /^s3[.-]([a-z0-9-]+)\.amazonaws/.exec(host)?.[1])
  )
}

const hostOf = (endpoint: string): string => URL.parse(endpoint)?.hostname ?? ""

export interface Usage {
  /** Bytes in the store. */
  readonly stored: number
  readonly objects: number
  /** In a month of 30 days. */
  readonly writes: number
  readonly reads: number
  readonly lists: number
  /** Bytes read in a month. */
  readonly read: number
}

/** US dollars a month; `restore` is for reading everything back once. */
export interface Estimate {
  readonly provider: string
  readonly storage: number
  readonly requests: number
  readonly traffic: number
  readonly month: number
  readonly restore: number
}

export const estimate = (prices: Prices, usage: Usage): Estimate => {
  const million = 1_000_000
  const storage = usage.stored / prices.gigabyte * prices.storage
  const requests = (usage.writes * prices.writes + usage.reads * prices.reads +
    usage.lists * (prices.lists ?? prices.writes)) / million
  const perByte = (prices.egress + prices.retrieval) / prices.gigabyte
  const traffic = usage.read * perByte
  const restore = usage.stored * perByte + usage.objects * prices.reads / million
  return { provider: prices.name, storage, requests, traffic, month: storage + requests + traffic, restore }
}

const day = 86_400_000

/** What is known of a repository from its log. Times are Unix milliseconds, sizes bytes. */
export interface Known {
  readonly packs: { readonly count: number; readonly bytes: number }
  readonly metadata: { readonly segments: number; readonly bytes: number }
  readonly position: number
  /** Of the commits that are at hand, the oldest first. */
  readonly commits: ReadonlyArray<number>
  readonly now: number
}

/** Segments and bases that come with commits, for each of them. */
const flushes = 1 / 20
/** Requests of one idle host in a month: it follows the log and looks for bases. */
const idleReads = 8 * 24 * 30
const idleLists = 2 * 24 * 30

/**
 * A month like the time since the oldest commit at hand, at least a day: commits with their packs, one host that follows them.
 * Reading blocks back is not in it.
 */
export const usageOf = (known: Known): Usage => {
  const oldest = known.commits[0]
  const lasted = oldest === undefined ? day : Math.max(day, known.now - oldest)
  const commits = known.commits.length * 30 * day / lasted
  const packsPerCommit = known.position === 0 ? 0 : known.packs.count / known.position
  return {
    stored: known.packs.bytes + known.metadata.bytes,
    objects: known.packs.count + known.metadata.segments,
    writes: commits * (1 + packsPerCommit + flushes),
    reads: idleReads + commits,
    lists: idleLists + commits,
    read: commits * (known.position === 0 ? 0 : known.metadata.bytes / known.position)
  }
}
