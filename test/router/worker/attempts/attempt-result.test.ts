import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  headerOf,
  httpResult,
  jsonResult,
  lastLines,
  retryAfterMs,
} from '../../../../router/worker/attempts/attempt-result.ts'
import { fixedLimits } from '../../../../runtime/model/limits.ts'

const { maxAsyncBytes, maxAttemptLogBytes } = fixedLimits

test('A result is kept up to its bound, counted in bytes', () => {
  const json = JSON.stringify('ä'.repeat(maxAsyncBytes / 2 - 1))
  assert.deepEqual(jsonResult(json), { kind: 'json', json })
  assert.deepEqual(jsonResult(`${json} `), { kind: 'too_large', bytes: maxAsyncBytes + 1 })
})

test('An answer is kept with its body as bytes', () => {
  const answer = { status: 200, headers: ['a', 'b'] }
  assert.deepEqual(httpResult(answer, 'hü'), { kind: 'http', ...answer, body: Buffer.from('hü') })
  assert.deepEqual(httpResult(answer, ''), { kind: 'http', ...answer, body: null })
  assert.deepEqual(httpResult(answer, null), { kind: 'http', ...answer, body: null })
  const large = Buffer.alloc(maxAsyncBytes + 1)
  assert.deepEqual(httpResult(answer, large), { kind: 'too_large', bytes: large.byteLength })
})

test('Of a failure that is too large the status is kept: it decides what becomes of the call', () => {
  const answer = { status: 503, headers: ['retry-after', '9'] }
  assert.deepEqual(httpResult(answer, Buffer.alloc(maxAsyncBytes + 1)), {
    kind: 'http',
    ...answer,
    body: null,
  })
})

test('Retry-After is read as seconds, or as a date', () => {
  const atMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
  assert.equal(retryAfterMs('120', 0), 120_000)
  assert.equal(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT', atMs - 5000), 5000)
  assert.equal(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT', atMs + 5000), 0)
  for (const nonsense of ['', 'soon', '1e99', null]) assert.equal(retryAfterMs(nonsense, 0), null)
})

test('Headers are found among names and values in turn', () => {
  assert.equal(headerOf(['a', 'retry-after', 'retry-after', '9'], 'retry-after'), '9')
  assert.equal(headerOf(['a', 'retry-after'], 'retry-after'), null)
})

test('Of many log lines the last cross', () => {
  const line = (text: string) => ({ timeMs: 0, level: 'info', text }) as const
  const few = [line('a'), line('')]
  assert.equal(lastLines(few), few)
  const many = Array.from({ length: 100 }, (_, index) =>
    line(`${index} ${'x'.repeat(maxAttemptLogBytes / 8)}`),
  )
  assert.deepEqual(lastLines(many), many.slice(-8))
  assert.equal(lastLines(Array.from({ length: 100_000 }, () => line(''))).length, maxAttemptLogBytes)
})
