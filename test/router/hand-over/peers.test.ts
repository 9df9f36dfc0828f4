import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteSource } from '../../../runtime/model/byte-source.ts'
import type { HttpEvent } from '../../../runtime/model/invocation.ts'
import type { Outcome } from '../../../runtime/model/outcome.ts'
import { textResponse } from '../fake-invoker.ts'
import { Body, failure, hashOf, KiB, MiB } from '../streamed-answer.ts'
import { sendBack, TwoWorkers } from './two-workers.ts'

function responseOf(outcome: Outcome) {
  assert.ok(outcome.kind === 'ok' && outcome.response !== null, JSON.stringify(outcome))
  return outcome.response
}

/** Reads to the end; the failure's kind instead of the bytes if it fails. */
async function readAll(source: ByteSource): Promise<Buffer | string> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const read = source.read()
    if (read.kind === 'bytes') chunks.push(read.bytes)
    else if (read.kind === 'end') return Buffer.concat(chunks)
    else if (read.kind === 'failed') return read.failure.kind
    else await new Promise<void>((resolve) => source.onceReadable(resolve))
  }
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 8)) % 251)
}

test('a request and its response cross whole, with who asked and until when', async (t) => {
  const workers = await TwoWorkers.start(t)
  const answer = pattern(300 * KiB)
  workers.holder.answer = () => textResponse(answer, { status: 201, headers: ['x-a', 'b'] })
  const sent = { method: 'POST', url: 'http://a/b?c', headers: 'x-c\nd\n', clientAddress: '10.0.0.7' }
  const { invocation, settled } = workers.handOver({ ...sent, body: pattern(60 * KiB) })
  const response = responseOf(await settled)
  assert.equal(response.status, 201)
  assert.deepEqual(response.headers, ['x-a', 'b'])
  assert.equal(hashOf(response.body as Uint8Array), hashOf(answer))
  const [taken] = workers.holder.seen
  const { body, ...head } = taken!.event as HttpEvent
  assert.deepEqual(head, { kind: 'http', ...sent })
  assert.equal(hashOf(body as Uint8Array), hashOf(pattern(60 * KiB)))
  assert.equal(taken!.id, invocation.id)
  assert.ok(Math.abs(taken!.arrivedAtMs - invocation.arrivedAtMs) < 500)
  assert.ok(Math.abs(taken!.deadlineMs - invocation.deadlineMs) < 500)
})

test('a direct event and its result cross', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = ({ event }) => ({
    kind: 'ok',
    response: null,
    result: event.kind === 'direct' ? event.json : 'no',
  })
  const { settled } = workers.handOver({ kind: 'direct', json: '{"a":"ä"}' })
  assert.deepEqual(await settled, { kind: 'ok', response: null, result: '{"a":"ä"}' })
})

test('what it took comes back, and nothing of it is told twice', async (t) => {
  const workers = await TwoWorkers.start(t)
  const line = { timeMs: 1, level: 'info', text: 'hi' } as const
  workers.holder.answer = ({ usage }) => {
    Object.assign(usage, { coldStart: true, waitMs: 3, cpuMs: 4, memoryMiB: 5 })
    usage.logLines.push(line)
    return { kind: 'exception', error: { name: 'Error', message: 'no', stack: 'Error: no' } }
  }
  const { invocation, settled } = workers.handOver()
  assert.deepEqual(await settled, {
    kind: 'exception',
    error: { name: 'Error', message: 'no', stack: 'Error: no' },
  })
  const { coldStart, waitMs, cpuMs, memoryMiB, logLines } = invocation.usage
  assert.deepEqual(
    { coldStart, waitMs, cpuMs, memoryMiB, logLines },
    { coldStart: true, waitMs: 3, cpuMs: 4, memoryMiB: 5, logLines: [line] },
  )
  const { usage } = workers.holder.seen[0]!
  assert.equal(usage.recordedCpuMs, 4)
  assert.deepEqual(usage.logLines, [])
})

test('a request body streams as it is read, and not before', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => null
  const upload = new Body()
  const bytes = pattern(2 * MiB)
  const written = upload.writeAll(bytes, 10 * KiB)
  const { settled } = workers.handOver({ method: 'POST', body: upload.pipe })
  await workers.holder.until(() => workers.holder.held.length === 1)
  assert.ok(upload.pipe.heldBytes >= 64 * KiB)
  const [taken] = workers.holder.held
  const got = await readAll((taken!.event as HttpEvent).body as ByteSource)
  assert.equal(hashOf(got as Buffer), hashOf(bytes))
  await written
  taken!.onSettled(textResponse('done'))
  assert.equal(String(responseOf(await settled).body), 'done')
})

test('a request body that breaks off breaks off there too', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => null
  const upload = new Body()
  workers.handOver({ method: 'POST', body: upload.pipe })
  await workers.holder.until(() => workers.holder.held.length === 1)
  const reading = readAll((workers.holder.held[0]!.event as HttpEvent).body as ByteSource)
  upload.write('begin')
  upload.pipe.fail({ kind: 'canceled', message: 'gone' })
  assert.equal(await reading, 'canceled')
})

