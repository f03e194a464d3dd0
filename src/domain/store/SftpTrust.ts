/** Whether the machine that answers is the one that was meant. Nothing is trusted on first use. */
import * as KnownHosts from "./KnownHosts.ts"

export interface Place {
  readonly host: string
  readonly port: number
}

export interface Trust {
  /** The one fingerprint that is right, as `SHA256:…`; then the files say nothing. */
  readonly pin: string | undefined
  readonly known: KnownHosts.KnownHosts
  /** The file that a new line belongs into. */
  readonly file: string
}

export interface Distrust {
  readonly reason: string
  readonly mend: string
}

/** Why the key that the host shows is not believed, or undefined if it is. */
export const problem = (place: Place, trust: Trust, key: Uint8Array): Distrust | undefined => {
  const shown = `${KnownHosts.typeOf(key)} ${KnownHosts.fingerprint(key)}`
  const name = KnownHosts.nameOf(place.host, place.port)
  if (trust.pin !== undefined) {
    return KnownHosts.fingerprint(key) === trust.pin.replace(/=+$/, "") ? undefined : {
      reason: `THE HOST KEY OF ${name} IS NOT THE ONE THAT host-key NAMES: it shows ${shown}, not ${trust.pin}`,
      mend:
        "another machine may be answering; if the server has several keys, pin the one it shows, checked on the server"
    }
  }
  const verdict = KnownHosts.check(trust.known.entries, place.host, place.port, key)
  switch (verdict._tag) {
    case "Known":
      return undefined
    case "Revoked":
      return {
        reason: `THE HOST KEY OF ${name} IS REVOKED (${verdict.at}): it shows ${shown}`,
        mend: "another machine may be answering; ask who runs the server for its new key"
      }
    case "Changed":
      return {
        reason: `THE HOST KEY OF ${name} HAS CHANGED: it shows ${shown}, and ${verdict.at.join(", ")} ${
          verdict.at.length === 1 ? "says" : "say"
        } otherwise`,
        mend: "another machine may be answering; if the server was really given a new key, check it there and " +
          `remove what is old (ssh-keygen -R ${JSON.stringify(name)}), then connect again`
      }
    case "Unknown": {
      const notes = [...verdict.notes, ...trust.known.problems.slice(0, 3)]
      return {
        reason: `the host key of ${name} is not known: it shows ${shown}${
          notes.length === 0 ? "" : ` (${notes.join("; ")})`
        }`,
        mend: `check that fingerprint on the server (ssh-keygen -lf /etc/ssh/ssh_host_${familyOf(key)}_key.pub), ` +
          `then add this line to ${trust.file}: ${KnownHosts.lineFor(place.host, place.port, key)}`
      }
    }
  }
}

/** As OpenSSH names the files of its keys. */
const familyOf = (key: Uint8Array): string => /ed25519|ecdsa|rsa/.exec(KnownHosts.typeOf(key))?.[0] ?? "ed25519"

const ecdsa = ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"] as const
const rsa = ["rsa-sha2-512", "rsa-sha2-256"] as const

export type Algorithm = "ssh-ed25519" | typeof ecdsa[number] | typeof rsa[number]

const algorithms: ReadonlyArray<Algorithm> = ["ssh-ed25519", ...ecdsa, ...rsa]

/** The order in which the host is asked for its keys: those that are known of it first, else it would show another. */
export const preference = (place: Place, trust: Trust): Array<Algorithm> => {
  const known = trust.pin === undefined
    ? KnownHosts.typesOf(trust.known.entries, place.host, place.port)
    : new Set<string>()
  const isKnown = (algorithm: Algorithm) => known.has(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm)
  return [...algorithms.filter(isKnown), ...algorithms.filter((algorithm) => !isKnown(algorithm))]
}

/** Whether the name means whatever machine it is used on: then every host would have a store of its own. */
export const isThisMachine = (host: string): boolean =>
  /^(localhost(\.localdomain)?|127(\.\d{1,3}){3}|::1|0\.0\.0\.0)$/i.test(host)
