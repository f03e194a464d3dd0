/** rclone, an S3 client that is not ours: what it writes we must read, and it what we write. */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { HarnessError, run, tempDirectory } from "./Process.ts"
import * as Programs from "./Programs.ts"

export interface Server {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** "Other", "Ceph", "AWS", …: how rclone speaks to it. */
  readonly provider: string
}

/** Runs `rclone` with these arguments; the server is the remote `s3:`. Fails when it does. */
export type Rclone = (...args: ReadonlyArray<string>) => Effect.Effect<string, HarnessError>

export const make = (server: Server): Effect.Effect<Rclone, never, Scope.Scope> =>
  Effect.map(tempDirectory("rclone"), (directory) => {
    const config = Path.join(directory, "rclone.conf")
    const settings = {
      type: "s3",
      provider: server.provider,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
      region: server.region,
      endpoint: server.url,
      // One that is not put by a console has no folders to be made.
      no_check_bucket: "true"
    }
    Fs.writeFileSync(config, `[s3]\n${Object.entries(settings).map((pair) => pair.join(" = ")).join("\n")}\n`)
    // What this machine has for other servers is not for this one.
    const env = Object.fromEntries(
      Object.keys(process.env).filter((name) => /^(AWS_|RCLONE_|.*_proxy$)/i.test(name)).map((
        name
      ) => [name, undefined])
    )
    const quick = ["--config", config, "--retries", "1", "--low-level-retries", "1"]
    return (...args) =>
      Effect.flatMap(
        run(Programs.path("rclone"), [...quick, ...args], { env }),
        ({ code, stderr, stdout }) =>
          code === 0
            ? Effect.succeed(stdout)
            : Effect.fail(new HarnessError({ message: `rclone ${args.join(" ")}: ${code} ${stderr}` }))
      )
  })
