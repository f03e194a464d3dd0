/** `fsck --regenerate-id`: another TLS identity for the repository, and so another device. For a key that others may have seen. */
import { Effect } from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import type { StorageUri } from "../domain/StorageUri.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"
import { Repository } from "../services/Repository.ts"
import { wiring } from "./command.ts"
import { confirmed } from "./confirm.ts"
import { print } from "./output.ts"

const meaning = (old: string) =>
  [
    `This device is ${old}. With another identity it is another device:`,
    "every Syncthing has to be told the new id and to share its folders with it again, and is sent everything anew as far as it",
    "lacks it. Files and checkpoints stay. Daemons that run keep the old identity until they are started again."
  ].join("\n")

export const regenerateId = (uri: StorageUri, yes: boolean) =>
  Effect.gen(function*() {
    const { regenerating } = yield* wiring
    yield* Effect.gen(function*() {
      const repository = yield* Repository
      const { identity } = yield* repository.head
      const old = identity === undefined ? "nobody" : DeviceId.fromCertificate(identity.certificate)
      const hint = "every Syncthing has to accept the new device id"
      if (!(yield* confirmed(yes, meaning(old), "Make a new identity?", hint))) return
      const made = yield* (yield* CertificateMaker).make
      yield* repository.commit(() => Effect.succeed([{ _tag: "IdentitySet", ...made }]))
      const device = DeviceId.fromCertificate(made.certificate)
      yield* print({ device, before: old }, () =>
        [
          `Device id: ${device}`,
          "",
          `Restart every \`bepository serve\`, then replace ${old} by it in every Syncthing.`
        ].join("\n"))
    }).pipe(Effect.provide(regenerating(uri)))
  })
