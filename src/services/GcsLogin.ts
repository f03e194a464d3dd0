/** Who we are to Google Cloud Storage. The library is given the client, and so never looks for anybody itself. */
import { Context, type Effect } from "effect"
import type { AuthClient } from "google-auth-library"
import type { Verdict } from "../domain/store/GcsFailure.ts"

export class GcsLogin extends Context.Service<GcsLogin, {
  /** For mends; not a secret. */
  readonly account: string
  readonly client: AuthClient
  /** Sees to it that the client has a token that lasts; before every request. */
  readonly ready: Effect.Effect<void, Verdict>
  /** After a token was refused: whether another one may help. */
  readonly forget: Effect.Effect<boolean>
}>()("bepository/services/GcsLogin") {}
