import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import {
  failureOf,
  nextText,
  readNext,
  restOf,
  SentBody,
  sent,
  streamOf,
  throughGuest,
} from './body-fixture.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

/** A stream that counts up, chunk by chunk, as often as it is asked. */
const counting = `let count = 0
  return new Response(new ReadableStream({
    pull(controller) { controller.enqueue(new TextEncoder().encode('' + ++count)) },
    cancel(reason) { console.log('cancelled', reason?.name) },
  }, { highWaterMark: 0 }))`

/** Lets deadlines that have come be noticed: their timer is a real one. */
async function untilIdle(fixture: PoolFixture): Promise<void> {
  for (let wait = 0; wait < 100 && fixture.pool.instances().some(({ idleMs }) => idleMs === 0); wait++)
    await pause(5)
}

describe('A response that streams', () => {
  it('reaches its reader while the handler still runs', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`let next
        return new Response(new ReadableStream({
          async start(controller) {
            for (const text of ['data: 1\\n\\n', 'data: 2\\n\\n']) {
              controller.enqueue(new TextEncoder().encode(text))
              await new Promise((resolve) => setTimeout(resolve, 5))
            }
            controller.close()
          } }), { headers: { 'content-type': 'text/event-stream' } })`),
    })
    const settled = await fixture.get(target)
    assert.equal(fixture.pool.instances()[0]!.inFlight, 1)
    const response = streamOf(settled)
    assert.equal(await nextText(response), 'data: 1\n\n')
    assert.equal(await restOf(response), 'data: 2\n\n')
    await turn()
    assert.equal(fixture.pool.instances()[0]!.inFlight, 0)
  })

  it('is made no faster than it is read', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`let made = 0
        if (path === '/made') return new Response('' + globalThis.made)
        return new Response(new ReadableStream({
          pull(controller) { globalThis.made = ++made; controller.enqueue(new Uint8Array(65536)) } }))`),
    })
    const response = streamOf(await fixture.get(target))
    const made = async () => Number(textOf(await fixture.get(target, '/made')))
    const first = await made()
    assert.ok(first <= 4, `${first} chunks were made`)
    assert.equal(await made(), first)
    for (let read = 0; read < 10; read++) await readNext(response)
    assert.ok((await made()) >= 10)
    response.cancel()
  })

  it('is cancelled in the guest when its reader goes, whose signal aborts; waitUntil goes on', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`request.signal.onabort = () => console.log('aborted', request.signal.reason.name)
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)).then(() => console.log('waited')))
        return new Response(new ReadableStream({
          pull(controller) { controller.enqueue(new Uint8Array(100_000)) },
          cancel(reason) { console.log('cancelled', reason?.name) } }))`),
    })
    const settled = await fixture.get(target)
    const response = streamOf(settled)
    await readNext(response)
    response.cancel()
    await untilIdle(fixture)
    assert.deepEqual(settled.usage.logLines.map(({ text }) => text).sort(), [
      'aborted AbortError',
      'cancelled AbortError',
      'waited',
    ])
  })

  it('is cancelled without an abort when nobody wants the body of an answer to HEAD', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`request.signal.onabort = () => console.log('aborted')
        return new Response(new ReadableStream({ cancel(reason) { console.log('cancelled', reason?.name) } }))`),
    })
    const settled = await fixture.begin(target, '/', undefined, null, 'HEAD').settled
    streamOf(settled).cancel()
    await untilIdle(fixture)
    assert.deepEqual(
      settled.usage.logLines.map(({ text }) => text),
      ['cancelled AbortError'],
    )
  })

  it('that the host hands on tells its function as well when its reader goes, but not at its end', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`request.signal.onabort = () => console.log('aborted')
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 30)))
        return new Response(request.body)`),
    })
    for (const [body, logs] of [
      [new SentBody().pipe, ['aborted']],
      [sent('all'), []],
    ] as const) {
      const settled = await fixture.begin(target, '/', undefined, body).settled
      const response = streamOf(settled)
      if (logs.length === 0) await restOf(response)
      response.cancel()
      await untilIdle(fixture)
      assert.deepEqual(
        settled.usage.logLines.map(({ text }) => text),
        logs,
      )
    }
  })

  it('is cancelled in the guest also while nothing of it is there', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`return new Response(new ReadableStream({
        pull() { return new Promise((resolve) => setTimeout(resolve, 10_000)) },
        cancel(reason) { console.log('cancelled', reason?.name) } }))`),
    })
    const settled = await fixture.get(target)
    streamOf(settled).cancel()
    await untilIdle(fixture)
    assert.deepEqual(
      settled.usage.logLines.map(({ text }) => text),
      ['cancelled AbortError'],
    )
  })

  it('may go on for longer than timeoutMs and waitUntil may, and what it left then ends', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`const reader = request.body.getReader()
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1e9)))
        return new Response(new ReadableStream({
          async pull(controller) {
            const { value, done } = await reader.read()
            if (done) controller.close()
            else controller.enqueue(value)
          } }))`),
      limits: { timeoutMs: 1000 },
    })
    const body = new SentBody()
    const response = streamOf(await fixture.begin(target, '/', undefined, body.pipe).settled)
    fixture.advance(100_000)
    await pause(40)
    body.write('still')
    assert.equal(await nextText(response), 'still')
    body.pipe.end()
    assert.equal((await readNext(response)).kind, 'end')
    await turn()
    assert.deepEqual(fixture.pool.isBusy, true)
    fixture.advance(29_000)
    await pause(40)
    assert.deepEqual(fixture.pool.isBusy, true)
    fixture.advance(2000)
    await pause(60)
    assert.deepEqual(fixture.pool.isBusy, false)
  })

  it('keeps its place in the instance until it has ended', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: throughGuest, pool: { concurrency: 1 } })
    const body = new SentBody()
    const response = streamOf(await fixture.begin(target, '/', undefined, body.pipe).settled)
    assert.equal(await restOf(streamOf(await fixture.begin(target, '/', undefined, sent('a')).settled)), 'a')
    assert.equal(fixture.pool.residentInstances, 2)
    body.pipe.end()
    await restOf(response)
    await turn()
    await restOf(streamOf(await fixture.begin(target, '/', undefined, sent('b')).settled))
    assert.equal(fixture.pool.residentInstances, 2)
  })

  it('is not cut short when its instance is to go', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: throughGuest })
    const body = new SentBody()
    const response = streamOf(await fixture.begin(target, '/', undefined, body.pipe).settled)
    fixture.pool.removeFunction('test')
    body.write('on and on')
    assert.equal(await nextText(response), 'on and on')
    assert.equal(fixture.pool.residentInstances, 1)
    body.pipe.end()
    assert.equal(await restOf(response), '')
    await turn()
    assert.equal(fixture.pool.residentInstances, 0)
  })

  it('fails with what its stream fails with', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`return new Response(new ReadableStream({
        async pull(controller) {
          controller.enqueue(new Uint8Array(1))
          await new Promise((resolve) => setTimeout(resolve, 5))
          throw new RangeError('ran dry') } }))`),
    })
    const response = streamOf(await fixture.get(target))
    assert.equal((await readNext(response)).kind, 'bytes')
    const read = await readNext(response)
    assert.deepEqual(failureOf(read), { kind: 'exception', text: 'ran dry' })
  })

  it('waits for what another request brings', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching(
      `if (path === '/publish') {
        for (const listener of listeners.splice(0)) listener('news')
        return new Response('published')
      }
      return new Response(new ReadableStream({
        start(controller) { controller.enqueue(new TextEncoder().encode('welcome')) },
        async pull(controller) {
          const text = await new Promise((resolve) => listeners.push(resolve))
          controller.enqueue(new TextEncoder().encode(text))
          controller.close()
        },
      }, { highWaterMark: 0 }))`,
    ).replace('(() => {', '(() => { const listeners = [];')
    const target = fixture.define({ bundle })
    const response = streamOf(await fixture.get(target, '/subscribe'))
    assert.equal(await nextText(response), 'welcome')
    await fixture.get(target, '/publish')
    assert.equal(await nextText(response), 'news')
    assert.equal((await readNext(response)).kind, 'end')
  })

  it('fails when nothing can bring it on any more, for no other request will come', async () => {
    const bundle = fetching(`return new Response(new ReadableStream({
      pull: () => path === '/hang' ? new Promise(() => {}) : new Promise((resolve) => setTimeout(resolve, 30)).then(() => new Promise(() => {})) }))`)
    for (const path of ['/hang', '/later']) {
      await using fixture = new PoolFixture()
      const response = streamOf(await fixture.get(fixture.define({ bundle }), path))
      fixture.pool.removeFunction('test')
      assert.equal(failureOf(await readNext(response)).kind, 'no_response')
      assert.equal(fixture.pool.residentInstances, 0)
    }
  })

  it('fails when it has used up its CPU, piece by piece, which is charged on the way', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`return new Response(new ReadableStream({
        pull(controller) {
          const end = Date.now() + 5
          while (Date.now() < end);
          controller.enqueue(new Uint8Array(100_000)) } }))`),
      limits: { cpuMs: 40 },
    })
    const settled = await fixture.get(target)
    const response = streamOf(settled)
    let chunks = 0
    let read = await readNext(response)
    for (; read.kind === 'bytes'; read = await readNext(response)) chunks++
    assert.equal(failureOf(read).kind, 'exceeded_cpu')
    assert.ok(chunks > 1 && settled.usage.cpuMs > 40, `${chunks} chunks, ${settled.usage.cpuMs} ms`)
    await turn()
    assert.equal(fixture.pool.residentInstances, 0)
  })

  it('fails when its instance is condemned: the guilty one with the reason, the others as interrupted', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`const reader = request.body.getReader()
        return new Response(new ReadableStream({
          async pull(controller) {
            const { value } = await reader.read()
            if (path === '/bad') for (;;);
            controller.enqueue(value)
          } }))`),
      limits: { cpuMs: 10 },
    })
    const bodies = [new SentBody(), new SentBody()] as const
    const [good, bad] = await Promise.all([
      fixture.begin(target, '/good', undefined, bodies[0].pipe).settled.then(streamOf),
      fixture.begin(target, '/bad', undefined, bodies[1].pipe).settled.then(streamOf),
    ])
    bodies[0].write('fine')
    assert.equal(await nextText(good), 'fine')
    assert.equal(fixture.pool.residentInstances, 1)
    bodies[1].write('go')
    assert.equal(failureOf(await readNext(bad)).kind, 'exceeded_cpu')
    assert.equal(failureOf(await readNext(good)).kind, 'interrupted')
    await turn()
    assert.deepEqual(
      bodies.map(({ isCanceled }) => isCanceled),
      [true, true],
    )
  })

  it('that ended before its instance was condemned can still be read', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(
        `if (path === '/bad') for (;;); ${counting.replace("'' + ++count))", "'whole')); controller.close()")}`,
      ),
      limits: { cpuMs: 10 },
    })
    const response = streamOf(await fixture.get(target))
    assert.equal((await fixture.get(target, '/bad')).outcome.kind, 'exceeded_cpu')
    assert.equal(await restOf(response), 'whole')
  })

  it('is cancelled and not written if its request was settled before it began', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`await new Promise((resolve) => setTimeout(resolve, 5)); ${counting}`),
    })
    const { invocation, settled } = fixture.begin(target)
    await turn()
    await turn()
    fixture.pool.cancel(invocation)
    const { outcome, usage } = await settled
    assert.equal(outcome.kind, 'canceled')
    await untilIdle(fixture)
    assert.deepEqual(
      usage.logLines.map(({ text }) => text),
      ['cancelled undefined'],
    )
    assert.equal(fixture.pool.isBusy, false)
  })
})
