/** What stands between an operator and a store: each mistake ends a command with its code and a line that names the mend. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Tls from "node:tls"
import * as Certificates from "../harness/Certificates.ts"
import * as GcsDouble from "../harness/GcsDouble.ts"
import { tempDirectory } from "../harness/Process.ts"
import * as S3Double from "../harness/S3Double.ts"
import { run } from "./fixture.ts"

interface Mistake {
  readonly uri: string
  readonly env?: Readonly<Record<string, string>>
  readonly double: S3Double.S3Double
}

type Case = readonly [what: string, code: number, words: RegExp, make: Effect.Effect<Mistake, never, Scope.Scope>]

const made = (options: S3Double.Options, uri: (double: S3Double.S3Double) => string, env?: Record<string, string>) =>
  Effect.map(
    S3Double.make({ buckets: ["bucket"], ...options }),
    (double): Mistake => ({ double, uri: uri(double), ...(env === undefined ? {} : { env }) })
  )

const plain = ({ url }: S3Double.S3Double) => `s3://bucket/p?endpoint=${url}`

/** Puts are refused. */
const refusing = (status: number, code: string) =>
  Effect.tap(
    made({}, plain),
    ({ double }) =>
      Effect.sync(() =>
        double.faults.push(({ method }) => method === "PUT" ? { _tag: "Refuse", status, code } : undefined)
      )
  )

/** A server whose certificate, which is trusted for this, ends on that day. */
const certified = (until: string, host = "s3.test") =>
  Effect.gen(function*() {
    yield* S3Double.resolving("s3.test")
    yield* S3Double.resolving("other.test")
    const { certificate, privateKey } = Certificates.makeIdentity("s3.test", until)
    const tls = { key: Certificates.privateKeyPem(privateKey), cert: Certificates.certificatePem(certificate) }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const before = Tls.getCACertificates("default")
        Tls.setDefaultCACertificates([...before, tls.cert])
        return before
      }),
      (before) => Effect.sync(() => Tls.setDefaultCACertificates(before))
    )
    return yield* made({ tls }, ({ port }) => `s3://bucket/p?endpoint=https://${host}:${port}`)
  })

const cases: ReadonlyArray<Case> = [
  [
    "a wrong secret",
    20,
    /secret key does not belong to the access key; check the credentials of the environment/,
    made({}, plain, { AWS_SECRET_ACCESS_KEY: "wr0ng-secret" })
  ],
  [
    "an unknown access key",
    20,
    /does not know the access key; check the credentials of the environment/,
    made({}, plain, { AWS_ACCESS_KEY_ID: "AKIDOTHER" })
  ],
  [
    "credentials that ran out",
    20,
    /no longer valid; get new ones/,
    made({}, plain, { AWS_SESSION_TOKEN: "old-t0ken" })
  ],
  [
    "a wrong bucket",
    20,
    /there is no bucket "bucket" at http.*; create it, or correct the bucket's name/,
    made({ buckets: ["other"] }, plain)
  ],
  [
    "a wrong region",
    20,
    /region eu-west-1, not in us-east-1; write region=eu-west-1/,
    made({ region: "eu-west-1" }, plain)
  ],
  ["a wrong clock", 20, /clock.*15 minutes.*; set the clock/, made({ ahead: 3_600_000 }, plain)],
  [
    "an expired certificate",
    20,
    /certificate of https:\/\/s3\.test:\d+ has expired; have it renewed/,
    certified("251001")
  ],
  [
    "a certificate for another name",
    20,
    /is for other host names.*; write the endpoint with a host name that it is for/,
    certified("450101", "other.test")
  ],
  [
    "a quota that is used up",
    23,
    /no space left at s3:\/\/bucket\/p .*raise the quota/,
    refusing(403, "QuotaExceeded")
  ],
  [
    "credentials that may only read",
    20,
    /AccessDenied.*; let the credentials of.*s3:PutObject/,
    refusing(403, "AccessDenied")
  ],
  ["a store without conditional puts", 20, /only if it is absent.*If-None-Match/, refusing(501, "NotImplemented")]
]

describe("mistakes with S3", () => {
  it.live.each(cases)("%s: %d", ([, code, words, make]) =>
    Effect.gen(function*() {
      const { double, env, uri } = yield* make
      const given = {
        HOME: "/nonexistent",
        AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey,
        ...env
      }
      const ran = yield* run(["init", "--storage-uri", uri], given)
      assert.strictEqual(ran.code, code, ran.line)
      assert.match(ran.line ?? "", words)
      for (const secret of [given.AWS_SECRET_ACCESS_KEY, "old-t0ken"]) {
        assert.notInclude(`${ran.line}${ran.stdout}${ran.stderr}`, secret)
      }
      for (const bucket of ["bucket", "other"]) {
        assert.strictEqual(double.objects(bucket).size, 0)
      }
    }).pipe(Effect.scoped))
})

describe("mistakes with Google Cloud Storage", () => {
  it.live.each<[string, GcsDouble.Options, RegExp]>([
    ["a wrong bucket", { buckets: ["other"] }, /there is no bucket bucket.*; make the bucket, or correct its name/],
    [
      "a login that is not accepted",
      { decide: ({ path }) => path === "/token" ? { status: 400, reason: "invalid_grant" } : undefined },
      /does not accept the credentials of .*; check the file that GOOGLE_APPLICATION_CREDENTIALS names/
    ],
    [
      "an account that may only read",
      {
        decide: ({ method, path }) =>
          method === "POST" && path.startsWith("/upload/") ? { status: 403, reason: "forbidden" } : undefined
      },
      /may not do that \(403 forbidden\); grant it the role .*objectUser/
    ]
  ])("%s: 20", ([, options, words]) =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make({ login: true, ...options })
      const directory = yield* tempDirectory("gcs")
      const key = Path.join(directory, "key.json")
      Fs.writeFileSync(key, double.keyFile)
      const env = { HOME: directory, GOOGLE_APPLICATION_CREDENTIALS: key }
      const ran = yield* run(["init", "--storage-uri", `gs://bucket/p?endpoint=${double.url}`], env)
      assert.strictEqual(ran.code, 20, ran.line)
      assert.match(ran.line ?? "", words)
      assert.notInclude(`${ran.line}${ran.stderr}`, "PRIVATE KEY")
    }).pipe(Effect.scoped))
})
