/** The program as it is published, built once for a test file: quicker to start than the sources, and what users run. */
import { afterAll, beforeAll } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type OutputOptions, rolldown, type RolldownOptions } from "rolldown"
import config from "../../rolldown.config.ts"

/** Call once, at the top of the file; `Bepository.ts` of the harness then runs the bundle. Answers its path. */
export const useBundle = (): string => {
  // Within the checkout, so that what is not bundled is found.
  const directory = Path.resolve(import.meta.dirname, `../../.cache/bundle-${process.pid}`)
  const main = Path.join(directory, "main.js")
  const before = process.env.BEPOSITORY_TEST_PROGRAM
  beforeAll(async () => {
    const { output, ...input } = config as Omit<RolldownOptions, "output"> & { readonly output: OutputOptions }
    const bundle = await rolldown({ ...input, logLevel: "silent" })
    await bundle.write({ ...output, dir: directory })
    process.env.BEPOSITORY_TEST_PROGRAM = main
  })
  afterAll(() => {
    if (before === undefined) delete process.env.BEPOSITORY_TEST_PROGRAM
    else process.env.BEPOSITORY_TEST_PROGRAM = before
    Fs.rmSync(directory, { recursive: true, force: true })
  })
  return main
}
