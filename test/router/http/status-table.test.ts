import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failureAnswer } from '../../../router/http/status-table.ts'

it('has no answer to a client that left', () => {
  assert.equal(failureAnswer({ kind: 'canceled', message: 'gone' }, true), null)
})

it('exposes what was thrown, but nothing of our own messages', () => {
  const answer = failureAnswer({ kind: 'internal_error', message: 'lmdb: /var/lib/secret' }, true)
  assert.doesNotMatch(answer!.body, /lmdb|secret/)
})

it('exposes thrown text that is hostile as JSON', () => {
  const error = { name: 'E"', message: '</script>\u2028\ud800', stack: '\r\nx: y' }
  const answer = failureAnswer({ kind: 'exception', error }, true)
  assert.deepEqual(JSON.parse(answer!.body).error.details, error)
  assert.deepEqual(answer!.headers, ['x-isolette-outcome', 'exception', 'content-type', 'application/json'])
})
