/**
 * The answers that are due on one connection: who waits for them, and when a server that gives none is given up. Whoever asks
 * is told once: the answer, or that none will come.
 */
import * as SftpFailure from "./SftpFailure.ts"

/** Milliseconds. */
export interface Patience {
  /** Without a byte from the server while an answer is due: it is gone. */
  readonly silence: number
  /** Without any answer while one is due, although the machine lives: its disk hangs. */
  readonly reply: number
  /** Without a request, after which the connection is closed. */
  readonly idle: number
}

export type Failure = ReturnType<typeof SftpFailure.ofReply>

/** As ssh2 calls back. */
export type Reply<A> = (error: (Error & { readonly code?: unknown }) | null | undefined, value?: A) => void

export class SftpAnswers {
  readonly #now: () => number
  readonly #waiting = new Set<(error: Failure) => void>()
  /** When an answer came, or began to be waited for. */
  #answered = 0
  /** When a byte came, and how many had come by then. */
  #heard = 0
  #bytes = -1
  #lost: Failure | undefined

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Set once, when no answer will come any more. */
  get lost(): Failure | undefined {
    return this.#lost
  }

  /** The server let us in: how long it is not used counts from now. */
  begin(): void {
    this.#answered = this.#now()
  }

  /** Sends, and calls `done` once: with the answer, or when none will come. */
  ask<A>(
    send: (reply: Reply<A>) => void,
    done: (error: Failure | undefined, value: A | undefined) => void
  ): void {
    if (this.#lost !== undefined) return done(this.#lost, undefined)
    const fail = (error: Failure) => {
      this.#waiting.delete(fail)
      done(error, undefined)
    }
    if (this.#waiting.size === 0) this.#answered = this.#now()
    this.#waiting.add(fail)
    send((error, value) => {
      if (!this.#waiting.delete(fail)) return
      this.#answered = this.#now()
      if (error === undefined || error === null) done(undefined, value)
      else done(SftpFailure.ofReply(error), undefined)
    })
  }

  /** No answer will come any more. The first time `first` is called before those who wait are told; later nothing: false. */
  lose(reason: string, first: () => void): boolean {
    if (this.#lost !== undefined) return false
    this.#lost = { _tag: "SftpLost", reason }
    first()
    for (const fail of this.#waiting) fail(this.#lost)
    return true
  }

  /** Why the server is given up or left now, undefined if it is not. `bytes`: how many came from it so far. */
  verdict(bytes: number, patience: Patience): string | undefined {
    const now = this.#now()
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#heard = now
    }
    const unanswered = now - this.#answered
    if (this.#waiting.size === 0) return unanswered > patience.idle ? "it was not used" : undefined
    if (now - Math.max(this.#heard, this.#answered) > patience.silence) return "the server fell silent"
    return unanswered > patience.reply ? "the server does not answer" : undefined
  }
}
