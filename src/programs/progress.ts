/**
 * What `serve` shows of its work at a terminal: one line per folder, and who is connected. Pure: samples of
 * `Ingest.progress` go in, text comes out.
 */
import type { IngestProgress } from "../services/Ingest.ts"
import * as Text from "./text.ts"

/** One folder, whatever the number of devices that send it. */
export interface FolderSample {
  readonly folder: string
  /** Stored since the program began. */
  readonly files: number
  readonly received: number
  readonly reused: number
  readonly waiting: number
  readonly failed: number
}

/** By folder id, in that order. Files and bytes are per folder already; what waits adds up over devices. */
export const byFolder = (rows: ReadonlyArray<IngestProgress>): ReadonlyMap<string, FolderSample> => {
  const folders = new Map<string, FolderSample>()
  for (const row of rows.toSorted((a, b) => a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0)) {
    const other = folders.get(row.folder)
    folders.set(row.folder, {
      folder: row.folder,
      files: Math.max(row.files, other?.files ?? 0),
      received: Math.max(row.bytesReceived, other?.received ?? 0),
      reused: Math.max(row.bytesReused, other?.reused ?? 0),
      waiting: row.waiting + (other?.waiting ?? 0),
      failed: row.failed + (other?.failed ?? 0)
    })
  }
  return folders
}

export interface Rates {
  /** Bytes a second by folder, smoothed. */
  readonly received: ReadonlyMap<string, number>
  readonly at: number
  readonly samples: ReadonlyMap<string, FolderSample>
}

export const noRates: Rates = { received: new Map(), at: 0, samples: new Map() }

/** Smoothed over about three seconds; `now` in milliseconds. */
export const rates = (before: Rates, samples: ReadonlyMap<string, FolderSample>, now: number): Rates => {
  const seconds = (now - before.at) / 1000
  if (seconds <= 0) return before
  const keep = Math.exp(-seconds / 3)
  const received = new Map<string, number>()
  for (const [folder, sample] of samples) {
    const previous = before.samples.get(folder)
    const rate = previous === undefined ? 0 : Math.max(0, sample.received - previous.received) / seconds
    const smooth = (before.received.get(folder) ?? 0) * keep + rate * (1 - keep)
    received.set(folder, smooth < 1 ? 0 : smooth)
  }
  return { received, at: now, samples }
}

/** Lines for a terminal that is `columns` wide; the last one says who is connected. */
export const live = (
  rates: Rates,
  labels: ReadonlyMap<string, string>,
  connected: ReadonlyArray<string>,
  columns: number
): ReadonlyArray<string> => {
  const lines = [...rates.samples.values()].map((sample) => {
    const rate = rates.received.get(sample.folder) ?? 0
    const parts = [
      `${Text.counted(sample.files, "file")} stored`,
      `${Text.bytes(sample.received)} received`,
      ...(sample.reused > 0 ? [`${Text.bytes(sample.reused)} known already`] : []),
      ...(sample.waiting > 0
        ? [`${Text.bytes(Math.round(rate))}/s`, `${Text.count(sample.waiting)} waiting`]
        : ["up to date"]),
      ...(sample.failed > 0 ? [`${Text.count(sample.failed)} to be tried again`] : [])
    ]
    return `${labels.get(sample.folder) || sample.folder}: ${parts.join(", ")}`
  })
  const last = connected.length === 0 ? "no device is connected" : `connected: ${connected.join(", ")}`
  return [...lines, last].map((line) => Text.cut(line, columns - 1))
}
