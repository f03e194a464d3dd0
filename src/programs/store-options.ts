/**
 * What the operator set about requests to stores, for every command alike: rates, patience, and where secrets are looked for.
 * `explained` reads it before a command begins; `wiring.ts` makes stores by it.
 */
import { type ConfigProvider, Context, Effect, type Option, Result } from "effect"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Rate from "../domain/store/Rate.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import { SettingInvalid } from "./failure.ts"
import type { Environment } from "./settings.ts"
import * as Settings from "./settings.ts"

export interface StoreOptions {
  /** Bytes a second, bytes a second, requests a second; undefined: no limit. */
  readonly upload: number | undefined
  readonly download: number | undefined
  readonly requests: number | undefined
  /** Milliseconds for which a store that does not answer is asked again. */
  readonly patience: number
  /** Where stores look for credentials: the environment, then the environment file. */
  readonly config: ConfigProvider.ConfigProvider | undefined
}

export const StoreOptions: Context.Reference<StoreOptions> = Context.Reference("bepository/programs/StoreOptions", {
  defaultValue: (): StoreOptions => ({
    upload: undefined,
    download: undefined,
    requests: undefined,
    patience: RetrySchedule.commandBudget,
    config: undefined
  })
})

export const LimitUploadFlag = GlobalFlag.Setting("limit-upload")({
  flag: Flag.String("limit-upload").pipe(
    Flag.optional,
    Flag.withMetavar("RATE"),
    Flag.withDescription("Bytes a second to the store, like 500K or 2M [BEPOSITORY_LIMIT_UPLOAD]")
  )
})

export const LimitDownloadFlag = GlobalFlag.Setting("limit-download")({
  flag: Flag.String("limit-download").pipe(
    Flag.optional,
    Flag.withMetavar("RATE"),
    Flag.withDescription("Bytes a second from the store [BEPOSITORY_LIMIT_DOWNLOAD]")
  )
})

export const LimitRequestsFlag = GlobalFlag.Setting("limit-requests")({
  flag: Flag.String("limit-requests").pipe(
    Flag.optional,
    Flag.withMetavar("NUMBER"),
    Flag.withDescription("Requests a second to the store, like 10 or 0.5 [BEPOSITORY_LIMIT_REQUESTS]")
  )
})

export const RetryForFlag = GlobalFlag.Setting("retry-for")({
  flag: Flag.String("retry-for").pipe(
    Flag.optional,
    Flag.withMetavar("TIME"),
    Flag.withDescription(
      "How long a remote store that does not answer is asked again (default: serve 15m, other commands 1m) [BEPOSITORY_RETRY_FOR]"
    )
  )
})

export const flags = [LimitUploadFlag, LimitDownloadFlag, LimitRequestsFlag, RetryForFlag] as const

/** `usual`: the patience of a command for which none was set. */
export const read = Effect.fnUntraced(function*(environment: Environment, usual: number) {
  const setting = Effect.fnUntraced(function*(
    flag: { readonly name: string; readonly value: Option.Option<string> },
    variable: string,
    parse: (text: string) => Result.Result<number, string>
  ) {
    const given = yield* Settings.given(environment, flag, variable)
    if (given._tag === "None") return undefined
    const { setting, value } = given.value
    return yield* Effect.fromResult(Result.mapError(
      parse(value.trim()),
      (problem) => new SettingInvalid({ setting: `${setting} "${value.slice(0, 80)}"`, problem })
    ))
  })
  const limit = (name: "upload" | "download", value: Option.Option<string>) =>
    setting({ name: `--limit-${name}`, value }, `BEPOSITORY_LIMIT_${name.toUpperCase()}`, Rate.bytes)
  const options: StoreOptions = {
    upload: yield* limit("upload", yield* LimitUploadFlag),
    download: yield* limit("download", yield* LimitDownloadFlag),
    requests: yield* setting(
      { name: "--limit-requests", value: yield* LimitRequestsFlag },
      "BEPOSITORY_LIMIT_REQUESTS",
      Rate.requests
    ),
    patience: (yield* setting(
      { name: "--retry-for", value: yield* RetryForFlag },
      "BEPOSITORY_RETRY_FOR",
      Rate.time
    )) ?? usual,
    config: environment.provider
  }
  return options
})
