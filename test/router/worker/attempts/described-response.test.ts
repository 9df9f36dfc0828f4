import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describedResponse } from '../../../../router/worker/attempts/described-response.ts'
import { fixedLimits } from '../../../../runtime/model/limits.ts'

const described = { statusCode: 503, headers: { 'retry-after': '7' }, body: 'hü', isBase64Encoded: false }

test('A response that is described as JSON is one, with all of its headers and its body as bytes', () => {
  assert.deepEqual(describedResponse(JSON.stringify({ ...described, cookies: ['a=1', 'b=2'] })), {
    kind: 'http',
    status: 503,
    headers: ['retry-after', '7', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
    body: Buffer.from('hü'),
  })
  const bytes = { ...described, headers: {}, body: '/wA=', isBase64Encoded: true }
  assert.deepEqual(describedResponse(JSON.stringify(bytes)), {
    kind: 'http',
    status: 503,
    headers: [],
    body: Buffer.from([255, 0]),
  })
})

test('Of one that is too large the status counts', () => {
  for (const times of [1, 3]) {
    const body = 'x'.repeat(fixedLimits.maxAsyncBytes * times + 1)
    const failed = describedResponse(JSON.stringify({ ...described, body }))
    const headers = times === 1 ? ['retry-after', '7'] : []
    assert.deepEqual(failed, { kind: 'http', status: 503, headers, body: null })
    const good = describedResponse(JSON.stringify({ ...described, statusCode: 200, body }))
    assert.equal(good?.kind, 'too_large')
  }
})

test('What describes none is a result like others', () => {
  for (const other of [
    null,
    'text',
    { ...described, statusCode: '503' },
    { ...described, statusCode: 600 },
    { ...described, headers: null },
    { ...described, body: 1 },
    { statusCode: 500 },
  ])
    assert.equal(describedResponse(JSON.stringify(other)), null, JSON.stringify(other))
  assert.equal(describedResponse('{"statusCode":500,'), null)
})
