/**
 * How much a server may send over SSH before it hears from us (RFC 4254 §5.2): the bytes on their way, and so the speed over a
 * long link. Never more comes than was asked for.
 */

/** What a channel of ssh2 has that its types do not show. */
export interface Channel {
  readonly _protocol?: { readonly channelWindowAdjust?: (channel: number, bytes: number) => void }
  readonly outgoing?: { readonly id: number }
}

/** Bytes, besides the 2 MiB at most that ssh2 allows. */
const ahead = 16 * 1024 * 1024

/**
 * Lets the server send more, once for the channel's life. ssh2 renews its window after each mebibyte, so no more is ever on
 * its way: 5 MiB/s at 200 ms there and back. It keeps its own count, and what is added here stays on top of that.
 */
export const widen = ({ _protocol, outgoing }: Channel): void => {
  if (outgoing !== undefined) _protocol?.channelWindowAdjust?.(outgoing.id, ahead)
}
