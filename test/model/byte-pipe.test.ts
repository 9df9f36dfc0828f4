import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BytePipe } from '../../runtime/model/byte-pipe.ts'

const failure = { kind: 'canceled', message: 'The client left' } as const

function pipe(highWaterBytes = 4) {
  const told: string[] = []
  const made = new BytePipe(highWaterBytes, {
    onRoom: () => told.push('room'),
    onCancel: () => told.push('canceled'),
  })
  return { pipe: made, told }
}

const bytes = (text: string) => Buffer.from(text)
function textOf(read: ReturnType<BytePipe['read']>): string {
  return read.kind === 'bytes' ? Buffer.from(read.bytes).toString() : `<${read.kind}>`
}

describe('BytePipe', () => {
  it('gives back what was written, in order, then the end', () => {
    const { pipe: it } = pipe()
    it.write(bytes('a'))
    it.write(bytes('bc'))
    it.end()
    assert.deepEqual([it.read(), it.read(), it.read(), it.read()].map(textOf), ['a', 'bc', '<end>', '<end>'])
  })

  it('says when it is full, and once when half of it was read', async () => {
    const { pipe: it, told } = pipe(4)
    assert.equal(it.write(bytes('abc')), true)
    assert.equal(it.write(bytes('d')), false)
    assert.equal(it.heldBytes, 4)
    it.read()
    assert.deepEqual(told, [], 'not from within read')
    await undefined
    assert.deepEqual(told, ['room'])
    it.read()
    await undefined
    assert.deepEqual(told, ['room'])
  })

  it('wakes its reader for bytes, for the end and for a failure, once each', async () => {
    const { pipe: it } = pipe()
    let woken = 0
    const count = () => woken++
    it.onceReadable(count)
    it.write(bytes('a'))
    it.write(bytes('b'))
    assert.equal(woken, 0, 'not from within write')
    await undefined
    assert.equal(woken, 1)
    it.onceReadable(count)
    await undefined
    assert.equal(woken, 2, 'something was there')
    it.read()
    it.read()
    it.onceReadable(count)
    await undefined
    assert.equal(woken, 2, 'nothing is there')
    it.end()
    await undefined
    assert.equal(woken, 3)
  })

  it('drops what nobody read when it fails, and says so from then on', () => {
    const { pipe: it } = pipe()
    it.write(bytes('a'))
    it.fail(failure)
    assert.equal(it.heldBytes, 0)
    assert.deepEqual(it.read(), { kind: 'failed', failure })
    it.write(bytes('b'))
    it.end()
    assert.deepEqual(it.read(), { kind: 'failed', failure })
  })

  it('tells its writer once that nobody reads on, and takes no more', async () => {
    const { pipe: it, told } = pipe()
    it.write(bytes('a'))
    it.cancel()
    it.cancel()
    assert.equal(it.isOpen, false)
    it.write(bytes('b'))
    assert.equal(it.heldBytes, 0)
    await undefined
    assert.deepEqual(told, ['canceled'])
  })

  it('does not tell a writer who has ended that nobody reads on', async () => {
    const { pipe: it, told } = pipe()
    it.end()
    it.cancel()
    await undefined
    assert.deepEqual(told, [])
  })

  it('tells at once when it holds less, be it read or dropped', () => {
    const held: number[] = []
    const it: BytePipe = new BytePipe(4, {
      onRoom() {},
      onCancel() {},
      onLess: () => held.push(it.heldBytes),
    })
    for (const text of ['abc', 'de', 'f']) it.write(bytes(text))
    it.read()
    assert.deepEqual(held, [3])
    it.cancel()
    assert.deepEqual(held, [3, 0])
  })

  it('knows whether it is full', () => {
    const { pipe: it } = pipe(4)
    assert.equal(it.isFull, false)
    it.write(bytes('abcd'))
    assert.equal(it.isFull, true)
    it.read()
    assert.equal(it.isFull, false)
  })
})
