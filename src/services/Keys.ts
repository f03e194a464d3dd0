/**
 * Key slots of an encrypted repository, and what goes wrong with keys. There is always a slot: only one than which a newer
 * one is there is ever removed, so whatever several hosts remove at once, the newest stays.
 */
import { Context, type Effect, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import type { Found, KeySlot } from "../domain/repository/KeySlot.ts"
import type { Passphrase } from "./Passphrase.ts"
import type { ReplicaUnusable } from "./Replica.ts"
import type { RepositoryAbsent, RepositoryError } from "./Repository.ts"

/** The repository is encrypted, and nobody said a passphrase. `begun`: it is one that an `init` did not finish. */
export class PassphraseMissing extends Schema.TaggedError<PassphraseMissing>()("PassphraseMissing", {
  location: Schema.String,
  begun: Schema.Boolean
}) {
  override readonly [Runtime.errorExitCode] = 12
  override get message() {
    const what = this.begun ? "an encrypted repository was begun" : "the repository is encrypted"
    return `${what} at ${this.location}, and no passphrase is set; set BEPOSITORY_PASSPHRASE_FILE, ` +
      "BEPOSITORY_PASSPHRASE_COMMAND or BEPOSITORY_PASSPHRASE, or give the service a systemd credential named passphrase"
  }
}

/** No slot opens with the passphrase. */
export class PassphraseWrong extends Schema.TaggedError<PassphraseWrong>()("PassphraseWrong", {
  location: Schema.String,
  slots: Schema.Int,
  damaged: Schema.Int
}) {
  override readonly [Runtime.errorExitCode] = 12
  override get message() {
    const damaged = this.damaged === 0 ? "" : `, and ${this.damaged} that cannot be read`
    return `the passphrase opens none of the key slots (${this.slots}${damaged}) of the repository at ${this.location}; ` +
      "check it, a stray blank at its end too; `bepository key list` shows the slots"
  }
}

/** A passphrase was said, and the marker says that there is nothing to open with it. */
export class NotEncrypted extends Schema.TaggedError<NotEncrypted>()("NotEncrypted", { location: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 12
  override get message() {
    return `a passphrase is set, and the repository at ${this.location} is not encrypted; if it never was, unset the ` +
      "passphrase; if it was, somebody put another in its place: change nothing, and look at the store"
  }
}

/** This host knew another repository at the location, or one where there is none now. `found`: empty for none. */
export class RepositoryReplaced extends Schema.TaggedError<RepositoryReplaced>()("RepositoryReplaced", {
  location: Schema.String,
  knew: Schema.String,
  found: Schema.String,
  note: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = this.found === "" ? 10 : 14
  override get message() {
    const now = this.found === "" ? "there is none now" : `it holds ${this.found} now`
    return `this host knows ${this.location} as ${this.knew}, and ${now}; check that it is the right place and whole ` +
      `(is it mounted?); if it was replaced on purpose, remove ${this.note}`
  }
}

/** What was asked for would lose the repository, or cannot be. */
export class KeyRefused extends Schema.TaggedError<KeyRefused>()("KeyRefused", { reason: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
  override get message() {
    return this.reason
  }
}

export type KeyError = PassphraseMissing | PassphraseWrong | NotEncrypted | RepositoryReplaced | ReplicaUnusable

/** One object under `key/`. */
export type Slot = Found

export class Keys extends Context.Service<Keys, {
  /**
   * All of them, oldest first. Needs no passphrase. `own`: the one that the passphrase in use opens; null if it opens none,
   * undefined if none is set.
   */
  readonly list: Effect.Effect<
    { readonly slots: ReadonlyArray<Slot>; readonly own: string | null | undefined },
    KeyRefused | KeyError | RepositoryAbsent | RepositoryError
  >
  /** Fails if the passphrase in use opens nothing: to be asked before a new one is. */
  readonly check: Effect.Effect<void, KeyRefused | KeyError | RepositoryAbsent | RepositoryError>
  /** One more passphrase, that opens no slot yet. It was read back and opened when this succeeds. */
  readonly add: (
    fresh: Passphrase,
    label: string
  ) => Effect.Effect<KeySlot, KeyRefused | KeyError | RepositoryAbsent | RepositoryError>
  /** `id`: whole. Refuses the slot that the passphrase in use opens, hence the last one. Gone when this succeeds. */
  readonly remove: (id: string) => Effect.Effect<void, KeyRefused | KeyError | RepositoryAbsent | RepositoryError>
  /**
   * Another passphrase in the place of the one in use: the new slot is there, read back and opened, before any that the old
   * passphrase opens is removed. After a failure both may be valid; to be run again then. `label`: the old one's if undefined.
   */
  readonly change: (
    fresh: Passphrase,
    label: string | undefined
  ) => Effect.Effect<KeySlot, KeyRefused | KeyError | RepositoryAbsent | RepositoryError>
}>()("bepository/services/Keys") {}
