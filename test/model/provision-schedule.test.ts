import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProvisionSchedule } from '../../runtime/model/provision-schedule.ts'

const ms = (text: string) => Date.parse(text)
const daily = (cron: string, provisioned: Record<string, number>) => ({ cron, timezone: 'UTC', provisioned })

function countsAt(schedule: ProvisionSchedule, text: string): Record<string, number> {
  return Object.fromEntries(schedule.at(ms(text)).counts)
}

test('without a schedule the figures hold for ever', () => {
  const now = new ProvisionSchedule({ provisioned: { live: 2 }, schedule: [] }).at(0)
  assert.deepEqual([...now.counts], [['live', 2]])
  assert.equal(now.untilMs, null)
})

test('the line that named a time last replaces the figures of its qualifiers', () => {
  const schedule = new ProvisionSchedule({
    provisioned: { live: 1, canary: 1 },
    schedule: [daily('0 8 * * *', { live: 10 }), daily('0 20 * * *', { live: 0 })],
  })
  assert.deepEqual(countsAt(schedule, '2026-11-21T07:59:59Z'), { live: 0, canary: 1 })
  assert.deepEqual(countsAt(schedule, '2026-11-21T08:00:00Z'), { live: 10, canary: 1 })
  assert.deepEqual(countsAt(schedule, '2026-11-21T20:00:00Z'), { live: 0, canary: 1 })
  assert.equal(schedule.at(ms('2026-11-21T08:00:00Z')).untilMs, ms('2026-11-21T20:00:00Z'))
  assert.equal(schedule.at(ms('2026-11-21T20:00:00Z')).untilMs, ms('2026-11-22T08:00:00Z'))
})

test('of lines at the same time the largest figure counts, in whatever order they stand', () => {
  const lines = [daily('0 8 * * *', { live: 3 }), daily('0 8,9 * * *', { live: 7 })]
  for (const schedule of [lines, lines.toReversed()]) {
    const provision = new ProvisionSchedule({ provisioned: {}, schedule })
    assert.deepEqual(countsAt(provision, '2026-11-21T08:30:00Z'), { live: 7 })
  }
})

test('an older line does not take back what a newer one said, in whatever order they stand', () => {
  const lines = [daily('0 8 * * *', { live: 9 }), daily('0 10 * * *', { live: 2 })]
  for (const schedule of [lines, lines.toReversed()]) {
    const provision = new ProvisionSchedule({ provisioned: {}, schedule })
    assert.deepEqual(countsAt(provision, '2026-11-21T11:00:00Z'), { live: 2 })
  }
})
