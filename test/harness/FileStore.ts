/** The store in a directory, on this machine's disk. */
import { Layer } from "effect"
import * as DiskNode from "../../src/layers/DiskNode.ts"
import * as ObjectStoreFile from "../../src/layers/ObjectStoreFile.ts"

export const layer = (path: string) => ObjectStoreFile.layer(path).pipe(Layer.provide(DiskNode.layer))
