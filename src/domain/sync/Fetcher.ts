/**
 * Turns wanted entries into block requests and their answers into complete files, for one connection.
 * A plain state machine without time or I/O: the caller feeds entries and responses and sends what `requests` returns.
 * Invariant: a job is ready only when each of its blocks was found in, or verified and added to, a pack.
 */
import * as Crypto from "node:crypto"
import type { Request, Response } from "../bep/Messages.ts"
import * as BlockSize from "../BlockSize.ts"
import * as FileInfo from "../FileInfo.ts"
import type { BlockRun } from "../repository/Record.ts"

/** One version of one name, wanted from the connection's device. */
export interface Job {
  readonly folder: string
  readonly name: string
  /** The peer's sequence of the entry. */
  readonly sequence: number
  readonly info: FileInfo.FileInfo
  /** Pack of each block, in order; "" while unresolved. */
  readonly packs: Array<string>
  /** Blocks still unresolved. */
  missing: number
  /** Blocks resolved since progress was last told, by index; undefined once told to forget. */
  fresh: Array<number>
  /** Whether the peer was told of progress. */
  told: boolean
  state: "active" | "ready" | "failed" | "abandoned"
}

export interface Ports {
  /** The pack that holds the block: durable and live, or being built now. */
  readonly find: (hash: Uint8Array) => string | undefined
  /** Copies a verified block into the open pack. */
  readonly add: (hash: Uint8Array, bytes: Uint8Array) => string
  /** Bytes that may be added now. */
  readonly room: () => number
}

export interface Limits {
  /** Bytes requested and not answered. At least one request is always allowed. */
  readonly bytes: number
  /** Requests not answered. */
  readonly requests: number
  /** Unresolved blocks of admitted jobs, after which `full` says so. */
  readonly blocks: number
}

export const defaultLimits: Limits = { bytes: 16 * 1024 * 1024, requests: 1024, blocks: 4096 }

interface Waiter {
  readonly job: Job
  readonly index: number
}

/** A block; most have one waiter, and most of those are whole files: what is here is there a thousand times. */
interface Wanted {
  readonly key: string
  readonly hash: Uint8Array
  readonly size: number
  /** The waiter that is asked for. */
  job: Job
  index: number
  /** The others. */
  more: Array<Waiter> | undefined
}

export type Failure = "retry" | "changed" | "refused"

/** One character a byte. */
const keyOf = (hash: Uint8Array): string => Buffer.prototype.latin1Slice.call(hash, 0, hash.length)

export class Fetcher {
  private readonly ports: Ports
  private readonly limits: Limits
  private readonly wanted = new Map<string, Wanted>()
  private queue: Array<Wanted> = []
  private queueAt = 0
  private readonly outstanding = new Map<number, Wanted>()
  private outstandingBytes = 0
  private nextId = 0
  private unresolved = 0
  private readyJobs: Array<Job> = []
  private failedJobs: Array<{ readonly job: Job; readonly failure: Failure }> = []
  /** Payload bytes received and verified since the beginning, by folder. */
  readonly receivedOf = new Map<string, number>()
  /** Payload bytes found in the repository instead. */
  reused = 0

  constructor(ports: Ports, limits: Limits = defaultLimits) {
    this.ports = ports
    this.limits = limits
  }

  /** Takes a wanted entry (validated, to be adopted). It is ready at once when nothing has to be fetched. */
  admit(folder: string, sequence: number, info: FileInfo.FileInfo): Job {
    const count = info.type === "file" && !info.deleted && info.size > 0 ? FileInfo.blockCount(info) : 0
    const job: Job = {
      folder,
      name: info.name,
      sequence,
      info,
      packs: Array.from<string>({ length: count }).fill(""),
      missing: 0,
      fresh: [],
      told: false,
      state: "active"
    }
    for (let index = 0; index < count; index++) {
      const hash = FileInfo.blockHash(info, index)
      const pack = this.ports.find(hash)
      const size = BlockSize.sizeAt(info.size, info.blockSize, index)
      if (pack !== undefined) {
        job.packs[index] = pack
        this.reused += size
        continue
      }
      job.missing++
      this.unresolved++
      const key = keyOf(hash)
      const waiting = this.wanted.get(key)
      if (waiting === undefined) this.want({ key, hash, size, job, index, more: undefined })
      else if (waiting.more === undefined) waiting.more = [{ job, index }]
      else waiting.more.push({ job, index })
    }
    if (job.missing === 0) {
      job.state = "ready"
      this.readyJobs.push(job)
    }
    return job
  }

  private want(wanted: Wanted): void {
    this.wanted.set(wanted.key, wanted)
    this.queue.push(wanted)
  }

  /** Whether enough is admitted for now. */
  get full(): boolean {
    return this.unresolved >= this.limits.blocks
  }

  /** Nothing is wanted that has not been answered. */
  get idle(): boolean {
    return this.outstanding.size === 0 && this.queueAt >= this.queue.length
  }

  /** Requests sent and not answered. */
  get asked(): number {
    return this.outstanding.size
  }

  /** Waits for no answer any more: each request ends as if the peer had said that it cannot now. */
  giveUp(): void {
    const asked = [...this.outstanding.values()]
    this.outstanding.clear()
    this.outstandingBytes = 0
    for (const wanted of asked) {
      this.wanted.delete(wanted.key)
      this.fail(wanted, "retry")
    }
  }

