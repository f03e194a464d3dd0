/** `copy`: moving house. The whole repository to another store, while daemons run; gone on with when it was interrupted. */
import { Effect, Layer, Option, Result, Schema, Stream } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Runtime from "effect/Runtime"
import { resolve } from "node:path"
import * as StorageUri from "../domain/StorageUri.ts"
import type { Damage } from "../services/CopySource.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import { type CopyProgress, RepositoryCopy } from "../services/RepositoryCopy.ts"
import { explained, opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import { print } from "./output.ts"
import * as Terminal from "./terminal.ts"
import * as Text from "./text.ts"

const options = {
  to: Argument.String("TO_URI").pipe(
    Argument.withDescription("An empty location, or one that an earlier copy of this repository was made to")
  ),
  noVerify: Flag.Boolean("no-verify").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Read nothing back to compare it, nor what a copy left that was unfinished or found damage: half the traffic, and trust"
    )
  )
}

/** The copy is no better than the repository is; what is damaged has been said. */
class CopiedDamage extends Schema.TaggedError<CopiedDamage>()("CopiedDamage", {
  objects: Schema.Int,
  opens: Schema.Boolean
}) {
  override readonly [Runtime.errorExitCode] = 3
  override get message() {
    return `${Text.counted(this.objects, "object")} found damaged here${
      this.opens ? "" : ", and the copy does not open"
    }: ` +
      "`bepository fsck --check full` says what that means and what can be mended; run this again then, it compares everything"
  }
}

const destinationOf = (text: string) =>
  Result.match(StorageUri.parse(text), {
    onFailure: (problem) =>
      Effect.fail(new SettingInvalid({ setting: `TO_URI "${StorageUri.redact(text)}"`, problem })),
    onSuccess: (uri) => Effect.succeed(uri._tag === "File" ? { ...uri, path: resolve(uri.path) } : uri)
  })

const line = (progress: CopyProgress): string =>
  progress.unprovedObjects > 0
    ? `comparing what is there: ${Text.counted(progress.unprovedObjects, "object")}, ` +
      `${Text.bytes(progress.unprovedBytes)} left`
    : copying(progress)

const copying = (progress: CopyProgress): string =>
  `copying: ${Text.count(progress.objects)} of ${Text.counted(progress.totalObjects, "object")}, ` +
  `${Text.bytes(progress.bytes)} of ${Text.bytes(progress.totalBytes)}`

