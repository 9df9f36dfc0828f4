import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  packFromWorker,
  packToWorker,
  unpackFromWorker,
  unpackToWorker,
} from '../../router/packed-messages.ts'
import type { FromWorker, ToWorker } from '../../router/protocol.ts'
import type { AttemptResult, Call } from '../../runtime/index.ts'

const body = Buffer.from([0, 255, 10])

/** No two fields of it have the same value. */
const call = {
  id: '0'.repeat(31).concat('1'),
  functionName: 'hello',
  qualifier: 'live',
  version: 3,
  enqueuedAtMs: 1_800_000_000_001,
  ageFromMs: 1_800_000_000_002,
  depth: 4,
  source: 'http',
  parentId: 'parent',
  callerId: 'caller',
} satisfies Omit<Call, 'event'>
const events: Call['event'][] = [
  { kind: 'http', method: 'PUT', url: 'http://a/b?c', headers: 'a\nb\n', body, clientAddress: '::1' },
  { kind: 'http', method: 'GET', url: 'http://a/', headers: '', body: null, clientAddress: '' },
  { kind: 'direct', json: '{"é":"\u{1f600}"}' },
  { kind: 'scheduled', json: 'null', cron: '* * * * *', scheduledAtMs: 7 },
  { kind: 'post', destination: 'onFailure', json: '[]' },
]

const ran = {
  kind: 'ran',
  executedVersion: 'hello:3',
  outcome: 'exception',
  error: { name: 'Error', message: 'no', stack: 'at a' },
  message: 'why',
  result: { kind: 'http', status: 503, headers: ['retry-after', '8'], body },
  retryAfterMs: 8000,
  startedAtMs: 1_800_000_000_003,
  durationMs: 1.25,
  logLines: [{ timeMs: 9, level: 'info', text: 'line' }],
} as const satisfies AttemptResult
const results: AttemptResult[] = [
  ran,
  {
    ...ran,
    result: { kind: 'json', json: '1' },
    error: null,
    message: null,
    retryAfterMs: null,
    logLines: [],
  },
  { ...ran, result: { kind: 'too_large', bytes: 2 ** 21 }, executedVersion: null },
  { ...ran, result: null },
  { kind: 'gone', reason: 'destination_gone', message: 'x' },
  { kind: 'lost', isToBlame: true, executedVersion: null },
  { kind: 'refused' },
]

it('Attempts come out as they went in, with every kind of event', () => {
  const deliveries = events.map((event, index) => ({
    number: 2 ** 32 - 1 - index,
    delivery: { call: { ...call, event }, attempt: { number: 2, enqueuedAtMs: 5, depth: 6 } },
  }))
  const message: ToWorker = { kind: 'attempts', deliveries }
  assert.deepEqual(unpackToWorker(packToWorker(message)), message)
})

it('Results come out as they went in, of every kind', () => {
  const message: FromWorker = {
    kind: 'attempted',
    results: results.map((result, number) => ({ number, result })),
  }
  assert.deepEqual(unpackFromWorker(packFromWorker(message)), message)
})

it('Other messages stay as they are', () => {
  const drain: ToWorker = { kind: 'drain', lingerMs: 1 }
  const heartbeat: FromWorker = { kind: 'heartbeat' }
  assert.equal(unpackToWorker(packToWorker(drain)), drain)
  assert.equal(unpackFromWorker(packFromWorker(heartbeat)), heartbeat)
})
