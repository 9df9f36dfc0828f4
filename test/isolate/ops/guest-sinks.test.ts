import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { op } from '../../../runtime/isolate/abi.ts'
import { readNext, restOf } from '../../pool/body-fixture.ts'
import { Ops, strange } from '../raw-ops.ts'

/** Pushes a chunk of so many bytes. */
function push(ops: Ops, sinkId: unknown, byteCount: number): unknown {
  return ops.call(op.pushChunk, sinkId, new ArrayBuffer(byteCount))
}

describe('Sinks of a guest', () => {
  it('are not found by ids that were never given, and take nothing but buffers', () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    for (const id of strange) {
      assert.ok(push(ops, id, 10) == null, String(id))
      ops.call(op.awaitRoom, 7, 1, id)
      ops.call(op.endSink, id)
      ops.told()
    }
    for (const bytes of [undefined, null, 'text', new Uint8Array(3), {}, 7, new SharedArrayBuffer(3)])
      assert.equal(ops.call(op.pushChunk, sinkId, bytes), undefined)
    assert.equal(ops.isAwaited, false)
  })

  it('are one for the response and one for each subrequest', () => {
    const ops = new Ops()
    ops.begin(1, null, 2)
    assert.deepEqual(
      [0, 1, 2, 3].map(() => typeof ops.call(op.openSink, 1)),
      ['number', 'number', 'number', 'undefined'],
    )
    assert.equal(ops.call(op.openSink, 2), undefined)
  })

  it('are the response of their own request alone, once', () => {
    const ops = new Ops()
    ops.begin(1)
    ops.begin(2)
    const sinkId = ops.call(op.openSink, 1) as number
    assert.equal(ops.respond(2, sinkId), null)
    assert.notEqual(ops.respond(1, sinkId), null)
    assert.equal(ops.respond(1, sinkId), null)
    assert.equal(ops.respond(1, 99), null)
  })

  it('carry what was written before and after they had a reader', async () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    ops.call(op.pushChunk, sinkId, new Uint8Array([97]).buffer)
    const source = ops.respond(1, sinkId)!
    ops.call(op.pushChunk, sinkId, new Uint8Array([98]).buffer)
    ops.call(op.endSink, sinkId)
    assert.equal(await restOf(source), 'ab')
    assert.deepEqual(ops.closed, ['ended'])
    assert.equal(push(ops, sinkId, 1), null)
  })

  it('that were ended before they had a reader can still be read', async () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    ops.call(op.pushChunk, sinkId, new Uint8Array([97]).buffer)
    ops.call(op.endSink, sinkId)
    const source = ops.respond(1, sinkId)!
    assert.deepEqual(ops.closed, ['ended'])
    ops.end(1)
    ops.close()
    assert.equal(await restOf(source), 'a')
  })

  it('say when there is room', async () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    const source = ops.respond(1, sinkId)!
    assert.equal(push(ops, sinkId, 1000), true)
    assert.equal(push(ops, sinkId, 200_000), false)
    ops.call(op.awaitRoom, 10, 1, sinkId)
    ops.call(op.awaitRoom, 11, 1, sinkId)
    assert.equal(ops.isAwaited, true)
    await readNext(source)
    await readNext(source)
    await turn()
    assert.deepEqual(ops.told(), { resolved: [10], rejected: [] })
    ops.call(op.awaitRoom, 12, 1, sinkId)
    assert.deepEqual(ops.told().resolved, [12])
  })

  it('tell their writer when the reader goes', async () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    const source = ops.respond(1, sinkId)!
    push(ops, sinkId, 200_000)
    ops.call(op.awaitRoom, 10, 1, sinkId)
    source.cancel()
    await turn()
    assert.deepEqual(ops.closed, ['canceled'])
    assert.equal(ops.told().rejected[0]![0], 10)
    assert.equal(push(ops, sinkId, 1), null)
    ops.call(op.awaitRoom, 11, 1, sinkId)
    assert.equal(ops.told().rejected[0]![0], 11)
  })

  it('fail when the guest writes without end and without waiting, for reader and writer', async () => {
    const ops = new Ops(1)
    ops.begin(1)
    ops.begin(2)
    const sinkId = ops.call(op.openSink, 1) as number
    const source = ops.respond(1, sinkId)!
    let pushed = 0
    while (push(ops, sinkId, 64 * 1024) !== null) pushed++
    assert.ok(pushed >= 16 && pushed <= 24, `${pushed} chunks were taken`)
    const read = await readNext(source)
    assert.equal(read.kind === 'failed' && read.failure.kind, 'exceeded_memory')
    assert.deepEqual(ops.closed, ['ended'])
    // What it held is free again.
    const other = ops.call(op.openSink, 2) as number
    assert.notEqual(push(ops, other, 1_000_000), null)
  })

  it('fail over one chunk that is too large', () => {
    const ops = new Ops(1)
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    assert.equal(push(ops, sinkId, 2_000_000), null)
    assert.equal(push(ops, sinkId, 1), null)
  })

  it('hold memory for as long as nobody has read it, also when their request has ended', async () => {
    const ops = new Ops(1)
    ops.begin(1)
    ops.begin(2)
    const sinkId = ops.call(op.openSink, 1) as number
    const source = ops.respond(1, sinkId)!
    push(ops, sinkId, 1_200_000)
    ops.call(op.endSink, sinkId)
    ops.end(1)
    const sinks = [ops.call(op.openSink, 2), ops.call(op.openSink, 2)]
    assert.equal(push(ops, sinks[0], 600_000), null)
    assert.equal((await readNext(source)).kind, 'bytes')
    assert.notEqual(push(ops, sinks[1], 600_000), null)
  })

  it('but for the first of a request hold memory from their first byte', async () => {
    const ops = new Ops(1)
    ops.begin(1, null, 20)
    const sinks = Array.from({ length: 20 }, () => ops.call(op.openSink, 1))
    const taken = sinks.filter((sinkId) => push(ops, sinkId, 100_000) !== null)
    assert.equal(taken.length, 11)
    const source = ops.respond(1, taken[5] as number)!
    assert.equal((await readNext(source)).kind, 'bytes')
    assert.notEqual(push(ops, taken[5], 100_000), null)
  })

  it('fail with the reason that their guest gives, cut short', async () => {
    const ops = new Ops()
    ops.begin(1)
    const sinkId = ops.call(op.openSink, 1) as number
    const source = ops.respond(1, sinkId)!
    ops.call(op.endSink, sinkId, 'x'.repeat(100_000))
    const read = await readNext(source)
    const message =
      read.kind === 'failed' && read.failure.kind === 'exception' ? read.failure.error.message : ''
    assert.equal(message, 'x'.repeat(8192))
  })

  it('end with their request, and with the instance', async () => {
    for (const [end, kind] of [
      [(ops: Ops) => ops.end(1), 'no_response'],
      [(ops: Ops) => ops.close(), 'interrupted'],
    ] as const) {
      const ops = new Ops()
      ops.begin(1)
      const sinkId = ops.call(op.openSink, 1) as number
      const source = ops.respond(1, sinkId)!
      end(ops)
      const read = await readNext(source)
      assert.equal(read.kind === 'failed' && read.failure.kind, kind)
      assert.equal(push(ops, sinkId, 1), null)
    }
  })
})
