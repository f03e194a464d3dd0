import { describe, expect, it } from "@effect/vitest"
import { createHmac } from "node:crypto"
import * as KnownHosts from "../../../src/domain/store/KnownHosts.ts"

/** Two keys that ssh-keygen made, with the fingerprints it prints. */
const ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIPnJrF/+BqAwgv1Gu9JEy94kFDuLK/pakZzOv/RZxUhK"
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
const ecdsa =
  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg="
const bytes = (key: string) => new Uint8Array(Buffer.from(key, "base64"))

const hash = (name: string) => {
  const salt = Buffer.alloc(20, 7)
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`
}

const verdict = (text: string, host: string, port = 22, key = ed25519) => {
  const { entries } = KnownHosts.parse(text, "f")
  return KnownHosts.check(entries, host, port, bytes(key))
}

describe("KnownHosts", () => {
  it("knows a key's type, fingerprint and line as ssh-keygen does", () => {
    expect(KnownHosts.typeOf(bytes(ed25519))).toBe("ssh-ed25519")
    expect(KnownHosts.typeOf(bytes(ecdsa))).toBe("ecdsa-sha2-nistp256")
    // ssh-keygen -lf of GitHub's published ed25519 key.
    expect(KnownHosts.fingerprint(bytes(other))).toBe("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU")
    expect(KnownHosts.lineFor("Host.Example", 22, bytes(other))).toBe(`host.example ssh-ed25519 ${other}`)
    expect(KnownHosts.lineFor("::1", 2222, bytes(other))).toBe(`[::1]:2222 ssh-ed25519 ${other}`)
    for (const broken of [[], [0, 0, 0], [0, 0, 0, 9, 65], [0, 0, 0, 0], [255, 255, 255, 255, 1]]) {
      expect(KnownHosts.typeOf(Uint8Array.from(broken))).toBe("")
    }
  })

  const cases: ReadonlyArray<readonly [line: string, host: string, port: number, tag: string]> = [
    ["h", "h", 22, "Known"],
    ["h", "H", 22, "Known"],
    ["H", "h", 22, "Known"],
    ["h", "g", 22, "Unknown"],
    ["h", "hh", 22, "Unknown"],
    ["a,h,b", "h", 22, "Known"],
    ["*.example", "a.example", 22, "Known"],
    ["*.example", "a.b.example", 22, "Known"],
    ["*.example", "example", 22, "Unknown"],
    ["h?st", "host", 22, "Known"],
    ["h?st", "hst", 22, "Unknown"],
    ["*", "anything", 22, "Known"],
    ["*a*b*", "xaxxbx", 22, "Known"],
    ["*a*b", "xaxxbx", 22, "Unknown"],
    ["*.example,!a.example", "a.example", 22, "Unknown"],
    ["!a.example,*.example", "a.example", 22, "Unknown"],
    ["!a.example,*.example", "b.example", 22, "Known"],
    ["!a.example", "b.example", 22, "Unknown"],
    ["[h]:2222", "h", 2222, "Known"],
    ["[h]:2222", "h", 22, "Unknown"],
    ["[h]:2222", "h", 2223, "Unknown"],
    // As in OpenSSH: the very key, known without a port, is good at any port.
    ["h", "h", 2222, "Known"],
    ["[h]:22", "h", 22, "Unknown"],
    ["[*]:2222", "h", 2222, "Known"],
    ["192.0.2.1", "192.0.2.1", 22, "Known"],
    ["[2001:db8::1]:2222", "2001:db8::1", 2222, "Known"],
    ["2001:db8::1", "2001:db8::1", 22, "Known"],
    [hash("h"), "h", 22, "Known"],
    [hash("h"), "H", 22, "Known"],
    [hash("h"), "g", 22, "Unknown"],
    [hash("[h]:2222"), "h", 2222, "Known"],
    [hash("[h]:2222"), "h", 22, "Unknown"]
  ]
  it.each(cases)("%s for %s at port %i: %s", (line, host, port, tag) => {
    expect(verdict(`${line} ssh-ed25519 ${ed25519} a comment\n`, host, port)._tag).toBe(tag)
  })

  it("says that a key changed, and where the old ones stand", () => {
    const text = `# c\nh ssh-ed25519 ${other}\n\nh,g ecdsa-sha2-nistp256 ${ecdsa}\n`
    expect(verdict(text, "h")).toEqual({
      _tag: "Changed",
      at: ["f:2 (ssh-ed25519)", "f:4 (ecdsa-sha2-nistp256)"]
    })
    expect(verdict(`${text}h ssh-ed25519 ${ed25519}`, "h")).toEqual({ _tag: "Known", at: "f:5" })
    // A line without a port cannot make the key at another port a changed one.
    expect(verdict(text, "h", 2222)._tag).toBe("Unknown")
  })

  it("refuses a revoked key whatever else is said of it", () => {
    const text = `h ssh-ed25519 ${ed25519}\n@revoked * ssh-ed25519 ${ed25519}\n`
    expect(verdict(text, "h")).toEqual({ _tag: "Revoked", at: "f:2" })
    expect(verdict(text, "h", 22, other)._tag).toBe("Changed")
    expect(verdict(`@revoked h ssh-ed25519 ${other}\n`, "h")._tag).toBe("Unknown")
  })

  it("does not take an authority's key for a host's, and says why it does not count", () => {
    const found = verdict(`@cert-authority *.example ssh-ed25519 ${ed25519}\n`, "a.example")
    expect(found).toEqual({
      _tag: "Unknown",
      notes: ["f:1 names an authority for it, and certificates of hosts are not understood"]
    })
    expect(KnownHosts.typesOf(
      KnownHosts.parse(`@cert-authority * ssh-ed25519 ${ed25519}\nh ecdsa-sha2-nistp256 ${ecdsa}`, "f").entries,
      "h",
      2222
    )).toEqual(new Set(["ecdsa-sha2-nistp256"]))
  })

  it("passes over what it does not understand, and says so", () => {
    const text = [
      "\t# a comment, and blank lines",
      "",
      `@something h ssh-ed25519 ${ed25519}`,
      "h ssh-ed25519",
      "h ssh-ed25519 not-base64!",
      `h ssh-rsa ${ed25519}`,
      `|2|x|y ssh-ed25519 ${ed25519}`,
      "h 1024 35 1234",
      `h\tssh-ed25519 \t${ed25519}\r`
    ].join("\n")
    const { entries, problems } = KnownHosts.parse(text, "f")
    expect(entries.map((entry) => entry.at)).toEqual(["f:9"])
    expect(problems).toEqual([
      "f:3: a marker that is not known",
      "f:4: a field is missing",
      "f:5: the key is not base64",
      "f:6: the key is not of the type ssh-rsa",
      "f:7: a hash that is not known",
      "f:8: a key of SSH protocol 1, which no server speaks any more"
    ])
    expect(verdict(text, "h")._tag).toBe("Known")
  })

  it("is not slow on a pattern made to be", () => {
    const text = `${"*a".repeat(60)}b ssh-ed25519 ${ed25519}\n`
    expect(verdict(text, "a".repeat(250))._tag).toBe("Unknown")
  })
})
