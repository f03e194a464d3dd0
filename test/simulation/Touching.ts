/** Requests whose order makes a difference. */
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Requests from "./Requests.ts"

/** Whether it makes a difference in which order the two are carried out, of different hosts, to them, the bucket or a law. */
export const doTouch = (a: Requests.Request, b: Requests.Request, mayMishap: boolean): boolean => {
  if (a.operation._tag === "sleep" || b.operation._tag === "sleep") return true
  const [first, second] = Requests.isWrite(a) ? [a, b] : [b, a]
  if (!Requests.isWrite(first)) return false
  // Only one of all writes meets with the mishap. A commit is held against what is there, and what goes against all commits.
  if (Requests.isWrite(second)) return mayMishap || kindsOf(first).some((kind) => kindsOf(second).includes(kind))
  return keysOf(first).some((key) =>
    second.operation._tag === "list"
      ? key.startsWith(second.operation.prefix)
      : second.operation._tag === "get" && second.operation.key === key
  )
}

const keysOf = ({ operation }: Requests.Request): ReadonlyArray<string> =>
  operation._tag === "put" ? [operation.key] : operation._tag === "remove" ? operation.keys : []

/** Writes that share one touch each other. */
const kindsOf = (request: Requests.Request): ReadonlyArray<string> => [
  ...keysOf(request).map((key) => key.slice(0, key.indexOf("/"))),
  ...request.operation._tag === "remove" || keysOf(request).some((key) => key.startsWith(ObjectKey.logPrefix))
    ? ["commits"]
    : []
]
