import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { op } from '../../../runtime/isolate/abi.ts'
import { restOf, SentBody, sent } from '../../pool/body-fixture.ts'
import { Ops, strange } from '../raw-ops.ts'

describe('Streams of a guest', () => {
  it('are not found by ids that were never given', () => {
    const ops = new Ops()
    ops.begin(1, sent('a'))
    for (const id of strange) {
      const pulled = ops.call(op.pullChunk, id)
      assert.ok(pulled === undefined || typeof pulled === 'string', String(id))
      ops.call(op.awaitChunk, 7, 1, id)
      ops.call(op.collectStream, 8, 1, id)
      ops.call(op.cancelStream, id)
      const { resolved } = ops.told()
      assert.deepEqual(resolved, [])
    }
    assert.equal(ops.isAwaited, false)
  })

  it('are never of the same id', () => {
    const ops = new Ops()
    const ids = [ops.begin(1, sent('a')), ops.begin(2, sent('b')), ops.call(op.openSink, 1)]
    ops.end(1)
    ids.push(ops.begin(3, sent('c')))
    assert.equal(new Set(ids).size, 4)
  })

  it('are at their end for ever', () => {
    const ops = new Ops()
    const id = ops.begin(1, sent('a'))
    assert.equal(Buffer.from(ops.call(op.pullChunk, id) as ArrayBuffer).toString(), 'a')
    assert.equal(ops.call(op.pullChunk, id), null)
    for (let again = 0; again < 2; again++)
      assert.match(String(ops.call(op.pullChunk, id)), /was read before/)
    ops.call(op.collectStream, 5, 1, id)
    ops.call(op.awaitChunk, 6, 1, id)
    assert.deepEqual(
      ops.told().rejected.map(([opId]) => opId),
      [5, 6],
    )
    assert.equal(ops.handOn(id), null)
  })

  it('are not read once cancelled', async () => {
    const ops = new Ops()
    const body = new SentBody()
    const id = ops.begin(1, body.pipe)
    body.write('a')
    ops.call(op.cancelStream, id)
    assert.match(String(ops.call(op.pullChunk, id)), /was read before/)
    await turn()
    assert.equal(body.isCanceled, true)
  })

  it('give all that is at hand as one chunk, in memory of its own', () => {
    const ops = new Ops()
    const id = ops.begin(1, sent('a', 'b', 'c'))
    assert.equal(Buffer.from(ops.call(op.pullChunk, id) as ArrayBuffer).toString(), 'abc')
  })

  it('are awaited by one op at a time, and read by nobody else meanwhile', async () => {
    const ops = new Ops()
    const body = new SentBody()
    const id = ops.begin(1, body.pipe)
    assert.equal(ops.call(op.pullChunk, id), undefined)
    ops.call(op.awaitChunk, 10, 1, id)
    ops.call(op.awaitChunk, 11, 1, id)
    ops.call(op.collectStream, 12, 1, id)
    assert.deepEqual(
      ops.told().rejected.map(([opId]) => opId),
      [11, 12],
    )
    assert.match(String(ops.call(op.pullChunk, id)), /is being read/)
    assert.equal(ops.handOn(id), null)
    assert.equal(ops.isAwaited, true)
    body.write('a')
    await turn()
    assert.deepEqual(ops.told().resolved, [10])
    assert.equal(ops.isAwaited, false)
    assert.equal(Buffer.from(ops.call(op.pullChunk, id) as ArrayBuffer).toString(), 'a')
  })

  it('answer no op twice, nor one under the id of another', async () => {
    const ops = new Ops()
    const bodies = [new SentBody(), new SentBody()] as const
    const ids = [ops.begin(1, bodies[0].pipe), ops.begin(2, bodies[1].pipe)] as const
    ops.call(op.awaitChunk, 10, 1, ids[0])
    ops.call(op.awaitChunk, 10, 2, ids[1])
    bodies[1].write('b')
    await turn()
    assert.deepEqual(ops.told(), { resolved: [], rejected: [] })
    bodies[0].write('a')
    await turn()
    assert.deepEqual(ops.told(), { resolved: [10], rejected: [] })
  })

  it('are collected against the budget of the instance, which has it back', async () => {
    const ops = new Ops(1)
    const bodies = [new SentBody(), new SentBody(), new SentBody()] as const
    const ids = bodies.map(({ pipe }, index) => ops.begin(index, pipe))
    for (const index of [0, 1]) ops.call(op.collectStream, index + 10, index, ids[index])
    bodies[0].pipe.write(new Uint8Array(700_000))
    await turn()
    bodies[1].pipe.write(new Uint8Array(700_000))
    await turn()
    const [[opId, message]] = ops.told().rejected as [[number, string]]
    assert.equal(opId, 11)
    assert.match(message, /must fit into limits.memoryMiB/)
    await turn()
    assert.equal(bodies[1].isCanceled, true)
    ops.call(op.cancel, 10)
    await turn()
    assert.equal(bodies[0].isCanceled, true)
    ops.call(op.collectStream, 12, 2, ids[2])
    bodies[2].pipe.write(new Uint8Array(1_000_000))
    bodies[2].pipe.end()
    await turn()
    assert.deepEqual(ops.told().resolved, [12])
    assert.equal((ops.call(op.takeBytes, 12) as ArrayBuffer).byteLength, 1_000_000)
    assert.equal((ops.call(op.takeBytes, 12) as ArrayBuffer).byteLength, 0)
  })

  it('end with their request: whoever reads is told', async () => {
    const ops = new Ops()
    const body = new SentBody()
    const id = ops.begin(1, body.pipe)
    ops.call(op.awaitChunk, 10, 1, id)
    ops.end(1)
    await turn()
    assert.match(ops.told().rejected[0]![1], /ended with the request/)
    assert.equal(body.isCanceled, true)
    assert.match(String(ops.call(op.pullChunk, id)), /ended with the request/)
  })

  it('end with the instance, unless they were handed on', async () => {
    const ops = new Ops()
    const bodies = [new SentBody(), new SentBody()] as const
    ops.begin(1, bodies[0].pipe)
    const handedOn = ops.handOn(ops.begin(2, bodies[1].pipe))
    ops.end(2)
    ops.close()
    await turn()
    assert.deepEqual(
      bodies.map(({ isCanceled }) => isCanceled),
      [true, false],
    )
    bodies[1].write('on')
    bodies[1].pipe.end()
    assert.equal(await restOf(handedOn!), 'on')
  })
})
