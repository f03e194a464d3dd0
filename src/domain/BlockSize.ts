/**
 * How a file is cut into blocks (BEP sheet §5.4). Always honour the block size an entry announces; `forFile` is only for
 * entries we originate. An empty file has one block of size 0.
 */

/** The smallest block, and what an absent block size means. */
export const minimum = 128 * 1024

/** The largest block of a plain folder. */
export const maximum = 16 * 1024 * 1024

/** A power of two from the smallest to the largest. */
export const isValid = (blockSize: number): boolean =>
  blockSize >= minimum && blockSize <= maximum && (blockSize & blockSize - 1) === 0

/** The ideal block size of a file of `size` bytes: the smallest that gives fewer than 2000 blocks. */
export const forFile = (size: number): number => {
  let blockSize = minimum
  while (blockSize < maximum && size / blockSize >= 2000) blockSize *= 2
  return blockSize
}

/** Number of blocks in a file's block list: 1 for an empty file. */
export const count = (size: number, blockSize: number): number => size === 0 ? 1 : Math.ceil(size / blockSize)

/** Bytes in block `index`, 0 past the end. */
export const sizeAt = (size: number, blockSize: number, index: number): number =>
  Math.max(0, Math.min(blockSize, size - index * blockSize))
