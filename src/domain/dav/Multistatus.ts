/**
 * PROPFIND (RFC 4918 §9.1, §13): what its body asks for, and the answer. Written as text: every value that came from
 * outside passes `escape`, every path passes `DavPath.format`.
 */
import { Result } from "effect"
import * as DavPath from "./DavPath.ts"
import * as HttpDate from "./HttpDate.ts"
import type { Resource } from "./Resource.ts"

/** A property's expanded name; "" is no namespace. */
export interface PropertyName {
  readonly namespace: string
  readonly local: string
}

export type Request =
  /** Every property we have, and those of `include`. */
  | { readonly _tag: "All"; readonly include: ReadonlyArray<PropertyName> }
  /** Only the names of the properties we have. */
  | { readonly _tag: "Names" }
  | { readonly _tag: "Some"; readonly names: ReadonlyArray<PropertyName> }

/** An empty body means all properties. */
export const all: Request = { _tag: "All", include: [] }

/** What an XML decoder tells of a document, in order; only these events matter here. */
export type XmlEvent =
  | { readonly _tag: "StartElement"; readonly name: string; readonly attributes: Readonly<Record<string, string>> }
  | { readonly _tag: "EndElement"; readonly name: string }
  | { readonly _tag: "Doctype" }
  | { readonly _tag: "Declaration" | "Text" | "Comment" | "ProcessingInstruction" }

const dav = "DAV:"
const xmlNamespace = "http://www.w3.org/XML/1998/namespace"
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
const maxProperties = 256

/** What a PROPFIND body asks for. The failure is for the 400. */
export const parse = (events: Iterable<XmlEvent>): Result.Result<Request, string> => {
  const scopes: Array<ReadonlyMap<string, string>> = [new Map([["xml", xmlNamespace]])]
  const path: Array<PropertyName> = []
  const kinds = new Set<string>()
  const names: Array<PropertyName> = []
  for (const event of events) {
    switch (event._tag) {
      case "Doctype":
        return Result.fail("a document type is not allowed here")
      case "StartElement": {
        const scope = declare(scopes.at(-1)!, event.attributes)
        if (Result.isFailure(scope)) return Result.fail(scope.failure)
        scopes.push(scope.success)
        const name = expand(event.name, scope.success)
        if (name === undefined) return Result.fail(`the prefix of ${event.name} is not declared`)
        for (const attribute of Object.keys(event.attributes)) {
          if (!isDeclaration(attribute) && attribute.includes(":") && expand(attribute, scope.success) === undefined) {
            return Result.fail(`the prefix of ${attribute} is not declared`)
          }
        }
        if (path.length === 0 && !is(name, "propfind")) return Result.fail("the document is not a DAV:propfind")
        if (path.length === 1 && name.namespace === dav) kinds.add(name.local)
        if (path.length === 2 && (is(path[1]!, "prop") || is(path[1]!, "include"))) {
          names.push(name)
          if (names.length > maxProperties) return Result.fail("it asks for too many properties")
        }
        path.push(name)
        break
      }
      case "EndElement":
        scopes.pop()
        path.pop()
        break
    }
  }
  const asked = ["prop", "propname", "allprop"].filter((kind) => kinds.has(kind))
  if (asked.length !== 1) return Result.fail("it must ask for one of prop, propname and allprop")
  switch (asked[0]) {
    case "prop":
      return Result.succeed({ _tag: "Some", names })
    case "propname":
      return Result.succeed({ _tag: "Names" })
    default:
      return Result.succeed({ _tag: "All", include: names })
  }
}

const is = (name: PropertyName, local: string): boolean => name.namespace === dav && name.local === local

const isDeclaration = (attribute: string): boolean => attribute === "xmlns" || attribute.startsWith("xmlns:")

const declare = (
  outer: ReadonlyMap<string, string>,
  attributes: Readonly<Record<string, string>>
): Result.Result<ReadonlyMap<string, string>, string> => {
  let scope: Map<string, string> | undefined
  for (const [attribute, value] of Object.entries(attributes)) {
    if (!isDeclaration(attribute)) continue
    const prefix = attribute === "xmlns" ? "" : attribute.slice("xmlns:".length)
    // Namespaces in XML 1.0, §3 and §5: a prefix cannot be undeclared, and two of them are not ours to bind.
    if (prefix !== "" && value === "") return Result.fail(`the prefix ${prefix} is bound to nothing`)
    if (prefix === "xmlns" || value === xmlnsNamespace || (prefix === "xml") !== (value === xmlNamespace)) {
      return Result.fail(`the prefix ${prefix} may not be bound so`)
    }
    scope ??= new Map(outer)
    scope.set(prefix, value)
  }
  return Result.succeed(scope ?? outer)
}

