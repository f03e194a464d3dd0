/** Checkpoints over WebDAV, read-only: for clients that mount, copy or browse. */
import { Context, Schema } from "effect"
import * as Runtime from "effect/Runtime"

/** Everybody would get in. */
export class DavPasswordMissing extends Schema.TaggedError<DavPasswordMissing>()("DavPasswordMissing", {}) {
  override readonly [Runtime.errorExitCode] = 2
  override get message() {
    return "BEPOSITORY_DAV_PASSWORD is not set, or empty; set it to what clients must give (with any user name)"
  }
}

export class Dav extends Context.Service<Dav, {
  /** Where clients find it: `http://host:port/`, with the port really bound. */
  readonly url: string
}>()("bepository/services/Dav") {}
