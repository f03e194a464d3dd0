/** The demo's own corner of the disk: a folder with all sorts of files, and a list of what is in a tree to compare by. */
import { Effect, Schema } from "effect"
import { createHash, randomBytes } from "node:crypto"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"

/** A step of the demo that did not come out as told. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", { problem: Schema.String }) {
  override get message() {
    return this.problem
  }
}

/** The file that A deletes. */
export const letter = "Letters/to my grandmother.txt"
export const letterText = "Dear grandmother,\n\nthis is the letter that was deleted by mistake.\n"

/** Fills an empty directory: deep, odd, large, empty. Bytes are random where nothing is gained by text. */
export const fill = (root: string): void => {
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    chmodSync(file, mode)
    // A moment in the past, to the nanosecond's neighbourhood: it has to come back too.
    utimesSync(file, 1_700_000_000.123456, 1_700_000_000.123456 + path.length)
  }
  put(letter, letterText)
  put("Letters/empty.txt", "")
  for (let i = 1; i <= 12; i++) {
    put(`Photos/2025/holiday ${String(i).padStart(2, "0")}.jpg`, randomBytes(300_000 + i * 1000))
  }
  for (let i = 1; i <= 200; i++) put(`Notes/${i % 10}/note ${i}.md`, `# Note ${i}\n\n${"words ".repeat(i)}\n`)
  put("Videos/first steps.mp4", randomBytes(24 * 1024 * 1024))
  put("Videos/first steps (copy).mp4", readFileSync(join(root, "Videos/first steps.mp4")))
  put("Grüße/日本語 🎉.txt", "names are names\n")
  put("bin/backup.sh", "#!/bin/sh\necho hello\n", 0o755)
  put(".hidden", "dot\n")
  mkdirSync(join(root, "An empty directory"))
  symlinkSync("Letters/empty.txt", join(root, "a link"))
}

export interface Tree {
  readonly files: number
  readonly bytes: number
  /** One line per entry: what it is, its mode, its time and its content. */
  readonly lines: ReadonlyArray<string>
}

/** What lies under the directory, Syncthing's own marker aside. */
export const describe = (root: string): Tree => {
  const lines: Array<string> = []
  let files = 0
  let bytes = 0
  const walk = (directory: string) => {
    for (const name of readdirSync(join(root, directory)).toSorted()) {
      if (directory === "" && (name === ".stfolder" || name === ".stversions")) continue
      const path = directory === "" ? name : `${directory}/${name}`
      const stats = lstatSync(join(root, path))
      const mode = (stats.mode & 0o777).toString(8)
      if (stats.isDirectory()) {
        lines.push(`directory ${path} ${mode}`)
        walk(path)
      } else if (stats.isSymbolicLink()) {
        lines.push(`link ${path} -> ${readlinkSync(join(root, path))}`)
      } else {
        files++
        bytes += stats.size
        const content = createHash("sha256").update(readFileSync(join(root, path))).digest("hex")
        lines.push(`file ${path} ${mode} ${Math.round(stats.mtimeMs)} ${content}`)
      }
    }
  }
  walk("")
  return { files, bytes, lines }
}

/** The first difference of two trees, if any. */
export const difference = (expected: Tree, found: Tree): string | undefined => {
  const missing = expected.lines.find((line) => !found.lines.includes(line))
  if (missing !== undefined) return `missing: ${missing}`
  const extra = found.lines.find((line) => !expected.lines.includes(line))
  return extra === undefined ? undefined : `not expected: ${extra}`
}

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort: Effect.Effect<number, DemoFailed> = Effect.callback((resume) => {
  const server = createServer()
  server.on("error", (error) => resume(Effect.fail(new DemoFailed({ problem: `no free port: ${error.message}` }))))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Bytes of all files under a directory, and their number. */
export const sizeOf = (root: string): { readonly files: number; readonly bytes: number } => {
  let files = 0
  let bytes = 0
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files++
    bytes += lstatSync(join(entry.parentPath, entry.name)).size
  }
  return { files, bytes }
}
