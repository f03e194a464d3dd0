/** What `serve` says while it runs, beside what its layers log: new folders, and live progress at a terminal. */
import { Clock, Effect, type Layer, Logger, Stream } from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import type { State } from "../domain/repository/State.ts"
import { Ingest } from "../services/Ingest.ts"
import { Peers, type PeerStatus } from "../services/Peers.ts"
import { Repository } from "../services/Repository.ts"
import * as Progress from "./progress.ts"
import type { Live } from "./terminal.ts"
import * as Text from "./text.ts"

/** How often a terminal is drawn anew, and peers are looked at. */
const frame = "500 millis"

/** Logs what the log of the repository tells, whoever wrote it. */
const events = Effect.gen(function*() {
  const repository = yield* Repository
  let before = yield* repository.head
  yield* repository.changes.pipe(
    Stream.runForEach((state) => {
      const told = Effect.forEach(
        news(before, state),
        ({ message, ...data }) => Effect.logInfo(message).pipe(Effect.annotateLogs(data)),
        { discard: true }
      )
      before = state
      return told
    }),
    Effect.forkScoped
  )
})

export interface News {
  readonly message: string
  readonly folder: string
  readonly label: string
}

/** What a person would want to know of the way from one state to a later one. */
export const news = (before: State, after: State): ReadonlyArray<News> => {
  const found: Array<News> = []
  for (const folder of after.folders.values()) {
    const known = before.folders.get(folder.id)
    if (known === undefined) found.push({ message: "folder added", folder: folder.id, label: folder.label })
    else if (known.label !== folder.label) {
      found.push({ message: "folder relabelled", folder: folder.id, label: folder.label })
    }
  }
  return found
}

/** The block below the log lines at a terminal. */
const progress = (live: Live) =>
  Effect.gen(function*() {
    const ingest = yield* Ingest
    const peers = yield* Peers
    const repository = yield* Repository
    let rates = Progress.noRates
    yield* Effect.addFinalizer(() => Effect.sync(live.clear))
    yield* Effect.gen(function*() {
      rates = Progress.rates(rates, Progress.byFolder(yield* ingest.progress), yield* Clock.currentTimeMillis)
      const state = yield* repository.head
      const labels = new Map([...state.folders.values()].map(({ id, label }) => [id, label]))
      live.show(Progress.live(rates, labels, (yield* peers.connected).map(nameOf), live.columns()))
    }).pipe(Effect.andThen(Effect.sleep(frame)), Effect.forever, Effect.forkScoped)
  })

const nameOf = (peer: PeerStatus): string => peer.deviceName || DeviceId.shortText(DeviceId.short(peer.device))

/** Runs until the scope closes; the terminal is left clean. */
export const start = (live: Live | undefined) =>
  Effect.andThen(events, live === undefined ? Effect.void : progress(live))

/** logfmt for a file or a service manager, JSON with --json, short lines above the live block at a terminal; all on stderr. */
export const loggers = (live: Live | undefined, json: boolean): Layer.Layer<never> =>
  Logger.layer([
    live !== undefined
      ? Logger.map(Logger.formatStructured, (entry) => live.log(terminalLine(entry)))
      : Logger.withConsoleError(json ? Logger.formatJson : Logger.map(Logger.formatLogFmt, withoutFiber))
  ])

/** The number of a fiber means nothing outside. */
const withoutFiber = (line: string): string => line.replace(/ fiber=#\d+/, "")

const shown: Readonly<Record<string, string>> = { WARN: "warning: ", ERROR: "error: ", FATAL: "error: " }

/** `12:34:56 folder added folder=abc label=Photos`, the time in UTC; of a device id its first group. */
export const terminalLine = (entry: {
  readonly level: string
  readonly timestamp: string
  readonly message: unknown
  readonly annotations: Record<string, unknown>
}): string => {
  const message = Array.isArray(entry.message) ? entry.message.map(String).join(" ") : String(entry.message)
  const data = Object.entries(entry.annotations).map(([key, value]) => ` ${key}=${short(String(value))}`).join("")
  return Text.printable(`${entry.timestamp.slice(11, 19)} ${shown[entry.level] ?? ""}${message}${data}`)
}

const short = (value: string): string => (/^([A-Z2-7]{7}-){7}[A-Z2-7]{7}$/.test(value) ? value.slice(0, 7) : value)
