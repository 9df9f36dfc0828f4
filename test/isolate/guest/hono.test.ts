import assert from 'node:assert/strict'
import { it } from 'node:test'
import { buildSync } from 'esbuild'
import { Guest } from './harness.ts'

const app = `
  import { Hono } from 'hono'
  import { cors } from 'hono/cors'
  import { streamText } from 'hono/streaming'
  const app = new Hono()
  app.use('*', cors())
  app.get('/', (c) => c.text('home'))
  app.get('/items/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q'), agent: c.req.header('user-agent'), env: c.env.GREETING }))
  app.post('/items', async (c) => c.json(await c.req.json(), 201, { 'x-made': 'yes' }))
  app.post('/form', async (c) => c.json(await c.req.parseBody()))
  app.get('/html', (c) => c.html('<p>hi</p>'))
  app.get('/later', async (c) => { c.executionCtx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5))); return c.body(null, 204) })
  app.get('/fail', () => { throw new Error('handler') })
  app.onError((error, c) => c.text('failed: ' + error.message, 500))
  app.notFound((c) => c.text('nothing here', 404))
  export default app`

it('a Hono application works', () => {
  const { outputFiles } = buildSync({
    stdin: { contents: app, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'application',
    platform: 'neutral',
    mainFields: ['module', 'main'],
  })
  using guest = new Guest(`${outputFiles[0]!.text}; exports.default = application.default`)
  const get = (path: string, headers = {}) => guest.call({ url: `http://example.com${path}`, headers })
  assert.deepEqual([get('/').body, get('/').headers['access-control-allow-origin']], ['home', '*'])
  assert.deepEqual(JSON.parse(get('/items/7?q=a%20b', { 'user-agent': 'me' }).body), {
    id: '7',
    q: 'a b',
    agent: 'me',
    env: 'hi',
  })
  const made = guest.call({ method: 'POST', url: 'http://example.com/items', body: '{"a":1}' })
  assert.deepEqual([made.status, made.body, made.headers['x-made']], [201, '{"a":1}', 'yes'])
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(
    guest.call({ method: 'POST', url: 'http://example.com/form', headers: form, body: 'a=1&b=2' }).body,
    '{"a":"1","b":"2"}',
  )
  assert.match(get('/html').headers['content-type']!, /^text\/html/)
  assert.equal(get('/later').status, 204)
  assert.deepEqual([get('/fail').status, get('/fail').body], [500, 'failed: handler'])
  assert.deepEqual([get('/none').status, get('/none').body], [404, 'nothing here'])
})
