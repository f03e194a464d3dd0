/**
 * How every object is sealed: header, parts, and for objects read by range a tail. A part opens only under the repository,
 * the name and the place it was sealed for.
 */
import type { KeyObject } from "node:crypto"

export type Suite = "plain" | "aes-256-gcm"

/** What seals and opens the objects of one repository. `repository`: 32 hex digits. */
export type Sealing =
  | { readonly suite: "plain"; readonly repository: string }
  /** `key`: the master key, 32 bytes. */
  | { readonly suite: "aes-256-gcm"; readonly repository: string; readonly key: KeyObject }
