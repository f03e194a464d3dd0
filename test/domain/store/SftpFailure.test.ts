import { describe, expect, it } from "@effect/vitest"
import * as KnownHosts from "../../../src/domain/store/KnownHosts.ts"
import * as SftpFailure from "../../../src/domain/store/SftpFailure.ts"
import * as SftpTrust from "../../../src/domain/store/SftpTrust.ts"

const room = { bytes: 1e9, files: 1000, readOnly: false }
const { code } = SftpFailure

describe("what it means that an SFTP server would not", () => {
  it.each([
    ["permission denied", code.permissionDenied, room, "Refused"],
    ["a failure with room", code.failure, room, "Unavailable"],
    ["a failure, and nothing known", code.failure, undefined, "Unavailable"],
    ["a failure without room", code.failure, { ...room, bytes: 1_000_000 }, "Full"],
    ["a failure without inodes", code.failure, { ...room, files: 0 }, "Full"],
    ["a failure read-only", code.failure, { ...room, readOnly: true }, "Refused"],
    ["no such file", code.noSuchFile, room, "Unavailable"],
    ["a bad message", code.badMessage, room, "Refused"],
    ["not supported", code.unsupported, room, "Refused"],
    ["a code of its own", 4711, room, "Unavailable"]
  ])("%s", (_, code, space, tag) => {
    expect(SftpFailure.meaning({ code, text: "x" }, 1_000_000, space)._tag).toBe(tag)
  })

  it("repeats a server's words in one line of plain text", () => {
    expect(SftpFailure.meaning({ code: 4, text: "Failure\n\u001b[31mred\u0000" }, 0, room)).toEqual({
      _tag: "Unavailable",
      reason: "SFTP status 4: Failure [31mred"
    })
    expect(SftpFailure.plain("x".repeat(1000)).length).toBe(200)
  })

  it("asks for both extensions that a put needs", () => {
    const both = ["hardlink@openssh.com", "fsync@openssh.com"]
    expect(SftpFailure.lacking(new Set(both))).toBeUndefined()
    for (const one of both) {
      const meaning = SftpFailure.lacking(new Set(both.filter((name) => name !== one)))
      expect(meaning).toMatchObject({ _tag: "Refused" })
      expect(JSON.stringify(meaning)).toContain(one)
    }
  })

  const login = { user: "me", tried: ["the key k"], skipped: ["an agent (x)"], accepts: ["publickey"] }
  const problem = (message: string, level?: string, code?: string | number) =>
    SftpFailure.connecting({ level, code, message }, login)

  it("tells what passes from what does not, before a session", () => {
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "ECONNRESET"]) {
      const meaning = problem("connect", "client-socket", code)
      expect(meaning._tag).toBe("Unavailable")
      expect(meaning).not.toMatchObject({ reason: "connect" })
    }
    expect(problem("Connection lost before handshake", "protocol")._tag).toBe("Unavailable")
    expect(problem("too many connections", undefined, 12)._tag).toBe("Unavailable")
    const refused = [
      problem("All configured authentication methods failed", "client-authentication"),
      problem("Too many authentication failures", undefined, 2),
      problem("no more", undefined, 14),
      problem("Handshake failed: no matching key exchange algorithm", "handshake"),
      problem("Unable to start subsystem: sftp"),
      problem("Received exit code 1 while establishing SFTP session", undefined, 1)
    ]
    for (const meaning of refused) expect(meaning._tag).toBe("Refused")
    expect(refused[0]).toMatchObject({
      reason: "the server does not let me in (tried the key k; not tried: an agent (x); it takes publickey)"
    })
  })

  it("passes over a key that cannot be used, unless it was named", () => {
    const cases = [
      ["Encrypted private OpenSSH key detected, but no passphrase given", "Skipped", "Skipped"],
      ["OpenSSH key integrity check failed -- bad passphrase?", "Skipped", "Refused"],
      ["Unsupported key format", "Skipped", "Refused"],
      ["", "Skipped", "Refused"]
    ] as const
    for (const [words, usual, named] of cases) {
      expect(SftpFailure.key("k", words, false)._tag).toBe(usual)
      expect(SftpFailure.key("k", words, true)._tag).toBe(named)
    }
  })
})

describe("SftpTrust", () => {
  const key = (seed: number) => {
    const type = Buffer.from("ssh-ed25519")
    return new Uint8Array(Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.alloc(36, seed)]))
  }
  const place = { host: "h", port: 2222 }
  const trust = (text: string, pin?: string): SftpTrust.Trust => ({
    pin,
    known: KnownHosts.parse(text, "f"),
    file: "/home/me/.ssh/known_hosts"
  })

  it("gives the line that would make a key known, at the very end", () => {
    const line = KnownHosts.lineFor("h", 2222, key(1))
    const found = SftpTrust.problem(place, trust("nonsense\n"), key(1))
    expect(found?.reason).toContain(KnownHosts.fingerprint(key(1)))
    expect(found?.reason).toContain("f:1: a field is missing")
    expect(found?.mend.endsWith(`add this line to /home/me/.ssh/known_hosts: ${line}`)).toBe(true)
    expect(SftpTrust.problem(place, trust(`${line}\n`), key(1))).toBeUndefined()
  })

  it("is loud about a key that changed or is revoked, and offers no line to add", () => {
    const old = KnownHosts.lineFor("h", 2222, key(1))
    for (const text of [old, `@revoked ${KnownHosts.lineFor("h", 2222, key(2))}`]) {
      const found = SftpTrust.problem(place, trust(text), key(2))
      expect(found?.reason).toMatch(/HAS CHANGED|IS REVOKED/)
      expect(found?.mend).not.toContain("add this line")
    }
  })

  it("believes a pin and nothing else", () => {
    const known = KnownHosts.lineFor("h", 2222, key(1))
    const pin = KnownHosts.fingerprint(key(2))
    expect(SftpTrust.problem(place, trust(known, pin), key(1))?.reason).toContain("host-key")
    expect(SftpTrust.problem(place, trust(known, pin), key(2))).toBeUndefined()
    expect(SftpTrust.problem(place, trust(known, `${pin}=`), key(2))).toBeUndefined()
  })

  it("asks for the kinds of keys it knows first", () => {
    const rsa = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from("ssh-rsa"), Buffer.alloc(9)]).toString("base64")
    expect(SftpTrust.preference(place, trust(`[h]:2222 ssh-rsa ${rsa}`)).slice(0, 3)).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-ed25519"
    ])
    expect(SftpTrust.preference(place, trust(""))[0]).toBe("ssh-ed25519")
    expect(SftpTrust.preference(place, trust(`[h]:2222 ssh-rsa ${rsa}`, "SHA256:x"))[0]).toBe("ssh-ed25519")
  })

  it("knows the names of this machine", () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1"]) {
      expect(SftpTrust.isThisMachine(host), host).toBe(true)
    }
    for (const host of ["localhost.example", "10.0.0.1", "128.0.0.1", "::2"]) {
      expect(SftpTrust.isThisMachine(host), host).toBe(false)
    }
  })
})
