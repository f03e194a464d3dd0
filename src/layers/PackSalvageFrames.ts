/**
 * Packs saved frame by frame. A frame is read once more if not every block comes out of it that was found good; if it does not
 * then either, all of the pack is left as it is.
 */
import { Effect, Layer, Result } from "effect"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Op } from "../domain/repository/Op.ts"
import * as Pack from "../domain/repository/Pack.ts"
import type { Replacement } from "../domain/repository/RepairPlan.ts"
import * as State from "../domain/repository/State.ts"
import type { Trailer } from "../domain/repository/Trailer.ts"
import { BlockStore, type PackBuilderHandle } from "../services/BlockStore.ts"
import type { WriteFence } from "../services/Lease.ts"
import { ObjectProof } from "../services/ObjectProof.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { PackSalvage } from "../services/PackSalvage.ts"
import { Repository } from "../services/Repository.ts"

export const layer: Layer.Layer<PackSalvage, never, BlockStore | ObjectProof | ObjectStore | Repository> = Layer.effect(
  PackSalvage,
  Effect.gen(function*() {
    const blockStore = yield* BlockStore
    const proof = yield* ObjectProof
    const repository = yield* Repository
    const store = yield* ObjectStore

    /** The pack's index if it has one, on a second look too. */
    const trailerOf = Effect.fnUntraced(function*(old: string) {
      const { condemned } = yield* repository.head
      const ref = yield* repository.pack(old)
      const going = condemned.get(ObjectKey.pack(old))
      if (ref === undefined && going === undefined) return undefined
      const look = ref === undefined ? proof.ending(old, going!.size) : proof.trailer(ref)
      const first = yield* look
      const found = first._tag === "Good" ? first : yield* look
      return found._tag === "Good" ? found.value : undefined
    })

    /** Adds those blocks of the frame that have their hash. */
    const takeFrame = Effect.fnUntraced(function*(trailer: Trailer, index: number, builder: PackBuilderHandle) {
      const { blocks, first, start, stored } = trailer.frames[index]!
      const bytes = yield* store.get(ObjectKey.pack(trailer.pack), { start, end: start + stored }).pipe(
        Effect.catchTags({
          ObjectNotFound: () => Effect.succeed(new Uint8Array(0)),
          ObjectUnreadable: () => Effect.succeed(new Uint8Array(0))
        })
      )
      const raw = Pack.decodeFrame(trailer, index, bytes)
      if (Result.isFailure(raw)) return
      let offset = 0
      for (let at = first; at < first + blocks; at++) {
        const length = trailer.lengths[at]!
        const hash = hashOf(trailer, at)
        const block = Pack.blockOf(raw.success, { frame: index, offset, length }, hash)
        offset += length
        if (Result.isFailure(block) || builder.find(hash) !== undefined) continue
        yield* builder.awaitRoom(length)
        builder.add(hash, block.success)
      }
    })

    /**
     * The pack's good blocks, in new packs. Undefined if one that was not found bad cannot be read now, twice: it may be read
     * another time, so nothing may take the pack's place.
     */
    const copied = Effect.fnUntraced(function*(trailer: Trailer, bad: ReadonlySet<number>) {
      // A builder for each pack: what was sealed before counts as found, and may have been refused by a commit.
      const builder = yield* blockStore.builder
      for (const [index, { blocks, first }] of trailer.frames.entries()) {
        const good = Array.from({ length: blocks }, (_, at) => first + at).filter((at) => !bad.has(at))
        const isTaken = () => good.every((at) => builder.find(hashOf(trailer, at)) !== undefined)
        yield* takeFrame(trailer, index, builder)
        if (!isTaken()) yield* takeFrame(trailer, index, builder)
        if (!isTaken()) return undefined
      }
      const packs = yield* builder.seal
      const made = new Set(packs.flatMap(({ contents }) => hexes(contents.hashes)))
      return hexes(trailer.hashes).every((hash, at) => bad.has(at) || made.has(hash))
        ? { packs, blocks: made.size }
        : undefined
    })

    /** What the pack's good blocks are copied to, if any; undefined if it has to be left as it is. */
    const salvaged = Effect.fnUntraced(function*({ bad, copy, old }: Replacement) {
      const nothing = { packs: [], blocks: 0 }
      // One that was replaced before has nothing to give; it may only be found in more packs.
      if (!State.isLive(yield* repository.head, old)) return nothing
      if (copy && bad !== undefined) {
        const trailer = yield* trailerOf(old)
        return trailer === undefined ? undefined : yield* copied(trailer, bad)
      }
      // All of it is lost, unless it is there again.
      return bad === undefined && (yield* trailerOf(old)) !== undefined ? undefined : nothing
    })

    const replace = Effect.fn("PackSalvage.replace")(function*(replacement: Replacement, fence: WriteFence) {
      const { elsewhere, old } = replacement
      const made = yield* salvaged(replacement)
      if (made === undefined) return undefined
      const { blocks, packs } = made
      const applied = yield* repository.commit((state) =>
        Effect.sync(() => {
          const live = State.isLive(state, old)
          if (!live && !state.redirects.has(old)) return []
          const before = live ? [] : State.packsFor(state, old)
          const targets = new Set([...before, ...packs.map(({ ref }) => ref.id)])
          for (const other of elsewhere) if (other !== old && State.isLive(state, other)) targets.add(other)
          if (!live && targets.size === before.length) return []
          const ops: Array<Op> = packs.length === 0 ? [] : [{ _tag: "PacksAdded", packs: packs.map(({ ref }) => ref) }]
          ops.push({ _tag: "PackReplaced", old, packs: [...targets], scanned: state.position })
          return ops
        }), fence)
      return applied === undefined ? 0 : blocks
    })

    const save = Effect.fn("PackSalvage.save")(function*(old: string, fence: WriteFence) {
      const trailer = yield* trailerOf(old)
      // A check reads the blocks of live packs only.
      const data = trailer === undefined ? undefined : yield* proof.data(trailer, () => {})
      const made = trailer !== undefined && data?._tag === "Good"
        ? yield* copied(trailer, data.value.bad)
        : undefined
      if (made === undefined) return undefined
      const packs = made.packs.map(({ ref }) => ref)
      yield* repository.commit((state) =>
        Effect.succeed<ReadonlyArray<Op>>(
          !state.condemned.has(ObjectKey.pack(old)) || packs.length === 0 ? [] : [
            { _tag: "PacksAdded", packs },
            { _tag: "PackReplaced", old, packs: packs.map(({ id }) => id), scanned: state.position }
          ]
        ), fence)
      return made.blocks
    })

    return PackSalvage.of({ replace, save })
  })
)

const hashOf = ({ hashes }: Trailer, at: number): Uint8Array => hashes.subarray(at * 32, at * 32 + 32)

const hexes = (hashes: Uint8Array): ReadonlyArray<string> =>
  Array.from(
    { length: hashes.length / 32 },
    (_, at) => Buffer.from(hashes.subarray(at * 32, at * 32 + 32)).toString("hex")
  )
