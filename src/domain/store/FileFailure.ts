/** What a failed system call means to a store in a directory, by its code. */

export const isFull = (code: string): boolean => code === "ENOSPC" || code === "EDQUOT"

/** What is wrong for good, and what mends it; undefined for a code that may pass by itself. */
export const refusal = (code: string): { readonly reason: string; readonly mend: string } | undefined => {
  const found = refusals[code]
  return found === undefined ? undefined : { reason: found[0], mend: found[1] }
}

const permissions = "give this user read and write access to the directory and everything in it"
const linkless =
  "choose a file system with hard links (ext4, xfs, btrfs, zfs, APFS; not FAT, exFAT or most network shares)"

const refusals: Readonly<Record<string, readonly [reason: string, mend: string]>> = {
  EROFS: ["the file system is read-only", "mount it writable or choose another location"],
  EACCES: ["permission denied", permissions],
  EPERM: ["not permitted", permissions],
  ENOTSUP: ["there are no hard links here", linkless],
  EOPNOTSUPP: ["there are no hard links here", linkless],
  ENOSYS: ["there are no hard links here", linkless],
  EMLINK: ["there are no hard links here", linkless],
  EXDEV: ["a directory below lies on another file system", "keep the whole location on one file system"],
  ENOTDIR: ["a part of the path is a file", "choose a directory"],
  EISDIR: ["a directory is where an object should be", "remove what does not belong there"],
  ELOOP: ["a symbolic link is where an object should be", "replace the link by the file it points to"],
  ENXIO: ["a device or pipe is where an object should be", "remove what does not belong there"],
  ENAMETOOLONG: ["the path is too long", "choose a shorter path"],
  EFBIG: ["the file would be too large", "raise the limit on file sizes (ulimit -f) or use smaller packs"]
}
