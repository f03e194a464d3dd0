#!/usr/bin/env node
/** The executable. Stays free of static imports and new syntax, so that an old Node can still say which one is needed. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  void import("./cli.ts").then((cli) => cli.run(process.argv.slice(2)))
} else {
  process.stderr.write("bepository: Node 22.19 or newer is needed, this is Node " + process.versions.node + "\n")
  process.exit(1)
}