const expand = (name: string, scope: ReadonlyMap<string, string>): PropertyName | undefined => {
  const colon = name.indexOf(":")
  if (colon < 0) return { namespace: scope.get("") ?? "", local: name }
  const namespace = scope.get(name.slice(0, colon))
  const local = name.slice(colon + 1)
  return namespace === undefined || colon === 0 || local === "" || local.includes(":")
    ? undefined
    : { namespace, local }
}

interface Property {
  readonly namespace: string
  readonly local: string
  /** The element's content, escaped; undefined where the resource has no such property. */
  readonly value: (resource: Resource) => string | undefined
}

const files = (value: (resource: Resource) => string | undefined) => (resource: Resource): string | undefined =>
  resource.directory ? undefined : value(resource)

const properties: ReadonlyArray<Property> = [
  { namespace: dav, local: "resourcetype", value: (r) => r.directory ? "<D:collection/>" : "" },
  { namespace: dav, local: "displayname", value: (r) => escape(r.segments.at(-1) ?? "") },
  { namespace: dav, local: "getcontentlength", value: files((r) => String(r.size)) },
  {
    namespace: dav,
    local: "getlastmodified",
    value: (r) => r.modified === undefined ? undefined : HttpDate.format(r.modified)
  },
  { namespace: dav, local: "getetag", value: files((r) => r.etag === undefined ? undefined : escape(r.etag)) },
  {
    namespace: dav,
    local: "getcontenttype",
    value: files((r) => r.contentType === undefined ? undefined : escape(r.contentType))
  },
  { namespace: dav, local: "supportedlock", value: () => "" },
  {
    namespace: "http://apache.org/dav/props/",
    local: "executable",
    value: files((r) => r.executable ? "T" : "F")
  }
]

/** The document in pieces, one a resource. */
export function* render(resources: Iterable<Resource>, request: Request): Generator<string> {
  yield `<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n`
  for (const resource of resources) yield response(resource, request)
  yield "</D:multistatus>\n"
}

const response = (resource: Resource, request: Request): string => {
  const found: Array<string> = []
  const missing: Array<string> = []
  if (request._tag !== "Some") {
    for (const property of properties) {
      const value = property.value(resource)
      if (value !== undefined) found.push(element(property, request._tag === "Names" ? "" : value))
    }
  }
  const named = request._tag === "Some" ? request.names : request._tag === "All" ? request.include : []
  for (const name of named) {
    const property = properties.find((known) => known.namespace === name.namespace && known.local === name.local)
    const value = property?.value(resource)
    if (value === undefined) missing.push(element(name, ""))
    else if (request._tag === "Some") found.push(element(name, value))
  }
  const href = escape(DavPath.format(resource.segments, resource.directory))
  return `<D:response><D:href>${href}</D:href>${
    found.length > 0 || missing.length === 0 ? propstat(found, "200 OK") : ""
  }${missing.length > 0 ? propstat(missing, "404 Not Found") : ""}</D:response>\n`
}

const propstat = (elements: ReadonlyArray<string>, status: string): string =>
  `<D:propstat><D:prop>${elements.join("")}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`

const element = (name: PropertyName, content: string): string => {
  const tag = name.namespace === dav ? `D:${name.local}` : name.namespace === "" ? name.local : `P:${name.local}`
  const declaration = tag.startsWith("P:") ? ` xmlns:P="${escape(name.namespace)}"` : ""
  return content === "" ? `<${tag}${declaration}/>` : `<${tag}${declaration}>${content}</${tag}>`
}

/** The body of an error that names a violated precondition (RFC 4918 §16). */
export const error = (precondition: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:"><D:${precondition}/></D:error>\n`

/** Text for XML and HTML, in an element or a quoted attribute. What XML cannot hold becomes U+FFFD. */
export const escape = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`)
