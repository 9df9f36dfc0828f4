import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttemptWindow } from '../../../router/fleet/attempt-window.ts'

function windowAt() {
  const clock = { nowMs: 0 }
  return { clock, window: new AttemptWindow(() => clock.nowMs) }
}

test('It grows to its bound while attempts begin soon and all of it is used', () => {
  const { window } = windowAt()
  const first = window.count
  window.note(10, first, 5)
  assert.equal(window.count, first + 10)
  window.note(10, 3, 5)
  assert.equal(window.count, first + 10, 'what is not used up says nothing')
  for (let round = 0; round < 100; round++) window.note(100, window.count, 100)
  assert.equal(window.count, 1024)
})

test('It shrinks when attempts wait for the worker, once for what was under way, and never to nothing', () => {
  const { clock, window } = windowAt()
  const first = window.count
  window.note(10, first, 101)
  window.note(10, first, 500)
  assert.equal(window.count, Math.floor(first * 0.75))
  for (let round = 0; round < 100; round++) {
    clock.nowMs += 100
    window.note(1, 10, 500)
  }
  assert.equal(window.count, 32)
})

test('It grows when all of it is used and nothing comes back: what is out runs for long', () => {
  const { clock, window } = windowAt()
  const first = window.count
  clock.nowMs += 249
  assert.equal(window.look(first), false)
  clock.nowMs += 1
  assert.equal(window.look(first / 2), false, 'there is room')
  assert.equal(window.look(first), true)
  assert.equal(window.count, 2 * first)
  assert.equal(window.look(2 * first), false)
  for (let round = 0; round < 100; round++) {
    clock.nowMs += 250
    window.look(window.count)
  }
  assert.equal(window.count, 1024)
})

test('It does not grow while something comes back', () => {
  const { clock, window } = windowAt()
  const first = window.count
  for (let round = 0; round < 10; round++) {
    clock.nowMs += 200
    window.note(1, 1, 5)
    assert.equal(window.look(first), false)
  }
})
