import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  callIdRandomBytes,
  callTag,
  isCallId,
  mintCallId,
  tagOfCallId,
  timeOfCallId,
} from '../../runtime/retry-log/call-id.ts'

const times = fc.nat({ max: 2 ** 48 - 1 })
const randoms = fc.uint8Array({ minLength: callIdRandomBytes, maxLength: callIdRandomBytes })

test('an id tells its time and the tag of its function', () => {
  fc.assert(
    fc.property(times, fc.string(), randoms, (ms, name, random) => {
      const id = mintCallId(ms, callTag(name), random)
      assert.ok(isCallId(id))
      assert.equal(timeOfCallId(id), ms)
      assert.equal(tagOfCallId(id), callTag(name))
      assert.equal(id.slice(16), Buffer.from(random).toString('hex'))
    }),
  )
})

test('ids sort by time', () => {
  fc.assert(
    fc.property(times, times, randoms, randoms, (a, b, random, other) => {
      const [older, newer] = [mintCallId(a, 0xffff, random), mintCallId(b, 0, other)]
      if (a < b) assert.ok(older < newer)
    }),
  )
})

test('what is no id is not taken for one', () => {
  const id = mintCallId(1, 2, Buffer.alloc(8))
  assert.ok(isCallId(id))
  for (const wrong of ['', id.slice(1), `${id}0`, `${id}\n`, id.replace('1', 'G'), `${id.slice(1)}A`]) {
    assert.equal(isCallId(wrong), false, wrong)
  }
})

test('the tag of a name is the same in every process', () => {
  assert.equal(callTag('hello'), 0x2cf2)
})
