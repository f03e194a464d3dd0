/** `key add | list | remove | change`: the passphrases that open an encrypted repository. */
import { Effect, Option } from "effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { KeySlot } from "../domain/repository/KeySlot.ts"
import { Keys, type Slot } from "../services/Keys.ts"
import { explained, opening, wiring } from "./command.ts"
import { SettingInvalid } from "./failure.ts"
import { print } from "./output.ts"
import { askTwice, passphrase } from "./secrets.ts"
import * as Text from "./text.ts"

const fresh = "BEPOSITORY_NEW_PASSPHRASE"

/** The keys of the repository, and how to ask for a new passphrase. */
const beginning = Effect.gen(function*() {
  const { environment, uri } = yield* opening
  const { keys, newPassphrase, understood } = yield* wiring
  const ask = Effect.map(
    Effect.flatMap(passphrase(environment, fresh), (set) => set === undefined ? askTwice(fresh) : Effect.succeed(set)),
    newPassphrase
  )
  return { layer: keys(uri), understood: understood(uri), ask }
})

const facts = (slot: Pick<KeySlot, "created" | "host" | "id" | "label">) => ({
  id: slot.id,
  label: slot.label,
  host: slot.host,
  created: Text.time(slot.created)
})

const states: Readonly<Record<Exclude<Slot["_tag"], "Slot">, string>> = {
  Foreign: "left over, opens nothing",
  Damaged: "damaged",
  Newer: "of a newer bepository"
}

/** `own`: the id of the one in use; undefined if no passphrase is set. */
const row = (each: Slot, own: string | null | undefined) => {
  if (each._tag !== "Slot") {
    const problem = `${states[each._tag]}: ${each.reason}`
    return { id: each.id, label: "", host: "", created: null, inUse: false, problem }
  }
  const { created, host, id, label } = facts(each.slot)
  return { id, label, host, created, inUse: own === undefined ? null : id === own, problem: null }
}

const list = Effect.gen(function*() {
  const { layer } = yield* beginning
  const { own, slots } = yield* Effect.flatMap(Keys, (keys) => keys.list).pipe(Effect.provide(layer))
  const rows = slots.map((slot) => row(slot, own))
  yield* print({ keys: rows }, () =>
    Text.table(
      ["ID", "LABEL", "MADE", "ON", ""],
      rows.map(({ created, host, id, inUse, label, problem }) => [
        id,
        Text.cut(label, 40),
        created ?? "",
        Text.cut(host, 40),
        problem ?? (inUse === true ? "in use" : "")
      ])
    ))
})

const labelOf = (label: Option.Option<string>): Effect.Effect<string | undefined, SettingInvalid> => {
  const text = Option.getOrUndefined(label)
  return text !== undefined && text.length > 200
    ? Effect.fail(new SettingInvalid({ setting: "--label", problem: "it is longer than 200 characters" }))
    : Effect.succeed(text)
}

const add = (options: { readonly label: Option.Option<string> }) =>
  Effect.gen(function*() {
    const label = (yield* labelOf(options.label)) ?? ""
    const { ask, layer, understood } = yield* beginning
    yield* understood
    const made = yield* Effect.gen(function*() {
      const keys = yield* Keys
      yield* keys.check
      return yield* keys.add(yield* ask, label)
    }).pipe(Effect.provide(layer))
    yield* print(facts(made), () => `Key ${made.id} was added: its passphrase opens the repository too.`)
  })

const change = (options: { readonly label: Option.Option<string> }) =>
  Effect.gen(function*() {
    const label = yield* labelOf(options.label)
    const { ask, layer, understood } = yield* beginning
    yield* understood
    const made = yield* Effect.gen(function*() {
      const keys = yield* Keys
      yield* keys.check
      return yield* keys.change(yield* ask, label)
    }).pipe(Effect.provide(layer))
    yield* print(facts(made), () =>
      [
        `Key ${made.id} has taken the place of the old one. Set the new passphrase on every host.`,
        "Who kept a copy of the old key and knows its passphrase can still read the repository: the data are not sealed anew."
      ].join("\n"))
  })

const remove = (options: { readonly id: string }) =>
  Effect.gen(function*() {
    const { layer, understood } = yield* beginning
    yield* understood
    const id = yield* Effect.gen(function*() {
      const keys = yield* Keys
      const { slots } = yield* keys.list
      const meant = slots.filter((slot) => slot.id.startsWith(options.id.toLowerCase()))
      const [only] = meant
      if (only === undefined || meant.length > 1 || options.id.length < 4) {
        const problem = only === undefined
          ? "there is no such key; `bepository key list` shows them"
          : "give the whole id, or as much of its beginning as no other key has (at least 4 digits)"
        return yield* new SettingInvalid({ setting: `ID "${options.id.slice(0, 80)}"`, problem })
      }
      yield* keys.remove(only.id)
      return only.id
    }).pipe(Effect.provide(layer))
    yield* print({ removed: id }, () => `Key ${id} was removed.`)
  })

const label = Flag.String("label").pipe(
  Flag.optional,
  Flag.withMetavar("TEXT"),
  Flag.withDescription("Says whose key it is; anybody who can read the store can read this")
)
const id = Argument.String("id").pipe(
  Argument.withDescription("As `key list` shows it; its first digits are enough if no other key has them")
)

export const command = Command.make("key").pipe(
  Command.withDescription(
    `The passphrases that open an encrypted repository, each by a key of its own. A new passphrase is asked for at the
  terminal, or taken from ${fresh}, ${fresh}_FILE or _COMMAND.`
  ),
  Command.withShortDescription("The passphrases of an encrypted repository"),
  Command.withSubcommands([
    Command.make("list", {}, () => explained(list)).pipe(
      Command.withDescription("List keys, oldest first; the one that the set passphrase opens is marked")
    ),
    Command.make("add", { label }, (options) => explained(add(options))).pipe(
      Command.withDescription("Add a passphrase; all others stay valid"),
      Command.withExamples([{
        command: "bepository key add --label \"in the safe\"",
        description: "A second one, on paper, for the day when the first is lost"
      }])
    ),
    Command.make("change", { label }, (options) => explained(change(options))).pipe(
      Command.withDescription(
        "Put a new passphrase in the place of the one in use; interrupted, both are valid: run it again"
      )
    ),
    Command.make("remove", { id }, (options) => explained(remove(options))).pipe(
      Command.withDescription(
        "Remove a key: its passphrase opens nothing any more. The one in use, hence the last, stays"
      )
    )
  ])
)
