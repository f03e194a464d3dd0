/**
 * The golden objects of format 1: a whole small repository in each suite, from fixed ids, salts and times. Run it to write
 * them (`node test/golden/make.ts`) when the format gains something; what lies here never changes otherwise.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Envelope from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { aes, type Built, history, keySlot, plain, seeded } from "../domain/repository/fixtures.ts"

export const directory = Path.join(import.meta.dirname, "v1")

export const suites: ReadonlyArray<Envelope.Sealing> = [plain, aes]

/** Every object of the suite's repository. The lease pins the envelope only: what it holds is not of this format's first cut. */
export const objects = (sealing: Envelope.Sealing): ReadonlyArray<Built> => {
  const name = ObjectKey.lease(1)
  const lease = {
    name,
    bytes: Envelope.sealObject(sealing, name, seeded(`salt ${name}`), Buffer.from(`what ${name} holds`))
  }
  return [...history(sealing).objects, ...(sealing.suite === "plain" ? [] : [keySlot().object]), lease]
}

if (import.meta.main) {
  for (const sealing of suites) {
    for (const { bytes, name } of objects(sealing)) {
      const file = Path.join(directory, sealing.suite, name)
      Fs.mkdirSync(Path.dirname(file), { recursive: true })
      Fs.writeFileSync(file, bytes)
    }
  }
}
