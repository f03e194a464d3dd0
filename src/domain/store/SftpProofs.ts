/**
 * What we can show to an SSH server to be let in, and what of it is shown next (RFC 4252). Each proof is shown once, in order:
 * keys, an agent's keys, a password; and only to a server that takes its kind.
 */
import { Result } from "effect"
import type { AnyAuthMethod, ParsedKey } from "ssh2"
import * as KnownHosts from "./KnownHosts.ts"
import * as SftpFailure from "./SftpFailure.ts"

/** Secrets in the clear: for nobody but ssh2. */
export interface Login {
  readonly user: string
  readonly keys: ReadonlyArray<{
    readonly file: string
    /** The operator named it, so one that cannot be used is an error and not passed over. */
    readonly named: boolean
    /** As ssh2 understood it. */
    readonly parsed: ParsedKey | Error | undefined
  }>
  /** The socket of an agent. */
  readonly agent: string | undefined
  readonly password: string | undefined
}

/** One way to be let in; the label is for messages. */
interface Proof {
  readonly label: string
  readonly method: AnyAuthMethod
}

export interface Proofs {
  readonly user: string
  readonly usable: ReadonlyArray<Proof>
  /** What cannot be shown, and why. */
  readonly skipped: ReadonlyArray<string>
}

/** Fails with a reason and a remedy when a key that the operator named is of no use. */
export const of = (login: Login): Result.Result<Proofs, readonly [reason: string, mend: string]> => {
  const { agent, keys, password, user: username } = login
  const usable: Array<Proof> = []
  const skipped: Array<string> = []
  for (const { file, named, parsed: key } of keys) {
    if (!(key instanceof Error) && key?.isPrivateKey() === true) {
      const label = `the key ${file} (${key.type} ${KnownHosts.fingerprint(key.getPublicSSH())})`
      usable.push({ label, method: { type: "publickey", username, key } })
      continue
    }
    const trouble = SftpFailure.key(file, key instanceof Error ? key.message : "", named)
    if (trouble._tag === "Refused") return Result.fail([trouble.reason, trouble.mend])
    skipped.push(trouble.reason)
  }
  if (agent === undefined) skipped.push("an agent (SSH_AUTH_SOCK is not set)")
  else usable.push({ label: "the keys of the agent", method: { type: "agent", username, agent } })
  if (password !== undefined) {
    usable.push({ label: "the password", method: { type: "password", username, password } })
    usable.push({
      label: "the password, as an answer",
      method: {
        type: "keyboard-interactive",
        username,
        // Only the one question that hides its answer is for the password.
        prompt: (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map((prompt) => prompts.length === 1 && prompt.echo !== true ? password : ""))
      }
    })
  }
  return Result.succeed({ user: username, usable, skipped })
}

/** The proofs as one server is shown them. */
export class Showing {
  readonly #proofs: Proofs
  readonly #left: Array<Proof>
  readonly #tried: Array<string> = []
  #accepts: ReadonlyArray<string> = []

  constructor(proofs: Proofs) {
    this.#proofs = proofs
    this.#left = [...proofs.usable]
  }

  /** What is shown to a server that takes these methods; undefined: nothing is left for it. `null`: it was not asked yet. */
  next(takes: ReadonlyArray<string> | null): AnyAuthMethod | undefined {
    // The first question, with nothing to show, tells what the server takes.
    if (takes === null) return { type: "none", username: this.#proofs.user }
    this.#accepts = takes
    const at = this.#left.findIndex(({ method: { type } }) => takes.includes(type === "agent" ? "publickey" : type))
    if (at < 0) return undefined
    const [proof] = this.#left.splice(0, at + 1).slice(-1)
    this.#tried.push(proof!.label)
    return proof!.method
  }

  /** As it went until now, for messages. */
  get login(): SftpFailure.Login {
    const { skipped, user } = this.#proofs
    return { user, tried: this.#tried, skipped, accepts: this.#accepts }
  }
}
