/** What the place itself does with what is stored there, and with what is deleted. */
import { Context, type Effect } from "effect"
import type { Finding } from "./StoreCheckup.ts"

export class BucketRules extends Context.Service<BucketRules, {
  /** What the operator should know; what may not be seen is said by the permission that lacks. One attempt. */
  readonly findings: Effect.Effect<ReadonlyArray<Finding>>
}>()("bepository/services/BucketRules") {}
