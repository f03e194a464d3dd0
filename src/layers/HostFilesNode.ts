/** Files of the operating system: written beside their place, synced, and then put there. */
import { Effect, Layer } from "effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { HostFiles } from "../services/HostFiles.ts"
import { ReplicaUnusable } from "../services/Replica.ts"

/** Below the directory, which is made when first needed. */
export const layer = (directory: string): Layer.Layer<HostFiles> => Layer.sync(HostFiles, () => make(directory))

/** Of this process: several of these layers may write to one directory. */
let temporaries = 0

const make = (root: string): HostFiles["Service"] => {
  const pathOf = (name: string) => Path.join(root, name)

  const io = <A>(path: string, run: () => Promise<A>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => unusable(Path.dirname(path), (cause as NodeJS.ErrnoException).code ?? String(cause))
    })

  /** Writes the text beside its place and hands it over; what is left there then is removed. */
  const written = Effect.fnUntraced(function*(
    name: string,
    text: string,
    put: (temporary: string, path: string) => Promise<void>
  ) {
    const path = pathOf(name)
    const temporary = `${path}.${process.pid}-${++temporaries}`
    yield* io(path, () => Fs.mkdir(Path.dirname(path), { recursive: true, mode: 0o700 }))
    yield* Effect.acquireUseRelease(
      io(path, () => Fs.open(temporary, "w", 0o600)),
      (handle) => io(path, () => handle.writeFile(text)).pipe(Effect.andThen(io(path, () => handle.sync()))),
      (handle) => Effect.orDie(io(path, () => handle.close()))
    ).pipe(
      Effect.andThen(io(path, () => put(temporary, path))),
      Effect.ensuring(Effect.ignore(io(path, () => Fs.rm(temporary, { force: true }))))
    )
  }, Effect.uninterruptible)

  return HostFiles.of({
    pathOf,
    read: (name) =>
      io(pathOf(name), () => Fs.readFile(pathOf(name), "utf8")).pipe(
        Effect.catchIf(({ reason }) => reason === "ENOENT" || reason === "ENOTDIR", () => Effect.undefined)
      ),
    replace: (name, text) => written(name, text, Fs.rename),
    create: (name, text) => written(name, text, linkOnce),
    damaged: (name, mend) =>
      new ReplicaUnusable({
        directory: Path.dirname(pathOf(name)),
        reason: `${pathOf(name)} is damaged`,
        mend,
        full: false
      })
  })
}

/** A link is made whole or not at all, and never in the place of another. */
const linkOnce = (from: string, to: string): Promise<void> =>
  Fs.link(from, to).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause
  })

const unusable = (directory: string, code: string): ReplicaUnusable => {
  const full = code === "ENOSPC" || code === "EDQUOT"
  const mend = full ? "free some space there" : "make it a directory this user can write to"
  return new ReplicaUnusable({ directory, reason: code, mend, full })
}
