/**
 * One connection after Hello, decided (BEP sheet §1.8, §2.3, §4.1): what arrives and what time it is go in, what to do comes
 * out. Times are monotonic milliseconds. Once an `End` came out the connection is over and nothing more comes.
 */
import type { ClusterConfig, DownloadProgress, Index, IndexUpdate, Message, Request, Response } from "./Messages.ts"

/** We send a Ping when we have written nothing for so long, whatever we read: the peer drops us at 300 s. */
export const pingAfter = 60_000

/** A peer that sent no byte for so long is gone. */
export const silenceLimit = 300_000

/** How long we wait for the peer's first ClusterConfig before we send ours unasked. */
export const configWait = 5_000

export interface State {
  /** `opening` until the peer's first ClusterConfig. */
  readonly phase: "opening" | "open" | "ended"
  /** The peer's latest ClusterConfig said that this connection carries no indexes. */
  readonly secondary: boolean
  /** We have sent, or were told to send, a ClusterConfig. */
  readonly configured: boolean
  readonly openedAt: number
  readonly readAt: number
  readonly writtenAt: number
}

export type Event =
  /** Bytes arrived, at least one. */
  | { readonly _tag: "Read"; readonly at: number }
  /** We handed bytes to the socket. */
  | { readonly _tag: "Written"; readonly at: number }
  | { readonly _tag: "Received"; readonly messages: ReadonlyArray<Message> }
  /** A frame or message was broken, or the peer broke a rule elsewhere. */
  | { readonly _tag: "Violated"; readonly reason: string }
  /** We want to end it. */
  | { readonly _tag: "Shutdown"; readonly reason: string }
  | { readonly _tag: "Tick"; readonly at: number }

/** What the connection carries besides its own affairs. */
export type Payload = Index | IndexUpdate | Request | Response | DownloadProgress

export type Action =
  /** In order of arrival; never empty. */
  | { readonly _tag: "Deliver"; readonly messages: ReadonlyArray<Payload> }
  /** Take in the peer's whole picture; then send ours if it is the first, or `restated` says that it changed. */
  | { readonly _tag: "Configure"; readonly config: ClusterConfig; readonly first: boolean }
  /** Send a ClusterConfig: ours as it is, or one that only says `secondary`. */
  | { readonly _tag: "SendConfig"; readonly secondary: boolean }
  | { readonly _tag: "SendPing" }
  /** Send Close with `close` as its reason, unless undefined, and end the connection. */
  | { readonly _tag: "End"; readonly reason: string; readonly close: string | undefined }

export interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

/** Both Hellos are exchanged. */
export const init = (at: number): State => ({
  phase: "opening",
  secondary: false,
  configured: false,
  openedAt: at,
  readAt: at,
  writtenAt: at
})

export const step = (state: State, event: Event): Step => {
  if (state.phase === "ended") return { state, actions: none }
  switch (event._tag) {
    case "Read":
      return { state: { ...state, readAt: event.at }, actions: none }
    case "Written":
      return { state: { ...state, writtenAt: event.at }, actions: none }
    case "Received":
      return received(state, event.messages)
    case "Violated":
      return end(state, none, event.reason, event.reason)
    case "Shutdown":
      return end(state, none, event.reason, event.reason)
    case "Tick":
      return tick(state, event.at)
  }
}

/** When the next `Tick` can do something, if nothing happens before. */
export const wakeAt = (state: State): number =>
  Math.min(
    state.readAt + silenceLimit,
    state.configured ? state.writtenAt + pingAfter : state.openedAt + configWait
  )

/**
 * Why a peer's cluster config is refused: a folder that lacks one of the two devices of this connection. `ours` and
 * `theirs` are the 32-byte device ids.
 */
export const configProblem = (config: ClusterConfig, ours: Uint8Array, theirs: Uint8Array): string | undefined => {
  for (const folder of config.folders) {
    const has = (id: Uint8Array) => folder.devices.some((device) => Buffer.compare(device.id, id) === 0)
    if (!has(theirs)) return `folder ${JSON.stringify(folder.id)}: remote device missing in cluster config`
    if (!has(ours)) return `folder ${JSON.stringify(folder.id)}: local device missing in cluster config`
  }
  return undefined
}

/**
 * Whether what we would state now differs from what we stated before in what is shared. Sequences alone do not count: two
 * peers that answered each other's every ClusterConfig would never stop.
 */
export const restated = (before: ClusterConfig | undefined, now: ClusterConfig): boolean => {
  if (before === undefined || before.folders.length !== now.folders.length) return true
  return now.folders.some((folder) => {
    const old = before.folders.find((candidate) => candidate.id === folder.id)
    if (old === undefined || old.paused !== folder.paused || old.devices.length !== folder.devices.length) return true
    return folder.devices.some((device, i) => {
      const previous = old.devices[i]!
      return Buffer.compare(previous.id, device.id) !== 0 || previous.indexId !== device.indexId
    })
  })
}

const tick = (state: State, at: number): Step => {
  if (at - state.readAt >= silenceLimit) {
    return end(state, none, `nothing heard for ${silenceLimit / 1000} s`, undefined)
  }
  if (!state.configured) {
    return at - state.openedAt >= configWait
      ? { state: { ...state, configured: true }, actions: [{ _tag: "SendConfig", secondary: false }] }
      : { state, actions: none }
  }
  return at - state.writtenAt >= pingAfter
    ? { state: { ...state, writtenAt: at }, actions: [{ _tag: "SendPing" }] }
    : { state, actions: none }
}

const received = (state: State, messages: ReadonlyArray<Message>): Step => {
  // What nearly every batch is: nothing but payload.
  if (state.phase === "open" && isPayload(messages)) {
    return { state, actions: messages.length === 0 ? none : [{ _tag: "Deliver", messages }] }
  }
  const actions: Array<Action> = []
  let payload: Array<Payload> = []
  const flush = () => {
    if (payload.length > 0) actions.push({ _tag: "Deliver", messages: payload })
    payload = []
  }
  for (const message of messages) {
    switch (message._tag) {
      case "Close":
        flush()
        return end(state, actions, `closed by the peer: ${message.reason}`, undefined)
      case "ClusterConfig": {
        flush()
        const first = state.phase === "opening"
        if (!message.secondary) actions.push({ _tag: "Configure", config: message, first })
        else if (first && !state.configured) actions.push({ _tag: "SendConfig", secondary: true })
        state = { ...state, phase: "open", secondary: message.secondary, configured: true }
        break
      }
      default:
        if (state.phase === "opening") {
          const reason = `protocol error: ${message._tag} before ClusterConfig`
          return end(state, actions, reason, reason)
        }
        if (message._tag !== "Ping") payload.push(message)
    }
  }
  flush()
  return { state, actions }
}

const isPayload = (messages: ReadonlyArray<Message>): messages is ReadonlyArray<Payload> => {
  for (const { _tag } of messages) if (_tag === "ClusterConfig" || _tag === "Close" || _tag === "Ping") return false
  return true
}

const end = (state: State, before: ReadonlyArray<Action>, reason: string, close: string | undefined): Step => ({
  state: { ...state, phase: "ended" },
  actions: [...before, { _tag: "End", reason, close }]
})

const none: ReadonlyArray<Action> = []
