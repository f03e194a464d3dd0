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
  /** This host's own clock at that moment, Unix milliseconds; undefined where nobody noted it. */
  readonly wall?: number
  /** Time that surely passed while this host kept notes, milliseconds: what the store's clock and its own agree on. It never goes back. */
  readonly passed: number
  /** A leap that is not proved yet: what was sure before it, the first reading after it, and `passed` then. */
  readonly leap?: { readonly from: number; readonly at: number; readonly passed: number }
}

export interface Reading {
  /** What the store says. */
  readonly now: number
  /** What this host's own clock says, Unix milliseconds. It may be wrong too, and on a directory is the store's. */
  readonly wall: number
  /** Milliseconds since the reading before, if this process made that, by a clock that nobody can set. */
  readonly boot?: number
}

/**
 * The note after a reading. `note`: the one before; at first, the newest commit's time stands for it. This host's clocks may
 * veto what proves a leap. They never prove one: a store's clock that goes on with them may be wrong together with them.
 */
export const read = (note: Note, reading: Reading): Note => {
  const { last, leap } = note
  const { now, wall } = reading
  const step = now - last
  const isBack = step < -tolerance
  // Back before the leap: it was none.
  if (leap !== undefined && isBack && now < leap.at) {
    const { leap: _, ...before } = note
    return read({ ...before, last: sure(note) }, reading)
  }
  // They crossed: there is nothing to learn.
  if (step <= 0 && !isBack && note.wall !== undefined) return note
  const local = localStep(note, reading)
  const passed = note.passed + Math.max(0, Math.min(step, local))
  const isLeap = step > leapOf
  if (leap === undefined) {
    // What may be no time at all counts for nothing.
    return isLeap ? doubted(last, now, wall, note.passed) : { last: now, wall, passed }
  }
  // Set back a part of the way, or this host's clocks tell another tale: the day begins anew.
  if (isBack || Math.abs(step - local) > leapOf) {
    return doubted(leap.from + passed - leap.passed, now, wall, passed)
  }
  if (passed - leap.passed < proof) return { last: now, wall, passed, leap }
  return isLeap ? doubted(last, now, wall, passed) : { last: now, wall, passed }
}

/** How far this host's clocks went on since the note, at least. Without any, nothing speaks against the store's. */
const localStep = (note: Note, { boot, now, wall }: Reading): number => {
  if (note.wall === undefined && boot === undefined) return now - note.last
  return Math.min(note.wall === undefined ? Infinity : wall - note.wall, boot ?? Infinity)
}

/** A day begins in which the store's clock is in doubt, unless what is sure has caught up with it. */
const doubted = (from: number, now: number, wall: number, passed: number): Note =>
  from >= now ? { last: now, wall, passed } : { last: now, wall, passed, leap: { from, at: now, passed } }

/** What surely has come, at the last reading. */
export const sure = ({ last, leap, passed }: Note): number =>
  leap === undefined ? last : leap.from + (passed - leap.passed)

/** When a leap is proved, if all clocks go on; undefined if none is in doubt. */
export const until = ({ last, leap, passed }: Note): number | undefined =>
  leap === undefined ? undefined : last + proof - (passed - leap.passed)

/** Of a note, whether a leap is in doubt now; until when, if the clock goes on. */
export const doubt = (note: Note, now: number): { readonly ahead: number; readonly until: number } | undefined => {
  const end = until(note)
  return note.leap === undefined || end === undefined || now < note.leap.at || now >= end
    ? undefined
    : { ahead: note.leap.at - note.leap.from, until: end }
}

/** By how much the newest commit of the state is later than the store's clock, if that is worth telling; else undefined. */
export const behind = ({ time }: { readonly time: number }, now: number): number | undefined =>
  time - now > behindBy ? time - now : undefined
