import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChunkQueue } from '../../runtime/model/chunk-queue.ts'

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value)

/** All that is in it. */
function drain(queue: ChunkQueue): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) chunks.push(chunk)
  return chunks
}

describe('ChunkQueue', () => {
  it('gives long chunks as they came', () => {
    const queue = new ChunkQueue()
    const chunks = [bytes(5000), bytes(2048), bytes(100_000)]
    for (const chunk of chunks) queue.push(chunk)
    assert.equal(queue.byteLength, 107_048)
    assert.deepEqual(drain(queue), chunks)
    assert.equal(queue.byteLength, 0)
  })

  it('gives a short chunk that nobody waits behind as it came', () => {
    const queue = new ChunkQueue()
    const [one, other] = [bytes(1), bytes(1)]
    queue.push(one)
    assert.equal(queue.shift(), one)
    queue.push(other)
    assert.equal(queue.shift(), other)
  })

  it('puts short chunks together, so that their memory is that of their bytes', () => {
    const queue = new ChunkQueue()
    const before = process.memoryUsage().arrayBuffers
    for (let index = 0; index < 100_000; index++) queue.pushCopy(new Uint8Array([index]).buffer)
    assert.ok(process.memoryUsage().arrayBuffers - before < 8_000_000)
    const chunks = drain(queue)
    assert.ok(chunks.length < 10, `${chunks.length} chunks`)
    assert.ok(Buffer.concat(chunks).every((byte, index) => byte === index % 256))
  })

  it('keeps the order of short and long, and all bytes', () => {
    const queue = new ChunkQueue()
    const sent: Uint8Array[] = []
    const got: Uint8Array[] = []
    for (let index = 0; index < 2000; index++) {
      const chunk = bytes((index * 7919) % 4096, index % 251)
      sent.push(chunk.slice())
      if (index % 2 === 0) queue.push(chunk)
      else queue.pushCopy(chunk.buffer)
      const taken = index % 5 === 0 ? queue.shift() : undefined
      if (taken !== undefined) got.push(taken)
      const held = Buffer.concat(sent).byteLength - Buffer.concat(got).byteLength
      if (index % 100 === 0) assert.equal(queue.byteLength, held)
    }
    got.push(...drain(queue))
    assert.ok(Buffer.concat(got).equals(Buffer.concat(sent)))
    assert.ok(got.every(({ byteLength }) => byteLength > 0))
  })

  it('gives memory that is not written to again', () => {
    const queue = new ChunkQueue()
    queue.push(bytes(1))
    queue.push(bytes(1, 2))
    queue.shift()
    const block = queue.shift()!
    queue.push(bytes(1, 3))
    queue.push(bytes(1, 4))
    assert.deepEqual([...block], [2])
  })

  it('is empty when it was cleared', () => {
    const queue = new ChunkQueue()
    for (const chunk of [bytes(1), bytes(1), bytes(5000), bytes(1)]) queue.push(chunk)
    queue.clear()
    assert.deepEqual([queue.byteLength, queue.shift()], [0, undefined])
    queue.push(bytes(3))
    assert.deepEqual(drain(queue), [bytes(3)])
  })
})
