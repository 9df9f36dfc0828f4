import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import type { LogLine } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import type { InvocationRecord } from '../../runtime/observe/record.ts'
import { createRecorder } from '../../runtime/observe/recorder.ts'
import { invocationOf, targetOf } from './invocations.ts'

const ok: Outcome = {
  kind: 'ok',
  response: { status: 200, headers: ['x-secret', 'secret'], body: 'secret' },
  result: null,
}
const error = { name: 'TypeError', message: 'no', stack: 'TypeError: no\n at a.ts:1' }
const thrown: Outcome = { kind: 'exception', error }
const line: LogLine = { timeMs: 1, level: 'info', text: 'guest says' }

function open(sampleWarmPerSecond = 10) {
  const lines: Record<string, unknown>[] = []
  const batches: { records: readonly InvocationRecord[]; dropped: number }[] = []
  const due: { callback: () => void; delayMs: number }[] = []
  const recorder = createRecorder({
    log: pino({}, { write: (text: string) => lines.push(JSON.parse(text)) }),
    worker: 2,
    sampleWarmPerSecond,
    wallMs: () => 1_700_000_000_000,
    schedule: (callback, delayMs) => due.push({ callback, delayMs }),
    onRecords: (records, dropped) => batches.push({ records, dropped }),
  })
  const runTimers = () => {
    for (const { callback } of due.splice(0)) callback()
  }
  const received = () => {
    runTimers()
    return batches.flatMap(({ records }) => records)
  }
  return { recorder, lines, batches, due, runTimers, received }
}

/** A recorder that has taken its first sample of `hello:3`, and the target. */
function openSampled() {
  const opened = open(1)
  const target = targetOf('hello', 3)
  opened.recorder.settled(invocationOf(target), ok, 200, 1)
  opened.runTimers()
  opened.lines.length = 0
  opened.batches.length = 0
  return { ...opened, target }
}

it('writes what an operator wants to know, and nothing that may be secret', () => {
  const { recorder, lines, received } = open()
  const usage = {
    coldStart: true,
    waitMs: 1.23456,
    cpuMs: 0.5,
    memoryMiB: 7,
    logLines: [line],
    droppedLogBytes: 9,
  }
  recorder.settled(invocationOf(targetOf('hello', 3), usage), thrown, 500, 12.3456)
  const record: InvocationRecord = {
    id: 'i1',
    phase: 'call',
    timeMs: 1_699_999_999_988,
    function: 'hello',
    version: '3',
    alias: 'live',
    trigger: 'http',
    attempt: null,
    method: 'GET',
    path: '/path/x',
    outcome: 'exception',
    status: 500,
    coldStart: true,
    waitMs: 1.235,
    durationMs: 12.346,
    cpuMs: 0.5,
    maxMemoryMiB: 7,
    error,
    message: null,
    logLines: [line],
    droppedLogBytes: 9,
    worker: 2,
  }
  assert.deepEqual(received(), [record])
  const { level, time, pid, hostname, msg, ...logged } = lines[0]!
  assert.deepEqual(logged, record)
  assert.doesNotMatch(JSON.stringify(lines), /secret/)
})

it('records direct events, and which attempt it was', () => {
  const { recorder, received } = open()
  const event = { kind: 'direct' as const, json: '{"secret":1}' }
  recorder.settled(
    {
      ...invocationOf(targetOf('hello', '$LATEST', null), { event }),
      attempt: { number: 2, enqueuedAtMs: 0, depth: 0 },
    },
    { kind: 'exceeded_cpu', message: 'over 50 ms' },
    null,
    5,
  )
  const { trigger, attempt, method, path, version, alias, status, message } = received()[0]!
  assert.deepEqual(
    { trigger, attempt, method, path, version, alias, status, message },
    {
      trigger: 'direct',
      attempt: 2,
      method: null,
      path: null,
      version: '$LATEST',
      alias: null,
      status: null,
      message: 'over 50 ms',
    },
  )
})

describe('a hook of an instance', () => {
  it('has a record if it logged something or failed, and its CPU counts', () => {
    const { recorder, received } = open()
    const hook = () => invocationOf(targetOf('hello', 3), { logLines: [] })
    recorder.hookEnded('init', hook(), null, 1)
    recorder.hookEnded('init', invocationOf(targetOf('hello', 3), { logLines: [line], cpuMs: 500 }), null, 1)
    recorder.hookEnded('shutdown', hook(), { kind: 'no_response', message: 'never' }, 1)
    assert.deepEqual(
      received().map(({ phase, trigger, outcome, logLines }) => [phase, trigger, outcome, logLines]),
      [
        ['init', 'instance', 'ok', [line]],
        ['shutdown', 'instance', 'no_response', []],
      ],
    )
    const [counted] = recorder.metrics().versions
    assert.ok(counted!.cpuSeconds >= 0.5)
    assert.deepEqual(counted!.outcomes, {})
  })
})

