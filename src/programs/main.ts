#!/usr/bin/env node
/** The executable. Stays free of static imports and new syntax, so that an old Node can still say which one is needed. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

const current = major > 22 || (major === 22 && minor >= 19)

/**
 * V8 sizes its heap by the machine's memory: the young generation up to 134 MB, the old one to several times of what
 * lives in it, and the many small objects of `serve` and `fsck` fill both. The first is bounded by a flag at the start of the process
 * only: they start themselves once more, in the same process. The second may be told at any time. What the operator told
 * Node stays, and where a process may not start itself again it goes on as it is.
 *
 * The C library is told in the same breath to keep one heap instead of one for each thread: buffers are made on one thread and
 * freed on others, and what each heap keeps of them nobody uses again (docs/decisions/0012).
 */
if (current && (process.argv.includes("serve") || process.argv.includes("fsck"))) {
  // What Node itself was told is no setting of ours, and a Config needs the imports that this file does without.
  // @effect-diagnostics-next-line processEnv:off
  const told = process.execArgv.concat((process.env["NODE_OPTIONS"] || "").split(/[\s"]+/))
  if (!told.some((flag) => /^--max[-_]semi[-_]space[-_]size(=|$)/.test(flag))) restart("--max-semi-space-size=8")
  if (!told.some((flag) => /^--heap[-_]growing[-_]percent(=|$)/.test(flag))) {
    process.getBuiltinModule("node:v8").setFlagsFromString("--heap-growing-percent=50")
  }
}

/** The same command in the same process, with the flag; returns if that cannot be. */
function restart(flag: string): void {
  if (typeof process.execve !== "function" || process.platform === "win32") return
  if (typeof process.permission === "object" && !process.permission.has("child")) return
  const emitWarning = process.emitWarning.bind(process)
  try {
    // Node aborts if the system finds nothing to run, e.g. after an upgrade under its feet.
    const { accessSync, constants } = process.getBuiltinModule("node:fs")
    accessSync(process.execPath, constants.X_OK)
    // It says that this is experimental, which nobody would see unless it fails.
    process.emitWarning = () => {}
    const env = Object.assign({ MALLOC_ARENA_MAX: "1" }, process.env)
    process.execve(process.execPath, [process.execPath].concat(process.execArgv, flag, process.argv.slice(1)), env)
  } catch {
    // Whatever forbids it, the program only takes more memory.
  } finally {
    process.emitWarning = emitWarning
  }
}

if (current) {
  void import("./cli.ts").then((cli) => cli.run(process.argv.slice(2)))
} else {
  process.stderr.write("bepository: Node 22.19 or newer is needed, this is Node " + process.versions.node + "\n")
  process.exit(1)
}
