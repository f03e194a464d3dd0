/** What a soak found: one line each as it is found, a closing line, and a failure in the end if one of them does not hold. */
import { Effect } from "effect"
import * as Process from "../harness/Process.ts"

let passed = 0
const problems: Array<string> = []

export const say = (text: string) =>
  Effect.sync(() => console.log(`${new Date().toISOString().slice(11, 19)}  ${text}`))

/** Notes what was found; a finding that does not hold fails the soak at its end. */
export const finding = (text: string, holds: boolean) =>
  Effect.suspend(() => {
    if (holds) passed++
    else problems.push(text)
    return say(`${holds ? "ok   " : "FAIL "} ${text}`)
  })

export const close = Effect.suspend(() => {
  console.log(`\n${passed} passed, ${problems.length} failed`)
  return problems.length > 0
    ? Effect.fail(new Process.HarnessError({ message: problems.join("\n") }))
    : Effect.void
})

export const memoryBound = 300 * 1000 * 1000
