#!/usr/bin/env node
/** The executable. Stays free of static imports and new syntax, so that an old Node can still say which one is needed. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

/**
 * Node sizes the young generation by the machine's memory, up to 3 × 32 MiB, and the daemon's small objects fill all of
 * it. Only a flag at the start of the process bounds it: `serve` starts itself once more, in the same process.
 */
const youngGeneration = "--max-semi-space-size"
const given = process.execArgv.concat(process.env.NODE_OPTIONS || "").some((flag) => flag.includes(youngGeneration))
if (process.argv.includes("serve") && !given && typeof process.execve === "function") {
  process.execve(
    process.execPath,
    [process.execPath].concat(process.execArgv, `${youngGeneration}=16`, process.argv.slice(1))
  )
}

if (major > 22 || (major === 22 && minor >= 19)) {
  void import("./cli.ts").then((cli) => cli.run(process.argv.slice(2)))
} else {
  process.stderr.write("bepository: Node 22.19 or newer is needed, this is Node " + process.versions.node + "\n")
  process.exit(1)
}
