import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('zod')
})
after(() => app[Symbol.asyncDispose]())

const order = {
  email: 'ada@example.com',
  placedAt: '2026-11-21T12:00:00Z',
  lines: [{ sku: 'ABC-1', count: '2' }],
  payment: { kind: 'card', last4: '4242' },
}

it('zod transforms, coerces and fills in defaults', async () => {
  const { status, body } = await app.post('/zod', { ...order, note: '  now  ' })
  assert.equal(status, 200)
  assert.deepEqual(body, {
    ...order,
    placedAt: '2026-11-21T12:00:00.000Z',
    lines: [{ sku: 'ABC-1', count: 2 }],
    note: 'now',
  })
  assert.equal((await app.post('/zod', order)).body.note, 'none')
})

it('zod names each field that is wrong', async () => {
  const { status, body } = await app.post('/zod', {
    ...order,
    email: 'nobody',
    lines: [{ sku: 'abc', count: 0 }],
    payment: { kind: 'invoice', days: 90 },
  })
  assert.equal(status, 422)
  assert.deepEqual(body.fieldErrors.email, ['Invalid email address'])
  assert.equal(body.fieldErrors.lines.length, 2)
  assert.match(body.fieldErrors.payment[0], /60/)
  const twice = await app.post('/zod', { ...order, lines: [order.lines[0], order.lines[0]] })
  assert.deepEqual(twice.body.fieldErrors, { lines: ['each sku once'] })
})

it('zod awaits asynchronous refinements', async () => {
  assert.equal((await app.post('/zod', 'known')).body, true)
  assert.equal((await app.post('/zod', 'other')).body, false)
})

it('zod writes a JSON Schema', async () => {
  const schema = JSON.parse((await app.call('/zod')).text)
  assert.deepEqual(schema.required, ['email', 'placedAt', 'lines', 'payment'])
  assert.equal(schema.properties.lines.items.properties.sku.pattern, '^[A-Z]{3}-\\d+$')
})
