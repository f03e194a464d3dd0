/** `doctor`: tries out the user's own store, in a scratch place that is removed again, and says what was seen. */
import { Console, Effect, Option, Random, Schema, Stream } from "effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Runtime from "effect/Runtime"
import * as StorageUri from "../domain/StorageUri.ts"
import { BucketRules } from "../services/BucketRules.ts"
import { Repository } from "../services/Repository.ts"
import { type Finding, StoreCheckup } from "../services/StoreCheckup.ts"
import { explained, opening, wiring } from "./command.ts"
import { print } from "./output.ts"
import { JsonFlag } from "./settings.ts"
import * as Text from "./text.ts"

/** Something failed; what it was has been said. */
class DoctorWorried extends Schema.TaggedError<DoctorWorried>()("DoctorWorried", { failed: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = 3
  override get message() {
    return `${Text.counted(this.failed, "check")} failed; do not trust a repository to this store before that is mended`
  }
}

const defaultMebibytes = 16

const options = {
  mebibytes: Flag.Int("size").pipe(
    Flag.withDefault(defaultMebibytes),
    Flag.withMetavar("MIB"),
    Flag.withDescription(
      `MiB that are written and read to measure throughput; 0 for none (default: ${defaultMebibytes})`
    ),
    Flag.filter((value) => value >= 0 && value <= 1024, () => "a number from 0 to 1024")
  )
}

/** What lies at the location itself. */
const resident = (uri: StorageUri.StorageUri) =>
  Effect.gen(function*() {
    const { repository } = yield* wiring
    return yield* Effect.gen(function*() {
      const { head, id, sealing } = yield* Repository
      const { position } = yield* head
      const encrypted = sealing.suite !== "plain"
      return {
        check: "repository",
        verdict: "ok",
        seen: `repository ${id} at commit ${position}, ${encrypted ? "encrypted" : "not encrypted"}`
      } as const
    }).pipe(
      Effect.provide(repository(uri)),
      Effect.catchTag("RepositoryAbsent", () =>
        Effect.succeed(
          { check: "repository", verdict: "ok", seen: "there is none yet; `bepository init` makes one" } as const
        ))
    )
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed<Finding>({ check: "repository", verdict: "failed", seen: error.message, mend: "see INSTALL.md" })
    )
  )

const marks: Readonly<Record<Finding["verdict"], string>> = { ok: "ok    ", advice: "note  ", failed: "FAILED" }

const line = (finding: Finding): string =>
  `${marks[finding.verdict]}  ${finding.check.padEnd(22)}${finding.seen}` +
  (finding.mend === undefined ? "" : `\n        ${"".padEnd(22)}${finding.mend}`)

const handler = ({ mebibytes }: { readonly mebibytes: number }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const { bucketRules, checkup } = yield* wiring
    const json = yield* JsonFlag
    const tell = (finding: Finding) => json ? Effect.void : Console.log(line(finding))
    const location = StorageUri.location(uri)
    if (!json) yield* Console.log(`Trying out ${location}\n`)
    const first = yield* resident(uri)
    yield* tell(first)
    const name = `doctor-${(yield* Random.nextIntBetween(0, 0x7fffffff)).toString(16).padStart(8, "0")}`
    const findings = yield* Effect.flatMap(StoreCheckup, (service) =>
      service.run({ bytes: mebibytes * 1024 * 1024 }).pipe(Stream.tap(tell), Stream.runCollect)).pipe(
        Effect.provide(checkup(uri, name)),
        Effect.scoped,
        Effect.catch((error) => {
          const finding: Finding = { check: "reach", verdict: "failed", seen: error.message, mend: "mend that first" }
          return Effect.as(tell(finding), [finding])
        })
      )
    // Where nothing can be written the rules are not what is wrong.
    const reached = !findings.some(({ check, verdict }) =>
      verdict === "failed" && (check === "reach" || check === "write and read")
    )
    const rules = yield* Effect.flatMap(BucketRules, (rules) =>
      rules.findings).pipe(
        Effect.provide(bucketRules(uri)),
        Effect.when(Effect.succeed(reached)),
        Effect.map(Option.getOrElse(() => []))
      )
    yield* Effect.forEach(rules, tell, { discard: true })
    const all = [first, ...findings, ...rules]
    const failed = all.filter((finding) => finding.verdict === "failed").length
    if (json) yield* print({ location, healthy: failed === 0, findings: all }, () => "")
    else if (failed === 0) yield* Console.log("\nThis store can hold a repository.")
    if (failed > 0) return yield* new DoctorWorried({ failed })
  })

export const command = Command.make("doctor", options, (given) => explained(handler(given))).pipe(
  Command.withDescription(
    `Try out the store: whether it creates only if absent when several write at once, lists and reads what was written,
  deletes, what its clock says, how quick it is, and what the bucket's own rules do with it all. Works under tmp/ of the location, beside a repository and a running
  daemon, and removes what it wrote. Costs about 200 small requests and what is transferred.`
  ),
  Command.withShortDescription("Try out the store and say what can be expected of it"),
  Command.withExamples([
    {
      command: "bepository doctor --storage-uri s3://bucket/prefix?region=eu-central-1",
      description: "Before the first use"
    },
    { command: "bepository doctor --size 0 --json", description: "For monitoring, without the large object" }
  ])
)
