import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { MemoryShare } from '../../../runtime/isolate/ops/memory-share.ts'
import { OutboundBody } from '../../../runtime/isolate/outbound/outbound-body.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'
import { readNext, restOf } from '../../pool/body-fixture.ts'

/** A body as undici gives it, and what became of it. */
function bodyOf({
  chunks = Number.POSITIVE_INFINITY,
  chunkBytes = 64 * 1024,
  budget = new ByteBudget(1e9),
  unpackingBytes = 0,
  idleMs = 60_000,
} = {}) {
  const seen = { pulled: 0, isCanceled: false, overs: 0, stalls: 0 }
  let fail = (_error: Error) => {}
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (error) => controller.error(error)
      },
      pull(controller) {
        if (seen.pulled === chunks) return controller.close()
        seen.pulled++
        controller.enqueue(new Uint8Array(chunkBytes).fill(97))
      },
      cancel() {
        seen.isCanceled = true
      },
    },
    { highWaterMark: 0 },
  )
  const body = new OutboundBody(stream, {
    share: new MemoryShare(budget),
    unpackingBytes,
    idleMs,
    reasonOf: (error) => (error as Error).message,
    onOver: () => seen.overs++,
    onStalled: () => seen.stalls++,
  })
  return { body, seen, budget, fail: (error: Error) => fail(error) }
}

/** Bytes that are held of a budget of so many. */
function heldOf(budget: ByteBudget, maxBytes: number): number {
  let free = 0
  for (let step = maxBytes; step >= 1; step = Math.floor(step / 2)) if (budget.hold(step)) free += step
  budget.release(free)
  return maxBytes - free
}

it('is fetched as it is read, and no more than a little ahead', async () => {
  const { body, seen } = bodyOf()
  await turn()
  assert.equal(seen.pulled, 2)
  assert.equal(body.isStalled, true)
  assert.equal(seen.stalls, 1)
  for (let index = 0; index < 10; index++) assert.equal((await readNext(body.source)).kind, 'bytes')
  await turn()
  assert.ok(seen.pulled <= 13, `${seen.pulled} chunks were fetched`)
  assert.equal(seen.overs, 0)
})

it('is over when all came, though it was not read yet, and holds memory until it was', async () => {
  const { body, seen, budget } = bodyOf({ chunks: 3, chunkBytes: 1000, budget: new ByteBudget(10_000) })
  await turn()
  assert.equal(seen.overs, 1)
  assert.equal(heldOf(budget, 10_000), 3000 + 4096)
  assert.equal((await restOf(body.source)).length, 3000)
  assert.equal(heldOf(budget, 10_000), 0)
})

it('can be taken whole once all of it came', async () => {
  const { body } = bodyOf({ chunks: 3, chunkBytes: 10 })
  assert.equal(body.takeWhole(), null)
  await turn()
  assert.equal(body.takeWhole()!.byteLength, 30)
})

it('is given up when its reader goes, and frees what it holds', async () => {
  const { body, seen, budget } = bodyOf({ budget: new ByteBudget(1e6) })
  await turn()
  body.source.cancel()
  body.source.cancel()
  await turn()
  assert.deepEqual([seen.isCanceled, seen.overs, body.isStalled], [true, 1, false])
  assert.equal(heldOf(budget, 1e6), 0)
})

it('fails when it breaks off, also in the middle of waiting for room', async () => {
  const { body, seen, fail } = bodyOf({ chunkBytes: 10 })
  await readNext(body.source)
  fail(new Error('broke'))
  await turn()
  const read = await readNext(body.source)
  assert.equal(
    read.kind === 'failed' && read.failure.kind === 'exception' && read.failure.error.message,
    'broke',
  )
  assert.equal(seen.overs, 1)
})

it('fails when the instance has no memory left for it', async () => {
  const { body, seen, budget } = bodyOf({ chunkBytes: 60_000, budget: new ByteBudget(100_000) })
  await turn()
  const read = await readNext(body.source)
  assert.match(
    read.kind === 'failed' ? (read.failure as { message: string }).message : '',
    /limits\.memoryMiB/,
  )
  assert.deepEqual([seen.isCanceled, seen.overs], [true, 1])
  assert.equal(heldOf(budget, 100_000), 0)
})

it('is given up when nobody reads it for too long, but not while somebody does', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { body, seen } = bodyOf({ idleMs: 1000 })
  await turn()
  t.mock.timers.tick(900)
  await readNext(body.source)
  await readNext(body.source)
  await turn()
  t.mock.timers.tick(900)
  assert.equal(seen.overs, 0)
  t.mock.timers.tick(100)
  await turn()
  const read = await readNext(body.source)
  assert.match(
    read.kind === 'failed' ? (read.failure as { message: string }).message : '',
    /nobody read it for limits\.streamIdleMs, 1000 ms/,
  )
  assert.deepEqual([seen.isCanceled, seen.overs], [true, 1])
})

it('is not stalled when others than the guest read it', async () => {
  const { body } = bodyOf()
  await turn()
  body.isHandedOn = true
  assert.equal(body.isStalled, false)
})

it('counts what unpacking keeps of a long answer, until it is over', async () => {
  const MiB = 2 ** 20
  const maxBytes = 100 * MiB
  const { body, budget } = bodyOf({ chunks: 96, unpackingBytes: 4 * MiB, budget: new ByteBudget(maxBytes) })
  const heldAfter = async (chunks: number) => {
    for (let chunk = 0; chunk < chunks; chunk++) await readNext(body.source)
    return Math.round(heldOf(budget, maxBytes) / MiB)
  }
  assert.equal(await heldAfter(8), 0)
  assert.equal(await heldAfter(24), 1)
  assert.equal(await heldAfter(60), 3)
  while ((await readNext(body.source)).kind === 'bytes');
  assert.equal(heldOf(budget, maxBytes), 0)
})
