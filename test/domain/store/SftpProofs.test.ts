import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { generateKeyPairSync } from "node:crypto"
import Ssh2 from "ssh2"
import * as SftpProofs from "../../../src/domain/store/SftpProofs.ts"

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 })
const parsed = (text: string | Buffer) => Ssh2.utils.parseKey(text)
const good = parsed(pair.privateKey.export({ format: "pem", type: "pkcs1" })) as Ssh2.ParsedKey
const half = parsed(`ssh-rsa ${good.getPublicSSH().toString("base64")}`) as Ssh2.ParsedKey
const bad = parsed("no key") as Error

const login = { user: "me", keys: [], agent: undefined, password: undefined } satisfies SftpProofs.Login
const all: SftpProofs.Login = {
  ...login,
  keys: [{ file: "id_rsa", named: true, parsed: good }],
  agent: "/run/agent",
  password: "correct horse"
}
const proofs = Result.getOrThrow(SftpProofs.of(all))

describe("SftpProofs", () => {
  it("are shown in the order of keys, agent, password, and nothing in their labels is secret", () => {
    assert.deepStrictEqual(proofs.usable.map(({ method }) => method.type), [
      "publickey",
      "agent",
      "password",
      "keyboard-interactive"
    ])
    const [key, ...rest] = proofs.usable.map(({ label }) => label)
    assert.match(key!, /^the key id_rsa \(ssh-rsa SHA256:[\w+/]{43}\)$/)
    assert.deepStrictEqual(rest, ["the keys of the agent", "the password", "the password, as an answer"])
    assert.deepStrictEqual(proofs.skipped, [])
  })

  it.each<readonly [string, Error | Ssh2.ParsedKey | undefined]>([
    ["is not understood", bad],
    ["is only the public one", half],
    ["holds none", undefined]
  ])("pass over a key that %s, unless the operator named it", (_, parsed) => {
    const withKey = (named: boolean) => SftpProofs.of({ ...login, keys: [{ file: "id_rsa", named, parsed }] })
    assert.deepStrictEqual(
      withKey(false),
      Result.succeed({
        user: "me",
        usable: [],
        skipped: [
          "the key id_rsa (it holds no private key that is understood)",
          "an agent (SSH_AUTH_SOCK is not set)"
        ]
      })
    )
    const refused = Result.getOrThrow(Result.flip(withKey(true)))
    assert.strictEqual(refused[0], "the key id_rsa holds no private key that is understood")
  })

  it.each<readonly [string, ReadonlyArray<ReadonlyArray<string> | null>, ReadonlyArray<string | undefined>]>([
    ["has not said what it takes", [null], ["none"]],
    ["takes keys", [["publickey"], ["publickey"], ["publickey"]], ["publickey", "agent", undefined]],
    ["takes passwords", [["password"], ["password"]], ["password", undefined]],
    ["takes a password after a key", [["publickey"], ["password"]], ["publickey", "password"]],
    ["asks", [["keyboard-interactive", "hostbased"]], ["keyboard-interactive"]],
    ["goes back to what was passed over", [["password"], ["publickey"]], ["password", undefined]],
    ["takes what we have not", [["hostbased"], ["publickey"]], [undefined, "publickey"]]
  ])("are shown to a server that %s", (_, taken, shown) => {
    const showing = new SftpProofs.Showing(proofs)
    assert.deepStrictEqual(taken.map((takes) => showing.next(takes)?.type), shown)
  })

  it("are told of as they were shown, and afresh to the next server", () => {
    const showing = new SftpProofs.Showing({ ...proofs, skipped: ["this"] })
    assert.deepStrictEqual(showing.login, { user: "me", tried: [], skipped: ["this"], accepts: [] })
    for (const takes of [null, ["publickey", "password"], ["password"]]) showing.next(takes)
    assert.deepStrictEqual(showing.login, {
      user: "me",
      tried: [proofs.usable[0]!.label, "the password"],
      skipped: ["this"],
      accepts: ["password"]
    })
    assert.strictEqual(new SftpProofs.Showing(proofs).next(["publickey"])?.type, "publickey")
  })

  it.each<readonly [string, ReadonlyArray<Ssh2.Prompt>, ReadonlyArray<string>]>([
    ["hides its answer", [{ prompt: "Password: ", echo: false }], ["correct horse"]],
    ["does not say", [{ prompt: "Password: " }], ["correct horse"]],
    ["shows its answer", [{ prompt: "Name: ", echo: true }], [""]],
    ["is one of two", [{ prompt: "Password: ", echo: false }, { prompt: "Code: ", echo: false }], ["", ""]],
    ["is none", [], []]
  ])("give the password to a question that %s", (_, prompts, answers) => {
    const method = proofs.usable[3]!.method as Ssh2.KeyboardInteractiveAuthMethod
    const given: Array<ReadonlyArray<string>> = []
    method.prompt("", "", "", [...prompts], (said) => void given.push(said))
    assert.deepStrictEqual(given, [answers])
  })
})
