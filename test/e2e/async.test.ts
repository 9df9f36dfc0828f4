import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, ServerFixture } from './server-fixture.ts'

const quickRetry = '"backoff": { "initialMs": 1, "maxMs": 1 }'

async function invoke(server: ServerFixture, name: string, event: unknown = null): Promise<string> {
  const { status, body } = await server.admin('POST', `/v1/functions/${name}/invocations`, {
    type: 'async',
    event,
  })
  assert.equal(status, 202, JSON.stringify(body))
  return body.invocationId
}

async function ended(server: ServerFixture, id: string): Promise<Json> {
  const { status, body } = await server.admin('GET', `/v1/invocations/${id}?wait=20s`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('a call that is accepted runs, is tried again until it succeeds, and shows how it went', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await server.deploy('flaky', {
    'function.jsonc': `{ "async": { ${quickRetry} } }`,
    'index.js': `export function handler(event, context) {
      console.log('attempt', context.attempt)
      if (context.attempt < 3) throw new Error('not yet')
      return { event, attempt: context.attempt }
    }`,
  })
  const call = await ended(server, await invoke(server, 'flaky', { a: 1 }))
  assert.equal(call.state, 'Succeeded')
  assert.deepEqual(
    call.history.map(({ number, outcome }: Json) => [number, outcome]),
    [
      [1, 'exception'],
      [2, 'exception'],
      [3, 'ok'],
    ],
  )
  assert.equal(call.history[0].error.message, 'not yet')
  assert.equal(call.history[0].logLines[0].text, 'attempt 1')
  const { stdout } = await server.cli('logs', '--json')
  assert.deepEqual(
    [...stdout.matchAll(/"attempt":([123])/g)].map(([, number]) => number),
    ['1', '2', '3'],
  )
})

test('an HTTP request that prefers it is answered when it is on disk, and runs as it came', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('echo', {
    'function.jsonc': '{ "async": { "http": true } }',
    'index.js': `export default { async fetch(request) {
      const text = await request.text()
      return new Response(request.method + ' ' + request.headers.get('x-a') + ' ' + text, { status: 201 })
    } }`,
  })
  const headers = { prefer: 'respond-async', 'x-a': 'b' }
  const answer = await server.call('/echo', { method: 'POST', headers, body: 'hello' })
  assert.equal(answer.status, 202, answer.text)
  const call = await ended(server, JSON.parse(answer.text).invocationId)
  assert.equal(call.state, 'Succeeded')
  assert.equal(call.history[0].status, 201)
  assert.match(JSON.stringify(call.result), /POST b hello/)
})

test('a call that runs is stopped: its signal aborts, and what ignores that loses its instance', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('sleepy', {
    'index.js': `export default { async fetch(request) {
      const { signal, url } = request
      await new Promise((done) => {
        signal.addEventListener('abort', () => url.endsWith('heed') && done())
        setTimeout(done, 25_000)
      })
      throw new Error('stopped')
    } }`,
    'function.jsonc': '{ "async": { "http": true } }',
  })
  for (const path of ['heed', 'ignore']) {
    const { text } = await server.call(`/sleepy/${path}`, { headers: { prefer: 'respond-async' } })
    const id: string = JSON.parse(text).invocationId
    for (;;) {
      const { body } = await server.admin('GET', `/v1/invocations/${id}`)
      if (body.state === 'Running') break
    }
    const beganMs = performance.now()
    assert.equal((await server.admin('POST', `/v1/invocations/${id}/stop`)).body.state, 'Stopping')
    assert.equal((await ended(server, id)).state, 'Stopped')
    const tookMs = performance.now() - beganMs
    assert.ok(path === 'heed' ? tookMs < 4000 : tookMs > 4000 && tookMs < 15_000, `${path}: ${tookMs} ms`)
  }
})

test('calls outlive the server: those that wait run when it is started again', async () => {
  const first = await ServerFixture.start()
  const { dataDir } = first
  await first.deploy('later', { 'index.js': 'export const handler = (event) => event' })
  await first.admin('POST', '/v1/functions/later/pause')
  const id = await invoke(first, 'later', 7)
  await first.stop()
  {
    await using server = await ServerFixture.start({ dataDir })
    assert.equal((await server.admin('GET', `/v1/invocations/${id}`)).body.state, 'Enqueued')
    await server.admin('POST', '/v1/functions/later/resume')
    assert.equal((await ended(server, id)).state, 'Succeeded')
  }
  await first[Symbol.asyncDispose]()
})

test('a call that brings its worker down each time ends as a dead letter; others of its worker run all the same', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('bomb', {
    'function.jsonc': `{ "limits": { "memoryMiB": 8, "cpuMs": 500 }, "async": { "maxAttempts": 2, ${quickRetry} } }`,
    'index.js': `export const handler = () => String('x'.repeat(2 ** 29 - 24).split('').length)`,
  })
  await server.deploy('shop', {
    'index.js': 'export const handler = () => new Promise((done) => setTimeout(done, 300, "sold"))',
  })
  const bomb = await invoke(server, 'bomb')
  const shop = await invoke(server, 'shop')
  const call = await ended(server, bomb)
  assert.equal(call.state, 'Failed')
  assert.deepEqual(
    call.history.filter(({ counts }: Json) => counts).map(({ outcome }: Json) => outcome),
    ['crashed', 'crashed'],
  )
  const innocent = await ended(server, shop)
  assert.equal(innocent.state, 'Succeeded')
  assert.equal(innocent.history.filter(({ counts }: Json) => counts).length, 1)
})
