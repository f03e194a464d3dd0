/** How this host takes turns with others: flags of `serve`, and variables for every command that writes. */
import { Effect, Option, Result } from "effect"
import * as Flag from "effect/cli/Flag"
import * as Timespan from "../domain/Timespan.ts"
import { aloneTurns, type Turns } from "../services/Settings.ts"
import { SettingInvalid } from "./failure.ts"
import { type Environment, type Given, given } from "./settings.ts"

export const flags = {
  hostName: Flag.String("host-name").pipe(
    Flag.optional,
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "What other hosts that share the repository are told of this one (default: a part of its random id) [BEPOSITORY_HOST_NAME]"
    )
  ),
  priority: Flag.String("priority").pipe(
    Flag.optional,
    Flag.withMetavar("NUMBER"),
    Flag.withDescription(
      "Of hosts that have something to store, the highest goes first (default 100) [BEPOSITORY_PRIORITY]"
    )
  ),
  lease: Flag.String("lease").pipe(
    Flag.optional,
    Flag.withMetavar("TIME"),
    Flag.withDescription(
      "Others wait so long for a host that vanished while it was storing, at least 60s (default 180s) [BEPOSITORY_LEASE]"
    )
  ),
  leaseMode: Flag.String("lease-mode").pipe(
    Flag.optional,
    Flag.withMetavar("MODE"),
    Flag.withDescription(
      "on-demand: claim the right to store when there is something to store; always: keep it (default on-demand) [BEPOSITORY_LEASE_MODE]"
    )
  ),
  follow: Flag.String("follow").pipe(
    Flag.optional,
    Flag.withMetavar("TIME"),
    Flag.withDescription(
      "How often to look for what other hosts stored (default: 30s while something moves, then up to 8m) [BEPOSITORY_FOLLOW]"
    )
  )
}

export interface Options {
  readonly hostName: Option.Option<string>
  readonly priority: Option.Option<string>
  readonly lease: Option.Option<string>
  readonly leaseMode: Option.Option<string>
  readonly follow: Option.Option<string>
}

export const none: Options = {
  hostName: Option.none(),
  priority: Option.none(),
  lease: Option.none(),
  leaseMode: Option.none(),
  follow: Option.none()
}

const shortest = { lease: 60_000, follow: 1000 }
const longest = { lease: 86_400_000, follow: 86_400_000 }

export const turns = Effect.fnUntraced(function*(environment: Environment, options: Options) {
  const asked = (name: string, value: Option.Option<string>, variable: string) =>
    given(environment, { name: `--${name}`, value }, variable)
  const hostName = yield* asked("host-name", options.hostName, "BEPOSITORY_HOST_NAME")
  const priority = yield* asked("priority", options.priority, "BEPOSITORY_PRIORITY")
  const lease = yield* asked("lease", options.lease, "BEPOSITORY_LEASE")
  const mode = yield* asked("lease-mode", options.leaseMode, "BEPOSITORY_LEASE_MODE")
  const follow = yield* asked("follow", options.follow, "BEPOSITORY_FOLLOW")
  // Tests that wait for one to end would otherwise wait for minutes.
  const short = Option.isSome(yield* environment.get("BEPOSITORY_TEST_SHORT_LEASE"))
  return {
    hostName: Option.isNone(hostName) ? undefined : yield* name(hostName.value),
    priority: Option.isNone(priority) ? aloneTurns.priority : yield* whole(priority.value),
    lease: Option.isNone(lease)
      ? aloneTurns.lease
      : yield* span(lease.value, short ? 1000 : shortest.lease, longest.lease),
    mode: Option.isNone(mode) ? aloneTurns.mode : yield* oneOf(mode.value),
    follow: Option.isNone(follow) ? undefined : yield* span(follow.value, shortest.follow, longest.follow)
  } satisfies Turns
})

const wrong = ({ setting, value }: Given, problem: string) =>
  new SettingInvalid({ setting: `${setting} "${value.slice(0, 80)}"`, problem })

const name = (given: Given) => {
  const trimmed = given.value.trim()
  // oxlint-disable-next-line no-control-regex -- a terminal would obey them
  return trimmed === "" || trimmed.length > 64 || /[\u0000-\u001f\u007f]/.test(trimmed)
    ? Effect.fail(wrong(given, "a name has 1 to 64 characters and no control characters"))
    : Effect.succeed(trimmed)
}

const whole = (given: Given) =>
  /^\d{1,9}$/.test(given.value.trim())
    ? Effect.succeed(Number(given.value))
    : Effect.fail(wrong(given, "a priority is a whole number from 0 to 999999999"))

const oneOf = (given: Given) =>
  given.value === "on-demand" || given.value === "always"
    ? Effect.succeed<Turns["mode"]>(given.value)
    : Effect.fail(wrong(given, "it is on-demand or always"))

const span = (given: Given, least: number, most: number) =>
  Result.match(Timespan.parse(given.value), {
    onFailure: (problem) => Effect.fail(wrong(given, problem)),
    onSuccess: (value) =>
      value >= least && value <= most
        ? Effect.succeed(value)
        : Effect.fail(wrong(given, `it must be from ${Timespan.format(least)} to ${Timespan.format(most)}`))
  })
