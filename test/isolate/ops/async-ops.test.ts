import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EntryFrames } from '../../../runtime/isolate/instance/entry-frames.ts'
import type { Pending } from '../../../runtime/isolate/instance/pending.ts'
import { AsyncOps } from '../../../runtime/isolate/ops/async-ops.ts'
import { CollectedBytes } from '../../../runtime/isolate/ops/collected-bytes.ts'
import { MemoryShare } from '../../../runtime/isolate/ops/memory-share.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'

const owner = { requestId: 1 } as Pending
const ignore = () => {}

/** Frames that are ready, and who is charged for them. */
function take(ops: AsyncOps) {
  const frames = new EntryFrames()
  const owners: (Pending | undefined)[] = []
  ops.writeCompletions(frames, (owner) => owners.push(owner))
  return { meta: frames.meta, text: frames.text, owners }
}

it('answers an op once, to whoever began it', () => {
  let completions = 0
  const ops = new AsyncOps(() => completions++)
  assert.equal(ops.begin(7, owner, ignore), true)
  assert.equal(ops.isAwaited, true)
  assert.equal(ops.openOf(owner), 1)
  ops.resolve(7, 'yes')
  ops.resolve(7, 'again')
  ops.reject(7, 'again')
  assert.equal(completions, 1)
  assert.equal(ops.openOf(owner), 1, 'the guest does not know yet')
  assert.deepEqual(take(ops), { meta: '3,7,3', text: 'yes', owners: [owner] })
  assert.deepEqual([ops.isAwaited, ops.openOf(owner)], [false, 0])
})

it('takes no second op of an id while the first is open', () => {
  const ops = new AsyncOps(ignore)
  assert.equal(ops.begin(7, owner, ignore), true)
  assert.equal(ops.begin(7, undefined, ignore), false)
  ops.reject(7, 'no')
  assert.equal(ops.begin(7, undefined, ignore), true)
  assert.deepEqual(take(ops).owners, [owner])
})

it('says nothing of an op that was given up, and frees what it brought', () => {
  const budget = new ByteBudget(10)
  const ops = new AsyncOps(ignore)
  let givenUp = 0
  ops.begin(7, owner, () => givenUp++)
  ops.cancel(7)
  ops.cancel(7)
  assert.equal(givenUp, 1)
  const share = new MemoryShare(budget)
  share.hold(10)
  ops.resolve(7, '', new CollectedBytes([new Uint8Array(10)], share))
  assert.equal(budget.hold(10), true)
  assert.equal(take(ops).meta, '')
})

it('holds the bytes of an answer, and their memory, until they are taken, once', () => {
  const budget = new ByteBudget(10)
  const ops = new AsyncOps(ignore)
  const share = new MemoryShare(budget)
  share.hold(10)
  ops.begin(7, owner, ignore)
  ops.resolve(7, '', new CollectedBytes([new Uint8Array(10)], share))
  assert.equal(budget.hold(1), false)
  assert.equal(ops.takeBytes(7)?.byteLength, 10)
  assert.equal(ops.takeBytes(7), undefined)
  assert.equal(budget.hold(10), true)
})

it('gives everything up when it is closed, and takes nothing more', () => {
  const ops = new AsyncOps(ignore)
  const givenUp: number[] = []
  for (const opId of [1, 2]) ops.begin(opId, owner, () => givenUp.push(opId))
  ops.tell(owner, (frames) => frames.timersDue())
  ops.close()
  assert.deepEqual(givenUp, [1, 2])
  assert.equal(ops.begin(3, owner, ignore), false)
  ops.tell(owner, (frames) => frames.timersDue())
  assert.equal(take(ops).meta, '')
  assert.equal(ops.isAwaited, false)
})
