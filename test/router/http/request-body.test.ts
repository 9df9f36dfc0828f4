import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RequestBody } from '../../../router/http/request-body.ts'

const bytes = (...values: number[]) => new Uint8Array(values).buffer

it('copies chunks, whose memory is taken back', () => {
  const body = new RequestBody()
  const chunk = bytes(1, 2)
  body.add(chunk)
  new Uint8Array(chunk).fill(9)
  body.add(bytes(3))
  assert.deepEqual([...body.take()!], [1, 2, 3])
})

it('is null if it is empty, and of exactly its length', () => {
  const body = new RequestBody()
  assert.equal(body.take(), null)
  body.add(bytes())
  assert.equal(body.take(), null)
  body.add(bytes(1, 2))
  assert.deepEqual([...body.take()!], [1, 2])
  for (const part of [bytes(1, 2), bytes(3), bytes(4)]) body.add(part)
  assert.deepEqual([...body.take()!], [1, 2, 3, 4])
})
