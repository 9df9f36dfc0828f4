import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeCall, summarizeCall } from '../../runtime/admin/call-answer.ts'
import { attemptOf, callStatusOf } from './call-fixture.ts'

describe('describeCall', () => {
  it('tells what is known of a call that failed', () => {
    const failed = attemptOf({ number: 2, executedVersion: 'hello:4', outcome: 'failed_status', status: 503 })
    const progress = { attempts: 2, setbacks: 0, history: [attemptOf({}), failed] }
    const result = { kind: 'json', json: '{"a":1}' } as const
    const status = callStatusOf({
      state: 'Failed',
      progress,
      end: { state: 'Failed', reason: 'retries_exhausted', endedAtMs: 9000, progress, result },
    })
    const answer = describeCall(status)
    const { history, event, result: shown, ...summary } = answer
    assert.deepEqual(summary, summarizeCall(status))
    assert.deepEqual(summary, {
      id: status.call.id,
      function: 'hello',
      qualifier: 'live',
      version: 3,
      executedVersion: 'hello:4',
      state: 'Failed',
      reason: 'retries_exhausted',
      source: 'admin',
      callerId: null,
      parentId: null,
      depth: 0,
      enqueuedAtMs: 1_700_000_000_000,
      dueAtMs: null,
      endedAtMs: 9000,
      attempts: 2,
      lastOutcome: 'failed_status',
    })
    assert.deepEqual(history, progress.history)
    assert.deepEqual(event, { kind: 'direct', json: { n: 1 } })
    assert.deepEqual(shown, { kind: 'json', json: { a: 1 } })
  })

  it('shows an HTTP request and response with their headers, bodies as text or base64', () => {
    const http = {
      kind: 'http',
      method: 'POST',
      url: 'http://a/b?c',
      headers: 'x-a\n1\nx-a\n\n',
      body: Buffer.from('grüß'),
      clientAddress: '10.0.0.1',
    } as const
    const result = { kind: 'http', status: 500, headers: ['x-b', '2'], body: Uint8Array.of(0xff, 0) } as const
    const status = callStatusOf({ call: { event: http }, state: 'Failed' })
    const progress = status.progress
    const end = { state: 'Failed', reason: 'final_failure', endedAtMs: 9000, progress, result } as const
    const answer = describeCall({ ...status, end })
    const pairs = [
      ['x-a', '1'],
      ['x-a', ''],
    ]
    assert.deepEqual(answer.event, { ...http, headers: pairs, body: { text: 'grüß' } })
    assert.deepEqual(answer.result, { ...result, headers: [['x-b', '2']], body: { base64: '/wA=' } })
  })

  it('shows JSON as its text where it is none, or nests too deep to be written again', () => {
    const eventOf = (json: string) =>
      describeCall(callStatusOf({ call: { event: { kind: 'direct', json } } })).event
    assert.deepEqual(eventOf('{'), { kind: 'direct', text: '{' })
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    assert.deepEqual(eventOf(deep), { kind: 'direct', text: deep })
    const harmless = JSON.stringify({ a: '"\\['.repeat(500), b: [[], [], {}], c: '\\' })
    assert.deepEqual(eventOf(harmless), { kind: 'direct', json: JSON.parse(harmless) })
    const many = JSON.stringify(Array.from({ length: 1000 }, () => [{}]))
    assert.deepEqual(eventOf(many), { kind: 'direct', json: JSON.parse(many) })
  })

  it('has no event of a call that succeeded: it is not kept', () => {
    assert.equal(describeCall(callStatusOf({ state: 'Succeeded' })).event, null)
    const request = { method: 'GET', url: 'http://a/', headers: '', body: null, clientAddress: '::1' }
    const event = { kind: 'http', ...request } as const
    const answer = describeCall(callStatusOf({ state: 'Succeeded', call: { event } }))
    assert.deepEqual(answer.event, { ...event, headers: [] })
  })
})
