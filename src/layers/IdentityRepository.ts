/** The identity as the repository's state holds it when the program starts. */
import { Effect, Layer } from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import { Identity } from "../services/Identity.ts"
import { Repository, RepositoryCorrupt } from "../services/Repository.ts"

export const layer: Layer.Layer<Identity, RepositoryCorrupt, Repository> = Layer.effect(
  Identity,
  Effect.gen(function*() {
    const { identity } = yield* (yield* Repository).head
    if (identity === undefined) {
      return yield* new RepositoryCorrupt({ key: ObjectKey.log(1), reason: "no commit sets an identity" })
    }
    return Identity.of({ device: DeviceId.fromCertificate(identity.certificate), ...identity })
  })
)
