import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { joinLogClock, monotonicMs, startLogClock } from '../../runtime/retry-log/log-clock.ts'

const hourMs = 3_600_000

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
  const clock = startLogClock({ ...clocks, newestMs: 0 })
  assert.equal(clock.nowMs(), 1_800_000_000_000)
  clocks.pass(1500)
  assert.equal(clock.nowMs(), 1_800_000_001_500)
})

for (const jumpMs of [hourMs, -hourMs]) {
  test(`a wall clock that jumps by ${jumpMs} ms changes nothing`, () => {
    const clocks = machine()
    const clock = startLogClock({ ...clocks, newestMs: 0 })
    clocks.state.wallMs += jumpMs
    clocks.pass(10)
    assert.equal(clock.nowMs(), 1_800_000_000_010)
  })
}

test('a start after the wall clock went back goes on from the newest time on disk', () => {
  const clocks = machine()
  const before = startLogClock({ ...clocks, newestMs: 0 })
  clocks.pass(20)
  const newestMs = before.nowMs()
  clocks.state.wallMs -= hourMs
  // Another boot: its monotonic clock begins anew.
  clocks.state.monotonicMs = 0.7
  const after = startLogClock({ ...clocks, newestMs })
  assert.equal(after.nowMs(), newestMs)
  clocks.pass(3)
  assert.equal(after.nowMs(), newestMs + 3)
})

test('a process that joins by the offset tells the same time', () => {
  const clocks = machine()
  const first = startLogClock({ ...clocks, newestMs: 0 })
  clocks.state.wallMs += hourMs
  const second = joinLogClock(first.offsetMs, clocks.monotonicMs)
  clocks.pass(7)
  assert.equal(second.nowMs(), first.nowMs())
})

test('whole milliseconds, whatever the clocks say', () => {
  const clocks = machine()
  clocks.state.monotonicMs = 1e9 + 0.123456
  const clock = startLogClock({ ...clocks, newestMs: 1_800_000_000_001 })
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