  /** Bytes of room in the packs that the next request waits for; 0 if it does not wait for room. */
  get starved(): number {
    const next = this.queue[this.queueAt]
    return next !== undefined && this.outstanding.size === 0 ? next.size : 0
  }

  /** The requests to send now, within the window and the packs' room. */
  requests(): Array<Request> {
    const requests: Array<Request> = []
    let room = this.ports.room() - this.outstandingBytes
    while (this.queueAt < this.queue.length) {
      const wanted = this.queue[this.queueAt] as Wanted
      if (!hasAsker(wanted)) {
        this.queueAt++
        this.wanted.delete(wanted.key)
        continue
      }
      const { index, job } = wanted
      if (this.outstanding.size >= this.limits.requests || room < wanted.size) break
      if (this.outstanding.size > 0 && this.outstandingBytes + wanted.size > this.limits.bytes) break
      this.queueAt++
      const id = this.nextId
      this.nextId = (this.nextId + 1) & 0x7fffffff
      this.outstanding.set(id, wanted)
      this.outstandingBytes += wanted.size
      room -= wanted.size
      requests.push({
        _tag: "Request",
        id,
        folder: job.folder,
        name: job.name,
        offset: index * job.info.blockSize,
        size: wanted.size,
        hash: wanted.hash,
        fromTemporary: false,
        blockNo: index
      })
    }
    if (this.queueAt > 1024 && this.queueAt * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.queueAt)
      this.queueAt = 0
    }
    return requests
  }

  /** Takes in answers. Unknown ids (late, duplicate, odd) are ignored; a bad block fails the files that wait for it. */
  responses(batch: ReadonlyArray<Response>): void {
    for (const response of batch) {
      const asked = this.outstanding.get(response.id)
      if (asked === undefined) continue
      this.outstanding.delete(response.id)
      this.outstandingBytes -= asked.size
      this.wanted.delete(asked.key)
      if (response.code !== 0) {
        this.fail(asked, response.code === 1 ? "retry" : response.code === 3 ? "refused" : "changed")
        continue
      }
      const { data } = response
      if (data.length !== asked.size || Crypto.hash("sha256", data, "binary") !== asked.key) {
        this.fail(asked, "changed")
        continue
      }
      const { folder } = asked.job
      this.receivedOf.set(folder, (this.receivedOf.get(folder) ?? 0) + data.length)
      let pack = this.ports.find(asked.hash)
      if (pack === undefined && this.ports.room() < data.length) {
        // The term this was asked under is over and there is nowhere to put it: it is asked for again.
        this.again(asked)
        continue
      }
      pack ??= this.ports.add(asked.hash, data)
      this.resolve(asked.job, asked.index, pack)
      if (asked.more !== undefined) { for (const { index, job } of asked.more) this.resolve(job, index, pack) }
    }
  }

  private resolve(job: Job, index: number, pack: string): void {
    if (job.state !== "active") return
    job.packs[index] = pack
    if (job.packs.length > 1) job.fresh.push(index)
    job.missing--
    this.unresolved--
    if (job.missing === 0) {
      job.state = "ready"
      this.readyJobs.push(job)
    }
  }

  /** The file that was asked for fails; others that want the same block will ask in their own name. */
  private fail(asked: Wanted, failure: Failure): void {
    const { job } = asked
    if (job.state === "active") {
      this.end(job, "failed")
      this.failedJobs.push({ job, failure })
    }
    this.again(asked)
  }

  private again(wanted: Wanted): void {
    if (!hasAsker(wanted)) return
    const twin = this.wanted.get(wanted.key)
    if (twin === undefined) this.want(wanted)
    else (twin.more ??= []).push({ job: wanted.job, index: wanted.index }, ...wanted.more ?? [])
  }

  private end(job: Job, state: "failed" | "abandoned"): void {
    job.state = state
    this.unresolved -= job.missing
    job.missing = 0
  }

  /** Stops wanting a job, e.g. because a newer version was announced. Blocks in flight are still kept when they arrive. */
  abandon(job: Job): void {
    if (job.state === "active") this.end(job, "abandoned")
    else job.state = "abandoned"
  }

  /** Jobs that became ready since the last call and were not abandoned. */
  takeReady(): Array<Job> {
    const ready = this.readyJobs.filter((job) => job.state === "ready")
    this.readyJobs = []
    return ready
  }

  /** Jobs that failed since the last call. */
  takeFailed(): Array<{ readonly job: Job; readonly failure: Failure }> {
    const failed = this.failedJobs
    this.failedJobs = []
    return failed
  }
}

/** Makes sure that an active job is the one that is asked for; false if none wants the block any more. */
const hasAsker = (wanted: Wanted): boolean => {
  while (wanted.job.state !== "active") {
    const next = wanted.more?.shift()
    if (next === undefined) return false
    wanted.job = next.job
    wanted.index = next.index
  }
  return true
}

/** The packs of a ready job as runs of equal neighbours. */
export const runsOf = (job: Job): Array<BlockRun> => {
  const runs: Array<{ pack: string; count: number }> = []
  for (const pack of job.packs) {
    const last = runs[runs.length - 1]
    if (last !== undefined && last.pack === pack) last.count++
    else runs.push({ pack, count: 1 })
  }
  return runs
}
