/** The S3 store with its client, as the program wires it. */
import { Layer } from "effect"
import * as ObjectStoreS3 from "../../src/layers/ObjectStoreS3.ts"
import * as S3CallsSdk from "../../src/layers/S3CallsSdk.ts"

export type Options = S3CallsSdk.Options

export const layer = (options: Options) => ObjectStoreS3.layer.pipe(Layer.provide(S3CallsSdk.layer(options)))
