/** The main job, in a directory; once encrypted. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"
import { letter, play } from "./story.ts"

suite("Main job", ["syncthing", "syncthing-1.29", "curl"], () => {
  it.live("from Syncthing 1.19 to Syncthing 1.29", () => Effect.scoped(play("1.19", "1.29")))
  it.live("from Syncthing 1.29 to Syncthing 1.19", () => Effect.scoped(play("1.29", "1.19")))

  it.live("encrypted: nothing of it lies in the clear, and nobody opens it without the passphrase", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("main-job-encrypted")
      const repository = Path.join(directory, "repository")
      const passphrase = "correct horse battery staple"
      const place = yield* play("1.19", "1.29", {
        uri: `file://${repository}`,
        env: { BEPOSITORY_PASSPHRASE: passphrase }
      })
      const objects = Fs.readdirSync(repository, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile()
      ).map((entry) => Path.join(entry.parentPath, entry.name))
      expect(objects.length).toBeGreaterThan(10)
      for (const file of objects) {
        const bytes = Fs.readFileSync(file)
        for (const word of [letter, "letter, lost", "nested/"]) expect(bytes.includes(word), file).toBe(false)
      }
      expect(Fs.readFileSync(place.log, "utf8")).not.toContain(passphrase)
      const bare = { ...place, remote: { uri: `file://${repository}`, env: {} } }
      expect(yield* Bepository.run(bare, ["status"])).toMatchObject({ code: 12, stdout: "" })
      expect(yield* Bepository.run(bare, ["status"], { BEPOSITORY_PASSPHRASE: "wrong" })).toMatchObject({ code: 12 })
      const doctor = yield* Bepository.run(place, ["doctor", "--size", "0"])
      expect(doctor).toMatchObject({ code: 0 })
      expect(doctor.stdout).toMatch(/repository [0-9a-f]{32} at commit \d+, encrypted/)
      const copied = yield* Bepository.run(place, ["copy", Path.join(directory, "copy")])
      expect(copied).toMatchObject({ code: 0 })
      const there = {
        ...place,
        remote: { uri: Path.join(directory, "copy"), env: { BEPOSITORY_PASSPHRASE: passphrase } }
      }
      const [status, original] = [
        yield* Bepository.json<Record<string, unknown>>(there, ["status"]),
        yield* Bepository.json<Record<string, unknown>>(place, ["status"])
      ]
      for (const key of ["repository", "device", "position", "bytes"]) expect(status[key]).toEqual(original[key])
      expect(status["encrypted"]).toBe(true)
    }).pipe(Effect.scoped))
})
