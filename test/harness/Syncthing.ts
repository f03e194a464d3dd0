/**
 * A real Syncthing, 1.19.2 or 1.29.5, in its own home on free loopback ports. It announces nothing, relays nothing and phones
 * nobody; all waiting is long polling of its events, bounded in time.
 */
import { Effect, Schedule, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Path from "node:path"
import * as Ports from "./Ports.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"

export type Version = "1.19" | "1.29"

export const versions: ReadonlyArray<Version> = ["1.19", "1.29"]

export const need = (version: Version): Programs.Need => version === "1.19" ? "syncthing" : "syncthing-1.29"

export interface Completion {
  readonly completion: number
  readonly globalItems: number
  readonly needItems: number
  readonly needDeletes: number
  readonly needBytes: number
  readonly sequence: number
  readonly remoteState?: string
}

export interface FolderStatus {
  readonly state: string
  readonly errors: number
  readonly needTotalItems: number
  readonly needDeletes: number
  readonly globalFiles: number
  readonly globalDirectories: number
  readonly globalSymlinks: number
  readonly globalBytes: number
  readonly localFiles: number
  readonly localDirectories: number
  readonly localSymlinks: number
  readonly localBytes: number
  readonly inSyncBytes: number
  readonly sequence: number
}

export interface Entry {
  readonly name: string
  readonly deleted: boolean
  readonly invalid: boolean
  readonly size: number
  readonly sequence: number
  /** `SHORT7:value`, as Syncthing prints a version vector. */
  readonly version: ReadonlyArray<string>
}

export interface Event {
  readonly id: number
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Peer {
  readonly id: string
  readonly name: string
  /** `tcp://127.0.0.1:PORT` */
  readonly address: string
}

export interface FolderOptions {
  readonly id: string
  readonly label?: string
  readonly path: string
  readonly type?: "sendreceive" | "sendonly" | "receiveonly"
  readonly devices: ReadonlyArray<string>
  readonly options?: Readonly<Record<string, unknown>>
}

type Harness<A> = Effect.Effect<A, Process.HarnessError>

export interface Syncthing extends Peer {
  readonly version: Version
  readonly home: string
  readonly port: number
  readonly process: Process.Process
  readonly rest: <A>(method: string, path: string, body?: unknown) => Harness<A>
  readonly pair: (peer: Peer, options?: Readonly<Record<string, unknown>>) => Harness<void>
  readonly unpair: (device: string) => Harness<void>
  readonly share: (folder: FolderOptions) => Harness<void>
  readonly removeFolder: (folder: string) => Harness<void>
  readonly patchFolder: (folder: string, change: Readonly<Record<string, unknown>>) => Harness<void>
  readonly patchDevice: (device: string, change: Readonly<Record<string, unknown>>) => Harness<void>
  readonly ignore: (folder: string, patterns: ReadonlyArray<string>) => Harness<void>
  /** Returns when the scan is over. */
  readonly rescan: (folder: string, sub?: string) => Harness<void>
  readonly status: (folder: string) => Harness<FolderStatus>
  readonly completion: (device: string, folder: string) => Harness<Completion>
  /** Its own entry and the best one it knows of, of one name. */
  readonly entry: (
    folder: string,
    name: string
  ) => Harness<{ readonly local: Entry; readonly global: Entry } | undefined>
  readonly folderErrors: (folder: string) => Harness<ReadonlyArray<{ readonly path: string; readonly error: string }>>
  readonly connected: (device: string) => Harness<boolean>
  /** Events of all the kinds that waiting looks at, after `since`; waits up to `seconds` for the first. */
  readonly events: (since: number, seconds: number) => Harness<ReadonlyArray<Event>>
  /** The id of the newest event. */
  readonly lastEvent: Harness<number>
  /** Evaluates `condition` again after each event until it gives a value. */
  readonly until: <A>(what: string, condition: Harness<A | undefined>, seconds?: number) => Harness<A>
  readonly untilConnected: (device: string, seconds?: number) => Harness<void>
  /** The device holds everything this Syncthing knows of: 100 %, nothing needed, nothing left to delete. */
  readonly untilComplete: (device: string, folder: string, seconds?: number) => Harness<Completion>
  /** Idle with nothing needed and at least `expected` in it; errors are those of the folder. */
  readonly untilInSync: (folder: string, expected?: Partial<FolderStatus>, seconds?: number) => Harness<FolderStatus>
}

const kinds =
  "StateChanged,FolderCompletion,FolderSummary,FolderErrors,DeviceConnected,DeviceDisconnected,RemoteIndexUpdated," +
  "LocalIndexUpdated,FolderPaused,FolderResumed,DevicePaused,DeviceResumed,RemoteDownloadProgress,ItemFinished,Failure"

/** What a configuration must say so that nothing leaves the machine; stock in every other way. */
const settings = (listen: string): Readonly<Record<string, string | number | boolean>> => ({
  listenAddress: listen,
  globalAnnounceEnabled: false,
  localAnnounceEnabled: false,
  relaysEnabled: false,
  natEnabled: false,
  startBrowser: false,
  urAccepted: -1,
  urSeen: 3,
  crashReportingEnabled: false,
  autoUpgradeIntervalH: 0,
  releasesURL: "",
  urURL: "",
  crashReportingURL: "",
  stunKeepaliveStartS: 0,
  announceLANAddresses: false,
  reconnectionIntervalS: 5,
  restartOnWakeup: false,
  minHomeDiskFree: 0
})

const apiKey = "interop"

const configure = (file: string, listen: string, gui: number) => {
  let xml = Fs.readFileSync(file, "utf8")
  for (const [key, value] of Object.entries(settings(listen))) {
    xml = xml.replace(new RegExp(`<${key}>[^<]*</${key}>`), `<${key}>${value}</${key}>`)
  }
  Fs.writeFileSync(
    file,
    xml.replace(/<address>127\.0\.0\.1:\d+<\/address>/, `<address>127.0.0.1:${gui}</address>`)
      .replace(/<apikey>[^<]*</, `<apikey>${apiKey}<`)
  )
}

export interface Options {
  readonly version: Version
  readonly name: string
  /** An existing home is started again with its keys and database. */
  readonly home: string
}

/** Starts (or starts again) and answers once REST does. Ended with its scope. */
export const start = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Syncthing, Process.HarnessError, Scope.Scope> {
    const binary = Programs.path(need(options.version))
    const env = { HOME: options.home, STNOUPGRADE: "1", STNODEFAULTFOLDER: "1", STMONITORED: "yes" }
    const config = Path.join(options.home, "config.xml")
    if (!Fs.existsSync(config)) {
      Fs.mkdirSync(options.home, { recursive: true })
      const made = yield* Process.run(
        binary,
        ["generate", `--home=${options.home}`, "--no-default-folder", "--skip-port-probing"],
        { env }
      )
      if (made.code !== 0) return yield* new Process.HarnessError({ message: made.stderr })
    }
    const port = yield* Ports.free
    const gui = yield* Ports.free
    const address = `tcp://127.0.0.1:${port}`
    configure(config, address, gui)
    const process = yield* Process.start({
      name: `${options.name} (Syncthing ${options.version})`,
      command: binary,
      args: [
        "serve",
        `--home=${options.home}`,
        "--no-browser",
        "--no-restart",
        "--no-upgrade",
        "--no-default-folder",
        "--skip-port-probing"
      ],
      env,
      log: Path.join(options.home, `${options.name}.log`)
    })
    const rest = <A>(method: string, path: string, body?: unknown) =>
      request<A>(`http://127.0.0.1:${gui}${path}`, method, body)
    yield* process.line(/(GUI and API listening on|Access the GUI via)/)
    yield* rest("GET", "/rest/system/ping").pipe(
      Effect.retry(Schedule.spaced("50 millis")),
      Process.within(20, () => `${options.name}: no answer to /rest/system/ping`)
    )
    const { myID } = yield* rest<{ readonly myID: string }>("GET", "/rest/system/status")
    const driver = drive({ id: myID, name: options.name, address }, options, port, process, rest)
    yield* driver.events(0, 0)
    return driver
  }
)

/** Without a time limit of its own, as `fetch` has one: the scan of a large folder is one request. */
const request = <A>(url: string, method: string, body: unknown): Harness<A> => {
  const failed = (cause: unknown) =>
    new Process.HarnessError({
      message: `${method} ${url}: ${cause instanceof Error ? cause.message : String(cause)}`
    })
  return Effect.callback<string, Process.HarnessError>((resume) => {
    const headers = { "X-API-Key": apiKey, "content-type": "application/json" }
    const asked = Http.request(url, { method, headers }, (answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk: Buffer) => chunks.push(chunk))
      answer.on("error", (error) => resume(Effect.fail(failed(error))))
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode = 0 } = answer
        resume(
          statusCode >= 200 && statusCode < 300
            ? Effect.succeed(text)
            : Effect.fail(failed(`${statusCode} ${text.trim()}`))
        )
      })
    })
    asked.on("error", (error) => resume(Effect.fail(failed(error))))
    asked.end(body === undefined ? undefined : JSON.stringify(body))
    return Effect.sync(() => asked.destroy())
  }).pipe(
    Effect.flatMap((text) =>
      Effect.try({ try: () => (text === "" ? undefined : JSON.parse(text)) as A, catch: failed })
    )
  )
}

