/** What a peer is told of files while their blocks arrive, so that it shows how far they are. */
import type { DownloadProgress } from "../bep/Messages.ts"
import type { Job } from "./Fetcher.ts"

/** Files with fewer blocks are done before progress could be shown. */
export const progressBlocks = 10

/** Of blocks that arrived since it was asked last: each is told once. */
export const fresh = (jobs: Iterable<Job>): DownloadProgress["updates"] => {
  const updates: Array<DownloadProgress["updates"][number]> = []
  for (const job of jobs) {
    if (job.state !== "active" || job.packs.length < progressBlocks || job.fresh.length === 0) continue
    updates.push({
      type: "append",
      name: job.name,
      version: job.info.version,
      blockIndexes: job.fresh,
      blockSize: job.info.blockSize
    })
    job.fresh = []
    job.told = true
  }
  return updates
}

/** Of a file that was told of and was given up. */
export const forgotten = (job: Job): DownloadProgress => ({
  _tag: "DownloadProgress",
  folder: job.folder,
  updates: [{
    type: "forget",
    name: job.name,
    version: job.info.version,
    blockIndexes: [],
    blockSize: job.info.blockSize
  }]
})
