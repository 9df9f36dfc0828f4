import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('hono')
})
after(() => app[Symbol.asyncDispose]())

it('streamSSE sends each event while the handler still runs', async () => {
  const response = await app.open('/hono/stream/events/1')
  assert.match(response.headers.get('content-type')!, /^text\/event-stream/)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  for (const step of ['one', 'two', 'three']) {
    let frame = ''
    while (!frame.endsWith('\n\n')) {
      const { done, value } = await reader.read()
      assert.ok(!done, `the stream ended before event ${step}`)
      frame += value
    }
    assert.equal(frame, `event: step\ndata: line of ${step}\ndata: and another\nid: ${step}\n\n`)
    // The handler waits for this before it goes on: the frame was not held back.
    assert.equal((await app.call('/hono/stream/go/1', { method: 'POST' })).status, 204)
  }
  assert.equal((await reader.read()).done, true)
})

it('stream writes bytes and pipes another stream', async () => {
  const { status, bytes } = await app.call('/hono/stream/bytes')
  assert.equal(status, 200)
  assert.deepEqual([...bytes.subarray(0, 8)], [0, 255, 1, 254, 2, 253, 3, 252])
  assert.equal(bytes.subarray(8).toString(), 'tail')
})

it('streamText writes lines, with time between them', async () => {
  const { headers, text } = await app.call('/hono/stream/text')
  assert.equal(text, 'slow\nand\nsteady\n')
  assert.equal(headers['transfer-encoding'], 'chunked')
})

it('a client that leaves ends the stream of its handler', async () => {
  const leave = new AbortController()
  const response = await app.open('/hono/stream/endless/7', { signal: leave.signal })
  const reader = response.body!.getReader()
  assert.match(Buffer.from((await reader.read()).value!).toString(), /^tick/)
  leave.abort()
  await assert.rejects(reader.read(), { name: 'AbortError' })
  let aborted = ''
  while (aborted === '') aborted = (await app.call('/hono/stream/aborted')).text
  assert.equal(aborted, '7')
})
