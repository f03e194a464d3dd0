/** Suites that need real programs. */
import { describe } from "vitest"
import * as Programs from "./Programs.ts"

/** Skipped, and named with its needs, when a program is missing on this machine. */
export const suite = (title: string, needs: ReadonlyArray<Programs.Need>, body: () => void): void => {
  describe.skipIf(needs.some((need) => !Programs.has(need)))(`${title} [needs ${needs.join(", ")}]`, body)
}
