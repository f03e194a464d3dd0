/**
 * What a bucket's own rules do with a repository: whether they keep what was deleted, and whether they take away what was not.
 * Nothing here is ever overwritten, and our objects have neither tags nor a custom time.
 * Sources: LifecycleRule of the S3 API reference; cloud.google.com/storage/docs/lifecycle.
 */
import { Result, Schema } from "effect"

/** What was asked, or why it is not known: the permission that lacks, or another reason. */
export type Answer<A> = { readonly known: A } | { readonly denied: string } | { readonly unknown: string }

export interface Rule {
  readonly name: string
  /** It is for names that begin with one of these. */
  readonly prefixes: ReadonlyArray<string>
  /** Objects, objects (so that they cannot be read at once), or versions of objects that are no more. */
  readonly does: "remove" | "archive" | "remove old"
  /** Whether something besides age and name decides too. */
  readonly narrow: boolean
}

export interface Seen {
  /** Whether what is deleted stays as an old version. */
  readonly versioned: Answer<boolean>
  readonly rules: Answer<ReadonlyArray<Rule>>
  /** Seconds for which what is deleted can be got back, and is paid for. */
  readonly softDelete: number
  /** Seconds for which objects cannot be deleted. */
  readonly retention: number
}

export interface Judgement {
  readonly check: string
  readonly verdict: "ok" | "advice" | "failed"
  readonly seen: string
  readonly mend?: string
}

/** `prefix`: of the repository, "" or with a slash at its end. */
export const judge = (seen: Seen, prefix: string): ReadonlyArray<Judgement> => [
  ...("known" in seen.rules ? harms(seen.rules.known, prefix) : []),
  ...retained(seen.retention),
  versions(seen, prefix)
]

const harms = (rules: ReadonlyArray<Rule>, prefix: string): ReadonlyArray<Judgement> =>
  rules.filter((rule) => rule.does !== "remove old" && touches(rule, prefix)).map((rule) => ({
    check: "lifecycle rules",
    verdict: rule.narrow ? "advice" : "failed",
    seen: `${rule.name} ${rule.does === "remove" ? "deletes" : "archives"} ${
      rule.narrow ? "objects that may be" : "objects"
    } of the repository, which loses what they hold`,
    mend: "take it away, or let it be for old (non-current) versions only, or for names elsewhere"
  }))

const retained = (seconds: number): ReadonlyArray<Judgement> =>
  seconds === 0 ? [] : [{
    check: "retention",
    verdict: "advice",
    seen: `nothing can be deleted for ${days(seconds)} after it was written`,
    mend: "what garbage collection would delete stays so long, and is paid for"
  }]

const versions = ({ rules, softDelete, versioned }: Seen, prefix: string): Judgement => {
  const check = "old versions"
  const mend = "give the bucket a lifecycle rule that removes non-current versions (docs/stores.md): they are paid for"
  const denied = [versioned, rules].flatMap((answer) => "denied" in answer ? [answer.denied] : [])
  if (denied.length > 0) {
    const permissions = [...new Set(denied)].join(" and ")
    return {
      check,
      verdict: "advice",
      seen: `what the bucket keeps of deleted objects cannot be seen: these credentials lack ${permissions}`,
      mend: "allow that for this look, or see for yourself that a versioned bucket has a rule that removes old versions"
    }
  }
  const unknown = [versioned, rules].find((answer) => "unknown" in answer)
  if (unknown !== undefined) {
    return {
      check,
      verdict: "advice",
      seen: `what the bucket keeps of deleted objects could not be asked for (${unknown.unknown})`,
      mend: "see for yourself that a versioned bucket has a rule that removes old versions"
    }
  }
  const soft = softDelete > 0 ? `; soft delete keeps it for ${days(softDelete)}, which is paid for` : ""
  if (!("known" in versioned && versioned.known)) {
    return { check, verdict: "ok", seen: `versioning is off: what is deleted leaves no version${soft}` }
  }
  const removal = "known" in rules
    ? rules.known.find((rule) => rule.does === "remove old" && !rule.narrow && covers(rule, prefix))
    : undefined
  return removal === undefined
    ? {
      check,
      verdict: "advice",
      seen: `versioning is on, and nothing removes the versions of deleted objects${soft}`,
      mend
    }
    : {
      check,
      verdict: "ok",
      seen: `versioning is on, and ${removal.name} removes the versions of deleted objects${soft}`
    }
}

const covers = (rule: Rule, prefix: string): boolean => rule.prefixes.some((named) => prefix.startsWith(named))

/** What lies in `tmp/` is nobody's: a rule may have it. */
const touches = (rule: Rule, prefix: string): boolean =>
  covers(rule, prefix) ||
  rule.prefixes.some((named) => named.startsWith(prefix) && !named.slice(prefix.length).startsWith("tmp/"))

const days = (seconds: number): string => {
  const hours = seconds / 3600
  return hours >= 48 ? `${Math.round(hours / 24)} days` : `${Math.ceil(hours)} h`
}

/** As Amazon's SDK gives it, as far as it matters. */
export interface S3Rule {
  readonly ID?: string | undefined
  readonly Status?: string | undefined
  readonly Prefix?: string | undefined
  readonly Filter?:
    | S3Filter & { readonly And?: S3Filter & { readonly Tags?: ReadonlyArray<unknown> | undefined } | undefined }
    | undefined
  readonly Expiration?: { readonly Days?: number | undefined; readonly Date?: Date | undefined } | undefined
  readonly Transitions?: ReadonlyArray<{ readonly StorageClass?: string | undefined }> | undefined
  readonly NoncurrentVersionExpiration?: {
    readonly NoncurrentDays?: number | undefined
    readonly NewerNoncurrentVersions?: number | undefined
  } | undefined
}

