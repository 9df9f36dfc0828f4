import assert from 'node:assert/strict'
import { it } from 'node:test'
import { InvocationIds } from '../../router/invocation-id.ts'

it('makes ids of 32 hexadecimal digits, each once', () => {
  const ids = new InvocationIds()
  const seen = new Set(Array.from({ length: 5000 }, () => ids.next()))
  assert.equal(seen.size, 5000)
  for (const id of seen) assert.match(id, /^[0-9a-f]{32}$/)
})

it('uses each random byte once', () => {
  let fills = 0
  const ids = new InvocationIds((bytes) => {
    fills++
    for (let index = 0; index < bytes.length; index += 4) bytes.writeUInt32BE(fills * 1e6 + index, index)
  })
  const digits = Array.from({ length: 3000 }, () => ids.next()).join('')
  const words = new Set(digits.match(/.{8}/g))
  assert.equal(words.size, 3000 * 4)
})
