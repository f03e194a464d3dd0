/** How long to wait between tries at a store that does not answer: the one schedule for outcomes that must become known. */
import * as Schedule from "effect/Schedule"

/** 100 ms, doubling up to ten seconds; never ends. */
export const unending = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("10 seconds")])
