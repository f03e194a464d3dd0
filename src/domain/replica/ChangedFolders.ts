/** Folders that changed, for any number of readers: a slow one gets what it missed at once, none is left out. */

export interface Reader {
  /** What changed since the last look. */
  readonly take: () => ReadonlySet<string>
  readonly close: () => void
}

export class ChangedFolders {
  private readonly readers = new Set<{ folders: Set<string>; readonly wake: () => void }>()

  /** `wake` is called whenever there is something to take. */
  open(wake: () => void): Reader {
    const reader = { folders: new Set<string>(), wake }
    this.readers.add(reader)
    return {
      take: () => {
        const { folders } = reader
        reader.folders = new Set()
        return folders
      },
      close: () => void this.readers.delete(reader)
    }
  }

  publish(folders: Iterable<string>): void {
    const changed = [...folders]
    if (changed.length === 0) return
    for (const reader of this.readers) {
      for (const folder of changed) reader.folders.add(folder)
      reader.wake()
    }
  }
}