interface S3Filter {
  readonly Prefix?: string | undefined
  readonly Tag?: unknown
  readonly ObjectSizeGreaterThan?: number | undefined
  readonly ObjectSizeLessThan?: number | undefined
}

/** Classes that cannot be read at once. */
const frozen = new Set(["GLACIER", "DEEP_ARCHIVE"])

export const ofS3 = (rules: ReadonlyArray<S3Rule>): ReadonlyArray<Rule> =>
  rules.flatMap((rule, at) => {
    const { Filter: filter = {}, NoncurrentVersionExpiration: old } = rule
    const { And: both } = filter
    if (rule.Status !== "Enabled" || filter.Tag !== undefined || (both?.Tags?.length ?? 0) > 0) return []
    const common = {
      name: named(rule.ID, at),
      prefixes: [rule.Prefix ?? both?.Prefix ?? filter.Prefix ?? ""],
      narrow: [filter, both].some((one) =>
        one?.ObjectSizeGreaterThan !== undefined || one?.ObjectSizeLessThan !== undefined
      )
    }
    const made: Array<Rule> = []
    if (rule.Expiration?.Days !== undefined || rule.Expiration?.Date !== undefined) {
      made.push({ ...common, does: "remove" })
    }
    if (rule.Transitions?.some(({ StorageClass = "" }) => frozen.has(StorageClass)) === true) {
      made.push({ ...common, does: "archive" })
    }
    // A deleted object has one old version: a rule that keeps some keeps it for ever.
    const keeps = old?.NewerNoncurrentVersions ?? 0
    if (old !== undefined) made.push({ ...common, does: "remove old", narrow: common.narrow || keeps > 0 })
    return made
  })

const Text = Schema.optionalKey(Schema.Array(Schema.String))
const Seconds = Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite]))
const Whole = Schema.optionalKey(Schema.Finite)
const BucketJson = Schema.Struct({
  versioning: Schema.optionalKey(Schema.Struct({ enabled: Schema.optionalKey(Schema.Boolean) })),
  softDeletePolicy: Schema.optionalKey(Schema.Struct({ retentionDurationSeconds: Seconds })),
  retentionPolicy: Schema.optionalKey(Schema.Struct({ retentionPeriod: Seconds })),
  lifecycle: Schema.optionalKey(Schema.Struct({
    rule: Schema.optionalKey(Schema.Array(Schema.Struct({
      action: Schema.Struct({ type: Schema.String }),
      condition: Schema.Struct({
        isLive: Schema.optionalKey(Schema.Boolean),
        numNewerVersions: Whole,
        daysSinceNoncurrentTime: Whole,
        noncurrentTimeBefore: Schema.optionalKey(Schema.String),
        createdBefore: Schema.optionalKey(Schema.String),
        daysSinceCustomTime: Whole,
        customTimeBefore: Schema.optionalKey(Schema.String),
        matchesStorageClass: Text,
        matchesPrefix: Text,
        matchesSuffix: Text
      })
    })))
  }))
})
type GcsRule = NonNullable<NonNullable<typeof BucketJson.Type["lifecycle"]>["rule"]>[number]

/** A bucket's metadata, as Google's JSON API gives it. */
export const ofGcs = (json: unknown): Seen => {
  const read = Schema.decodeUnknownResult(BucketJson)(json)
  if (Result.isFailure(read)) {
    const unknown = { unknown: "an answer that is no bucket's metadata" }
    return { versioned: unknown, rules: unknown, softDelete: 0, retention: 0 }
  }
  const { lifecycle, retentionPolicy, softDeletePolicy, versioning } = read.success
  return {
    versioned: { known: versioning?.enabled === true },
    rules: { known: (lifecycle?.rule ?? []).flatMap(ofGcsRule) },
    softDelete: Number(softDeletePolicy?.retentionDurationSeconds ?? 0),
    retention: Number(retentionPolicy?.retentionPeriod ?? 0)
  }
}

/** Reading from its archive classes is dear, and works at once: only deletion matters. */
const ofGcsRule = ({ action, condition }: GcsRule, at: number): ReadonlyArray<Rule> => {
  const custom = condition.daysSinceCustomTime ?? condition.customTimeBefore
  if (action.type !== "Delete" || custom !== undefined) return []
  const newer = condition.numNewerVersions ?? 0
  const old = condition.isLive === false || newer > 0 ||
    (condition.daysSinceNoncurrentTime ?? condition.noncurrentTimeBefore) !== undefined
  const common = {
    name: named(undefined, at),
    prefixes: (condition.matchesPrefix?.length ?? 0) > 0 ? condition.matchesPrefix! : [""]
  }
  const some = condition.matchesStorageClass !== undefined || condition.matchesSuffix !== undefined
  if (!old) return [{ ...common, does: "remove", narrow: some }]
  // A deleted object has no newer version, and what is bound to a date ends with it.
  const narrow = some || newer > 0 || (condition.noncurrentTimeBefore ?? condition.createdBefore) !== undefined
  return [{ ...common, does: "remove old", narrow }]
}

const named = (id: string | undefined, at: number): string =>
  id === undefined || id === "" ? `lifecycle rule ${at + 1}` : `the lifecycle rule "${id.slice(0, 60)}"`
