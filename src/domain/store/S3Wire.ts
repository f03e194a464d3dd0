/**
 * What Node's connections and the SDK are told. Connections that are kept die without a sign when the network changes: they
 * are kept for seconds only, and who finds one dead calls `renew`, lest the next request takes the next dead one.
 */

/** Milliseconds that an unused connection is kept: the requests of one piece of work follow each other sooner. */
const kept = 10_000

/** Options of an agent with so many connections. */
export const agent = (connections: number, unused = kept) =>
  ({ keepAlive: true, maxSockets: connections, scheduling: "lifo", timeout: unused }) as const

/** The part of an agent that holds the unused connections. */
interface Kept {
  readonly freeSockets: Readonly<Record<string, ReadonlyArray<{ readonly destroy: () => unknown }> | undefined>>
}

/** Ends the connections that nobody uses: the next request makes a new one. */
export const renew = ({ freeSockets }: Kept): void => {
  // The agent takes them out of its lists meanwhile.
  const unused = Object.values(freeSockets).flatMap((sockets) => sockets ?? [])
  for (const socket of unused) socket.destroy()
}

interface Request {
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** Headers that are signed with the rest. */
export const withHeaders =
  (headers: (body: unknown) => Readonly<Record<string, string>>) =>
  <Args extends { readonly request: unknown }, Output>(next: (args: Args) => Promise<Output>) =>
  (args: Args): Promise<Output> => {
    const request = args.request as Request
    Object.assign(request.headers, headers(request.body))
    return next(args)
  }
