import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from '../../../runtime/isolate/instance/deadlines.ts'

test('Deadlines ends what is due, within a slot, and nothing that was removed', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 1000
  const ended: string[] = []
  const deadlines = new Deadlines<string>(
    () => nowMs,
    (item) => ended.push(item),
  )
  deadlines.add('soon', 1050)
  deadlines.add('later', 2000)
  deadlines.add('gone', 1050)
  deadlines.remove('gone', 1050)
  nowMs = 1049
  deadlines.sweep()
  assert.deepEqual(ended, [])
  nowMs = 1050 + 32
  deadlines.sweep()
  assert.deepEqual(ended, ['soon'])
  deadlines.add('past', 10)
  nowMs = 1100
  t.mock.timers.tick(16)
  assert.deepEqual(ended, ['soon', 'past'])
  nowMs = 1_000_000
  deadlines.sweep()
  assert.deepEqual(ended, ['soon', 'past', 'later'])
})