describe('what runs on after the answer', () => {
  const later: LogLine = { timeMs: 9, level: 'info', text: 'later' }

  it('has a record of its own, of what it logged since', () => {
    const { recorder, lines, received } = open()
    const invocation = invocationOf(targetOf('hello', 3), { logLines: [line] })
    recorder.settled(invocation, ok, 200, 1)
    invocation.usage.logLines.push(later)
    recorder.ranOn(invocation, null, 2000)
    const [call, after, ...others] = received()
    assert.deepEqual(others, [])
    assert.deepEqual([call!.phase, call!.status, call!.logLines], ['call', 200, [line]])
    assert.deepEqual([after!.phase, after!.status, after!.logLines], ['after', null, [later]])
    assert.deepEqual([after!.id, after!.outcome, after!.durationMs], [call!.id, 'ok', 2000])
    assert.equal(lines.length, 2)
  })

  it('has one if it failed, however many do', () => {
    const { recorder, lines, target } = openSampled()
    for (let time = 0; time < 300; time++) {
      const invocation = invocationOf(target)
      recorder.settled(invocation, ok, 200, 1)
      recorder.ranOn(invocation, { kind: 'exception', error }, 2)
    }
    assert.equal(lines.length, 300)
    assert.deepEqual([lines[0]!.phase, lines[0]!.outcome, lines[0]!.error], ['after', 'exception', error])
  })

  it('has none if there is nothing to tell, but its CPU counts', () => {
    const { recorder, lines, batches, runTimers, target } = openSampled()
    recorder.setFollow(true)
    const invocation = invocationOf(target, { cpuMs: 2 })
    recorder.settled(invocation, ok, 200, 1)
    runTimers()
    invocation.usage.cpuMs = 5
    recorder.ranOn(invocation, null, 2)
    runTimers()
    assert.deepEqual([lines.length, batches.length], [0, 1])
    assert.equal(recorder.metrics().versions[0]!.cpuSeconds, 0.005)
  })

  it('stands in the record of the answer if that is still to come', () => {
    const { recorder, received } = open()
    const invocation = invocationOf(targetOf('hello', 3), { logLines: [line], cpuMs: 1 })
    recorder.ranOn(invocation, null, 1)
    recorder.settled(invocation, ok, 200, 2)
    const records = received()
    assert.deepEqual(
      records.map(({ phase, logLines }) => [phase, logLines]),
      [['call', [line]]],
    )
    assert.equal(recorder.metrics().versions[0]!.cpuSeconds, 0.001)
  })

  it('does not bring lines of an answer whose record was dropped', () => {
    const { recorder, received, target } = openSampled()
    for (let time = 0; time < 199; time++)
      recorder.settled(invocationOf(target, { logLines: [line] }), ok, 200, 2)
    const [last, dropped] = [1, 2].map(() => invocationOf(target, { logLines: [line] }))
    recorder.settled(last!, ok, 200, 2)
    recorder.settled(dropped!, ok, 200, 2)
    recorder.ranOn(dropped!, { kind: 'exception', error }, 3)
    const record = received().at(-1)!
    assert.deepEqual([record.phase, record.logLines], ['after', []])
  })
})

for (const kind of [
  'no_response',
  'exceeded_cpu',
  'exceeded_memory',
  'exceeded_wall_time',
  'interrupted',
  'internal_error',
] as const) {
  it(`writes every ${kind}, however many there are`, () => {
    const { recorder, lines, target } = openSampled()
    for (let time = 0; time < 1500; time++) {
      recorder.settled(invocationOf(target), { kind, message: 'm' }, 500, 2)
    }
    assert.equal(lines.length, 1500)
    assert.equal(lines[0]!.level, kind === 'internal_error' ? 50 : 40)
  })
}

it('writes every cold start', () => {
  const { recorder, lines, target } = openSampled()
  for (let time = 0; time < 500; time++) {
    recorder.settled(invocationOf(target, { coldStart: true }), ok, 200, 2)
  }
  assert.equal(lines.length, 500)
})

it('writes warm successes as often as it was told, evenly', () => {
  const { recorder, lines } = open(10)
  const target = targetOf('hello', 3)
  for (let atMs = 0; atMs < 2000; atMs++) recorder.settled(invocationOf(target), ok, 200, atMs)
  assert.equal(lines.length, 20)
})

it('lets a rare version be seen beside a busy one, but not more than were allowed in all', () => {
  const { recorder, lines } = open(4)
  const busy = targetOf('busy', 1)
  for (let atMs = 0; atMs < 999; atMs++) {
    recorder.settled(invocationOf(busy), ok, 200, atMs)
    if (atMs === 100) recorder.settled(invocationOf(targetOf('rare', 1)), ok, 200, atMs)
  }
  assert.equal(lines.length, 4)
  assert.equal(lines.filter((entry) => entry.function === 'rare').length, 1)
})

it('writes no warm success if it was told to write none', () => {
  const { recorder, lines, batches, runTimers } = open(0)
  recorder.settled(invocationOf(targetOf('hello', 3)), ok, 200, 1)
  runTimers()
  assert.deepEqual(lines, [])
  assert.deepEqual(batches, [])
})

