/**
 * The connections to an S3 endpoint. Those kept for later die without a sign when the network changes: they are kept for a
 * few seconds only, and who finds one dead calls `renew`, lest the next request takes the next dead one.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"

/** A few requests of one piece of work follow each other sooner than this. */
const kept = 10_000

/** `unused`: milliseconds that an unused connection is kept. */
export const make = (secure: boolean, connections: number, unused = kept): Http.Agent => {
  const shared = { keepAlive: true, maxSockets: connections, scheduling: "lifo", timeout: unused } as const
  return readingInto(secure ? new Https.Agent(shared) : new Http.Agent(shared))
}

/** Ends the connections that nobody uses: the next request makes a new one. */
export const renew = (agent: Http.Agent): void => {
  for (const sockets of Object.values(agent.freeSockets)) {
    // The agent takes them out of the list that is being read.
    for (const socket of [...sockets ?? []]) socket.destroy()
  }
}

/**
 * Gives every connection one buffer that it always reads into: a fresh one for each 64 KiB makes collecting garbage the
 * larger part of a download's work. What comes is looked at before more is read, and never kept.
 */
const readingInto = <A extends Http.Agent>(agent: A): A => {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, connected) => {
    const onread: Net.OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(room),
      callback: (length, bytes) => {
        socket?.emit("data", bytes.subarray(0, length))
        return true
      }
    }
    const socket = connect({ ...options, onread } as Net.TcpNetConnectOpts, connected)
    return socket
  }
  return agent
}

/** Bytes that one connection reads at once. */
const room = 256 * 1024