test('a request body that nobody reads on is canceled where it comes from', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => null
  const upload = new Body()
  workers.handOver({ method: 'POST', body: upload.pipe })
  await workers.holder.until(() => workers.holder.held.length === 1)
  const body = (workers.holder.held[0]!.event as HttpEvent).body as ByteSource
  body.cancel()
  while (!upload.isCanceled) await upload.change()
})

test('a response body streams, and its writer waits for whoever reads', async (t) => {
  const workers = await TwoWorkers.start(t)
  const body = new Body()
  workers.holder.answer = ({ usage }) => {
    usage.cpuMs = 1
    return textResponse(body.pipe)
  }
  const bytes = pattern(3 * MiB)
  let isWritten = false
  const written = body.writeAll(bytes, 50 * KiB).then(() => {
    isWritten = true
  })
  const { invocation, settled } = workers.handOver()
  const source = responseOf(await settled).body as ByteSource
  assert.equal(invocation.usage.cpuMs, 1)
  await new Promise((resolve) => source.onceReadable(() => resolve(null)))
  assert.equal(isWritten, false)
  workers.holder.seen[0]!.usage.cpuMs = 7
  const got = await readAll(source)
  await written
  assert.equal(hashOf(got as Buffer), hashOf(bytes))
  assert.equal(invocation.usage.cpuMs, 7)
  assert.equal(workers.server.isBusy, false)
  assert.equal(workers.origin.isBusy, false)
})

test('a response body that fails fails with what it failed of', async (t) => {
  const workers = await TwoWorkers.start(t)
  const body = new Body()
  workers.holder.answer = () => textResponse(body.pipe)
  const { settled } = workers.handOver()
  const source = responseOf(await settled).body as ByteSource
  body.pipe.fail(failure)
  assert.equal(await readAll(source), failure.kind)
})

test('a response body that nobody reads on is canceled where it is made', async (t) => {
  const workers = await TwoWorkers.start(t)
  const body = new Body()
  workers.holder.answer = () => textResponse(body.pipe)
  const { settled } = workers.handOver()
  const source = responseOf(await settled).body as ByteSource
  source.cancel()
  while (!body.isCanceled) await body.change()
  assert.equal(workers.server.isBusy, false)
})

test('a caller that goes away ends the invocation where it runs', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => null
  const { invocation, settled } = workers.handOver()
  await workers.holder.until(() => workers.holder.held.length === 1)
  assert.equal(workers.origin.cancel(invocation), true)
  assert.equal((await settled).kind, 'canceled')
  assert.deepEqual(workers.holder.canceled, workers.holder.seen)
})

test('when the holder dies, what it runs is interrupted, and so are bodies under way', async (t) => {
  const workers = await TwoWorkers.start(t)
  const body = new Body()
  workers.holder.answer = ({ event }) =>
    (event as HttpEvent).url.endsWith('stream') ? textResponse(body.pipe) : null
  const running = workers.handOver()
  const streaming = workers.handOver({ url: 'http://a/stream' })
  const source = responseOf(await streaming.settled).body as ByteSource
  workers.server.close()
  assert.equal((await running.settled).kind, 'interrupted')
  assert.equal(await readAll(source), 'interrupted')
})

test('a caller that went away while the worker refused is not offered to another', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = (invocation) => {
    setImmediate(() => {
      invocation.onSettled({ kind: 'throttled', message: 'full' })
      // Before word of it has come.
      workers.origin.cancel(handed.invocation)
    })
    return null
  }
  const handed = workers.handOver({}, [1, 2])
  assert.equal((await handed.settled).kind, 'canceled')
  assert.equal(workers.second.seen.length, 0)
})

test('when the origin dies, what runs for it is canceled', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => null
  workers.handOver()
  await workers.holder.until(() => workers.holder.held.length === 1)
  workers.origin.close()
  await workers.holder.until(() => workers.holder.canceled.length === 1)
  assert.equal(workers.server.isBusy, false)
})

test('an invocation that found nobody comes back', async (t) => {
  const workers = await TwoWorkers.start(t)
  const { invocation } = workers.handOver({}, [7])
  assert.equal(await workers.nextMoved(), invocation)
})

test('an invocation that found no share comes back with its body unread', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = sendBack
  const upload = new Body()
  upload.write('body')
  const { invocation } = workers.handOver({ method: 'POST', body: upload.pipe })
  assert.equal(await workers.nextMoved(), invocation)
  assert.equal(upload.pipe.heldBytes, 4)
})

test('a holder that has no room is passed over for another', async (t) => {
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = () => ({ kind: 'throttled', message: 'full' })
  workers.second.answer = () => textResponse('second')
  for (let time = 0; time < 2; time++) {
    const { settled } = workers.handOver({}, [1, 2])
    assert.equal(String(responseOf(await settled).body), 'second')
  }
  workers.second.answer = sendBack
  assert.equal((await workers.handOver({}, [1, 2]).settled).kind, 'throttled')
})

test('a version that the holder knows nothing of comes back', async (t) => {
  const workers = await TwoWorkers.start(t)
  Object.assign(workers.target, { functionName: 'gone' })
  const { invocation } = workers.handOver()
  assert.equal(await workers.nextMoved(), invocation)
})
