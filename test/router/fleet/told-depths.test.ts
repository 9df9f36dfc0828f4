import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ToldDepths } from '../../../router/fleet/told-depths.ts'

const noteOf = (total: number) => ({ functionName: 'f', count: 1, total, dueAtMs: 0 })

function update(depths: ToldDepths, open: number, max = 100) {
  return depths.update(
    open > 0 ? ['f'] : [],
    () => open,
    () => max,
  )
}

test('A worker is told nothing while there is room for as many again', () => {
  const depths = new ToldDepths()
  depths.appended(noteOf(49))
  assert.deepEqual(update(depths, 49), [])
})

test('It is told of what others appended too, and of what ended, as of what it had appended by then', () => {
  const depths = new ToldDepths()
  depths.appended(noteOf(10))
  assert.deepEqual(update(depths, 60), [{ functionName: 'f', open: 60, total: 10 }])
  assert.deepEqual(update(depths, 60), [], 'it knows')
  depths.appended(noteOf(15))
  assert.deepEqual(update(depths, 65), [], 'it knows that too')
  assert.deepEqual(update(depths, 3), [{ functionName: 'f', open: 3, total: 15 }], 'there is room again')
  assert.deepEqual(update(depths, 2), [])
})

test('A worker that has appended much learns that it has ended', () => {
  const depths = new ToldDepths()
  depths.appended(noteOf(50))
  assert.deepEqual(update(depths, 0), [{ functionName: 'f', open: 0, total: 50 }])
  depths.appended(noteOf(99))
  assert.deepEqual(update(depths, 0), [])
})

test('A worker that has appended nothing learns of a function that is near its bound', () => {
  assert.deepEqual(update(new ToldDepths(), 80), [{ functionName: 'f', open: 80, total: 0 }])
})
