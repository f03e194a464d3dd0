/**
 * The other side of a connection, under the control of a test: says what it is told to say, keeps what it hears, and can
 * stop reading. `open` is one connection; what a whole Syncthing does is `ScriptedDevice`, made of this.
 * Waiting is always for something received, never for time to pass.
 */
import { Deferred, Effect, Latch, Result, type Scope } from "effect"
import * as Frames from "../../src/domain/bep/Frames.ts"
import * as Hello from "../../src/domain/bep/Hello.ts"
import * as Messages from "../../src/domain/bep/Messages.ts"
import { PeerGone, type PeerLink } from "../../src/services/PeerTransport.ts"

type Message = Messages.Message
type Tag = Message["_tag"]
type Of<T extends Tag> = Extract<Message, { readonly _tag: T }>

export interface Script {
  readonly link: PeerLink
  /** What the other side said first. */
  readonly hello: Hello.Hello
  /** All messages so far, in order. */
  readonly heard: ReadonlyArray<Message>
  /** Bytes so far, from the first frame on. */
  readonly bytes: () => number
  readonly say: (...messages: ReadonlyArray<Message>) => Effect.Effect<void, PeerGone>
  /** Frames may be cut and joined at will, or be nonsense. */
  readonly sayBytes: (...bytes: ReadonlyArray<Uint8Array>) => Effect.Effect<void, PeerGone>
  /**
   * Waits for the next message of the kind that was not yet returned by `expect` and that matches; those passed over are
   * not offered again. Fails once the connection has ended without it.
   */
  readonly expect: <T extends Tag>(tag: T, matches?: (message: Of<T>) => boolean) => Effect.Effect<Of<T>, PeerGone>
  /** Messages of the kind heard so far. */
  readonly all: <T extends Tag>(tag: T) => ReadonlyArray<Of<T>>
  /** Called with each message as it comes, in the reading fiber, before `expect` sees it. */
  readonly onMessage: (handle: (message: Message) => Effect.Effect<void, PeerGone>) => void
  /** Nothing more is taken off the link until `thaw`. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** Waits for the end; the reason in the other side's Close, or why the link ended. */
  readonly ended: Effect.Effect<string>
  readonly hangUp: Effect.Effect<void>
}

export const defaultHello: Hello.Hello = {
  deviceName: "scripted",
  clientName: "syncthing",
  clientVersion: "v2.1.3",
  numConnections: 1,
  timestamp: 1n
}

/** Exchanges Hellos and begins to read. */
export const open = Effect.fnUntraced(function*(
  link: PeerLink,
  hello: Partial<Hello.Hello> = {}
): Effect.fn.Return<Script, PeerGone, Scope.Scope> {
  yield* link.send([Hello.encode({ ...defaultHello, ...hello })])
  const greeting = yield* readHello(link)
  const heard: Array<Message> = []
  const offered = new Map<Tag, number>()
  const waiting = new Set<() => void>()
  const parser = Frames.makeParser()
  const running = Latch.makeUnsafe(true)
  const over = Deferred.makeUnsafe<string>()
  let bytes = 0
  let ended: string | undefined
  let handle: (message: Message) => Effect.Effect<void, PeerGone> = () => Effect.void

  const end = (reason: string) => {
    ended ??= reason
    Deferred.doneUnsafe(over, Effect.succeed(ended))
    for (const look of waiting) look()
  }
  const take = Effect.fnUntraced(function*(chunks: ReadonlyArray<Uint8Array>) {
    for (const chunk of chunks) {
      bytes += chunk.length
      const frames = parser.push(chunk)
      if (Result.isFailure(frames)) return yield* new PeerGone({ reason: `nonsense: ${frames.failure}` })
      for (const frame of frames.success) {
        const message = Messages.decode(frame)
        if (Result.isFailure(message)) return yield* new PeerGone({ reason: `nonsense: ${message.failure}` })
        if (message.success === undefined) continue
        const kept = owned(message.success)
        heard.push(kept)
        yield* handle(kept)
        if (kept._tag === "Close") end(kept.reason)
        for (const look of waiting) look()
      }
    }
  })
  const reading = Effect.gen(function*() {
    yield* take(greeting.rest)
    while (true) {
      yield* running.await
      yield* take(yield* link.receive)
    }
  }).pipe(Effect.catch((gone) => Effect.sync(() => end(gone.reason))))
  yield* Effect.forkScoped(reading)

  const script: Script = {
    link,
    hello: greeting.hello,
    heard,
    bytes: () => bytes,
    say: (...messages) => link.send(messages.map(Messages.encodeFrame)),
    sayBytes: (...bytes) => link.send(bytes),
    expect: (tag, matches = () => true) =>
      Effect.callback((resume) => {
        const look = () => {
          for (let at = offered.get(tag) ?? 0; at < heard.length; at++) {
            const message = heard[at]!
            offered.set(tag, at + 1)
            if (message._tag === tag && matches(message as Of<typeof tag>)) {
              waiting.delete(look)
              return resume(Effect.succeed(message as Of<typeof tag>))
            }
          }
          if (ended === undefined) return
          waiting.delete(look)
          resume(Effect.fail(new PeerGone({ reason: `no ${tag}: ${ended}` })))
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      }),
    all: (tag) => heard.filter((message): message is Of<typeof tag> => message._tag === tag),
    onMessage: (handler) => {
      handle = handler
    },
    freeze: Effect.asVoid(running.close),
    thaw: Effect.asVoid(running.open),
    ended: Deferred.await(over),
    hangUp: link.close
  }
  return script
})

/** A block is a view of the chunk it came in, which the link fills again: what is kept must be a copy. */
const owned = (message: Message): Message =>
  message._tag === "Response" ? { ...message, data: Uint8Array.from(message.data) } : message

const readHello = Effect.fnUntraced(function*(link: PeerLink) {
  const parser = Hello.makeParser()
  while (true) {
    const chunks = yield* link.receive
    for (const [at, chunk] of chunks.entries()) {
      const parsed = parser.push(chunk)
      if (Result.isFailure(parsed)) return yield* new PeerGone({ reason: parsed.failure })
      if (parsed.success !== undefined) {
        return { hello: parsed.success.hello, rest: [parsed.success.rest, ...chunks.slice(at + 1)] }
      }
    }
  }
})
