import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CallEvent } from '../../runtime/model/call.ts'
import { enqueueRefusal } from '../../runtime/model/enqueue-check.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'

const { maxAsyncBytes, maxDelayMs, maxCallerIdBytes } = fixedLimits

function direct(json: string): CallEvent {
  return { kind: 'direct', json }
}

function http(bodyBytes: number): CallEvent {
  const head = { method: 'POST', url: 'http://a/b', headers: 'host\na\n', clientAddress: '127.0.0.1' }
  return { kind: 'http', ...head, body: new Uint8Array(bodyBytes) }
}
const httpHeadBytes = 4 + 10 + 7 + 9

describe('enqueueRefusal', () => {
  const codes: [what: string, request: Partial<Parameters<typeof enqueueRefusal>[0]>, code: string | null][] =
    [
      ['an event of the greatest size', { event: direct('x'.repeat(maxAsyncBytes)) }, null],
      ['an event that is too large', { event: direct('x'.repeat(maxAsyncBytes + 1)) }, 'payload_too_large'],
      [
        'an event whose characters are few and bytes many',
        { event: direct('é'.repeat(maxAsyncBytes / 2 + 1)) },
        'payload_too_large',
      ],
      ['a request of the greatest size', { event: http(maxAsyncBytes - httpHeadBytes) }, null],
      [
        'a request whose head and body are too large together',
        { event: http(maxAsyncBytes - httpHeadBytes + 1) },
        'payload_too_large',
      ],
      ['the longest delay', { delayMs: maxDelayMs }, null],
      ['a longer delay', { delayMs: maxDelayMs + 1 }, 'bad_request'],
      ['a negative delay', { delayMs: -1 }, 'bad_request'],
      ['half a millisecond', { delayMs: 0.5 }, 'bad_request'],
      ['a delay that is no number', { delayMs: Number.NaN }, 'bad_request'],
      ['the longest id', { callerId: 'x'.repeat(maxCallerIdBytes) }, null],
      ['an id of other letters', { callerId: 'заказ 17' }, null],
      ['an empty id', { callerId: '' }, 'bad_request'],
      ['an id of too many bytes', { callerId: 'ж'.repeat(maxCallerIdBytes / 2 + 1) }, 'bad_request'],
      ['an id such as triggers give', { callerId: 'cron:1' }, 'bad_request'],
      ['an id with a line feed', { callerId: 'a\nb' }, 'bad_request'],
      ['an id with half a character', { callerId: 'a\ud800' }, 'bad_request'],
    ]
  for (const [what, request, code] of codes) {
    it(`${code === null ? 'lets pass' : 'refuses'} ${what}`, () => {
      const refusal = enqueueRefusal({ event: direct('{}'), delayMs: 0, callerId: null, ...request })
      assert.equal(refusal?.code ?? null, code)
    })
  }
})
