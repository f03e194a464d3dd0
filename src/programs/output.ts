/** Where results go: stdout, as text or, with --json, as one JSON value. Logs and problems never go there. */
import { Console, Effect } from "effect"
import { JsonFlag } from "./settings.ts"

/** `text` is only made when it is wanted. */
export const print = Effect.fnUntraced(function*(value: unknown, text: () => string) {
  const json = yield* JsonFlag
  yield* Console.log(json ? toJson(value) : text())
})

/** One line; a bigint becomes a string. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part))
