import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CollectedBytes } from '../../../runtime/isolate/ops/collected-bytes.ts'
import { MemoryShare } from '../../../runtime/isolate/ops/memory-share.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'

const MiB = 2 ** 20

/** All pieces of it. */
function pieces(bytes: CollectedBytes): Uint8Array[] {
  const all: Uint8Array[] = []
  while (!bytes.isEmpty) all.push(bytes.take())
  return all
}

function cut(bytes: Uint8Array, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) chunks.push(bytes.slice(at, at + chunkBytes))
  return chunks
}

it('gives few bytes at once', () => {
  const bytes = new CollectedBytes([new Uint8Array([1, 2]), new Uint8Array([3])], null)
  assert.equal(bytes.isLong, false)
  assert.deepEqual(pieces(bytes), [new Uint8Array([1, 2, 3])])
  assert.deepEqual(new CollectedBytes([], null).take(), new Uint8Array())
})

it('gives many in pieces, and as many bytes back to the budget as were taken', () => {
  const budget = new ByteBudget(5 * MiB)
  const share = new MemoryShare(budget)
  share.hold(5 * MiB)
  const all = new Uint8Array(5 * MiB).map((_, index) => index % 251)
  const bytes = new CollectedBytes(cut(all, MiB), share)
  assert.deepEqual([bytes.isLong, bytes.heldBytes], [true, 5 * MiB])
  const first = bytes.take()
  assert.equal(first.byteLength, 2 * MiB)
  assert.deepEqual([budget.hold(2 * MiB), budget.hold(1)], [true, false])
  assert.ok(Buffer.concat([first, ...pieces(bytes)]).equals(all))
  assert.equal(budget.hold(3 * MiB), true)
})

it('cuts text between characters, wherever the chunks end', () => {
  const encoder = new TextEncoder()
  for (const character of ['a', 'ä', '€', '😀', '\ufeff'])
    for (let offset = 0; offset < 4; offset++) {
      const text = 'a'.repeat(offset) + character.repeat(3 * MiB)
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      const bytes = new CollectedBytes(cut(encoder.encode(text), MiB + offset), null)
      assert.ok(
        pieces(bytes)
          .map((piece) => decoder.decode(piece))
          .join('') === text,
      )
    }
})

it('loses nothing of what is no text', () => {
  for (const byte of [0x80, 0xc3, 0xe2, 0xf0, 0xff]) {
    const all = new Uint8Array(5 * MiB).fill(byte)
    assert.ok(Buffer.concat(pieces(new CollectedBytes(cut(all, MiB), null))).equals(all))
  }
})

it('gives the rest of its budget back when it is dropped', () => {
  const budget = new ByteBudget(3 * MiB)
  const share = new MemoryShare(budget)
  share.hold(3 * MiB)
  const bytes = new CollectedBytes(cut(new Uint8Array(3 * MiB), MiB), share)
  bytes.take()
  bytes.drop()
  assert.equal(bytes.isEmpty, true)
  assert.equal(budget.hold(3 * MiB), true)
})
