/** `fsck`: so far only what `--compact` does. */
import { Effect, type Option } from "effect"
import * as Command from "effect/cli/Command"
import { explained } from "./command.ts"
import { compact, CompactFlag, MaxRewriteFlag } from "./compact.ts"
import { SettingInvalid } from "./failure.ts"

const handler = (options: { readonly compact: boolean; readonly maxRewrite: Option.Option<string> }) =>
  options.compact
    ? compact(options)
    : Effect.fail(new SettingInvalid({ setting: "fsck", problem: "say --compact: nothing else is there yet" }))

export const command = Command.make(
  "fsck",
  { compact: CompactFlag, maxRewrite: MaxRewriteFlag },
  (options) => explained(handler(options))
).pipe(
  Command.withDescription(
    "With --compact: condemn what no folder and no checkpoint needs, delete what was condemned more than an hour ago, " +
      "and rewrite packs that are mostly dead. The daemon does the same by itself, daily and in smaller steps."
  ),
  Command.withShortDescription("Take away what nothing needs"),
  Command.withExamples([{
    command: "bepository fsck --compact --max-rewrite 10G",
    description: "Move at most 10 GiB of live blocks"
  }])
)