const handler = (given: { readonly to: string; readonly noVerify: boolean }) =>
  Effect.gen(function*() {
    const { uri } = yield* opening
    const to = yield* destinationOf(given.to)
    const [from, there] = [StorageUri.location(uri), StorageUri.location(to)]
    if (StorageUri.place(uri) === StorageUri.place(to)) {
      return yield* new SettingInvalid({ setting: `TO_URI "${there}"`, problem: "it is where the repository is" })
    }
    const { copying, objects, repository, understood } = yield* wiring
    yield* understood(uri)
    const live = Terminal.watched() ? Terminal.make() : undefined
    const last = yield* Effect.scoped(Effect.gen(function*() {
      const destination = yield* Effect.provide(ObjectStore, yield* Layer.build(objects(to)))
      const copy = yield* Effect.provide(RepositoryCopy, yield* Layer.build(copying(uri)))
      return yield* copy.copyTo(destination, { verify: !given.noVerify }).pipe(
        Stream.tap((progress) => Effect.sync(() => live?.show([line(progress)]))),
        Stream.runLast,
        Effect.ensuring(Effect.sync(() => live?.clear()))
      )
    }))
    if (Option.isNone(last)) return yield* Effect.die(new Error("a copy ended without a word"))
    const { copiedBytes, copiedObjects, damage, objects: count, strange, uncompared, verifiedBytes, verifiedObjects } =
      last.value
    for (const key of strange.slice(0, 10)) {
      yield* Effect.logWarning("an object that is no part of a repository was left").pipe(Effect.annotateLogs({ key }))
    }
    const damaged = [...damage].map(([key, { copy, reason }]) => ({ key, reason, copy }))
    for (const { copy, key, reason } of damaged.slice(0, 10)) {
      yield* Effect.logWarning(`an object is damaged here, ${inCopy[copy]}`).pipe(Effect.annotateLogs({ key, reason }))
    }
    // The proof that it can be opened, with everything its log says.
    const opened = yield* Effect.flatMap(Repository, ({ head, id }) =>
      Effect.map(head, (state) => ({ id, position: state.position }))).pipe(
        Effect.provide(repository(to)),
        Effect.catchTag("RepositoryCorrupt", (error) =>
          damaged.length === 0
            ? error
            : Effect.as(Effect.logWarning(`the copy does not open: ${error.key}: ${error.reason}`), undefined))
      )
    const position = opened?.position ?? last.value.position ?? 0
    const facts = {
      from,
      to: there,
      repository: opened?.id,
      position,
      objects: count,
      copiedObjects,
      copiedBytes,
      // All that is there now, by this run.
      verified: verifiedObjects === count && damaged.length === 0,
      verifiedObjects,
      verifiedBytes,
      uncompared,
      damaged
    }
    yield* print(facts, () =>
      [
        `${Text.counted(copiedObjects, "object")} (${Text.bytes(copiedBytes)}) copied to ${there}, which now has ` +
        `${damaged.length === 0 ? "all " : ""}${Text.count(count)} up to commit ${Text.count(position)}.`,
        proof(facts, given.noVerify),
        ...(damaged.length > 0 || uncompared
          ? []
          : [
            "",
            "Both are the same repository with the same device id. Stop every bepository, run this once more for what came",
            "meanwhile, and start them again with the new location; nobody may write to both."
          ])
      ].join("\n"))
    if (damaged.length > 0) {
      return yield* new CopiedDamage({ objects: damaged.length, opens: opened !== undefined })
    }
  })

const inCopy: Readonly<Record<Damage["copy"], string>> = {
  "as it is": "and as it is in the copy",
  "left out": "and was left out of the copy",
  "whole": "and whole in the copy",
  "unknown": "and could not be compared with the copy's"
}

interface Proof {
  readonly objects: number
  readonly verified: boolean
  readonly verifiedObjects: number
  readonly uncompared: boolean
  readonly damaged: ReadonlyArray<Pick<Damage, "copy">>
}

/** How far what is there was read back. */
const proof = ({ damaged, objects, uncompared, verified, verifiedObjects }: Proof, noVerify: boolean): string => {
  if (verified) return "All of them were read back and compared."
  const check = "`bepository fsck --check full` with the new location reads all."
  if (uncompared) {
    return "They were not read back, nor was what an earlier run left there, which did not come to its end or found damage: " +
      "without --no-verify that is compared."
  }
  if (noVerify) return `They were not read back: ${check}`
  const unlike = damaged.filter(({ copy }) => copy !== "left out").length
  if (damaged.length > 0 && verifiedObjects === objects - unlike) {
    return "All others of them were read back and compared."
  }
  return `Of these ${
    Text.count(verifiedObjects)
  } were read back now, the others are of a copy that came to its end: ${check}`
}

export const command = Command.make("copy", options, (given) => explained(handler(given))).pipe(
  Command.withDescription(
    `Copy the repository to another store, object by object, each proved before. Safe while daemons run. An interrupted copy
  is no repository yet: run the command again and it goes on, when it has read back what it left and compared it. Run it
  once more, with every daemon stopped, before you switch: only what is new is copied, and read back.

  What is damaged here is named and copied as it is; what cannot be read, and a base that is damaged, is left out. The command
  ends with 3 then, and the next run compares everything.`
  ),
  Command.withShortDescription("Copy the repository to another store"),
  Command.withExamples([
    { command: "bepository copy file:///mnt/disk/backup", description: "From BEPOSITORY_STORAGE_URI to a disk" }
  ])
)
