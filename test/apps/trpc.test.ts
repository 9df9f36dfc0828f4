import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('trpc')
})
after(() => app[Symbol.asyncDispose]())

const input = (value: unknown) => encodeURIComponent(JSON.stringify(value))

it('tRPC answers a query and a mutation', async () => {
  const { status, headers, text } = await app.call(`/trpc/greet?input=${input({ name: 'Ada' })}`)
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^application\/json/)
  assert.deepEqual(JSON.parse(text), { result: { data: 'hello Ada' } })
  const added = await app.post('/trpc/add', { a: 1, b: 2 }, { 'x-user': 'ada' })
  assert.deepEqual(added, { status: 200, body: { result: { data: { by: 'ada', sum: 3 } } } })
})

it('tRPC refuses what the schema does not take, what is not allowed, and what is not there', async () => {
  const invalid = await app.call(`/trpc/greet?input=${input({ name: 'A' })}`)
  assert.equal(invalid.status, 400)
  const { error } = JSON.parse(invalid.text)
  assert.equal(error.data.code, 'BAD_REQUEST')
  assert.match(error.message, /too_small/)
  const stranger = await app.post('/trpc/add', { a: 1, b: 2 })
  assert.deepEqual([stranger.status, stranger.body.error.message], [401, 'who are you?'])
  const missing = await app.call('/trpc/nothing')
  assert.deepEqual([missing.status, JSON.parse(missing.text).error.data.code], [404, 'NOT_FOUND'])
})

it('tRPC answers a batch, each call by itself', async () => {
  const batch = input({ 0: { name: 'Ada' }, 1: { name: 'X' } })
  const { status, text } = await app.call(`/trpc/greet,greet?batch=1&input=${batch}`)
  assert.equal(status, 207)
  const [first, second] = JSON.parse(text)
  assert.equal(first.result.data, 'hello Ada')
  assert.equal(second.error.data.httpStatus, 400)
})

it('tRPC streams a batch line by line', async () => {
  const batch = input({ 0: { name: 'Ada' }, 1: { name: 'Bob' } })
  const { status, headers, text } = await app.call(`/trpc/greet,greet?batch=1&input=${batch}`, {
    headers: { 'trpc-accept': 'application/jsonl' },
  })
  assert.equal(status, 200)
  assert.equal(headers['transfer-encoding'], 'chunked')
  const lines = text.trim().split('\n')
  assert.ok(lines.length > 2, text)
  assert.match(text, /hello Ada/)
  assert.match(text, /hello Bob/)
})

it('tRPC sends a subscription as server-sent events', async () => {
  const { status, headers, text } = await app.call(`/trpc/count?input=${input(3)}`, {
    headers: { accept: 'text/event-stream' },
  })
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^text\/event-stream/)
  assert.deepEqual(text.match(/^data: \d$/gm), ['data: 0', 'data: 1', 'data: 2'])
})
