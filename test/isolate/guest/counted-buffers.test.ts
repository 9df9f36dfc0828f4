import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest } from './harness.ts'

/** How many buffers of 1 MiB a guest of 64 MiB can have that makes them so; at most 200. */
function most(make: string): number {
  using guest = new Guest(
    `exports.default = { fetch() {
      const all = []
      try { while (all.length < 200) all.push((() => { ${make} })()) } catch (error) { if (!(error instanceof RangeError)) throw error }
      return Response.json(all.length)
    } }`,
    {},
    64,
  )
  return guest.callJson() as number
}

describe('buffers count as memory of the instance', () => {
  const ways: Readonly<Record<string, string>> = {
    plain: 'return new ArrayBuffer(2 ** 20)',
    resizable: 'return new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 })',
    'resizable, of no length yet': 'return new ArrayBuffer(0, { maxByteLength: 2 ** 20 })',
    growable: 'return new SharedArrayBuffer(0, { maxByteLength: 2 ** 20 })',
    'of a length that is another when it is read again': `let reads = 0
      return new ArrayBuffer(0, { get maxByteLength() { return { valueOf: () => reads++ === 0 ? 2 ** 20 : 1 } } })`,
    'of a class of their own':
      'return new (class extends ArrayBuffer {})(2 ** 20, { maxByteLength: 2 ** 20 })',
    'by the constructor that they show': `const { constructor } = new Uint8Array(1).buffer
      return new constructor(0, { maxByteLength: 2 ** 20 })`,
    moved: 'return new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 }).transfer()',
    'moved to be of fixed length':
      'return new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 }).transferToFixedLength()',
    cloned: 'return structuredClone(new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 }))',
    'moved by structuredClone': `const buffer = new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 20 })
      return structuredClone(buffer, { transfer: [buffer] })`,
  }
  for (const [name, make] of Object.entries(ways))
    it(name, () => {
      const count = most(make)
      assert.ok(count >= 30 && count < 70, `${count} MiB`)
    })
})

it('buffers are what the language has', () => {
  using guest = new Guest(`exports.default = { fetch() {
    const buffer = new ArrayBuffer(2, { maxByteLength: 4 }), shared = new SharedArrayBuffer(2, { maxByteLength: 4 })
    buffer.resize(4)
    shared.grow(3)
    const moved = buffer.transfer(1)
    class Own extends ArrayBuffer {}
    const name = (action) => { try { action() } catch (error) { return error.name } }
    const { length, name: ownName, prototype } = ArrayBuffer
    return Response.json([
      moved.byteLength, moved.maxByteLength, buffer.detached, shared.byteLength, shared.growable,
      new Own(1, { maxByteLength: 3 }) instanceof Own, new Own(1).slice(0) instanceof Own, new Uint8Array(1).buffer instanceof ArrayBuffer,
      new ArrayBuffer().byteLength, new ArrayBuffer(3, undefined).resizable, new ArrayBuffer('2', {}).resizable,
      length, ownName, prototype.constructor === ArrayBuffer, prototype.transfer.length, ArrayBuffer.isView(new DataView(moved)),
      ArrayBuffer[Symbol.species] === ArrayBuffer, Object.keys(ArrayBuffer),
      name(() => ArrayBuffer(1)), name(() => new ArrayBuffer(3, { maxByteLength: 2 })), name(() => new ArrayBuffer(0, { maxByteLength: -1 })),
      name(() => new ArrayBuffer(0, { maxByteLength: 1n })), name(() => new ArrayBuffer(0, { maxByteLength: Infinity })),
      name(() => ArrayBuffer.prototype.transfer.call({})),
    ])
  } }`)
  assert.deepEqual(
    guest.callJson(),
    [
      [1, 4, true, 3, true],
      [true, true, true],
      [0, false, false],
      [1, 'ArrayBuffer', true, 0, true],
      [true, [] as unknown[]],
      ['TypeError', 'RangeError', 'RangeError'],
      ['TypeError', 'RangeError'],
      ['TypeError'],
    ].flat(),
  )
})
