/** Asks before something goes for good. Where nobody can be asked, `--yes` must have said it. */
import { Effect } from "effect"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import process from "node:process"
import { SettingInvalid } from "./failure.ts"
import { JsonFlag } from "./settings.ts"

export const YesFlag = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDefault(false),
  Flag.withDescription("Do it without asking; needed where there is no terminal")
)

/** `what`: what goes, said before the question. `hint`: said where nobody can be asked. */
export const confirmed = Effect.fnUntraced(function*(yes: boolean, what: string, question: string, hint = what) {
  if (yes) return true
  const json = yield* JsonFlag
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    return yield* new SettingInvalid({ setting: "--yes", problem: `it is needed where nobody can be asked; ${hint}` })
  }
  process.stdout.write(`${what}\n`)
  return yield* Prompt.Confirm({ message: question, initial: false }).pipe(
    Effect.catchTag("QuitError", () => Effect.interrupt)
  )
})
