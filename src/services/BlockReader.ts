/** The one resolver from (record, block index) to bytes. Whoever reads blocks, reads them here; each is proved by its hash. */
import { Context, type Effect, type Exit, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import type { RepositoryError } from "./Repository.ts"

/** No live pack holds the block. */
export class BlockMissing extends Schema.TaggedError<BlockMissing>()("BlockMissing", {
  pack: Schema.String,
  hash: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 14
  override get message() {
    return `block ${this.hash} is not in pack ${this.pack}; run \`bepository fsck\``
  }
}

export type BlockError = BlockMissing | RepositoryError

export class BlockReader extends Context.Service<BlockReader, {
  /**
   * The block of that hash out of that pack, verified. The bytes are a view of a shared cache: do not write to them. They
   * stay as they are, but may keep megabytes around them in memory: copy what is held for long. Concurrent calls share
   * reads: neighbouring frames are fetched as whole ranges, ahead.
   */
  readonly read: (pack: string, hash: Uint8Array) => Effect.Effect<Uint8Array, BlockError>
  /** The block if it lies in the cache, verified; else undefined. For loops that must not suspend per block. */
  readonly readCachedUnsafe: (pack: string, hash: Uint8Array) => Uint8Array | undefined
  /**
   * Calls `answer` once with the verified block: at once if it lies in the cache, else when it has come, whatever was asked
   * for first. The bytes are only lent: after the call, other blocks come to lie there. For loops that must not cost a fiber
   * or an allocation per block. `answer` must not throw.
   */
  readonly lendUnsafe: (
    pack: string,
    hash: Uint8Array,
    answer: (exit: Exit.Exit<Uint8Array, BlockError>) => void
  ) => void
}>()("bepository/services/BlockReader") {}
