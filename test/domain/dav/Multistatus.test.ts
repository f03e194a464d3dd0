import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as Xml from "effect/encoding/Xml"
import * as Multistatus from "../../../src/domain/dav/Multistatus.ts"
import type { Resource } from "../../../src/domain/dav/Resource.ts"
import * as ResourceModule from "../../../src/domain/dav/Resource.ts"

const events = (xml: string) => Stream.make(xml).pipe(Stream.pipeThroughChannel(Xml.decodeString()), Stream.runCollect)

const parse = (xml: string) => Effect.map(events(xml), Multistatus.parse)

const file: Resource = {
  segments: ["Photos & <co>", "latest", "a \"b\"\u0001.txt"],
  directory: false,
  size: 12,
  modified: Date.UTC(2026, 10, 22, 11, 6, 0),
  etag: `"abc"`,
  contentType: "text/plain",
  executable: true
}
const directory = ResourceModule.virtual(["x"], undefined)

const render = (resources: ReadonlyArray<Resource>, request: Multistatus.Request): string =>
  Array.from(Multistatus.render(resources, request)).join("")

describe("Multistatus.parse", () => {
  it.effect("reads what clients send", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* parse(`<propfind xmlns="DAV:"><allprop/></propfind>`),
        Result.succeed(Multistatus.all)
      )
      assert.deepStrictEqual(
        yield* parse(`<?xml version="1.0"?><D:propfind xmlns:D='DAV:'><D:propname/></D:propfind>`),
        Result.succeed({ _tag: "Names" })
      )
      assert.deepStrictEqual(
        yield* parse(
          `<D:propfind xmlns:D="DAV:"><!-- c --><D:prop><D:getetag/><a:executable xmlns:a="http://apache.org/dav/props/"/>` +
            `<foo/><bar xmlns="urn:x"><D:inner/></bar></D:prop></D:propfind>`
        ),
        Result.succeed({
          _tag: "Some",
          names: [
            { namespace: "DAV:", local: "getetag" },
            { namespace: "http://apache.org/dav/props/", local: "executable" },
            { namespace: "", local: "foo" },
            { namespace: "urn:x", local: "bar" }
          ]
        })
      )
      assert.deepStrictEqual(
        yield* parse(`<propfind xmlns="DAV:"><allprop/><include><getetag/></include><future/></propfind>`),
        Result.succeed({ _tag: "All", include: [{ namespace: "DAV:", local: "getetag" }] })
      )
    }))

  it.effect("refuses what is no propfind", () =>
    Effect.gen(function*() {
      for (
        const xml of [
          `<propfind><allprop/></propfind>`,
          `<D:propfind xmlns:D="urn:other"><D:allprop/></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"/>`,
          `<D:propfind xmlns:D="DAV:"><D:allprop/><D:propname/></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"><D:prop><bar:foo xmlns:bar=""/></D:prop></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"><D:prop><bar:foo/></D:prop></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"><D:prop><D:a:b/></D:prop></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"><D:prop x:y="1"/></D:propfind>`,
          `<D:propfind xmlns:D="DAV:" xmlns:xml="urn:x"><D:allprop/></D:propfind>`,
          `<!DOCTYPE p [<!ENTITY e "x">]><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>`,
          `<D:propfind xmlns:D="DAV:"><D:prop>${"<D:getetag/>".repeat(300)}</D:prop></D:propfind>`
        ]
      ) {
        assert.isTrue(Result.isFailure(yield* parse(xml)), xml)
      }
    }))
})

describe("Multistatus.render", () => {
  it.effect("is well-formed whatever the names, and escapes them", () =>
    Effect.gen(function*() {
      const text = render([file, directory], Multistatus.all)
      const found = yield* events(text)
      assert.strictEqual(found.filter((e) => e._tag === "StartElement" && e.name === "D:response").length, 2)
      assert.include(text, "<D:href>/Photos%20%26%20%3Cco%3E/latest/a%20%22b%22%01.txt</D:href>")
      assert.include(text, "<D:displayname>a &#34;b&#34;\ufffd.txt</D:displayname>")
      assert.include(text, "<D:getlastmodified>Sun, 22 Nov 2026 11:06:00 GMT</D:getlastmodified>")
      assert.include(text, "<D:getetag>&#34;abc&#34;</D:getetag>")
      assert.include(text, `<P:executable xmlns:P="http://apache.org/dav/props/">T</P:executable>`)
      assert.include(text, "<D:href>/x/</D:href>")
      assert.include(text, "<D:resourcetype><D:collection/></D:resourcetype>")
    }))

  it("separates what it has from what it has not", () => {
    const request: Multistatus.Request = {
      _tag: "Some",
      names: [{ namespace: "DAV:", local: "getcontentlength" }, { namespace: "urn:<x>", local: "foo" }]
    }
    const text = render([file], request)
    assert.include(
      text,
      "<D:propstat><D:prop><D:getcontentlength>12</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    )
    assert.include(
      text,
      `<D:propstat><D:prop><P:foo xmlns:P="urn:&#60;x&#62;"/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>`
    )
    const forDirectory = render([directory], request)
    assert.notInclude(forDirectory, "200 OK")
    assert.include(forDirectory, "<D:getcontentlength/>")
  })

  it("gives names without values when only names are asked for", () => {
    const text = render([file], { _tag: "Names" })
    assert.include(text, "<D:getcontentlength/>")
    assert.notInclude(text, "12")
    assert.notInclude(render([directory], { _tag: "Names" }), "getcontentlength")
  })

  it("answers an empty list of properties with an empty success", () => {
    assert.include(render([file], { _tag: "Some", names: [] }), "<D:prop></D:prop><D:status>HTTP/1.1 200 OK</D:status>")
  })
})
