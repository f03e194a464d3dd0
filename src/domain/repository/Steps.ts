/** Work in steps of some milliseconds, between which others may have their turn. */
export type Steps<A> = Generator<void, A, void>

/** All of it at once. */
export const run = <A>(steps: Steps<A>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
