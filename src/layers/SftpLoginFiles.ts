/**
 * What OpenSSH's client would use: `~/.ssh/id_*`, an agent, known_hosts; and from the environment what no URI may hold.
 * `BEPOSITORY_SFTP_KEY_PASSPHRASE` and `BEPOSITORY_SFTP_PASSWORD`, or the same with `_FILE` for a file that holds it.
 */
import { Config, Effect, Layer, Option, Redacted } from "effect"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import * as KnownHosts from "../domain/store/KnownHosts.ts"
import * as UriSftp from "../domain/store/UriSftp.ts"
import { StoreRefused } from "../services/ObjectStore.ts"
import { type KeyFile, SftpLogin } from "../services/SftpLogin.ts"

export interface Options {
  /** The user of this process if absent. */
  readonly user?: string
  readonly host: string
  readonly port: number
  /** Only for messages. */
  readonly path: string
  /** A file with a private key, instead of OpenSSH's usual ones. */
  readonly key?: string
  /** `SHA256:…`: the only fingerprint that is right. */
  readonly hostKey?: string
  /** Instead of the user's and the system's known_hosts. */
  readonly knownHosts?: string
}

const usual = ["id_ed25519", "id_ecdsa", "id_rsa"]
const systemKnownHosts = "/etc/ssh/ssh_known_hosts"

export const layer = (options: Options): Layer.Layer<SftpLogin, StoreRefused> => Layer.effect(SftpLogin, make(options))

const make = Effect.fnUntraced(function*(options: Options) {
  const location = UriSftp.location({ _tag: "Sftp", ...options })
  const refuse = (reason: string, mend: string) => new StoreRefused({ operation: "open", location, reason, mend })

  const setting = (name: string): Effect.Effect<string | undefined, StoreRefused> =>
    Config.option(Config.String(name)).pipe(
      Effect.map((value) => Option.getOrUndefined(Option.filter(value, (text) => text !== ""))),
      Effect.mapError(() => refuse(`${name} cannot be read`, "set it to one text, or unset it"))
    )

  const readFile = (file: string, what: string): Effect.Effect<Buffer, StoreRefused> =>
    Effect.mapError(
      read(file),
      (code) => refuse(`the file ${file} (${what}) cannot be read (${code})`, "check its name and its permissions")
    )

  const secret = Effect.fnUntraced(function*(name: string) {
    const own = yield* setting(name)
    if (own !== undefined) return Redacted.make(own)
    const file = yield* setting(`${name}_FILE`)
    if (file === undefined) return undefined
    return Redacted.make((yield* readFile(file, `${name}_FILE`)).toString("utf8").replace(/\r?\n$/, ""))
  })

  const ssh = Path.join((yield* setting("HOME")) ?? Os.homedir(), ".ssh")

  const keys: ReadonlyArray<KeyFile> = options.key === undefined
    ? (yield* Effect.forEach(usual, (name) => {
      const file = Path.join(ssh, name)
      return read(file).pipe(
        Effect.map((bytes) => [{ file, bytes: Redacted.make(bytes), named: false }]),
        Effect.orElseSucceed(() => [])
      )
    })).flat()
    : [{ file: options.key, bytes: Redacted.make(yield* readFile(options.key, "the key")), named: true }]

  const own = Path.join(ssh, "known_hosts")
  const trust = Effect.gen(function*() {
    const texts = options.knownHosts === undefined
      ? yield* Effect.forEach([own, systemKnownHosts], (file) =>
        read(file).pipe(
          Effect.map((bytes) => [KnownHosts.parse(bytes.toString("utf8"), file)]),
          Effect.catchIf((code) => code === "ENOENT" || code === "ENOTDIR", () => Effect.succeed([])),
          Effect.mapError((code) => refuse(`${file} cannot be read (${code})`, "check its permissions"))
        ))
      : [[KnownHosts.parse((yield* readFile(options.knownHosts, "known-hosts")).toString("utf8"), options.knownHosts)]]
    const known = texts.flat()
    return {
      pin: options.hostKey,
      known: {
        entries: known.flatMap((one) => one.entries),
        problems: known.flatMap((one) => one.problems)
      },
      file: options.knownHosts ?? own
    }
  })

  return SftpLogin.of({
    user: options.user ?? Os.userInfo().username,
    keys,
    passphrase: yield* secret("BEPOSITORY_SFTP_KEY_PASSPHRASE"),
    agent: yield* setting("SSH_AUTH_SOCK"),
    password: yield* secret("BEPOSITORY_SFTP_PASSWORD"),
    trust
  })
})

/** Fails with the code of the system. */
const read = (file: string): Effect.Effect<Buffer, string> =>
  Effect.tryPromise({
    try: () => Fs.readFile(file),
    catch: (cause) => (cause as NodeJS.ErrnoException).code ?? "an error of its own"
  })
