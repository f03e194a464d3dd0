/** A place inside a location that is not part of any repository there: `tmp/` and below is nobody's. */
import type { StorageUri } from "../StorageUri.ts"

/** `name`: a new one each time, of letters, digits and hyphens. */
export const below = (uri: StorageUri, name: string): StorageUri => {
  const place = `tmp/${name}`
  switch (uri._tag) {
    case "Memory":
      return { ...uri, name: `${uri.name}/${place}` }
    case "File":
    case "Sftp":
      return { ...uri, path: `${uri.path.replace(/\/+$/, "")}/${place}` }
    case "S3":
    case "Gcs":
      return { ...uri, prefix: `${uri.prefix}${place}/` }
  }
}
