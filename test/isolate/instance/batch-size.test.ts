import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchSize } from '../../../runtime/isolate/instance/batch-size.ts'

test('BatchSize begins with one request and grows to what fits into 10 ms', () => {
  const size = new BatchSize()
  assert.equal(size.requests, 1)
  for (let entry = 0; entry < 50; entry++) size.note(1 * size.requests, size.requests)
  assert.equal(size.requests, 9)
  for (let entry = 0; entry < 100; entry++) size.note(0.001 * size.requests, size.requests)
  assert.ok(size.requests > 100, `${size.requests}`)
})

test('BatchSize falls at once when requests grow heavy', () => {
  const size = new BatchSize()
  for (let entry = 0; entry < 100; entry++) size.note(0.01, 1)
  size.note(5, 1)
  assert.equal(size.requests, 2)
  size.note(400, 10)
  assert.equal(size.requests, 1)
})

test('BatchSize sends requests alone after an overrun', () => {
  const size = new BatchSize()
  for (let entry = 0; entry < 100; entry++) size.note(0.01, 1)
  size.noteOverrun()
  assert.equal(size.requests, 1)
})
