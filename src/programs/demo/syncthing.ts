/**
 * A throw-away Syncthing: its own home, loopback only, announcing nothing to anyone, driven through its REST interface.
 * It never touches the Syncthing of whoever runs the demo.
 */
import { Effect, FileSystem, Schedule, Schema, Stream } from "effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { type Actor, folder } from "./actor.ts"
import { DemoFailed, freePort } from "./world.ts"

/** Version line of the `syncthing` on the PATH; undefined if there is none. */
export const version = Effect.gen(function*() {
  const spawner = yield* ChildProcessSpawner
  const text = yield* spawner.string(ChildProcess.make("syncthing", ["--version"]))
  const found = /^syncthing (v[0-9][^ ]*)/.exec(text)
  return found === null ? undefined : found[1]!
}).pipe(Effect.orElseSucceed(() => undefined))

/** What keeps it on this machine and quiet; the rest of its configuration is stock. */
const options = (port: number): Record<string, string> => ({
  listenAddress: `tcp://127.0.0.1:${port}`,
  globalAnnounceEnabled: "false",
  localAnnounceEnabled: "false",
  relaysEnabled: "false",
  natEnabled: "false",
  startBrowser: "false",
  urAccepted: "-1",
  urSeen: "3",
  crashReportingEnabled: "false",
  autoUpgradeIntervalH: "0",
  releasesURL: "",
  urURL: "",
  crashReportingURL: "",
  stunKeepaliveStartS: "0",
  announceLANAddresses: "false",
  reconnectionIntervalS: "5",
  restartOnWakeup: "false",
  minHomeDiskFree: "0"
})

const Ping = Schema.Struct({ ping: Schema.String })
const SystemStatus = Schema.Struct({ myID: Schema.String })
const Completion = Schema.Struct({
  sequence: Schema.Finite,
  completion: Schema.Finite,
  needItems: Schema.Finite,
  needDeletes: Schema.Finite
})
const FolderStatus = Schema.Struct({
  state: Schema.String,
  needTotalItems: Schema.Finite,
  localFiles: Schema.Finite,
  globalFiles: Schema.Finite
})

const failed = (what: string) => (error: { readonly message: string }) =>
  new DemoFailed({ problem: `${what}: ${error.message}` })

