import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TriggerTimes } from '../../runtime/trigger/trigger-times.ts'

const ms = (text: string) => Date.parse(text)

test('a time that summer time leaves out comes once, and so does one that it repeats', () => {
  const times = new TriggerTimes(
    { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
    ms('2026-03-28T12:00:00Z'),
  )
  const fired: string[] = []
  for (let nowMs = ms('2026-03-28T12:00:00Z'); nowMs < ms('2026-03-30T12:00:00Z'); nowMs += 60_000) {
    const due = times.take(nowMs, 0)
    if (due === null) continue
    assert.equal(due.missedFromMs, null)
    fired.push(new Date(due.scheduledAtMs).toISOString().slice(0, 16))
    times.settle(due.scheduledAtMs)
  }
  assert.deepEqual(fired, ['2026-03-29T01:00', '2026-03-30T00:30'])

  const autumn = new TriggerTimes(
    { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
    ms('2026-10-24T12:00:00Z'),
  )
  assert.equal(autumn.dueAtMs, ms('2026-10-25T00:30:00Z'))
  autumn.settle(autumn.dueAtMs)
  assert.equal(autumn.dueAtMs, ms('2026-10-26T01:30:00Z'))
})

test('a year of seconds that were missed costs no more than one', () => {
  const startMs = ms('2025-11-21T08:00:00Z')
  const times = new TriggerTimes({ cron: '* * * * * *', timezone: 'UTC' }, startMs)
  const beganMs = performance.now()
  const due = times.take(ms('2026-11-21T08:00:00.500Z'), 0)
  assert.deepEqual(due, {
    scheduledAtMs: ms('2026-11-21T08:00:00Z'),
    missedFromMs: startMs + 1000,
    isTooLate: false,
  })
  assert.ok(performance.now() - beganMs < 1000)
})
