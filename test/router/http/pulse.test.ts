import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Pulse } from '../../../router/http/pulse.ts'

it('beats in a long turn, but not more often than it is to', () => {
  let nowMs = 0
  const beats: number[] = []
  const pulse = new Pulse(
    () => nowMs,
    500,
    () => beats.push(nowMs),
  )
  for (; nowMs < 2000; nowMs++) for (let call = 0; call < 100; call++) pulse.count()
  assert.deepEqual(beats, [10, 511, 1013, 1515])
})
