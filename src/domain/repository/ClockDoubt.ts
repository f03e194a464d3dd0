/**
 * How much of the store's clock upkeep may go by. One that leapt ahead is believed when it went on from there for a day;
 * until then time goes on from where it was. Which of two times is right nobody can tell: the earlier one takes less away.
 * All times are the store's, in Unix milliseconds.
 */

const day = 86_400_000
/** Later than the last reading by more than this is a leap: an absence, or a clock that is wrong. */
export const leapOf = day
/** How long a clock must go on after a leap. */
export const proof = day
/** Readings cross each other: by less than this no clock was set back. */
const tolerance = 10 * 60_000
/** A clock so far below the newest commit is told of. */
export const behindBy = day

/** What a host keeps of its readings. */
export interface Note {
  /** The last reading. */
  readonly last: number
  /** A leap that is not proved yet: what was sure before it, and the first reading after it. */
  readonly leap?: { readonly from: number; readonly at: number }
}

/** The note after a reading. `note`: the one before; at first, the newest commit's time stands for it. */
export const read = ({ last, leap }: Note, now: number): Note => {
  if (now < last - tolerance) {
    if (leap === undefined) return { last: now }
    // Back before the leap, which was none; or only a part of the way, and the day begins anew.
    return now < leap.at ? read({ last: leap.from }, now) : { last: now, leap: { from: leap.from, at: now } }
  }
  // More than a day later, and never set back: that proves the leap before, too.
  if (now - last > leapOf) return { last: now, leap: { from: last, at: now } }
  const latest = Math.max(last, now)
  return leap === undefined || latest - leap.at >= proof ? { last: latest } : { last: latest, leap }
}

/** What surely has come, at the last reading. */
export const sure = ({ last, leap }: Note): number => leap === undefined ? last : leap.from + (last - leap.at)

/** Of a note, whether a leap is in doubt now; until when, if the clock goes on. */
export const doubt = ({ leap }: Note, now: number): { readonly ahead: number; readonly until: number } | undefined =>
  leap === undefined || now < leap.at || now - leap.at >= proof
    ? undefined
    : { ahead: leap.at - leap.from, until: leap.at + proof }

/** By how much the newest commit of the state is later than the store's clock, if that is worth telling; else undefined. */
export const behind = ({ time }: { readonly time: number }, now: number): number | undefined =>
  time - now > behindBy ? time - now : undefined
