/** Disks that can be mounted, by root alone. */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"

/** A file with a file system in it. */
export const imageAt = (path: string) => {
  execFileSync("truncate", ["-s", "8M", `${path}.image`])
  execFileSync("mkfs.ext4", ["-q", `${path}.image`])
  return `${path}.image`
}

/** A fresh file system in a file, mounted on the directory for the scope. */
export const extended = (path: string) =>
  Effect.gen(function*() {
    const image = yield* Effect.acquireRelease(
      Effect.sync(() => imageAt(path)),
      (image) => Effect.sync(() => Fs.rmSync(image))
    )
    yield* mounted(path, ["-o", "loop", image, path])
    return image
  })

export const mounted = (path: string, ...steps: ReadonlyArray<ReadonlyArray<string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      for (const step of steps) execFileSync("mount", step)
    }),
    () => Effect.sync(() => execFileSync("umount", [path]))
  )
