/** Settings of a simulated daemon: small packs and soon committed, so that a short history has much of both. */
import { Duration } from "effect"
import type { DeviceId } from "../../src/domain/DeviceId.ts"
import { aloneTurns, type Settings } from "../../src/services/Settings.ts"

export const make = (own: {
  readonly masters: ReadonlyArray<DeviceId>
  readonly listen: string
  readonly deviceName: string
}): Settings["Service"] => ({
  ...own,
  cacheDirectory: "/nowhere",
  masterAddress: undefined,
  turns: aloneTurns,
  davPassword: undefined,
  packSize: 256 * 1024,
  commitInterval: Duration.seconds(10),
  commitBytes: 1024 * 1024
})
