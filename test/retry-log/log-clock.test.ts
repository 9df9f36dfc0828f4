import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { joinLogClock, machineBootId, monotonicMs, startLogClock } from '../../runtime/retry-log/log-clock.ts'

const hourMs = 3_600_000
const bootId = 'this'
const firstStart = { newestMs: 0, bootId, anchor: null }

function machine() {
  const state = { wallMs: 1_800_000_000_000, monotonicMs: 5_000.25 }
  return {
    state,
    wallMs: () => state.wallMs,
    monotonicMs: () => state.monotonicMs,
    pass(ms: number) {
      state.wallMs += ms
      state.monotonicMs += ms
    },
  }
}

test('log time begins with the wall clock and goes on with the monotonic one', () => {
  const clocks = machine()
  const clock = startLogClock({ ...clocks, ...firstStart })
  assert.equal(clock.nowMs(), 1_800_000_000_000)
  clocks.pass(1500)
  assert.equal(clock.nowMs(), 1_800_000_001_500)
})

for (const jumpMs of [hourMs, -hourMs]) {
  test(`a wall clock that jumps by ${jumpMs} ms changes nothing`, () => {
    const clocks = machine()
    const clock = startLogClock({ ...clocks, ...firstStart })
    clocks.state.wallMs += jumpMs
    clocks.pass(10)
    assert.equal(clock.nowMs(), 1_800_000_000_010)
  })
}

test('a start after the wall clock went back goes on from the newest time on disk', () => {
  const clocks = machine()
  const before = startLogClock({ ...clocks, ...firstStart })
  clocks.pass(20)
  const newestMs = before.nowMs()
  clocks.state.wallMs -= hourMs
  // Another boot: its monotonic clock begins anew.
  clocks.state.monotonicMs = 0.7
  const after = startLogClock({ ...clocks, ...firstStart, newestMs })
  assert.equal(after.nowMs(), newestMs)
  clocks.pass(3)
  assert.equal(after.nowMs(), newestMs + 3)
})

for (const jumpMs of [hourMs, -hourMs]) {
  test(`a start in the same boot goes on as before, though the wall clock jumped by ${jumpMs} ms`, () => {
    const clocks = machine()
    const before = startLogClock({ ...clocks, ...firstStart })
    clocks.state.wallMs += jumpMs
    clocks.pass(20)
    const newestMs = before.nowMs() - 10
    const anchor = { bootId, offsetMs: before.offsetMs }
    const after = startLogClock({ ...clocks, newestMs, bootId, anchor })
    clocks.pass(5)
    assert.equal(after.nowMs(), 1_800_000_000_025)
    assert.equal(after.offsetMs, before.offsetMs)
  })
}

test('a start in the same boot is never behind the newest time on disk', () => {
  const clocks = machine()
  const { offsetMs } = startLogClock({ ...clocks, ...firstStart })
  const newestMs = 1_800_000_060_000
  const after = startLogClock({ ...clocks, newestMs, bootId, anchor: { bootId, offsetMs } })
  assert.equal(after.nowMs(), newestMs)
})

for (const [what, other] of [
  ['another boot', 'other'],
  ['a boot that nobody tells apart', null],
] as const) {
  test(`a start in ${what} begins with the wall clock`, () => {
    const clocks = machine()
    const anchor = { bootId, offsetMs: 1_700_000_000_000 }
    const clock = startLogClock({ ...clocks, newestMs: 0, bootId: other, anchor })
    assert.equal(clock.nowMs(), 1_800_000_000_000)
  })
}

for (const [farMs, startMs] of [
  [24 * hourMs, 1_800_000_000_000],
  [24 * hourMs + 1, 1_800_000_000_000 + 24 * hourMs + 1],
] as const) {
  test(`a start with log time ${farMs} ms behind the wall clock begins with ${startMs}`, () => {
    const clocks = machine()
    const { offsetMs } = startLogClock({ ...clocks, ...firstStart })
    clocks.state.wallMs += farMs
    const clock = startLogClock({ ...clocks, newestMs: 0, bootId, anchor: { bootId, offsetMs } })
    assert.equal(clock.nowMs(), startMs)
  })
}

test('a boot has one name, where it has any', () => {
  assert.equal(machineBootId(), machineBootId())
  if (process.platform === 'linux') assert.match(machineBootId()!, /^[0-9a-f-]{36}$/)
})

test('a process that joins by the offset tells the same time', () => {
  const clocks = machine()
  const first = startLogClock({ ...clocks, ...firstStart })
  clocks.state.wallMs += hourMs
  const second = joinLogClock(first.offsetMs, clocks.monotonicMs)
  clocks.pass(7)
  assert.equal(second.nowMs(), first.nowMs())
})

test('whole milliseconds, whatever the clocks say', () => {
  const clocks = machine()
  clocks.state.monotonicMs = 1e9 + 0.123456
  const clock = startLogClock({ ...clocks, ...firstStart, newestMs: 1_800_000_000_001 })
  assert.ok(Number.isInteger(clock.nowMs()))
  assert.ok(clock.nowMs() >= 1_800_000_000_001)
  clocks.pass(0.4)
  assert.ok(Number.isInteger(clock.nowMs()))
})

test('the monotonic clock is one for all processes', () => {
  const before = monotonicMs()
  const [seconds, nanoseconds] = JSON.parse(
    execFileSync(process.execPath, ['-p', 'JSON.stringify(process.hrtime())'], { encoding: 'utf8' }),
  )
  const other = seconds * 1000 + nanoseconds / 1e6
  assert.ok(other > before && other < monotonicMs())
})
