import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerFixture } from './server-fixture.ts'

interface Case {
  readonly config?: object
  readonly source: string
  readonly status: number
  readonly outcome: string
  readonly retryAfter?: true
}

const fetching = (body: string) => `export default { async fetch(request) { ${body} } }`

const cases: Readonly<Record<string, Case>> = {
  throws: { source: fetching('throw new Error("secret")'), status: 500, outcome: 'exception' },
  silent: { source: fetching('await new Promise(() => {})'), status: 500, outcome: 'no_response' },
  spinner: { source: fetching('for (;;);'), status: 503, outcome: 'exceeded_cpu' },
  leaker: {
    config: { limits: { memoryMiB: 16, cpuMs: 500 } },
    source: fetching('const all = []; for (;;) all.push({ list: [all.length, "x"] })'),
    status: 503,
    outcome: 'exceeded_memory',
  },
  sleeper: {
    config: { limits: { timeoutMs: 50 } },
    source: fetching('await new Promise((done) => setTimeout(done, 60_000))'),
    status: 504,
    outcome: 'exceeded_wall_time',
  },
  blocked: {
    config: { pool: { reserved: 0 } },
    source: fetching('return new Response("never")'),
    status: 429,
    outcome: 'throttled',
    retryAfter: true,
  },
}

test('each limit is hit by a real guest and answers its outcome, while another function keeps answering', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('innocent', { 'index.js': fetching('return new Response("fine")') })
  let isRunning = true
  let answered = 0
  const innocent = (async () => {
    while (isRunning) {
      assert.equal(await server.text('/innocent'), 'fine')
      answered++
    }
  })()
  for (const [name, { config = {}, source, status, outcome, retryAfter }] of Object.entries(cases)) {
    await server.deploy(name, { 'function.jsonc': JSON.stringify(config), 'index.js': source })
    const answer = await server.call(`/${name}`)
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
    assert.equal(answer.headers['x-isolette-outcome'], outcome, name)
    assert.equal(answer.headers['x-isolette-executed-version'], `${name}:1`)
    assert.ok(answer.headers['x-isolette-invocation-id'], name)
    assert.equal(
      'retry-after' in answer.headers,
      retryAfter === true || (status === 503 && outcome !== 'exceeded_cpu' && outcome !== 'exceeded_memory'),
      name,
    )
    assert.equal(answer.text.includes('secret'), false, 'a message leaked')
  }
  isRunning = false
  await innocent
  assert.ok(answered > 0)
})

test('a body over the limit gets 413, by its announced length and by what arrives', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('echo', {
    'function.jsonc': '{ "limits": { "maxRequestBodyBytes": 1000 } }',
    'index.js': fetching('return new Response(String((await request.text()).length))'),
  })
  assert.equal((await server.call('/echo', { method: 'POST', body: 'x'.repeat(1000) })).text, '1000')
  assert.equal((await server.call('/echo', { method: 'POST', body: 'x'.repeat(1001) })).status, 413)
  const chunked = { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x'.repeat(5000) }
  assert.equal((await server.call('/echo', chunked)).status, 413)
})

test('what a guest may not send becomes 500, and the next request is served', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('hostile', {
    'index.js': `export default { fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/hostile/status') return { __proto__: Response.prototype, status: 999, headers: new Headers(), body: null }
      if (pathname === '/hostile/header') return new Response('', { headers: { 'x-a': 'b\\r\\nset-cookie: c' } })
      if (pathname === '/hostile/huge') return new Response('', { headers: { 'x-a': 'b'.repeat(1e6) } })
      return new Response('fine')
    } }`,
  })
  for (const path of ['status', 'header', 'huge']) {
    const answer = await server.call(`/hostile/${path}`)
    assert.equal(answer.status, 500, path)
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.equal(await server.text('/hostile'), 'fine')
  }
})

test('unknown routes get 404, wrong methods 405 with Allow', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('only', {
    'function.jsonc': '{ "routes": ["POST /only", "PUT /only"] }',
    'index.js': fetching('return new Response(request.method)'),
  })
  assert.equal((await server.call('/nothing')).status, 404)
  const wrong = await server.call('/only')
  assert.equal(wrong.status, 405)
  assert.equal(wrong.headers.allow, 'POST, PUT')
  assert.equal((await server.call('/only', { method: 'PUT' })).text, 'PUT')
})
