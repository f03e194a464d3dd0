import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as StorageUri from "../../src/domain/StorageUri.ts"

const parsed = (text: string) => Result.getOrThrow(StorageUri.parse(text))

const problem = (text: string): string => {
  const result = StorageUri.parse(text)
  return Result.isFailure(result) ? result.failure : `it parsed: ${JSON.stringify(result.success)}`
}

const s3 = (fields: Partial<Extract<StorageUri.StorageUri, { _tag: "S3" }>> = {}) =>
  ({ _tag: "S3", bucket: "bucket", prefix: "", ambient: false, ...fields }) as const
const gcs = (fields: Partial<Extract<StorageUri.StorageUri, { _tag: "Gcs" }>> = {}) =>
  ({ _tag: "Gcs", bucket: "bucket", prefix: "", ambient: false, ...fields }) as const
const sftp = (fields: Partial<Extract<StorageUri.StorageUri, { _tag: "Sftp" }>> = {}) =>
  ({ _tag: "Sftp", host: "host", port: 22, path: "/dir", ...fields }) as const
const fingerprint = "SHA256:5m/KGWkTNaNLtPBtvm9CvW0CzAUAlqwWlbSVVyQyI+w"

describe("StorageUri", () => {
  it.each<[string, StorageUri.StorageUri]>([
    ["/srv/backup", { _tag: "File", path: "/srv/backup" }],
    ["backup", { _tag: "File", path: "backup" }],
    ["./a:b", { _tag: "File", path: "./a:b" }],
    ["/srv/s3://x?token=y", { _tag: "File", path: "/srv/s3://x?token=y" }],
    ["file:///srv/backup", { _tag: "File", path: "/srv/backup" }],
    ["FILE:///srv", { _tag: "File", path: "/srv" }],
    ["file:/srv/b", { _tag: "File", path: "/srv/b" }],
    ["file://localhost/srv", { _tag: "File", path: "/srv" }],
    ["file:///a%20b/%C3%A4%3F", { _tag: "File", path: "/a b/ä?" }],
    ["memory://one", { _tag: "Memory", name: "one" }],
    ["memory://", { _tag: "Memory", name: "" }],
    ["s3://bucket", s3()],
    ["S3://bucket/", s3()],
    ["s3://bucket/prefix", s3({ prefix: "prefix/" })],
    ["s3://bucket/a/b%20c/%C3%A4/", s3({ prefix: "a/b c/ä/" })],
    ["s3://bucket/mails@home", s3({ prefix: "mails@home/" })],
    ["s3://my.bucket-1", s3({ bucket: "my.bucket-1" })],
    ["s3://My_Bucket?endpoint=http://127.0.0.1:9000", s3({ bucket: "My_Bucket", endpoint: "http://127.0.0.1:9000" })],
    ["s3://bucket?endpoint=https%3A%2F%2F%5B%3A%3A1%5D%3A9000", s3({ endpoint: "https://[::1]:9000" })],
    [
      "s3://bucket/p?region=eu-central-1&storage-class=standard_ia&path-style=true&profile=back%20up&use_ambient_credentials=true",
      s3({
        prefix: "p/",
        region: "eu-central-1",
        storageClass: "STANDARD_IA",
        pathStyle: true,
        profile: "back up",
        ambient: true
      })
    ],
    ["s3://bucket?path-style=false&use_ambient_credentials=false", s3({ pathStyle: false })],
    ["s3://bucket?region=auto&endpoint=https://a.b/c/s3", s3({ region: "auto", endpoint: "https://a.b/c/s3" })],
    [
      "s3://bucket?storage-class=Cold_1&endpoint=https://ceph",
      s3({ storageClass: "Cold_1", endpoint: "https://ceph" })
    ],
    ["gs://bucket", gcs()],
    ["gs://a_b.example.com/x/y/", gcs({ bucket: "a_b.example.com", prefix: "x/y/" })],
    ["gs://bucket?project=example.com:p-1&storage-class=NEARLINE&use_ambient_credentials=true", {
      ...gcs({ project: "example.com:p-1", storageClass: "NEARLINE", ambient: true })
    }],
    ["gs://bucket?endpoint=http://127.0.0.1:4443", gcs({ endpoint: "http://127.0.0.1:4443" })],
    ["sftp://host/dir", sftp()],
    ["sftp://host//dir", sftp()],
    ["sftp://host/dir/", sftp()],
    ["sftp://host/", sftp({ path: "/" })],
    ["sftp://host//", sftp({ path: "/" })],
    ["sftp://host/~", sftp({ path: "." })],
    ["sftp://host/~/", sftp({ path: "." })],
    ["sftp://host/~/a/b", sftp({ path: "a/b" })],
    ["sftp://host/%7Ea", sftp({ path: "/~a" })],
    ["sftp://Me@HOST:2222/a%20b", sftp({ user: "Me", host: "host", port: 2222, path: "/a b" })],
    ["sftp://a%5Cb@host/dir", sftp({ user: "a\\b" })],
    ["sftp://me@[2001:DB8::0:1]:22/dir", sftp({ user: "me", host: "2001:db8::1" })],
    ["sftp://[fe80::1%25eth0]/dir", sftp({ host: "fe80::1%eth0" })],
    ["sftp://192.0.2.7/dir", sftp({ host: "192.0.2.7" })],
    [`sftp://host/dir?key=/k%20e&known-hosts=/etc/k&host-key=${fingerprint}=`, {
      ...sftp({ key: "/k e", knownHosts: "/etc/k", hostKey: fingerprint })
    }]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(parsed(text), expected)
    const again = StorageUri.parse(StorageUri.format(expected))
    if (expected._tag !== "File" || expected.path.startsWith("/")) {
      assert.deepStrictEqual(Result.getOrThrow(again), expected)
    }
  })

  it.each<[string, RegExp]>([
    ["", /empty/],
    ["  ", /empty/],
    ["/a\0b", /NUL/],
    ["~/backup", /shell/],
    ["https://host/x", /scheme "https" is not known/],
    ["gcs://bucket", /did you mean gs:\/\//],
    ["ssh://host/x", /did you mean sftp:\/\//],
    ["c:backup", /scheme "c".*\.\/c:/],
    ["file://srv/backup", /no host, and "srv"/],
    ["file://", /absolute path/],
    ["file:backup", /absolute path/],
    ["file:///a?pack=1", /parameter "pack" is not known for file:\/\/; there are none/],
    ["file:///a?", /"\?" in it/],
    ["file:///a#b", /%23/],
    ["file:///%zz", /%25/],
    ["file:///%ff", /%25/],
    ["file:///%00", /%25/],
    ["memory:x", /memory:\/\/name/],
    ["memory://x?y=1", /parameter "y"/],
    // buckets
    ["s3:bucket", /must begin with s3:\/\//],
    ["s3://", /names no bucket/],
    ["s3:///prefix", /names no bucket/],
    ["s3://localhost:9000/bucket", /endpoint=https:\/\/host:port/],
    ["s3://Bucket", /bucket can be none/],
    ["s3://ab", /bucket can be none/],
    ["s3://-ab", /bucket can be none/],
    ["s3://a..b", /bucket can be none/],
    ["s3://192.0.2.1/x", /bucket can be none/],
    ["s3://under_score", /bucket can be none/],
    ["s3://-a-?endpoint=https://h", /bucket can be none/],
    ["gs://Bucket", /bucket can be none/],
    ["gs://", /names no bucket/],
    // prefixes
    ["s3://bucket//x", /empty segment/],
    ["s3://bucket//", /empty segment/],
    ["s3://bucket/a//b", /empty segment/],
    ["s3://bucket/a/../b", /segment "\.\."/],
    ["s3://bucket/%2E%2E/b", /segment "\.\."/],
    ["s3://bucket/./b", /segment "\."/],
    ["s3://bucket/a%2Fb", /%2F/],
    ["s3://bucket/a%5Cb", /no name/],
    ["s3://bucket/a%0Ab", /%25/],
    ["s3://bucket/%zz", /%25/],
    [`s3://bucket/${"x".repeat(300)}`, /no name/],
    [`s3://bucket/${"xxxxxxxxx/".repeat(95)}`, /longer than 896 bytes/],
    ["s3://bucket#x", /%23/],
    // parameters
    ["s3://bucket?", /\?name=value/],
    ["s3://bucket?region", /\?name=value/],
    ["s3://bucket?region=a&", /\?name=value/],
    ["s3://bucket?region=a&region=a", /"region" is given twice/],
    ["s3://bucket?region=", /"region" must be a region/],
    ["s3://bucket?region=a%zz", /"region" has a %/],
    ["s3://bucket?storage_class=STANDARD", /"storage_class" is not known for s3:\/\/; did you mean "storage-class"\?/],
    ["s3://bucket?storageclass=STANDARD", /did you mean "storage-class"/],
    ["s3://bucket?Region=x", /did you mean "region"/],
    ["s3://bucket?regoin=x", /did you mean "region"/],
    ["s3://bucket?endpont=x", /did you mean "endpoint"/],
    ["s3://bucket?ambient=true", /there are region, endpoint, storage-class, path-style, profile, use_ambient/],
    ["s3://bucket?project=x", /"project" is not known for s3/],
    ["s3://bucket?__proto__=x", /does not know/],
    ["s3://bucket?constructor=x", /"constructor" is not known/],
    ["s3://bucket?path-style=yes", /"path-style" must be true or false/],
    ["s3://bucket?storage-class=GLACIER", /restored first/],
    ["s3://bucket?storage-class=deep_archive", /restored first/],
    ["s3://bucket?endpoint=localhost:9000", /address like https:\/\/host/],
    ["s3://bucket?endpoint=https://h/", /without .* a slash at the end/],
    ["s3://bucket?endpoint=https://h?x", /without user, query/],
    ["s3://bucket?endpoint=ftp://h", /address like/],
    ["s3://bucket?endpoint=https://h:99999", /address like/],
    ["s3://bucket?profile=a%0Ab", /"profile" has a %/],
    ["gs://bucket?storage-class=standard", /one of STANDARD, NEARLINE, COLDLINE, ARCHIVE/],
    ["gs://bucket?region=x", /"region" is not known for gs/],
    ["sftp://host/dir?host_key=x", /did you mean "host-key"/],
    ["sftp://host/dir?host-key=MD5:00:11", /SHA256: and 43/],
    ["sftp://host/dir?key=id_ed25519", /absolute path of a file/],
    ["sftp://host/dir?key=~/.ssh/id", /absolute path of a file/],
    ["sftp://host/dir?known-host=/x", /did you mean "known-hosts"/],
    // hosts
    ["sftp://", /names no host/],
    ["sftp://host", /names no directory/],
    ["sftp://ho st/x", /host:port/],
    ["sftp://host:/x", /host:port/],
    ["sftp://host:0/x", /between 1 and 65535/],
    ["sftp://host:65536/x", /between 1 and 65535/],
    ["sftp://::1/x", /brackets/],
    ["sftp://[::g]/x", /brackets/],
    ["sftp://[1:2]/x", /IPv6 address in it is none/],
    ["sftp://@host/x", /user name/],
    ["sftp://host/a/../b", /segment "\.\."/],
    ["sftp://host///a", /empty segment/],
    ["sftp://host/~me/a", /another user's home/]
  ])("a problem: %s", (text, words) => {
    assert.match(problem(text), words)
  })

  it.each<[string, RegExp]>([
    ["s3://AKIA:hunter2@bucket/prefix", /AWS_SECRET_ACCESS_KEY/],
    ["s3://AKIA:hunt/hunter2@bucket/prefix", /AWS_SECRET_ACCESS_KEY/],
    ["s3://hunter2@bucket/prefix", /AWS_ACCESS_KEY_ID/],
    ["s3://bucket?access_key_id=a&secret_access_key=hunter2", /profile=NAME/],
    ["s3://bucket?access-key=hunter2", /AWS_/],
    ["s3://bucket?secret=hunter2", /AWS_/],
    ["s3://bucket?key=hunter2", /AWS_/],
    ["s3://bucket?aws_session_token=hunter2", /AWS_/],
    ["s3://bucket?endpoint=https://me:hunter2@host", /AWS_/],
    ["s3://bucket?endpoint=https%3A%2F%2Fhunter2%40host", /AWS_/],
    ["s3://bucket#token=hunter2", /AWS_/],
    ["gs://bucket?token=hunter2", /GOOGLE_APPLICATION_CREDENTIALS/],
    ["gs://bucket?credentials=hunter2", /GOOGLE_APPLICATION_CREDENTIALS/],
    ["sftp://me:hunter2@host/dir", /key=\/path/],
    ["sftp://me:hunt/hunter2@host/dir", /key=\/path/],
    ["sftp://me@host/dir?password=hunter2", /agent/],
    ["sftp://me@host/dir?key=-----BEGIN%20OPENSSH%20PRIVATE%20KEY-----hunter2", /private key/],
    ["file:///x?password=hunter2", /needs none/],
    ["weird://u:hunter2@h", /logged and shown/]
  ])("a secret is refused, not repeated, and the way to pass it is named: %s", (text, way) => {
    assert.match(problem(text), /secrets do not belong/)
    assert.match(problem(text), way)
    assert.notInclude(problem(text), "hunter2")
    assert.notInclude(StorageUri.redact(text), "hunter2")
  })

  it.each([
    ["sftp://me@host:22/dir?x=1#y", "sftp://host:22/dir"],
    ["s3://bucket/prefix?profile=x", "s3://bucket/prefix"],
    ["s3://bucket/mails@home", "s3://bucket/mails@home"],
    ["s3://AKIA:a/b@bucket/p", "s3://bucket/p"],
    ["s3://AKIA:secret", "s3://…"],
    ["me:secret@host:/dir", "me:host:/dir"],
    ["sftp://[::1]:22/x", "sftp://[::1]:22/x"],
    ["file:///a@b/c", "file:///a@b/c"],
    ["/plain/a:b@c?d", "/plain/a:b@c?d"]
  ])("redacted: %s", (text, shown) => {
    assert.strictEqual(StorageUri.redact(text), shown)
  })

  it("what is shown of a URI holds no user, no file name of a key, no parameter", () => {
    assert.strictEqual(
      StorageUri.location(parsed("sftp://me@[::1]:2222/a%20b?key=/home/me/k")),
      "sftp://[::1]:2222/a%20b"
    )
    assert.strictEqual(StorageUri.location(parsed("s3://bucket/p/?profile=x&region=y")), "s3://bucket/p")
    assert.strictEqual(StorageUri.location(parsed("gs://bucket?project=x")), "gs://bucket")
  })

  it("one place is one place, however it is reached", () => {
    const place = (text: string) => StorageUri.place(parsed(text))
    assert.strictEqual(place("s3://bucket/p?region=a&profile=b"), place("s3://bucket/p/"))
    assert.notStrictEqual(place("s3://bucket/p?endpoint=https://one"), place("s3://bucket/p?endpoint=https://two"))
    assert.strictEqual(place("sftp://me@host//p?key=/k"), place("sftp://me@HOST:22/p"))
    assert.notStrictEqual(place("sftp://me@host/p"), place("sftp://you@host/p"))
    assert.notStrictEqual(place("sftp://host/p"), place("sftp://host/~/p"))
  })

  const Segment = Schema.String.check(
    Schema.isMinLength(1),
    Schema.isMaxLength(20),
    // oxlint-disable-next-line no-control-regex -- they are what is left out
    Schema.makeFilter((text) => !/[\0-\x1f\x7f/\\]|^\.\.?$/.test(text) && text.isWellFormed())
  )
  const Path = Schema.Array(Segment).check(Schema.isMaxLength(4))
  const maybe = (name: string, value: string) => value === "" ? {} : { [name]: value }

  it.prop(
    "the canonical form parses to the same, and to itself",
    {
      path: Path,
      kind: Schema.Literals(["S3", "Gcs", "Sftp", "SftpHome", "File"]),
      region: Schema.Literals(["", "eu-central-1", "auto"]),
      endpoint: Schema.Literals(["", "https://h.example", "http://[::1]:9000", "https://h/a/b%20c"]),
      user: Schema.Literals(["", "me", "DOM\\me", "ä"]),
      host: Schema.Literals(["host", "192.0.2.1", "::1", "fe80::1%eth0"]),
      port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
      name: Segment,
      ambient: Schema.Boolean
    },
    ({ ambient, endpoint, host, kind, name, path, port, region, user }) => {
      const prefix = path.map((segment) => `${segment}/`).join("")
      const uri = kind === "S3"
        ? { _tag: "S3", bucket: "bucket", prefix, ambient, ...maybe("region", region), ...maybe("endpoint", endpoint) }
        : kind === "Gcs"
        ? { _tag: "Gcs", bucket: "bucket", prefix, ambient, ...maybe("endpoint", endpoint) }
        : kind === "File"
        ? { _tag: "File", path: `/${path.join("/")}` }
        : {
          _tag: "Sftp",
          host,
          port,
          path: kind === "Sftp" ? `/${path.join("/")}` : path.join("/") || ".",
          ...maybe("user", user),
          ...maybe("key", `/keys/${name}`)
        }
      const text = StorageUri.format(uri as StorageUri.StorageUri)
      const again = Result.getOrThrow(StorageUri.parse(text))
      assert.deepStrictEqual(again, uri as StorageUri.StorageUri)
      assert.strictEqual(StorageUri.format(again), text)
      // What is shown parses too, and shows no more the second time.
      assert.strictEqual(StorageUri.redact(StorageUri.location(again)), StorageUri.location(again))
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "no text makes it throw, and no secret before an @ or in a parameter is shown",
    { junk: Schema.String, scheme: Schema.Literals(["s3", "gs", "sftp", "file", "memory", "x", "me"]) },
    ({ junk, scheme }) => {
      for (
        const text of [
          `${scheme}:${junk}`,
          `${scheme}://${junk}`,
          `${scheme}://u:hunter2@${junk}`,
          `${scheme}://h/${junk}?password=hunter2`,
          `${scheme}://h?${junk}=hunter2`
        ]
      ) {
        StorageUri.parse(text)
        const shown = StorageUri.redact(text) + problem(text)
        if (!shown.includes("it parsed")) assert.notInclude(shown, "hunter2", text)
      }
    },
    { arbitrary: { runs: 300 } }
  )
})
