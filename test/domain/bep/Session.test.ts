import { assert, describe, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import type { ClusterConfig, Device, Folder, Message } from "../../../src/domain/bep/Messages.ts"
import * as Session from "../../../src/domain/bep/Session.ts"
import { int } from "./arbitraries.ts"

const config = (...folders: ReadonlyArray<Folder>): ClusterConfig => ({
  _tag: "ClusterConfig",
  folders,
  secondary: false
})
const secondary: ClusterConfig = { _tag: "ClusterConfig", folders: [], secondary: true }
const ping: Message = { _tag: "Ping" }
const request: Message = {
  _tag: "Request",
  id: 1,
  folder: "f",
  name: "n",
  offset: 0,
  size: 1,
  hash: new Uint8Array(32),
  fromTemporary: false,
  blockNo: 0
}
const response: Message = { _tag: "Response", id: 1, code: 0, data: new Uint8Array(1) }
const progress: Message = { _tag: "DownloadProgress", folder: "f", updates: [] }
const index: Message = { _tag: "Index", folder: "f", files: [], lastSequence: 0 }
const close: Message = { _tag: "Close", reason: "bye" }

const run = (...events: ReadonlyArray<Session.Event>): Session.Step => {
  let state = Session.init(0)
  const actions: Array<Session.Action> = []
  for (const event of events) {
    const next = Session.step(state, event)
    state = next.state
    actions.push(...next.actions)
  }
  return { state, actions }
}
const received = (...messages: ReadonlyArray<Message>): Session.Event => ({ _tag: "Received", messages })
const tick = (at: number): Session.Event => ({ _tag: "Tick", at })
const read = (at: number): Session.Event => ({ _tag: "Read", at })
const written = (at: number): Session.Event => ({ _tag: "Written", at })

const tags = (step: Session.Step) => step.actions.map((action) => action._tag)

describe("Session", () => {
  it.each([ping, request, response, progress, index])("$_tag before ClusterConfig is a protocol error", (message) => {
    const { actions, state } = run(received(message, config()))
    assert.deepStrictEqual(actions, [{
      _tag: "End",
      reason: `protocol error: ${message._tag} before ClusterConfig`,
      close: `protocol error: ${message._tag} before ClusterConfig`
    }])
    assert.strictEqual(state.phase, "ended")
  })

  it("payload is delivered in order around cluster configs, and pings are not payload", () => {
    const first = config()
    const second = config()
    const { actions } = run(received(first, index, ping, request, second, response), received(progress, request))
    assert.deepStrictEqual(actions, [
      { _tag: "Configure", config: first, first: true },
      { _tag: "Deliver", messages: [index, request] },
      { _tag: "Configure", config: second, first: false },
      { _tag: "Deliver", messages: [response] },
      { _tag: "Deliver", messages: [progress, request] }
    ])
  })

  it("a batch of nothing but payload is handed on as it is", () => {
    const opened = run(received(config())).state
    const messages = [request, response]
    const { actions, state } = Session.step(opened, { _tag: "Received", messages })
    assert(actions[0]?._tag === "Deliver")
    assert.strictEqual(actions[0].messages, messages)
    assert.strictEqual(state, opened)
    assert.deepStrictEqual(Session.step(opened, received()).actions, [])
    assert.deepStrictEqual(Session.step(opened, received(ping)).actions, [])
  })

  it("the peer's Close ends it, after what came before, and nothing comes after", () => {
    const step = run(received(config(), request, close, request), received(request), tick(1e9), {
      _tag: "Shutdown",
      reason: "x"
    })
    assert.deepStrictEqual(tags(step), ["Configure", "Deliver", "End"])
    assert.deepStrictEqual(step.actions.at(-1), { _tag: "End", reason: "closed by the peer: bye", close: undefined })
    assert.deepStrictEqual(tags(run(received(close))), ["End"], "even as the first message")
  })

  it("violations and shutdown send Close", () => {
    for (const _tag of ["Violated", "Shutdown"] as const) {
      assert.deepStrictEqual(run(received(config()), { _tag, reason: "why" }).actions.at(-1), {
        _tag: "End",
        reason: "why",
        close: "why"
      })
    }
  })

  it("a secondary ClusterConfig opens the connection, is answered in kind and carries payload", () => {
    const step = run(received(secondary, request))
    assert.deepStrictEqual(step.actions, [
      { _tag: "SendConfig", secondary: true },
      { _tag: "Deliver", messages: [request] }
    ])
    assert.isTrue(step.state.secondary)
    const promoted = run(received(secondary), received(config()))
    assert.deepStrictEqual(promoted.actions.at(-1), { _tag: "Configure", config: config(), first: false })
    assert.isFalse(promoted.state.secondary)
    const demoted = run(received(config()), received(secondary))
    assert.deepStrictEqual(tags(demoted), ["Configure"])
    assert.isTrue(demoted.state.secondary)
  })

  it("we state our folders unasked when the peer says nothing for 5 s, once", () => {
    assert.deepStrictEqual(tags(run(tick(4_999))), [])
    assert.deepStrictEqual(run(tick(5_000), tick(5_001)).actions, [{ _tag: "SendConfig", secondary: false }])
    const late = run(tick(5_000), received(config()))
    assert.deepStrictEqual(
      late.actions.at(-1),
      { _tag: "Configure", config: config(), first: true },
      "and answer when it does"
    )
    assert.deepStrictEqual(tags(run(tick(5_000), received(secondary))), ["SendConfig"])
  })

  it("a Ping goes out when we wrote nothing for 60 s, however much the peer sends", () => {
    const events: Array<Session.Event> = [received(config()), written(1_000)]
    let state = Session.init(0)
    const pings: Array<number> = []
    let lastWrite = 1_000
    for (const event of events) state = Session.step(state, event).state
    for (let at = 1_000; at <= 600_000; at += 1_000) {
      // The peer pings every 45 s.
      if (at % 45_000 === 0) {
        state = Session.step(state, read(at)).state
        state = Session.step(state, received(ping)).state
      }
      const step = Session.step(state, tick(at))
      state = step.state
      for (const action of step.actions) {
        assert.strictEqual(action._tag, "SendPing")
        assert(at - lastWrite <= 90_000)
        pings.push(at)
        lastWrite = at
      }
    }
    assert.deepStrictEqual(pings, [61_000, 121_000, 181_000, 241_000, 301_000, 361_000, 421_000, 481_000, 541_000])
  })

  it("no byte for 300 s ends it without Close", () => {
    assert.notInclude(tags(run(received(config()), read(1_000), tick(300_999))), "End")
    const step = run(received(config()), read(1_000), written(300_000), tick(301_000))
    assert.deepStrictEqual(step.actions.at(-1), { _tag: "End", reason: "nothing heard for 300 s", close: undefined })
    assert.deepStrictEqual(tags(run(tick(300_000))), ["End"], "also before anything came")
  })

  const event = Arbitrary.map(Arbitrary.all([int(0, 7), int(0, 100_000)]), ([kind, after]) => ({ kind, after }))
  it.prop(
    "at wakeAt a tick does something, and before it does not",
    [Arbitrary.array(event, { maxLength: 20 })],
    ([events]) => {
      let state = Session.init(0)
      let now = 0
      for (const { after, kind } of events) {
        const wake = Session.wakeAt(state)
        assert(wake > now || state.phase === "ended")
        const early = Math.min(now + after, wake - 1)
        assert.deepStrictEqual(Session.step(state, tick(early)).actions, [])
        now = early
        if (kind === 0) state = Session.step(state, read(now)).state
        else if (kind === 1) state = Session.step(state, written(now)).state
        else if (kind === 2) state = Session.step(state, received(config())).state
        else if (kind === 3) {
          const step = Session.step(state, tick(wake))
          assert.lengthOf(step.actions, 1)
          state = step.state
          now = wake
          if (state.phase === "ended") return
        }
      }
    },
    { arbitrary: { runs: 300 } }
  )
})

const device = (id: number, indexId = 0n, maxSequence = 0): Device => ({
  id: new Uint8Array(32).fill(id),
  name: "",
  addresses: [],
  compression: 0,
  certName: "",
  maxSequence,
  indexId,
  introducer: false,
  encryptionPasswordToken: new Uint8Array(0)
})
const folder = (id: string, ...devices: ReadonlyArray<Device>): Folder => ({
  id,
  label: "",
  type: 0,
  paused: false,
  devices
})

describe("Session.configProblem", () => {
  const ours = device(1).id
  const theirs = device(2).id
  it("needs both devices in every folder", () => {
    const both = folder("a", device(2), device(3), device(1))
    assert.isUndefined(Session.configProblem(config(), ours, theirs))
    assert.isUndefined(Session.configProblem(config(both), ours, theirs))
    assert.match(
      Session.configProblem(config(both, folder("b", device(2))), ours, theirs) ?? "",
      /"b": local device missing/
    )
    assert.match(
      Session.configProblem(config(folder("b", device(1)), both), ours, theirs) ?? "",
      /"b": remote device missing/
    )
    assert.isString(
      Session.configProblem(config(folder("b", { ...device(1), id: ours.subarray(1) }, device(2))), ours, theirs)
    )
  })
})

describe("Session.restated", () => {
  const stated = config(folder("a", device(1, 5n, 10), device(2, 6n, 20)))
  it.each(
    [
      ["nothing was stated before", undefined, stated, true],
      ["nothing changed", stated, stated, false],
      ["only sequences moved", stated, config(folder("a", device(1, 5n, 11), device(2, 6n, 29))), false],
      ["a folder came", stated, config(...stated.folders, folder("b")), true],
      ["a folder went", config(...stated.folders, folder("b")), stated, true],
      ["a folder was exchanged", stated, config({ ...stated.folders[0]!, id: "b" }), true],
      ["it was paused", stated, config({ ...stated.folders[0]!, paused: true }), true],
      ["our index id changed", stated, config(folder("a", device(1, 7n, 10), device(2, 6n, 20))), true],
      [
        "the index id we know of theirs changed",
        stated,
        config(folder("a", device(1, 5n, 10), device(2, 8n, 20))),
        true
      ],
      ["another device", stated, config(folder("a", device(1, 5n, 10), device(3, 6n, 20))), true],
      ["one device more", stated, config(folder("a", device(1, 5n, 10), device(2, 6n, 20), device(3))), true]
    ] as const
  )("%s", (_, before, now, expected) => assert.strictEqual(Session.restated(before, now), expected))
})
