/** Neighbouring pages of a segment, fetched as one range. */
import type { Page } from "../repository/Footer.ts"

export interface PageRun {
  /** Indexes of pages `[first, end)`. */
  readonly first: number
  readonly end: number
  /** Their bytes in the object, `[from, to)`. */
  readonly from: number
  readonly to: number
}

/** All pages, in order, in runs of at most `bytes`, or of one page. */
export const pageRuns = (pages: ReadonlyArray<Page>, bytes: number): ReadonlyArray<PageRun> => {
  const runs: Array<PageRun> = []
  let open: { first: number; end: number; from: number; to: number } | undefined
  for (const [index, page] of pages.entries()) {
    const to = page.start + page.stored
    if (open === undefined || to - open.from > bytes) {
      open = { first: index, end: index + 1, from: page.start, to }
      runs.push(open)
    } else {
      open.end = index + 1
      open.to = to
    }
  }
  return runs
}
