/** Requests whose order makes a difference. */
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Requests from "./Requests.ts"

/** Whether it makes a difference in which order the two are carried out, of different hosts, to them, the bucket or a law. */
export const doTouch = (a: Requests.Request, b: Requests.Request, mayMishap: boolean): boolean => {
  if (a.operation._tag === "sleep" || b.operation._tag === "sleep") return true
  const [first, second] = Requests.isWrite(a) ? [a, b] : [b, a]
  if (!Requests.isWrite(first)) return false
  // Only one of all writes meets with the mishap.
  if (Requests.isWrite(second)) return mayMishap || doWritesTouch(first, second)
  return keysOf(first).some((key) =>
    second.operation._tag === "list"
      ? key.startsWith(second.operation.prefix)
      : second.operation._tag === "get" && second.operation.key === key
  )
}

const keysOf = ({ operation }: Requests.Request): ReadonlyArray<string> =>
  operation._tag === "put" ? [operation.key] : operation._tag === "remove" ? operation.keys : []

/** As the guard sees it: commits follow each other; what goes is held against all commits, and claims against other claims. */
const doWritesTouch = (a: Requests.Request, b: Requests.Request): boolean => {
  if (keysOf(a).some((key) => keysOf(b).includes(key))) return true
  if (isCommit(a) && isCommit(b)) return true
  const [goes, other] = a.operation._tag === "remove" ? [a, b] : [b, a]
  return goes.operation._tag === "remove" &&
    (keysOf(goes).every(isClaim) ? keysOf(other).some(isClaim) : isCommit(other) || other.operation._tag === "remove")
}

const isCommit = ({ operation }: Requests.Request): boolean =>
  operation._tag === "put" && operation.key.startsWith(ObjectKey.logPrefix)

const isClaim = (key: string): boolean => key.startsWith(ObjectKey.leasePrefix)
