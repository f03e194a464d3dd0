/** The pages of the WebDAV server in a real browser, as a person uses them. */
import { assert, it } from "@effect/vitest"
import { Effect, References, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type Browser, type BrowserContext, chromium } from "playwright-core"
import * as DavRig from "../harness/DavRig.ts"
import * as Process from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import { password } from "../harness/SeedRepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, Process.HarnessError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new Process.HarnessError({ message: String(cause) }) })

const launch: Effect.Effect<Browser, Process.HarnessError, Scope.Scope> = Effect.acquireRelease(
  attempt(() =>
    chromium.launch({
      executablePath: Programs.path("chromium"),
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
      ]
    })
  ),
  (browser) => Effect.promise(() => browser.close())
)

const visitor = (
  browser: Browser,
  url: string,
  options: { readonly javaScriptEnabled?: boolean; readonly colorScheme?: "light" | "dark" } = {}
) =>
  Effect.acquireRelease(
    attempt(() =>
      browser.newContext({
        baseURL: url,
        httpCredentials: { username: "me", password },
        acceptDownloads: true,
        ...options
      })
    ),
    (context) => Effect.promise(() => context.close())
  )

const open = (context: BrowserContext, path: string) =>
  Effect.gen(function*() {
    const page = yield* attempt(() => context.newPage())
    const complaints: Array<string> = []
    page.on("console", (message) => {
      // Every browser asks for a picture of the site when it shows a plain text; there is none.
      if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) {
        complaints.push(message.text())
      }
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    yield* attempt(() => page.goto(path))
    return { page, complaints }
  })

const folder = { id: "abcd-1234", label: "Photos & more" }
const album = Tree.bytes(700_000, 8)
const evil = `<!doctype html><title>quiet</title><img src=x onerror="document.title='ran'">` +
  `<script>document.title = "ran"; fetch("/").then((r) => document.title = "read " + r.status)</script>`
/** One red pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64"
)

const shown = Effect.gen(function*() {
  const rig = yield* DavRig.make()
  const source = Path.join(rig.directory, "source")
  Tree.write(source, "holidays/2025/album one.bin", album)
  Tree.write(source, "holidays/2025/#1? 100%.txt", "odd name, plain text: žluťoučký")
  Tree.write(source, "holidays/notes.md", "# Notes")
  Tree.write(source, "index.html", evil)
  Tree.write(source, "pixel.png", pixel)
  Tree.write(source, `<img src=x onerror=alert(1)>.txt`, "a name that is markup")
  Fs.mkdirSync(Path.join(source, "empty directory"))
  Fs.symlinkSync("holidays/2025", Path.join(source, "this year"))
  for (let i = 0; i < 12; i++) Tree.write(source, `many/picture ${i}.jpg`, Tree.bytes(1000 * 7 ** (i % 6), i))
  yield* rig.commit(folder, source)
  yield* rig.checkpoint(folder.id)
  return rig
})

suite("WebDAV in a browser", ["chromium"], () => {
  it.live("a person clicks down to a file and gets it", () =>
    Effect.gen(function*() {
      const rig = yield* shown
      const browser = yield* launch
      const context = yield* visitor(browser, rig.url, { javaScriptEnabled: false })
      const { complaints, page } = yield* open(context, "/")
      yield* attempt(() => page.getByRole("link", { name: "Photos & more" }).click())
      yield* attempt(() => page.getByRole("link", { name: "latest" }).click())
      const rows = yield* attempt(() => page.locator("tbody tr td.name").allInnerTexts())
      const names = rows.map((row) => row.trim().replace(/^(Folder|File|Link):\s*/, ""))
      assert.deepStrictEqual(names, [
        "empty directory/",
        "holidays/",
        "many/",
        "<img src=x onerror=alert(1)>.txt",
        "index.html",
        "pixel.png",
        "this year → holidays/2025"
      ])
      yield* attempt(() => page.getByRole("link", { name: "holidays/" }).click())
      yield* attempt(() => page.getByRole("link", { name: "2025/" }).click())
      assert.strictEqual(yield* attempt(() => page.title()), "2025 – bepository")
      const [download] = yield* attempt(() =>
        Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "album one.bin" }).click()])
      )
      assert.strictEqual(download.suggestedFilename(), "album one.bin")
      const saved = Path.join(rig.directory, "saved")
      yield* attempt(() => download.saveAs(saved))
      assert.isTrue(Fs.readFileSync(saved).equals(album))
      yield* attempt(() => page.getByRole("link", { name: "#1? 100%.txt" }).click())
      assert.include(yield* attempt(() => page.innerText("body")), "odd name, plain text: žluťoučký")
      yield* attempt(() => page.goBack())
      const trail = yield* attempt(() =>
        page.getByRole("navigation", { name: "Path" }).getByRole("listitem").allInnerTexts()
      )
      assert.strictEqual(trail[0], "All folders")
      assert.deepStrictEqual(trail.slice(1), ["Photos & more", "latest", "holidays", "2025"])
      yield* attempt(() => page.getByRole("link", { name: "Photos & more" }).click())
      const moments = yield* attempt(() => page.locator("tbody a").allInnerTexts())
      assert.strictEqual(moments[0], "latest/")
      assert.match(moments[1]!, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\/$/)
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None")))

  it.live("what was backed up runs nothing and reads nothing", () =>
    Effect.gen(function*() {
      const rig = yield* shown
      const context = yield* visitor(yield* launch, rig.url)
      const { page } = yield* open(context, "/Photos%20%26%20more/latest/index.html")
      assert.strictEqual(yield* attempt(() => page.title()), "quiet")
      const image = yield* open(context, "/Photos%20%26%20more/latest/pixel.png")
      const width = yield* attempt(() => image.page.evaluate("document.images[0].naturalWidth"))
      assert.strictEqual(width, 1)
      const listing = yield* open(context, "/Photos%20%26%20more/latest/")
      assert.deepStrictEqual(listing.complaints, [])
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None")))

  it.live("is dark for who wants it dark, and fits a telephone", () =>
    Effect.gen(function*() {
      const rig = yield* shown
      const browser = yield* launch
      const lightness: Array<number> = []
      for (const colorScheme of ["light", "dark"] as const) {
        const context = yield* visitor(browser, rig.url, { colorScheme })
        const { complaints, page } = yield* open(context, "/Photos%20%26%20more/latest/many/")
        const background = yield* attempt(() =>
          page.evaluate<string>("getComputedStyle(document.body).backgroundColor")
        )
        lightness.push(Number(/rgb\((\d+)/.exec(background)?.[1]))
        yield* attempt(() => page.setViewportSize({ width: 360, height: 640 }))
        const overflow = yield* attempt(() =>
          page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )
        assert.isAtMost(overflow, 0)
        assert.deepStrictEqual(complaints, [])
        const shots = process.env.BEPOSITORY_TEST_SCREENSHOTS
        if (shots === undefined) continue
        yield* attempt(() => page.screenshot({ path: Path.join(shots, `narrow-${colorScheme}.png`) }))
        yield* attempt(() => page.setViewportSize({ width: 1100, height: 700 }))
        yield* attempt(() => page.goto("/Photos%20%26%20more/latest/"))
        yield* attempt(() => page.screenshot({ path: Path.join(shots, `wide-${colorScheme}.png`) }))
        yield* attempt(() => page.goto("/Photos%20%26%20more/"))
        yield* attempt(() => page.screenshot({ path: Path.join(shots, `moments-${colorScheme}.png`) }))
      }
      assert.isAbove(lightness[0]!, 200)
      assert.isBelow(lightness[1]!, 60)
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None")))
})
