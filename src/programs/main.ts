#!/usr/bin/env node
/** The executable. Stays free of static imports and new syntax, so that an old Node can still say which one is needed. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

const current = major > 22 || (major === 22 && minor >= 19)

/**
 * V8 sizes its heap by the machine's memory: the young generation up to 134 MB, the old one to several times of what
 * lives in it, and the daemon's many small objects fill both. The first is bounded by a flag at the start of the process
 * only: `serve` starts itself once more, in the same process. The second may be told at any time.
 */
const youngGeneration = "--max-semi-space-size"
if (current && process.argv.includes("serve")) {
  const given = process.execArgv.some((flag) => flag.startsWith(youngGeneration))
  if (!given && typeof process.execve === "function") {
    process.execve(
      process.execPath,
      [process.execPath].concat(process.execArgv, `${youngGeneration}=16`, process.argv.slice(1))
    )
  }
  process.getBuiltinModule("node:v8").setFlagsFromString("--heap-growing-percent=50")
}

if (current) {
  void import("./cli.ts").then((cli) => cli.run(process.argv.slice(2)))
} else {
  process.stderr.write("bepository: Node 22.19 or newer is needed, this is Node " + process.versions.node + "\n")
  process.exit(1)
}
