import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BrokenFrames,
  type GuestResult,
  readResults,
} from '../../../runtime/isolate/instance/result-frames.ts'

function read(collected: unknown): GuestResult[] {
  const results: GuestResult[] = []
  readResults(collected, (result) => results.push(result))
  return results
}

test('readResults reads frames of every kind, one after the other', () => {
  const headers = 'a\nb\n'
  const text = `${headers}hi\nthereRangeErrortoo farat x{"a":1}`
  const meta = `1,7,200,${headers.length},1,8,2,8,10,7,4,3,9,7,4,7`
  assert.deepEqual(read(`${meta}\n${text}`), [
    { kind: 'response', requestId: 7, status: 200, headers, bodyKind: 1, bodyId: 8, bodyText: 'hi\nthere' },
    { kind: 'error', requestId: 8, error: { name: 'RangeError', message: 'too far', stack: 'at x' } },
    { kind: 'result', requestId: 9, json: '{"a":1}' },
    { kind: 'done', requestId: 7 },
  ])
  assert.deepEqual(read(''), [])
})

test('readResults refuses whatever the bootstrap does not write', () => {
  const broken = [
    undefined,
    null,
    7,
    {},
    'no line end',
    '9,1\n',
    '4\n',
    '4,-1\n',
    '4,1.5\n',
    '4,x\n',
    '4,,1\n',
    ',4,1\n',
    '4,1e0\n',
    '0x4,1\n',
    '4,1\nleft over',
    '3,1,5\nfour',
    '3,1,99999999999999999999\n{}',
    '1,1,200,0,1\n',
    '2,1,1,1\nab',
  ]
  for (const collected of broken)
    assert.throws(() => read(collected), BrokenFrames, JSON.stringify(collected))
})
