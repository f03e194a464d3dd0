/** What a failed system call of TCP means, in words for the operator. */

/** As Node gives it. */
export interface Failure {
  readonly code?: string | undefined
  readonly message: string
}

const toListen: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "the port is taken"],
  ["EACCES", "not permitted"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "this machine has no such address"]
])

const toReach: ReadonlyMap<string, string> = new Map([
  ["ECONNRESET", "reset by the peer"],
  ["EPIPE", "reset by the peer"],
  ["ECONNREFUSED", "nobody listens there"],
  ["ETIMEDOUT", "the peer cannot be reached"],
  ["EHOSTUNREACH", "the peer cannot be reached"],
  ["ENETUNREACH", "the peer cannot be reached"],
  ["ENOTFOUND", "there is no host of that name"],
  ["EAI_AGAIN", "there is no host of that name"]
])

/** Why an address cannot be listened at. */
export const listening = ({ code, message }: Failure): string => toListen.get(code ?? "") ?? message

/** Why a peer is gone, or could not be reached. */
export const gone = ({ code, message }: Failure): string => toReach.get(code ?? "") ?? message
