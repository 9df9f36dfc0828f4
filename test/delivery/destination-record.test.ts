import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { destinationRecord } from '../../runtime/delivery/destination-record.ts'
import { decideAfter, decideBefore } from '../../runtime/delivery/ladder.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import type { Call, CallEnd, CallProgress } from '../../runtime/model/call.ts'
import { noProgress } from '../../runtime/model/call.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'
import { answered, callOf, type Ran, ran } from './attempt-fixture.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const call = callOf({ ageFromMs: nowMs })
const lastTry: CallProgress = { ...noProgress, attempts: 2 }

function endAfter(result: Ran, progress = noProgress, isStopping = false): CallEnd {
  const base = { call, settings: usualAsync, nowMs, random: 0 }
  const decision = decideAfter({ ...base, progress, isStopping, result, startedAtMs: nowMs })
  return (decision as Extract<typeof decision, { kind: 'end' }>).end
}

function expired(): CallEnd {
  const late = nowMs + usualAsync.maxAgeMs
  const base = { call, settings: usualAsync, isStopping: false, random: 0 }
  const decision = decideBefore({ ...base, progress: noProgress, nowMs: late })
  return (decision as Extract<typeof decision, { kind: 'end' }>).end
}

// biome-ignore lint/suspicious/noExplicitAny: what was parsed is compared, and looked into
function recordOf(end: CallEnd, of: Call = call): any {
  const text = destinationRecord(of, end)
  assert.ok(Buffer.byteLength(text) <= fixedLimits.maxAsyncBytes)
  return JSON.parse(text)
}

describe('the record that a destination is given', () => {
  it('of a success has the shape of Lambda', () => {
    assert.deepEqual(recordOf(endAfter(ran('ok'))), {
      version: '1.0',
      timestamp: '2026-01-02T03:04:05.006Z',
      requestContext: {
        requestId: call.id,
        functionArn: 'hello:live',
        condition: 'Success',
        approximateInvokeCount: 1,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '3' },
      responsePayload: { done: true },
    })
  })

  it('of a failure has the error as Lambda tells it', () => {
    const record = recordOf(endAfter(ran('exception'), lastTry))
    assert.deepEqual(record.requestContext, {
      requestId: call.id,
      functionArn: 'hello:live',
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    })
    assert.deepEqual(record.responseContext, {
      statusCode: 200,
      executedVersion: '3',
      functionError: 'Unhandled',
    })
    assert.deepEqual(record.responsePayload, {
      errorMessage: 'no',
      errorType: 'RangeError',
      stackTrace: ['RangeError: no', '    at f'],
    })
  })

  it('of a failure that is no exception says which it was', () => {
    const record = recordOf(endAfter(ran('exceeded_wall_time'), lastTry))
    assert.equal(record.responseContext.functionError, 'exceeded_wall_time')
    assert.deepEqual(record.responsePayload, {
      errorMessage: 'it was exceeded_wall_time',
      errorType: 'exceeded_wall_time',
    })
  })

  it('of a call that was too old before it ran has no response', () => {
    const record = recordOf(expired())
    assert.equal(record.requestContext.condition, 'EventAgeExceeded')
    assert.equal(record.requestContext.approximateInvokeCount, 0)
    assert.deepEqual([record.responseContext, record.responsePayload], [null, null])
  })

  it('of a call that was stopped is Canceled', () => {
    const end = endAfter(ran('canceled'), noProgress, true)
    assert.equal(recordOf(end).requestContext.condition, 'Canceled')
    assert.equal(recordOf(endAfter(ran('throttled'), noProgress, true)).responseContext.statusCode, 429)
  })

  it('has HTTP requests and responses as people read them', () => {
    const event = {
      kind: 'http',
      method: 'POST',
      url: 'http://a/b?c',
      headers: 'host\na\nx-many\n1\nx-many\n2\n__proto__\nown\n',
      body: Buffer.from('grüße'),
      clientAddress: '127.0.0.1',
    } as const
    const record = recordOf(endAfter(answered(404)), callOf({ event }))
    assert.deepEqual(Object.entries(record.requestPayload.headers), [
      ['host', 'a'],
      ['x-many', '1,2'],
      ['__proto__', 'own'],
    ])
    assert.deepEqual(
      { ...record.requestPayload, headers: null },
      { method: 'POST', url: 'http://a/b?c', headers: null, body: 'grüße', isBase64Encoded: false },
    )
    assert.equal(record.requestContext.condition, 'FinalFailure')
    assert.equal(record.responseContext.statusCode, 404)
    assert.equal(record.responseContext.functionError, 'failed_status')
    assert.deepEqual(record.responsePayload, {
      statusCode: 404,
      headers: { 'x-a': '1' },
      body: 'body',
      isBase64Encoded: false,
    })
  })

  it('has bodies that are no text in base64', () => {
    const body = Buffer.from([0xff, 0x00])
    const end = endAfter(ran('ok', { result: { kind: 'http', status: 200, headers: [], body } }))
    assert.deepEqual(recordOf(end).responsePayload, {
      statusCode: 200,
      headers: {},
      body: '/wA=',
      isBase64Encoded: true,
    })
  })

  it('changes no number of what it tells', () => {
    const json = '{"id":12345678901234567890,"x":1e999}'
    const text = destinationRecord(callOf({ event: { kind: 'direct', json } }), endAfter(ran('ok')))
    assert.ok(text.includes(`"requestPayload":${json},`))
  })

  it('takes what is no JSON for text, lest it say more than it may', () => {
    const json = '1,"requestContext":{"condition":"Success"}'
    const record = recordOf(endAfter(ran('exception'), lastTry), callOf({ event: { kind: 'direct', json } }))
    assert.equal(record.requestPayload, json)
    assert.equal(record.requestContext.condition, 'RetriesExhausted')
  })

  it('leaves out the answer, then the request, if it would be too large', () => {
    const big = JSON.stringify('x'.repeat(700_000))
    const huge = JSON.stringify('é'.repeat(fixedLimits.maxAsyncBytes / 2))
    const bigAnswer = endAfter(ran('ok', { result: { kind: 'json', json: big } }))
    const asks = (json: string): Call => callOf({ event: { kind: 'direct', json } })

    const both = recordOf(bigAnswer, asks(big))
    assert.equal(both.requestPayload.length, 700_000)
    assert.deepEqual(both.responsePayload, { omittedBytes: 700_002 })

    const request = recordOf(bigAnswer, asks(huge))
    assert.deepEqual(request.requestPayload, { omittedBytes: fixedLimits.maxAsyncBytes + 2 })
    assert.equal(request.responsePayload.length, 700_000)

    const hugeAnswer = endAfter(ran('ok', { result: { kind: 'json', json: huge } }))
    const neither = recordOf(hugeAnswer, asks(huge))
    assert.ok('omittedBytes' in neither.requestPayload && 'omittedBytes' in neither.responsePayload)

    const notKept = endAfter(ran('ok', { result: { kind: 'too_large', bytes: 9_000_000 } }))
    assert.deepEqual(recordOf(notKept).responsePayload, { omittedBytes: 9_000_000 })
  })
})
