/**
 * Lets litmus, which must write, run against a server that only reads: PUT, MKCOL, DELETE, COPY and MOVE are done on the
 * directory behind the server, everything else goes to the server as it came.
 */
import { Effect, FiberSet, type Scope } from "effect"
import * as Fs from "node:fs"
import * as NodeHttp from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"

export interface Options {
  /** `http://127.0.0.1:port/` of the server. */
  readonly target: string
  /** The path that shows the directory, with a slash at its end. */
  readonly prefix: string
  readonly directory: string
  /** Makes what was written visible to the server; run before a write is answered. */
  readonly settle: Effect.Effect<void>
}

interface Written {
  readonly status: number
  /** The directory was changed. */
  readonly changed: boolean
}

const refused = (status: number): Written => ({ status, changed: false })
const done = (existed: boolean): Written => ({ status: existed ? 204 : 201, changed: true })

/** Where litmus is to be sent: the same path on another port. */
export const start = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<string, never, Scope.Scope> {
  const run = yield* FiberSet.makeRuntime<never>()
  const target = new URL(options.target)

  const local = (url: string): string => {
    const path = decodeURIComponent(new URL(url, options.target).pathname)
    return Path.join(options.directory, Path.relative(decodeURIComponent(options.prefix), path))
  }

  const write = (request: NodeHttp.IncomingMessage, body: Buffer): Written => {
    const url = request.url ?? "/"
    const path = local(url)
    const exists = Fs.existsSync(path)
    const hasParent = Fs.existsSync(Path.dirname(path))
    switch (request.method) {
      case "PUT":
        if (!hasParent) return refused(409)
        if (exists && Fs.statSync(path).isDirectory()) return refused(405)
        Fs.writeFileSync(path, body)
        return done(exists)
      case "MKCOL":
        if (body.length > 0) return refused(415)
        if (exists) return refused(405)
        if (!hasParent) return refused(409)
        Fs.mkdirSync(path)
        return done(false)
      case "DELETE":
        if (url.includes("#")) return refused(400)
        if (!exists) return refused(404)
        Fs.rmSync(path, { recursive: true })
        return done(true)
      default: {
        const destination = local(String(request.headers["destination"]))
        if (!exists) return refused(404)
        if (!Fs.existsSync(Path.dirname(destination))) return refused(409)
        const there = Fs.existsSync(destination)
        if (there && request.headers["overwrite"] === "F") return refused(412)
        if (there) Fs.rmSync(destination, { recursive: true })
        if (request.method === "MOVE") Fs.renameSync(path, destination)
        else Fs.cpSync(path, destination, { recursive: request.headers["depth"] !== "0" })
        return done(there)
      }
    }
  }

  const pass = (request: NodeHttp.IncomingMessage, response: NodeHttp.ServerResponse) => {
    const { hostname, port } = target
    const { headers, method, url } = request
    const upstream = NodeHttp.request({ hostname, port, method, path: url, headers, agent: false }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    })
    upstream.on("error", () => response.destroy())
    request.pipe(upstream)
  }

  const writing = new Set(["PUT", "MKCOL", "DELETE", "COPY", "MOVE"])
  const server = NodeHttp.createServer((request, response) => {
    if (!writing.has(request.method ?? "")) return pass(request, response)
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const written = write(request, Buffer.concat(chunks))
      const answer = Effect.sync(() => response.writeHead(written.status, { "content-length": 0 }).end())
      run(written.changed ? Effect.andThen(options.settle, answer) : answer)
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${options.prefix}`
})

/** The result of each test by `suite.test`, from what litmus printed. */
export const results = (output: string): ReadonlyMap<string, "pass" | "fail" | "skip"> => {
  const found = new Map<string, "pass" | "fail" | "skip">()
  let suite = ""
  let test = ""
  for (const [, running, name, result] of output.matchAll(tokens)) {
    if (running !== undefined) suite = running
    else if (name !== undefined) test = `${suite}.${name}`
    else if (test !== "") {
      found.set(test, result === "pass" ? "pass" : result === "FAIL" ? "fail" : "skip")
      test = ""
    }
  }
  return found
}

const tokens = /-> running `(\w+)'|\d+\. (\w+?)\.{2,}|\b(pass|FAIL|SKIPPED)\b/g
