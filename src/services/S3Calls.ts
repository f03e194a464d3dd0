/** Requests to S3, bounded in number and in silence, that end when they are interrupted. */
import type { S3Client } from "@aws-sdk/client-s3"
import { Context, type Effect } from "effect"
import type { S3Exchange } from "../domain/store/S3Exchange.ts"
import type * as S3Failure from "../domain/store/S3Failure.ts"
import type * as S3Place from "../domain/store/S3Place.ts"

export interface SendOptions {
  readonly abortSignal: AbortSignal
  readonly exchange: S3Exchange
}

export class S3Calls extends Context.Service<S3Calls, {
  readonly place: S3Place.Place
  /** The same for refusals: what their mends speak of. */
  readonly spoken: S3Failure.Place
  /**
   * One attempt. `send` hands a command to the client with these options; the exchange has the reply when it is whole. What is
   * not answered with a status below 300 is a failure.
   */
  readonly call: <A>(
    exchange: S3Exchange,
    send: (client: S3Client, options: SendOptions) => Promise<A>
  ) => Effect.Effect<A, S3Failure.Verdict>
}>()("bepository/services/S3Calls") {}
