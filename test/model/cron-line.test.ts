import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CronLine, isCronLine, isTimeZone } from '../../runtime/model/cron-line.ts'

const ms = (text: string) => Date.parse(text)

test('a line tells the last time up to a moment, and the next after it', () => {
  const line = new CronLine('0 8 * * MON-FRI', 'UTC')
  const monday = ms('2026-11-23T08:00:00Z')
  assert.equal(line.lastUntil(monday), monday)
  assert.equal(line.lastUntil(monday - 1), ms('2026-11-20T08:00:00Z'))
  assert.equal(line.nextAfter(monday), ms('2026-11-24T08:00:00Z'))
  assert.equal(line.nextAfter(monday - 1), monday)
})

test('six fields begin with seconds', () => {
  const line = new CronLine('30 0 8 * * *', 'UTC')
  assert.equal(line.lastUntil(ms('2026-11-23T09:00:00Z')), ms('2026-11-23T08:00:30Z'))
})

test('a time zone has its own hours, and its own summer', () => {
  const line = new CronLine('0 8 * * *', 'Europe/Berlin')
  assert.equal(line.lastUntil(ms('2026-01-15T12:00:00Z')), ms('2026-01-15T07:00:00Z'))
  assert.equal(line.lastUntil(ms('2026-07-15T12:00:00Z')), ms('2026-07-15T06:00:00Z'))
})

test('lines that name no time, and what is no line, are told', () => {
  for (const line of ['* * * * *', ' 0 8 * * * ', '0 0 29 2 *', '*/5 * * * * *', '0 8 L * *']) {
    assert.equal(isCronLine(line), true, line)
  }
  const bad = [
    '',
    '* * * *',
    '* * * * * * *',
    '61 * * * *',
    '0 0 30 2 *',
    '@daily',
    '2030-01-23T00:00:00',
    'a b c d e',
  ]
  for (const line of bad) assert.equal(isCronLine(line), false, line)
})

test('names of time zones are told from what is none', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])
    assert.ok(isTimeZone(name), name)
  for (const name of ['', 'Mars/Base', '+01:00', 'Europe/Berlin ', '../x']) assert.ok(!isTimeZone(name), name)
})

test('of more lines than are kept at hand each goes on to tell its own times', () => {
  const lines = Array.from({ length: 500 }, (_, at) => new CronLine(`${at % 60} ${at % 24} * * *`, 'UTC'))
  lines.forEach((line, at) => {
    const next = new Date(line.nextAfter(ms('2026-11-21T23:59:59Z'))!)
    assert.deepEqual([next.getUTCMinutes(), next.getUTCHours()], [at % 60, at % 24])
  })
})
