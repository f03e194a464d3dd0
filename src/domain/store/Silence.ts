/**
 * How long a request to a service over HTTP may stay silent. Nothing else cuts it there: what moves, however slowly, is let
 * live. What was sent and is not answered may lie in the system's own memory, and leave it as slowly as the link is: a request
 * that was cut with bytes on their way makes the next ones wait longer, so that none is cut for ever.
 */
import * as RetrySchedule from "./RetrySchedule.ts"

/** Milliseconds for a service to think. */
const thinking = 30_000
/** Bytes that the system takes from us before the network does, at most. */
const kernelBuffer = 4 * 1024 * 1024
/** Bytes a second of the slowest link that one request is first thought to have for itself. */
const slowest = 16 * 1024
/** Bytes that prove a link. */
const telling = 1024 * 1024

/** Milliseconds without a byte moving after which a request that sends so many bytes is given up; `learnt`: 1 at first. */
export const limit = (sent: number, learnt: number): number =>
  thinking + Math.min(sent, kernelBuffer) / slowest * 1000 * learnt

/** What is learnt by a request that was given up with `used`, `moved` of whose bytes were taken by the system. */
export const cut = (learnt: number, used: number, moved: number): number =>
  moved > 0 ? RetrySchedule.cut(learnt, used) : learnt

/** What is learnt by a request that sent so many bytes in so many milliseconds: a fast one takes half of it back. */
export const done = (learnt: number, sent: number, took: number): number =>
  learnt > 1 && sent >= telling && took <= sent / slowest * 1000 / 2 ? learnt / 2 : learnt
