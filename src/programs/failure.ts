/**
 * What a command's end means outside: one line on stderr and an exit code. The codes are an API (docs: architecture's table);
 * an error class carries its own in `Runtime.errorExitCode`, and whatever carries none is 1.
 */
import { Cause, Exit, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import { printable } from "./text.ts"

/** Something the operator set, or left unset, cannot be used. `setting` names the flag or the variable it came from. */
export class SettingInvalid extends Schema.TaggedError<SettingInvalid>()("SettingInvalid", {
  setting: Schema.String,
  problem: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 2
  override get message() {
    return `${this.setting}: ${this.problem}`
  }
}

export type Signal = "SIGINT" | "SIGTERM"

export interface Ending {
  readonly code: number
  /** Without newlines and without the program's name; undefined when nothing is to be said (any more). */
  readonly line: string | undefined
}

/** `signal` is the one that interrupted the program, if one did. */
export const ending = <A, E>(exit: Exit.Exit<A, E>, signal: Signal | undefined): Ending => {
  if (Exit.isSuccess(exit)) return { code: 0, line: undefined }
  const cause = exit.cause
  if (Cause.hasInterruptsOnly(cause)) {
    return { code: signal === "SIGTERM" ? 143 : 130, line: undefined }
  }
  const error = Cause.squash(cause)
  if (isShowHelp(error)) return { code: 2, line: undefined }
  if (Cause.hasDies(cause) && !Cause.hasFails(cause)) {
    return {
      code: 1,
      line: `internal error: ${oneLine(messageOf(error))}; this is a bug, --log-level debug shows where`
    }
  }
  return { code: Runtime.getErrorExitCode(error), line: oneLine(messageOf(error)) }
}

/** The command line could not be understood; the presenter has said so. */
const isShowHelp = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ShowHelp"

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error && typeof error.message === "string" &&
    error.message !== ""
    ? error.message
    : String(error)

/** Printable and without newlines. */
export const oneLine = (text: string): string => printable(text.trim().replace(/\s*\n\s*/g, " "))
