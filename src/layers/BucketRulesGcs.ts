/** Versioning, lifecycle rules, soft delete and retention of a bucket of Google Cloud Storage: its metadata, one request. */
import { Storage } from "@google-cloud/storage"
import { Effect, Layer } from "effect"
import * as Rules from "../domain/store/BucketRules.ts"
import * as GcsWire from "../domain/store/GcsWire.ts"
import { BucketRules } from "../services/BucketRules.ts"
import { GcsCalls } from "../services/GcsCalls.ts"
import { GcsLogin } from "../services/GcsLogin.ts"

export interface Options {
  readonly bucket: string
  readonly prefix: string
  readonly project?: string | undefined
  readonly endpoint?: string | undefined
}

export const layer = (options: Options): Layer.Layer<BucketRules, never, GcsCalls | GcsLogin> =>
  Layer.effect(
    BucketRules,
    Effect.gen(function*() {
      const { call } = yield* GcsCalls
      const { client, ready } = yield* GcsLogin
      const payer = options.project === undefined ? {} : { userProject: options.project }
      const bucket = GcsWire.connect(Storage, options.endpoint, client).bucket(options.bucket, payer)
      const none = (answer: Rules.Answer<never>): Rules.Seen => ({
        versioned: answer,
        rules: answer,
        softDelete: 0,
        retention: 0
      })
      const asked = call(0, () => bucket.getMetadata(payer).then(([metadata]) => metadata)).pipe(
        Effect.map(Rules.ofGcs),
        Effect.catch(({ status, text }) =>
          Effect.succeed(
            none(
              status === 403
                ? { denied: "storage.buckets.get" }
                : { unknown: status === undefined ? text : `${status}` }
            )
          )
        )
      )
      const look = ready.pipe(
        Effect.andThen(asked),
        Effect.catch((verdict) =>
          Effect.succeed(none({ unknown: "reason" in verdict ? verdict.reason : "the login failed" }))
        ),
        Effect.map((seen) => Rules.judge(seen, options.prefix))
      )
      return BucketRules.of({ findings: Effect.withSpan(look, "BucketRules.findings") })
    })
  )
