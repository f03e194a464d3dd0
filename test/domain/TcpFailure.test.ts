import { describe, expect, it } from "@effect/vitest"
import * as TcpFailure from "../../src/domain/TcpFailure.ts"

describe("TcpFailure", () => {
  const cases: ReadonlyArray<readonly [string | undefined, listening: string, gone: string]> = [
    ["EADDRINUSE", "the port is taken", "words"],
    ["EACCES", "not permitted", "words"],
    ["EADDRNOTAVAIL", "this machine has no such address", "words"],
    ["ENOTFOUND", "this machine has no such address", "there is no host of that name"],
    ["EAI_AGAIN", "words", "there is no host of that name"],
    ["ECONNRESET", "words", "reset by the peer"],
    ["EPIPE", "words", "reset by the peer"],
    ["ECONNREFUSED", "words", "nobody listens there"],
    ["ETIMEDOUT", "words", "the peer cannot be reached"],
    ["EHOSTUNREACH", "words", "the peer cannot be reached"],
    ["ENETUNREACH", "words", "the peer cannot be reached"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "words", "words"],
    ["constructor", "words", "words"],
    [undefined, "words", "words"]
  ]
  for (const [code, listening, gone] of cases) {
    it(`${code}`, () => {
      const failure = { code, message: "words" }
      expect([TcpFailure.listening(failure), TcpFailure.gone(failure)]).toEqual([listening, gone])
    })
  }
})
