import { defineConfig } from "vitest/config"
import { ClosingLine } from "./test/harness/ClosingLine.ts"

/** Interop tests start real programs on the machine's two cores: they run after the rest, so that neither starves the other. */
const project = (name: string, include: Array<string>, groupOrder: number, testTimeout: number) => ({
  extends: true as const,
  test: { name, include, testTimeout, sequence: { groupOrder } }
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    hookTimeout: 60_000,
    reporters: ["default", new ClosingLine()],
    projects: [
      project(
        "unit",
        ["test/{domain,services,layers,programs,contracts,simulation,harness,golden}/**/*.test.ts"],
        0,
        30_000
      ),
      project("house", ["test/house/**/*.test.ts"], 1, 120_000),
      project("interop", ["test/interop/**/*.test.ts"], 2, 300_000)
    ]
  }
})
