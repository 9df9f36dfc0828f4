import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freeBytes } from '../../runtime/model/free-bytes.ts'

it('takes the memory away from bytes that have one of their own', () => {
  const bytes = new Uint8Array(10)
  freeBytes(bytes)
  assert.equal(bytes.byteLength, 0)
})

it('leaves memory alone that is shared with others', () => {
  const memory = new ArrayBuffer(10)
  freeBytes(new Uint8Array(memory, 0, 5))
  assert.equal(memory.byteLength, 10)
  const shared = new Uint8Array(new SharedArrayBuffer(10))
  freeBytes(shared)
  assert.equal(shared.byteLength, 10)
})
