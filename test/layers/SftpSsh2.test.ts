/** Connections to servers that OpenSSH is not: with passwords, without extensions, mute, or speaking something else. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Exit, Layer, Logger, References, Scope } from "effect"
import { generateKeyPairSync } from "node:crypto"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Net from "node:net"
import * as Path from "node:path"
import Ssh2 from "ssh2"
import * as KnownHosts from "../../src/domain/store/KnownHosts.ts"
import * as SshKeys from "../../src/domain/store/SshKeys.ts"
import * as SftpLoginFiles from "../../src/layers/SftpLoginFiles.ts"
import * as SftpSsh2 from "../../src/layers/SftpSsh2.ts"
import { Sftp } from "../../src/services/Sftp.ts"
import { SftpLogin } from "../../src/services/SftpLogin.ts"
import { noLeaks } from "../harness/NoLeaks.ts"

const hostKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs1" })
const parsed = Ssh2.utils.parseKey(hostKey)
const fingerprint = KnownHosts.fingerprint((parsed as Ssh2.ParsedKey).getPublicSSH())

interface Doorkeeper {
  readonly port: number
  /** What was shown, in order. */
  readonly shown: Array<string>
}

type Judge = (context: Ssh2.AuthContext, shown: Array<string>) => void

/** A server made of ssh2 itself, which offers SFTP without any extension. */
const serve = (
  judge: Judge,
  algorithms: Ssh2.ServerConfig["algorithms"] = {}
): Effect.Effect<Doorkeeper, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Doorkeeper & { readonly server: Ssh2.Server; readonly clients: Set<Ssh2.Connection> }>((resume) => {
      const shown: Array<string> = []
      const clients = new Set<Ssh2.Connection>()
      const server = new Ssh2.Server({ hostKeys: [hostKey], algorithms }, (client) => {
        clients.add(client)
        client.on("error", () => {})
        client.on("close", () => clients.delete(client))
        client.on("authentication", (context) => judge(context, shown))
        client.on("session", (accept) => accept().on("sftp", (accept) => void accept()))
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as Net.AddressInfo).port, shown, server, clients })))
    }),
    ({ clients, server }) =>
      Effect.callback<void>((resume) => {
        server.close(() =>
          resume(Effect.void)
        )
        for (const client of clients) client.end()
      })
  )

const session = (
  port: number,
  env: Readonly<Record<string, string>> = {},
  patience: Partial<SftpSsh2.Patience> = {}
) => {
  const options = { host: "127.0.0.1", port, user: "me", path: "/store", hostKey: fingerprint }
  return Effect.flatMap(
    Layer.build(
      SftpSsh2.layerWith(options, { ...SftpSsh2.defaults, ...patience }).pipe(
        Layer.provide(SftpLoginFiles.layer(options)),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/dev/null", ...env })))
      )
    ),
    (context) => Context.get(context, Sftp).session
  )
}

/** Whether ssh2's native part was built here. */
const native = Fs.existsSync(
  Path.join(
    Path.dirname(createRequire(import.meta.url).resolve("ssh2/package.json")),
    "lib/protocol/crypto/build/Release/sshcrypto.node"
  )
)

const both = { concurrency: "unbounded" } as const

const believed: SftpLogin["Service"]["trust"] = Effect.succeed({
  pin: fingerprint,
  known: { entries: [], problems: [] },
  file: "known_hosts"
})

const loginWith = (trust: SftpLogin["Service"]["trust"]): SftpLogin["Service"] => ({
  user: "me",
  keys: [],
  passphrase: undefined,
  agent: undefined,
  password: undefined,
  trust
})

const built = (login: SftpLogin["Service"], port: number) =>
  Effect.map(
    Layer.build(
      SftpSsh2.layer({ host: "127.0.0.1", port, path: "/store" }).pipe(Layer.provide(Layer.succeed(SftpLogin, login)))
    ),
    (context) => Context.get(context, Sftp)
  )

const BEPOSITORY_SFTP_PASSWORD = "correct horse"

