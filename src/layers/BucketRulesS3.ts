/** Versioning and lifecycle rules of an S3 bucket. A store that does not have them says so, and then they are off. */
import { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } from "@aws-sdk/client-s3"
import { Effect, Layer } from "effect"
import * as Rules from "../domain/store/BucketRules.ts"
import { S3Exchange } from "../domain/store/S3Exchange.ts"
import { BucketRules } from "../services/BucketRules.ts"
import { S3Calls, type SendOptions } from "../services/S3Calls.ts"

export const layer: Layer.Layer<BucketRules, never, S3Calls> = Layer.effect(
  BucketRules,
  Effect.map(S3Calls, ({ call, place }) => {
    const Bucket = place.bucket

    const ask = <A, B>(
      permission: string,
      send: (client: Parameters<Parameters<typeof call>[1]>[0], options: SendOptions) => Promise<A>,
      read: (answer: A) => B,
      none: B
    ): Effect.Effect<Rules.Answer<B>> =>
      Effect.suspend(() => {
        const exchange = new S3Exchange("look")
        return call(exchange, send).pipe(
          Effect.match({
            onSuccess: (answer): Rules.Answer<B> => ({ known: read(answer) }),
            onFailure: (verdict): Rules.Answer<B> => {
              const { code = "", status } = exchange
              if (absent.has(code) || status === 501 || status === 405) return { known: none }
              if (status === 403 && code === "AccessDenied") return { denied: permission }
              return { unknown: "reason" in verdict ? verdict.reason : `${status ?? ""} ${code}`.trim() }
            }
          })
        )
      })

    const look = Effect.gen(function*() {
      const versioned = yield* ask(
        "s3:GetBucketVersioning",
        (client, options) => client.send(new GetBucketVersioningCommand({ Bucket }), options),
        // Suspended: what is deleted from now on leaves no version, and what did stays.
        ({ Status }) => Status === "Enabled" || Status === "Suspended",
        false
      )
      const rules = yield* ask(
        "s3:GetLifecycleConfiguration",
        (client, options) => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }), options),
        (answer) => Rules.ofS3(answer.Rules ?? []),
        []
      )
      return Rules.judge({ versioned, rules, softDelete: 0, retention: 0 }, place.prefix)
    })

    return BucketRules.of({ findings: Effect.withSpan(look, "BucketRules.findings") })
  })
)

/** No rules; no such thing. */
const absent = new Set(["NoSuchLifecycleConfiguration", "NotImplemented", "MethodNotAllowed"])
