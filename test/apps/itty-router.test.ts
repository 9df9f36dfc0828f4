import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('itty-router')
})
after(() => app[Symbol.asyncDispose]())

it('itty-router answers objects as JSON, and passes responses through', async () => {
  const list = await app.call('/itty/todos')
  assert.deepEqual([list.status, JSON.parse(list.text)], [200, [{ id: '1', text: 'build' }]])
  assert.match(list.headers['content-type']!, /^application\/json/)
  const raw = await app.call('/itty/raw')
  assert.deepEqual([raw.status, raw.text], [203, 'raw'])
})

it('itty-router reads params, greedy params and queries', async () => {
  assert.deepEqual(JSON.parse((await app.call('/itty/todos/1')).text), { id: '1', text: 'build' })
  assert.equal((await app.call('/itty/files/a/b/c.txt')).text, '"a/b/c.txt"')
  const query = await app.call('/itty/search?q=a%20b&tag=x&tag=y')
  assert.deepEqual(JSON.parse(query.text), { q: 'a b', tag: ['x', 'y'] })
})

it('itty-router refuses with the status that the application names', async () => {
  const missing = await app.call('/itty/todos/9')
  assert.deepEqual(JSON.parse(missing.text), { status: 404, error: 'no such todo' })
  assert.equal(missing.status, 404)
  assert.equal((await app.call('/itty/nothing')).status, 404)
  assert.equal((await app.post('/itty/todos', { text: 'rest' })).status, 401)
  const invalid = await app.post('/itty/todos', {}, { 'x-user': 'ada' })
  assert.deepEqual(invalid, { status: 422, body: { status: 422, error: 'text is missing' } })
  const broken = await app.call('/itty/broken')
  assert.deepEqual([broken.status, JSON.parse(broken.text).error], [500, 'out of order'])
})

it('itty-router middleware hands on what it found', async () => {
  const made = await app.post('/itty/todos', { text: 'rest' }, { 'x-user': 'ada' })
  assert.deepEqual(made, { status: 200, body: { by: 'ada', text: 'rest' } })
})

it('itty-router answers preflights', async () => {
  const preflight = await app.call('/itty/todos', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers['access-control-allow-origin'], 'https://app.example')
})
