/**
 * A network in memory, for tests and the simulation: the same promises as TLS, without sockets, time or chance of its own.
 * Each direction holds a bounded number of bytes; a sender waits for room, a cut loses what was under way.
 */
import { Deferred, Duration, Effect, FiberSet, Layer } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"
import * as PeerAddress from "../domain/PeerAddress.ts"
import { Identity } from "../services/Identity.ts"
import { DialFailed, ListenFailed, PeerGone, type PeerLink, PeerTransport } from "../services/PeerTransport.ts"

export interface Options {
  /** Bytes one direction holds before its sender waits. */
  readonly capacity: number
  /** Bytes of the next piece that is delivered; called once per piece. */
  readonly pieceSize: () => number
}

export const defaults: Options = { capacity: 256 * 1024, pieceSize: () => 16 * 1024 }

/** One established connection, as the network sees it. */
export interface Wire {
  readonly dialler: DeviceId
  readonly listener: DeviceId
  readonly address: string
}

export interface Network {
  /** The transport of a device: its links are authenticated as that device. */
  readonly transport: (device: DeviceId) => PeerTransport["Service"]
  /** The transport of the device that `Identity` names. */
  readonly layer: Layer.Layer<PeerTransport, never, Identity>
  /** Ends the wires that match at once; both sides see a reset, bytes under way are lost. */
  readonly cut: (matches: (wire: Wire) => boolean) => void
  /** Nobody listens at the address any more, as when a process is killed: before its teardown here has come to its end. */
  readonly silence: (address: string) => void
  readonly wires: () => ReadonlyArray<Wire>
}

const flushTimeout = Duration.seconds(10)

export const makeNetwork = (options: Options = defaults): Network => {
  const listeners = new Map<string, { readonly device: DeviceId; readonly accept: (link: PeerLink) => void }>()
  const wires = new Map<Wire, (reason: string) => void>()
  let nextPort = 40_000

  const listen = (device: DeviceId): PeerTransport["Service"]["listen"] =>
    Effect.fnUntraced(function*(address, accept) {
      const where = PeerAddress.parse(address)
      if (where === undefined) return yield* new ListenFailed({ address, reason: "it is not of the form host:port" })
      const bound = PeerAddress.format({ host: where.host, port: where.port === 0 ? nextPort++ : where.port })
      if (listeners.has(bound)) return yield* new ListenFailed({ address, reason: "the port is taken" })
      const run = yield* FiberSet.makeRuntime<never>()
      const listener = {
        device,
        accept: (link: PeerLink) =>
          void run(Effect.acquireUseRelease(Effect.succeed(link), accept, (link) => link.close))
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => listeners.set(bound, listener)),
        () => Effect.sync(() => listeners.get(bound) === listener && listeners.delete(bound))
      )
      return bound
    })

  const dial = (device: DeviceId): PeerTransport["Service"]["dial"] => (address) =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        const where = PeerAddress.parse(address)
        const listener = where === undefined ? undefined : listeners.get(PeerAddress.format(where))
        if (listener === undefined) return Effect.fail(new DialFailed({ address, reason: "nobody listens there" }))
        const there = new Flow(options)
        const back = new Flow(options)
        const wire: Wire = { dialler: device, listener: listener.device, address }
        const over = () => {
          if (there.over() && back.over()) wires.delete(wire)
        }
        wires.set(wire, (reason) => {
          there.reset(reason)
          back.reset(reason)
          over()
        })
        const from = `pipe:${nextPort++}`
        listener.accept(makeLink({ device, address: from, direction: "incoming" }, there, back, over))
        return Effect.succeed(
          makeLink({ device: listener.device, address, direction: "outgoing" }, back, there, over)
        )
      }),
      (link) => link.close
    )

  const transport: Network["transport"] = (device) => ({ listen: listen(device), dial: dial(device) })
  return {
    transport,
    layer: Layer.effect(
      PeerTransport,
      Effect.map(Identity, (identity) => PeerTransport.of(transport(identity.device)))
    ),
    cut: (matches) => {
      for (const [wire, end] of wires) if (matches(wire)) end("cut")
    },
    silence: (address) => void listeners.delete(address),
    wires: () => [...wires.keys()]
  }
}

