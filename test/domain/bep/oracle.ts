/** Bridges to the generated protobuf module, which the hand-written codecs are held against. */
import protobuf from "protobufjs/minimal.js"
import { bep } from "../../../proto/gen/bep.js"

export { bep }

type Long = bep.Counter["id"]

/** What the generated code writes for these fields; enums may be given as the numbers on the wire. */
export const encoded = <P>(
  message: { readonly encode: (properties: P) => { readonly finish: () => Uint8Array } },
  fields: { readonly [K in keyof P]: P[K] | number }
): Uint8Array => message.encode(fields as P).finish()

/** A 64-bit value as the generated code takes it. */
export const long = (value: bigint | number, unsigned = false): Long => {
  const bits = BigInt.asUintN(64, BigInt(value))
  return new protobuf.util.LongBits(Number(bits & 0xFFFF_FFFFn), Number(bits >> 32n)).toLong(
    unsigned
  ) as unknown as Long
}

/** A 64-bit value as the generated code gave it. */
export const big = (value: { readonly toString: () => string } | null | undefined): bigint => BigInt(String(value ?? 0))

export const hex = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString("hex")

export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"))
