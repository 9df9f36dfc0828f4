import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixedLimits, limitBounds } from '../../runtime/model/limits.ts'

test('every limit has a default within its bounds', () => {
  for (const [name, { default: value, min, max }] of Object.entries(limitBounds)) {
    assert.ok(min <= value && value <= max, `${name}: ${min} ≤ ${value} ≤ ${max}`)
    assert.ok(Number.isSafeInteger(min) && Number.isSafeInteger(value) && Number.isSafeInteger(max), name)
  }
})

test('no slice may hold its event loop as long as a worker may be silent', () => {
  const mostMs = 2 * fixedLimits.maxSliceMs + 20
  assert.ok(mostMs < 2000, `${mostMs} ms`)
})

test('fixed limits are whole and above zero', () => {
  for (const [name, value] of Object.entries(fixedLimits))
    assert.ok(Number.isSafeInteger(value) && value > 0, name)
})