const makeLink = (
  who: Pick<PeerLink, "device" | "address" | "direction">,
  incoming: Flow,
  outgoing: Flow,
  over: () => void
): PeerLink => {
  const gone = (reason: string) => Effect.fail(new PeerGone({ reason }))
  let closing = false
  const closed = Deferred.makeUnsafe<void>()
  const receive: PeerLink["receive"] = Effect.suspend(() => {
    const taken = incoming.take()
    if (taken !== undefined) return Effect.succeed(taken)
    if (closing || incoming.end !== undefined) return gone(incoming.end ?? "closed here")
    return Effect.flatMap(
      Effect.callback<void>((resume) => incoming.onArrival(() => resume(Effect.void))),
      () => receive
    )
  })
  return {
    ...who,
    receive,
    send: (buffers) =>
      Effect.callback<void, PeerGone>((resume) => {
        if (closing) return resume(gone("closed here"))
        outgoing.put(buffers, (problem) => resume(problem === undefined ? Effect.void : gone(problem)))
      }),
    close: Effect.suspend(() => {
      if (closing) return Deferred.await(closed)
      closing = true
      incoming.reset("reset by the peer")
      return Effect.callback<void>((resume) => outgoing.onFlushed(() => resume(Effect.void))).pipe(
        Effect.interruptible,
        Effect.timeoutOption(flushTimeout),
        Effect.ensuring(Effect.sync(() => {
          outgoing.finish("closed by the peer")
          over()
          Deferred.doneUnsafe(closed, Effect.void)
        })),
        Effect.asVoid
      )
    })
  }
}

/** One direction. */
class Flow {
  /** Why nothing more comes; what was put before is still delivered, unless it was a reset. */
  end: string | undefined = undefined
  private readonly options: Options
  private pieces: Array<Uint8Array> = []
  private bytes = 0
  private readonly writes: Array<{
    readonly buffers: ReadonlyArray<Uint8Array>
    buffer: number
    offset: number
    readonly done: (problem: string | undefined) => void
  }> = []
  private arrival: (() => void) | undefined = undefined
  private flushed: (() => void) | undefined = undefined

  constructor(options: Options) {
    this.options = options
  }

  put(buffers: ReadonlyArray<Uint8Array>, done: (problem: string | undefined) => void): void {
    if (this.end !== undefined) return done(this.end)
    this.writes.push({ buffers, buffer: 0, offset: 0, done })
    this.pump()
  }

  take(): ReadonlyArray<Uint8Array> | undefined {
    if (this.pieces.length === 0) return undefined
    const taken = this.pieces
    this.pieces = []
    this.bytes = 0
    this.pump()
    return taken
  }

  over(): boolean {
    return this.end !== undefined
  }

  onArrival(wake: () => void): void {
    this.arrival = wake
  }

  onFlushed(done: () => void): void {
    if (this.writes.length === 0) return done()
    this.flushed = done
  }

  /** No more is put; what lies here can still be taken. */
  finish(reason: string): void {
    this.stop(reason)
  }

  /** Nothing more is put or taken. */
  reset(reason: string): void {
    this.pieces = []
    this.bytes = 0
    this.stop(reason)
  }

  private stop(reason: string): void {
    this.end ??= reason
    for (const write of this.writes.splice(0)) write.done(this.end)
    this.settle()
  }

  private pump(): void {
    for (
      let write = this.writes[0];
      write !== undefined && this.bytes < this.options.capacity;
      write = this.writes[0]
    ) {
      const buffer = write.buffers[write.buffer]
      if (buffer === undefined) {
        this.writes.shift()
        write.done(undefined)
        continue
      }
      const room = Math.min(Math.max(1, this.options.pieceSize()), this.options.capacity - this.bytes)
      const piece = new Uint8Array(buffer.subarray(write.offset, write.offset + room))
      if (piece.length > 0) {
        this.pieces.push(piece)
        this.bytes += piece.length
      }
      write.offset += piece.length
      if (write.offset === buffer.length) {
        write.buffer++
        write.offset = 0
      }
    }
    this.settle()
  }

  private settle(): void {
    if (this.writes.length === 0) {
      const flushed = this.flushed
      this.flushed = undefined
      flushed?.()
    }
    if (this.pieces.length > 0 || this.end !== undefined) {
      const arrival = this.arrival
      this.arrival = undefined
      arrival?.()
    }
  }
}