/** Runs in `home`, syncs `directory`, and ends with the scope. */
export const start = Effect.fn("Syncthing.start")(
  function*(name: string, played: string, home: string, directory: string) {
    const spawner = yield* ChildProcessSpawner
    const fs = yield* FileSystem.FileSystem
    const port = yield* freePort
    const guiPort = yield* freePort
    const apiKey = randomBytes(16).toString("hex")
    const environment = { HOME: home, STNOUPGRADE: "1", STNODEFAULTFOLDER: "1", STNORESTART: "1", STMONITORED: "yes" }
    const command = (args: ReadonlyArray<string>) =>
      ChildProcess.make("syncthing", [...args], {
        env: environment,
        extendEnv: true,
        stdin: "ignore",
        forceKillAfter: "20 seconds"
      })
    yield* Effect.mapError(fs.makeDirectory(home, { recursive: true }), failed(name))
    yield* spawner.string(command(["generate", `--home=${home}`, "--no-default-folder", "--skip-port-probing"]), {
      includeStderr: true
    }).pipe(Effect.mapError(failed(`${name}: syncthing generate`)))
    yield* patch(join(home, "config.xml"), port, guiPort, apiKey)
    // Without its monitor (STMONITORED) it is one process, which the scope's signal reaches.
    const handle = yield* spawner.spawn(
      command([
        "serve",
        `--home=${home}`,
        "--no-browser",
        "--no-restart",
        "--no-upgrade",
        "--no-default-folder",
        "--skip-port-probing",
        `--logfile=${join(home, "log.txt")}`
      ])
    ).pipe(Effect.mapError(failed(name)))
    yield* handle.all.pipe(Stream.runDrain, Effect.ignore, Effect.forkScoped)

    const rest = Effect.fn("Syncthing.rest")(function*(method: string, path: string, body?: unknown) {
      const text = yield* Effect.tryPromise({
        try: (signal) =>
          fetch(`http://127.0.0.1:${guiPort}${path}`, {
            method,
            signal,
            headers: { "X-API-Key": apiKey, ...(body === undefined ? {} : { "content-type": "application/json" }) },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          }).then((response) =>
            response.text().then((text) =>
              response.ok ? text : Promise.reject(new Error(`${response.status} ${text.slice(0, 200)}`))
            )
          ),
        catch: (cause) => new DemoFailed({ problem: `${name}: ${method} ${path}: ${String(cause)}` })
      })
      return text
    })
    const get = <A, I>(schema: Schema.Codec<A, I>, path: string) =>
      Effect.flatMap(rest("GET", path), (text) =>
        Schema.decodeEffect(Schema.fromJsonString(schema))(text).pipe(
          Effect.mapError(failed(`${name}: ${path}`))
        ))
    /** Asks again until `good`, for two minutes. */
    const until = <A>(what: string, ask: Effect.Effect<A, DemoFailed>, good: (answer: A) => boolean) =>
      ask.pipe(
        Effect.filterOrFail(
          good,
          (answer) => new DemoFailed({ problem: `${name}: ${what} did not happen: ${JSON.stringify(answer)}` })
        ),
        Effect.retry({ schedule: Schedule.spaced("200 millis"), times: 600 })
      )

    yield* until("starting", get(Ping, "/rest/system/ping"), (answer) => answer.ping === "pong")
    const { myID } = yield* get(SystemStatus, "/rest/system/status")
    const status = get(FolderStatus, `/rest/db/status?folder=${folder.id}`)
    let bepository = ""
    const actor: Actor = {
      played,
      device: myID,
      address: `tcp://127.0.0.1:${port}`,
      share: Effect.fn("Syncthing.share")(function*(them) {
        bepository = them.device
        yield* rest("PUT", `/rest/config/devices/${them.device}`, {
          deviceID: them.device,
          name: "bepository",
          addresses: [`tcp://${them.address}`]
        })
        yield* rest("PUT", `/rest/config/folders/${folder.id}`, {
          id: folder.id,
          label: folder.label,
          path: directory,
          type: "sendreceive",
          rescanIntervalS: 0,
          fsWatcherEnabled: false,
          minDiskFree: { value: 0, unit: "" },
          devices: [{ deviceID: myID }, { deviceID: them.device }]
        })
      }),
      rescan: Effect.asVoid(rest("POST", `/rest/db/scan?folder=${folder.id}`)),
      awaitStored: Effect.fn("Syncthing.awaitStored")(function*(files) {
        yield* until("scanning", status, (answer) => answer.state === "idle" && answer.localFiles === files)
        yield* until(
          "storing",
          get(Completion, `/rest/db/completion?folder=${folder.id}&device=${bepository}`),
          // A device that has announced nothing counts as complete.
          (answer) =>
            answer.sequence > 0 && answer.completion === 100 && answer.needItems === 0 && answer.needDeletes === 0
        )
      }),
      awaitComplete: (files) =>
        Effect.asVoid(until(
          "receiving",
          status,
          (answer) =>
            answer.state === "idle" && answer.needTotalItems === 0 && answer.globalFiles === files &&
            answer.localFiles === files
        ))
    }
    return actor
  }
)

const patch = Effect.fnUntraced(function*(file: string, port: number, guiPort: number, apiKey: string) {
  const fs = yield* FileSystem.FileSystem
  let xml = yield* Effect.mapError(fs.readFileString(file), failed(file))
  for (const [key, value] of Object.entries(options(port))) {
    xml = xml.replaceAll(new RegExp(`<${key}>[^<]*</${key}>`, "g"), `<${key}>${value}</${key}>`)
  }
  xml = xml
    .replace(/<address>127\.0\.0\.1:\d+<\/address>/, `<address>127.0.0.1:${guiPort}</address>`)
    .replace(/<apikey>[^<]*</, `<apikey>${apiKey}<`)
  yield* Effect.mapError(fs.writeFileString(file, xml), failed(file))
})
