import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { GuestCodecs } from '../../../runtime/isolate/ops/guest-codecs.ts'
import { StreamIds } from '../../../runtime/isolate/ops/stream-ids.ts'
import { maxInputBytes, maxOutputBytes } from '../../../runtime/isolate/ops/zlib-codec.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'

const kiB = 1024

function open(budgetBytes: number): { codecs: GuestCodecs; isAllFree: () => boolean } {
  const memory = new ByteBudget(budgetBytes)
  const isAllFree = (): boolean => {
    const isFree = memory.hold(budgetBytes)
    if (isFree) memory.release(budgetBytes)
    return isFree
  }
  return { codecs: new GuestCodecs(new StreamIds(), memory), isAllFree }
}

describe('GuestCodecs', () => {
  it('opens as many as fit into the instance’s memory, and says why no more', () => {
    const { codecs } = open(1024 * kiB)
    const ids = Array.from({ length: 100 }, () => codecs.open(undefined, 'gzip', false))
    const opened = ids.filter((id) => typeof id === 'number')
    assert.equal(opened.length, 3)
    assert.match(String(ids.at(-1)), /limits\.memoryMiB/)
    codecs.close(opened[0]!)
    assert.equal(typeof codecs.open(undefined, 'gzip', false), 'number')
  })

  it('frees what is finished, has failed or is closed', () => {
    const { codecs, isAllFree } = open(1024 * kiB)
    const finished = codecs.open(undefined, 'gzip', false) as number
    assert.ok(codecs.run(finished, new Uint8Array(10), true) instanceof Uint8Array)
    assert.match(String(codecs.run(finished, null, false)), /ended/)
    const failed = codecs.open(undefined, 'gzip', true) as number
    assert.match(String(codecs.run(failed, new Uint8Array(10).fill(1), false)), /incorrect header/)
    const closed = codecs.open(undefined, 'deflate', false) as number
    assert.equal(isAllFree(), false)
    codecs.close(closed)
    assert.equal(isAllFree(), true)
    codecs.open(undefined, 'brotli', true)
    codecs.closeAll()
    assert.equal(isAllFree(), true)
  })

  it('takes no more at once than the host may be held up for, and no second piece before the first is used up', () => {
    const { codecs } = open(1024 * kiB)
    const id = codecs.open(undefined, 'gzip', true) as number
    const compressed = gzipSync(new Uint8Array(maxOutputBytes * 2))
    const output = codecs.run(id, Buffer.concat([compressed, Buffer.alloc(maxInputBytes)]), false)
    assert.equal((output as Uint8Array).byteLength, 0)
    assert.equal((codecs.run(id, compressed, false) as Uint8Array).byteLength, maxOutputBytes)
    assert.equal((codecs.run(id, compressed, false) as Uint8Array).byteLength, maxOutputBytes)
    assert.equal((codecs.run(id, null, false) as Uint8Array).byteLength, 0)
  })

  it('counts what a decompressor of Brotli keeps of its output', () => {
    const { codecs, isAllFree } = open(1024 * kiB)
    const id = codecs.open(undefined, 'brotli', true) as number
    let output = codecs.run(id, brotliCompressSync(new Uint8Array(4096 * kiB)), true)
    let pieces = 0
    for (; output instanceof Uint8Array && output.byteLength > 0; pieces++)
      output = codecs.run(id, null, false)
    assert.match(String(output), /limits\.memoryMiB/)
    assert.ok(pieces > 10 && pieces < 16, `${pieces}`)
    assert.equal(isAllFree(), true)
  })
})