it('writes at most 200 a second with words of the guest, and says how many are missing', () => {
  const { recorder, lines, batches, runTimers, target } = openSampled()
  for (let time = 0; time < 250; time++) {
    recorder.settled(invocationOf(target, { logLines: [line] }), ok, 200, 2)
  }
  runTimers()
  assert.equal(lines.length, 200)
  assert.equal(batches[0]!.records.length, 200)
  assert.equal(batches[0]!.dropped, 50)
  recorder.settled(invocationOf(target, { logLines: [line] }), ok, 200, 1500)
  runTimers()
  assert.equal(batches[1]!.records.length, 1)
  assert.equal(batches[1]!.dropped, 0)
})

for (const kind of ['throttled', 'overloaded', 'quarantined', 'canceled'] as const) {
  it(`does not write a flood of ${kind}`, () => {
    const { recorder, lines, batches, runTimers, target } = openSampled()
    for (let time = 0; time < 300; time++) {
      recorder.settled(invocationOf(target), { kind, message: 'm' }, null, 2)
    }
    runTimers()
    assert.equal(lines.length, 200)
    assert.equal(batches[0]!.dropped, 100)
  })
}

it('writes every failure, but no more than 4 MiB a second of what guests say in them', () => {
  const { recorder, lines, received } = open()
  const target = targetOf('noisy', 1)
  const loud = { name: 'Error', message: 'm'.repeat(8000), stack: 's'.repeat(32_000) }
  for (let index = 0; index < 50; index++) {
    const usage = { logLines: [{ ...line, text: 'x'.repeat(128 * 1024) }], droppedLogBytes: 1 }
    recorder.settled(invocationOf(target, usage), { kind: 'exception', error: loud }, 500, index)
  }
  const records = received()
  assert.equal(records.length, 50)
  assert.equal(lines.length, 50)
  assert.equal(records.filter(({ logLines }) => logLines.length === 1).length, 25)
  const last = records.at(-1)!
  assert.deepEqual(last.logLines, [])
  assert.equal(last.droppedLogBytes, 1 + 128 * 1024)
  assert.deepEqual(last.error, { name: 'Error', message: 'm'.repeat(200), stack: '' })
  recorder.settled(invocationOf(target, { logLines: [line] }), thrown, 500, 1000)
  assert.deepEqual(received().at(-1)!.logLines, [line])
})

it('sends every record while someone follows, at most 1 000 a second, and logs no more than before', () => {
  const { recorder, lines, batches, runTimers, target } = openSampled()
  recorder.setFollow(true)
  for (let time = 0; time < 600; time++) recorder.settled(invocationOf(target), ok, 200, 2)
  runTimers()
  for (let time = 0; time < 600; time++) recorder.settled(invocationOf(target), ok, 200, 3)
  runTimers()
  assert.deepEqual(lines, [])
  assert.deepEqual(
    batches.map(({ records, dropped }) => [records.length, dropped]),
    [
      [600, 0],
      [400, 200],
    ],
  )
  recorder.setFollow(false)
  recorder.settled(invocationOf(target), ok, 200, 4)
  runTimers()
  assert.equal(batches.length, 2)
})

it('hands records over together, at most every 100 ms', () => {
  const { recorder, batches, due, runTimers, target } = openSampled()
  for (let time = 0; time < 3; time++) recorder.settled(invocationOf(target), thrown, 500, 2)
  assert.equal(batches.length, 0)
  assert.deepEqual(
    due.map(({ delayMs }) => delayMs),
    [100],
  )
  runTimers()
  assert.equal(batches[0]!.records.length, 3)
  assert.deepEqual(due, [])
})

it('holds at most 1 000 records for the next batch', () => {
  const { recorder, batches, runTimers, target } = openSampled()
  for (let time = 0; time < 1100; time++) recorder.settled(invocationOf(target), thrown, 500, 2)
  runTimers()
  assert.equal(batches[0]!.records.length, 1000)
  assert.equal(batches[0]!.dropped, 100)
})

it('hands over what waits when it is closed', () => {
  const { recorder, batches, runTimers, target } = openSampled()
  recorder.settled(invocationOf(target), thrown, 500, 2)
  recorder.close()
  runTimers()
  assert.equal(batches.length, 1)
  assert.equal(batches[0]!.records.length, 1)
})

it('counts by function and version, whichever alias or record led there', () => {
  const { recorder } = open(0)
  recorder.settled(invocationOf(targetOf('hello', 3)), ok, 200, 1)
  recorder.settled(invocationOf(targetOf('hello', 3, 'beta')), ok, 200, 1)
  recorder.settled(invocationOf(targetOf('hello', 4)), thrown, 500, 1)
  recorder.settled(invocationOf(targetOf('other', 3)), ok, 200, 1)
  const counts = recorder.metrics().versions.map((one) => [one.function, one.version, one.outcomes])
  assert.deepEqual(counts, [
    ['hello', '3', { ok: 2 }],
    ['hello', '4', { exception: 1 }],
    ['other', '3', { ok: 1 }],
  ])
})

it('counts refused requests by status', () => {
  const { recorder } = open()
  for (const status of [404, 404, 413]) recorder.refused(status)
  assert.deepEqual(recorder.metrics().refused, { 404: 2, 413: 1 })
})
