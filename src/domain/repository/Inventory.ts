/**
 * A listing held against a state: what the state names and the store lacks, and what the store has and no state names.
 * The listing may be younger than the state, so what is missing here is only a suspicion until a newer state says the same.
 */
import { examples, type Finding, finding, type KindName } from "./Damage.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as State from "./State.ts"

/** An object that should be there as the state says. */
export interface Suspect {
  readonly key: string
  readonly kind: "pack" | "segment"
  readonly id: string
  /** Bytes the state states. */
  readonly size: number
  /** Bytes it has; undefined: it is not there. */
  readonly found: number | undefined
}

interface Group {
  count: number
  bytes: number
  readonly keys: Array<string>
}

export class Inventory {
  private readonly state: State.State
  /** Named objects that were not listed yet: size by key. */
  private readonly expected = new Map<string, Omit<Suspect, "found">>()
  private readonly suspects: Array<Suspect> = []
  private readonly groups = new Map<KindName, Group>()
  readonly log: Array<number> = []
  readonly bases: Array<number> = []
  objects = 0
  bytes = 0

  constructor(state: State.State) {
    this.state = state
    const expect = (kind: Suspect["kind"], { id, size }: { readonly id: string; readonly size: number }) => {
      const key = kind === "pack" ? ObjectKey.pack(id) : ObjectKey.segment(id)
      this.expected.set(key, { key, kind, id, size })
    }
    for (const pack of livePacks(state)) expect("pack", pack)
    for (const id of State.referencedSegments(state)) {
      const ref = state.segments.get(id)
      if (ref !== undefined) expect("segment", ref)
    }
  }

  add({ key, size }: { readonly key: string; readonly size: number }): void {
    this.objects++
    this.bytes += size
    const expected = this.expected.get(key)
    if (expected !== undefined) {
      this.expected.delete(key)
      if (expected.size !== size) this.suspects.push({ ...expected, found: size })
      return
    }
    const parsed = ObjectKey.parse(key)
    switch (parsed?._tag) {
      case undefined:
        if (!key.startsWith("tmp/")) this.put("foreign", key, size)
        return
      case "Log":
        this.log.push(parsed.position)
        return
      case "Base":
        this.bases.push(parsed.position)
        return
      case "Pack":
      case "Segment":
        this.put(this.standing(key, parsed), key, size)
        return
      case "Key":
      case "Lease":
      case "Marker":
    }
  }

  /** After the whole listing. */
  finish(): { readonly suspects: ReadonlyArray<Suspect>; readonly findings: ReadonlyArray<Finding> } {
    for (const expected of this.expected.values()) this.suspects.push({ ...expected, found: undefined })
    this.expected.clear()
    const findings = Array.from(
      this.groups,
      ([kind, { bytes, count, keys }]) =>
        finding(kind, keys[0] ?? "", told[kind] ?? "", { objects: { count, bytes, examples: keys } })
    )
    return { suspects: this.suspects, findings }
  }

  /** Of a pack or segment that nothing live names. */
  private standing(key: string, { _tag, id }: { readonly _tag: "Pack" | "Segment"; readonly id: string }): KindName {
    const { condemned, packs, redirects, segments } = this.state
    if (condemned.has(key)) return "waiting"
    const isKnown = _tag === "Segment" ? segments.has(id) : redirects.has(id) || packs.dropped.has(id)
    if (isKnown) return "unused"
    return (ObjectKey.parseId(id)?.term ?? 0) < this.state.epoch ? "orphan" : "unnamed"
  }

  private put(kind: KindName, key: string, size: number): void {
    const group = this.groups.get(kind) ?? { count: 0, bytes: 0, keys: [] }
    group.count++
    group.bytes += size
    if (group.keys.length < examples) group.keys.push(key)
    this.groups.set(kind, group)
  }
}

/** Packs that records may name or find their blocks in. */
export function* livePacks(state: State.State): Generator<State.PackRef> {
  yield* state.packs.flushed.values()
  for (const { ref } of state.packs.inline.values()) yield ref
}

/** Whether the object is still what the state needs it to be. */
export const isNeeded = (state: State.State, { id, kind, size }: Omit<Suspect, "found">): boolean =>
  kind === "pack"
    ? State.packRef(state, id)?.size === size
    : State.referencedSegments(state).has(id) && state.segments.get(id)?.size === size

export const describe = ({ found, size }: Pick<Suspect, "found" | "size">): string =>
  found === undefined ? "it is not in the store" : `it has ${found} bytes where the log says ${size}`

const told: { readonly [Name in KindName]?: string } = {
  waiting: "condemned, and not deleted yet",
  unused: "replaced, and not condemned yet",
  orphan: "left by a term that is over, and never named",
  unnamed: "of the present term, and not named yet",
  foreign: "no object of a repository"
}