describe("SftpSsh2", () => {
  it.live("says at debug whether ssh2's native part does the work", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* built(loginWith(believed), 1).pipe(
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        Effect.provide(Logger.layer([logger]))
      )
      const said = native ? "ssh2 encrypts natively" : "ssh2 encrypts in JavaScript: its native part is not built"
      assert.include(lines, said)
    }).pipe(Effect.scoped))

  it.live("shows a password only to who asks for one, as a password or as an answer", () =>
    Effect.gen(function*() {
      const asks = yield* serve((context, shown) => {
        shown.push(context.method)
        if (context.method === "password" && context.password === BEPOSITORY_SFTP_PASSWORD) return context.accept()
        context.reject(["password"])
      })
      assert.strictEqual((yield* session(asks.port, { BEPOSITORY_SFTP_PASSWORD })).offers.size, 0)
      assert.deepStrictEqual(asks.shown, ["none", "password"])

      const questions = yield* serve((context, shown) => {
        shown.push(context.method)
        if (context.method !== "keyboard-interactive") return context.reject(["publickey", "keyboard-interactive"])
        context.prompt([{ prompt: "Password: ", echo: false }], (answers) => {
          if (answers[0] === BEPOSITORY_SFTP_PASSWORD) context.accept()
          else context.reject()
        })
      })
      yield* session(questions.port, { BEPOSITORY_SFTP_PASSWORD })
      assert.deepStrictEqual(questions.shown, ["none", "keyboard-interactive"])
    }).pipe(Effect.scoped, noLeaks))

  it.live("gives the password to no other question, and says it to nobody", () =>
    Effect.gen(function*() {
      const given: Array<string> = []
      const curious = yield* serve((context) => {
        if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"])
        context.prompt([{ prompt: "Your name? ", echo: true }], (answers) => {
          given.push(...answers)
          context.reject()
        })
      })
      const error = yield* Effect.flip(session(curious.port, { BEPOSITORY_SFTP_PASSWORD }))
      assert.strictEqual(error._tag, "StoreRefused")
      assert.include(error.message, "tried the password, as an answer")
      assert.notInclude(error.message, "horse")
      assert.deepStrictEqual(given, [""])
    }).pipe(Effect.scoped, noLeaks))

  it.live("refuses a server with which no secure connection can be made, and one that is another", () =>
    Effect.gen(function*() {
      const weak = yield* serve((context) => context.accept(), { cipher: ["aes128-cbc"] })
      const error = yield* Effect.flip(session(weak.port))
      assert.strictEqual(error._tag, "StoreRefused")
      assert.include(error.message, "no secure connection")
      const web = yield* mute("HTTP/1.1 400 Bad Request\r\n\r\n")
      assert.strictEqual((yield* Effect.flip(session(web)))._tag, "StoreUnavailable")
    }).pipe(Effect.scoped, noLeaks))

  it.live("refuses what cannot even be begun, each time it is asked", () =>
    Effect.gen(function*() {
      const server = yield* serve((context) => context.accept())
      const nowhere = (yield* built(loginWith(believed), 70_000)).session
      // ssh2 throws.
      const nobody =
        (yield* built({ ...loginWith(believed), user: undefined as unknown as string }, server.port)).session
      for (const asked of [nowhere, nowhere, nobody, nobody]) {
        const error = yield* Effect.flip(asked)
        assert.strictEqual(error._tag, "StoreRefused")
        assert.include(error.message, "no connection can be begun")
      }
    }).pipe(Effect.timeout("10 seconds"), Effect.scoped, noLeaks))

  it.live("tells whoever waits of a defect, and tries again for the next", () =>
    Effect.gen(function*() {
      const server = yield* serve((context) => context.accept())
      let broken = true
      const sftp = yield* built(
        loginWith(Effect.suspend(() => broken ? Effect.die(new Error("a defect")) : believed)),
        server.port
      )
      for (const exit of yield* Effect.all([Effect.exit(sftp.session), Effect.exit(sftp.session)], both)) {
        assert.include(String(exit), "a defect")
      }
      broken = false
      assert.strictEqual((yield* sftp.session).offers.size, 0)
    }).pipe(Effect.timeout("10 seconds"), Effect.scoped, noLeaks))

  it.live("closed, gives no session to who waits for one and none to who asks later", () =>
    Effect.gen(function*() {
      const port = yield* mute("")
      const scope = yield* Scope.make()
      const sftp = yield* Scope.provide(built(loginWith(believed), port), scope)
      const [waits] = yield* Effect.all([Effect.flip(sftp.session), Scope.close(scope, Exit.void)], both)
      for (const error of [waits, yield* Effect.flip(sftp.session)]) {
        assert.include(error.message, "the store was closed")
      }
    }).pipe(Effect.timeout("10 seconds"), Effect.scoped, noLeaks))

  it.live("does not wait for ever for a server that takes connections and says nothing", () =>
    Effect.gen(function*() {
      const port = yield* mute("")
      const error = yield* Effect.flip(session(port, {}, { connect: 200 }))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.include(error.message, "does not answer")
    }).pipe(Effect.scoped, noLeaks))

  it.live("finds the keys of ssh2's ciphers where it looks for them", () =>
    Effect.gen(function*() {
      const server = yield* serve((context) => context.accept())
      const known = yield* Effect.callback<number>((resume) => {
        const client = new Ssh2.Client()
        client.on("handshake", () => {
          const found = SshKeys.known((client as Ssh2.Client & { readonly _protocol?: object })._protocol)
          client.on("close", () => resume(Effect.succeed(found)))
        })
        // What comes after it is said with the keys that were exchanged.
        client.on("ready", () => client.end())
        client.connect({
          host: "127.0.0.1",
          port: server.port,
          username: "me",
          algorithms: { cipher: ["aes128-gcm@openssh.com"] }
        })
      })
      // Native ciphers make their key once by themselves.
      assert.strictEqual(known, native ? 0 : 2)
      assert.strictEqual(SshKeys.known(undefined), 0)
    }).pipe(Effect.scoped, noLeaks))
})

/** Listens, and says one thing at most. */
const mute = (greeting: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly server: Net.Server; readonly sockets: Set<Net.Socket> }>((resume) => {
        const sockets = new Set<Net.Socket>()
        const server = Net.createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          if (greeting !== "") socket.end(greeting)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
      }),
      ({ server, sockets }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    ),
    ({ server }) => (server.address() as Net.AddressInfo).port
  )
