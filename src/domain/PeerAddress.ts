/** Where a peer listens or is dialled: `host:port`, `[v6]:port`, with `tcp://` before it or not. Port 0 picks a free one. */

export interface PeerAddress {
  /** A name or an address, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

const pattern = /^(?:tcp[46]?:\/\/)?(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^:[\]/\s]+)):(\d{1,5})\/?$/

export const parse = (text: string): PeerAddress | undefined => {
  const match = pattern.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

export const format = (address: PeerAddress): string =>
  address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