const drive = (
  self: Peer,
  options: Options,
  port: number,
  process: Process.Process,
  rest: Syncthing["rest"]
): Syncthing => {
  const query = (parameters: Readonly<Record<string, string | number>>) =>
    Object.entries(parameters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")
  const events = (since: number, seconds: number) =>
    Effect.map(
      rest<ReadonlyArray<Event> | null>("GET", `/rest/events?${query({ events: kinds, since, timeout: seconds })}`),
      (found) => found ?? []
    )
  const lastEvent = Effect.map(
    rest<ReadonlyArray<Event> | null>(
      "GET",
      `/rest/events?${query({ events: kinds, since: 0, limit: 1, timeout: 0 })}`
    ),
    (found) => found?.at(-1)?.id ?? 0
  )
  const until: Syncthing["until"] = <A>(what: string, condition: Harness<A | undefined>, seconds = 60) =>
    Effect.gen(function*() {
      let since = yield* lastEvent
      while (true) {
        const value = yield* condition
        if (value !== undefined) return value
        // Not every change has an event of its own: look again after a second at the latest.
        since = (yield* events(since, 1)).at(-1)?.id ?? since
      }
    }).pipe(Process.within(seconds, () => `${options.name}: ${what}`))
  const status = (folder: string) => rest<FolderStatus>("GET", `/rest/db/status?${query({ folder })}`)
  const completion = (device: string, folder: string) =>
    rest<Completion>("GET", `/rest/db/completion?${query({ device, folder })}`)
  const connected = (device: string) =>
    Effect.map(
      rest<{ readonly connections: Readonly<Record<string, { readonly connected: boolean }>> }>(
        "GET",
        "/rest/system/connections"
      ),
      ({ connections }) => connections[device]?.connected === true
    )
  /** The last thing seen is what a failed wait should say. */
  const described = <A, B extends A>(
    what: string,
    look: Harness<A>,
    enough: (seen: A) => seen is B,
    seconds: number | undefined
  ) => {
    let last: A | undefined
    return until(
      what,
      Effect.map(look, (seen) => {
        last = seen
        return enough(seen) ? seen : undefined
      }),
      seconds
    ).pipe(
      Effect.mapError((error) =>
        new Process.HarnessError({ message: `${error.message}; last seen: ${JSON.stringify(last)}` })
      )
    )
  }
  return {
    ...self,
    version: options.version,
    home: options.home,
    port,
    process,
    rest,
    pair: (peer, extra) =>
      rest("PUT", `/rest/config/devices/${peer.id}`, {
        deviceID: peer.id,
        name: peer.name,
        addresses: [peer.address],
        ...extra
      }),
    unpair: (device) => rest("DELETE", `/rest/config/devices/${device}`),
    share: (folder) =>
      rest("PUT", `/rest/config/folders/${folder.id}`, {
        id: folder.id,
        label: folder.label ?? folder.id,
        path: folder.path,
        type: folder.type ?? "sendreceive",
        rescanIntervalS: 0,
        fsWatcherEnabled: false,
        minDiskFree: { value: 0, unit: "" },
        devices: [self.id, ...folder.devices].map((deviceID) => ({ deviceID })),
        ...folder.options
      }),
    removeFolder: (folder) => rest("DELETE", `/rest/config/folders/${folder}`),
    patchFolder: (folder, change) => rest("PATCH", `/rest/config/folders/${folder}`, change),
    patchDevice: (device, change) => rest("PATCH", `/rest/config/devices/${device}`, change),
    ignore: (folder, patterns) => rest("POST", `/rest/db/ignores?${query({ folder })}`, { ignore: patterns }),
    rescan: (folder, sub) => rest("POST", `/rest/db/scan?${query({ folder, ...(sub === undefined ? {} : { sub }) })}`),
    status,
    completion,
    entry: (folder, name) =>
      rest<{ readonly local: Entry; readonly global: Entry }>("GET", `/rest/db/file?${query({ folder, file: name })}`)
        .pipe(
          Effect.catchIf((error) => error.message.includes(": 404"), () => Effect.succeed(undefined))
        ),
    folderErrors: (folder) =>
      Effect.map(
        rest<{ readonly errors: ReadonlyArray<{ readonly path: string; readonly error: string }> | null }>(
          "GET",
          `/rest/folder/errors?${query({ folder })}`
        ),
        ({ errors }) => errors ?? []
      ),
    connected,
    events,
    lastEvent,
    until,
    untilConnected: (device, seconds) =>
      until(
        `not connected to ${device}`,
        Effect.map(connected(device), (yes) => yes ? true : undefined),
        seconds
      ).pipe(Effect.asVoid),
    untilComplete: (device, folder, seconds) =>
      described(
        `${device} does not hold all of "${folder}"`,
        Effect.all({ seen: completion(device, folder), own: status(folder) }),
        (look): look is typeof look => isComplete(look.seen) && isIdle(look.own),
        seconds
      ).pipe(Effect.map(({ seen }) => seen)),
    untilInSync: (folder, expected = {}, seconds) =>
      described(
        `"${folder}" is not in sync`,
        status(folder),
        (seen): seen is FolderStatus =>
          seen.state === "idle" && seen.needTotalItems === 0 && seen.needDeletes === 0 &&
          Object.entries(expected).every(([key, value]) => seen[key as keyof FolderStatus] === value),
        seconds
      )
  }
}

/** A device that has announced nothing yet counts as complete in Syncthing's eyes, not in ours. */
export const isComplete = (seen: Completion): boolean =>
  (seen.globalItems === 0 || seen.sequence > 0) &&
  seen.completion === 100 && seen.needItems === 0 && seen.needDeletes === 0 && seen.needBytes === 0 &&
  (seen.remoteState === undefined || seen.remoteState === "valid")

const isIdle = (own: FolderStatus) => own.state === "idle" && own.needTotalItems === 0

/** Both know each other, and are connected. */
export const meet = (a: Syncthing, b: Syncthing): Harness<void> =>
  Effect.gen(function*() {
    yield* a.pair(b)
    yield* b.pair(a)
    yield* a.untilConnected(b.id)
    yield* b.untilConnected(a.id)
  })
