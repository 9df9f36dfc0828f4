import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Json, root, ServerFixture } from './server-fixture.ts'

async function deployExample(server: ServerFixture, name: string): Promise<void> {
  const { status, body } = await server.admin('POST', '/v1/deployments', {
    path: join(root, 'examples', name),
  })
  assert.equal(status, 200, JSON.stringify(body))
}

async function upstream(answer: unknown): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

test('examples/hello answers', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'hello')
  assert.equal(await server.text('/hello'), 'Hello from isolette\n')
})

test('examples/api takes params and a POST body through Hono', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'api')
  const list = JSON.parse(await server.text('/api/books'))
  assert.deepEqual(list, { shelf: 'ground floor', books: [{ id: 1, title: 'A Pattern Language' }] })
  assert.deepEqual(JSON.parse(await server.text('/api/books/1')), { id: 1, title: 'A Pattern Language' })
  assert.equal((await server.call('/api/books/9')).status, 404)
  const post = (body: string) =>
    server.call('/api/books', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const created = await post('{"title":"The Timeless Way of Building"}')
  assert.equal(created.status, 201)
  assert.deepEqual(JSON.parse(created.text), { id: 2, title: 'The Timeless Way of Building' })
  assert.equal((await post('{"title":7}')).status, 400)
})

test('examples/event answers an event, and HTTP as Lambda does', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'event')
  const { code, stdout, stderr } = await server.cli(
    'invoke',
    'event',
    '--event',
    '{"items":[{"price":2,"count":3}]}',
  )
  assert.equal(code, 0, stderr)
  const result = JSON.parse(stdout)
  assert.equal(result.total, 6)
  assert.equal(result.version, '1')
  const { status, headers, text } = await server.call('/event')
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^application\/json/)
  assert.equal(JSON.parse(text).total, 0)
})

test('examples/join makes one answer of two upstreams', async () => {
  const user = await upstream({ name: 'Ada' })
  const orders = await upstream([{ id: 7 }])
  try {
    await using server = await ServerFixture.start()
    const source = await readFile(join(root, 'examples', 'join', 'index.ts'), 'utf8')
    const env = { USER_URL: user.url, ORDERS_URL: orders.url }
    const deploy = (config: object) =>
      server.deploy('join', { 'function.jsonc': JSON.stringify({ env, ...config }), 'index.ts': source })
    await deploy({})
    assert.equal((await server.call('/join')).status, 502)
    // It applies at once, without a new version.
    await deploy({ egress: { allow: ['127.0.0.1'] } })
    assert.deepEqual(JSON.parse(await server.text('/join')), { user: { name: 'Ada' }, orders: [{ id: 7 }] })
    user.server.close()
    user.server.closeAllConnections()
    const failed = await server.call('/join')
    assert.equal(failed.status, 502)
  } finally {
    user.server.close()
    orders.server.close()
  }
})

test('examples/stream sends events while it runs, and bodies through it as they come', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'stream')
  const ticking = await fetch(`${server.url}/stream/ticks`)
  assert.equal(ticking.headers.get('content-type'), 'text/event-stream')
  let events = ''
  let pieces = 0
  for await (const chunk of ticking.body!) {
    events += Buffer.from(chunk)
    pieces++
  }
  assert.equal(events, Array.from({ length: 10 }, (_, index) => `data: ${index + 1}\n\n`).join(''))
  assert.ok(pieces > 1, 'all events came together')
  const send = (path: string, body: string) => server.call(`/stream/${path}`, { method: 'POST', body })
  const long = 'grüße '.repeat(50_000)
  assert.equal((await send('upper', long)).text, long.toUpperCase())
  assert.equal((await send('echo', long)).text, long)
  assert.equal((await server.call('/stream/echo')).status, 400)
})

test('examples/canary goes 0.95 to 0.05 by the commands it names', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'canary')
  const commands = [
    ['deploy', 'examples/canary/version-2.ts', '--name', 'canary', '--no-publish'],
    ['publish', 'canary'],
    ['alias', 'set', 'canary', 'live', '1=0.95', '2=0.05'],
  ]
  for (const command of commands) {
    const { code, stderr } = await server.cli(...command)
    assert.equal(code, 0, stderr)
  }
  const texts = new Set<string>()
  for (let request = 0; request < 400; request++) texts.add(await server.text('/canary'))
  assert.deepEqual([...texts].sort(), ['one\n', 'two\n'])
})

test('examples/queue makes an invoice for each order, once', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'queue/invoices')
  await deployExample(server, 'queue/orders')
  const order = (body: string) => server.call('/orders', { method: 'POST', body })
  const accepted = await order('{"id":"17","total":6}')
  assert.equal(accepted.status, 202, accepted.text)
  const { invocationId } = JSON.parse(accepted.text)
  const { status, body } = await server.admin('GET', `/v1/invocations/${invocationId}?wait=20s`)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.state, 'Succeeded')
  assert.deepEqual(body.result.json, { invoice: 'invoice-17', total: 6, attempt: 1 })
  const again = await order('{"id":"17","total":6}')
  assert.equal(again.status, 409)
  assert.deepEqual(JSON.parse(again.text), { invocationId, state: 'Succeeded' })
  await server.untilPrinted('invoice for order 17, attempt 1')
})

test('examples/scheduled runs at the times of its trigger, and answers nobody else', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'scheduled')
  assert.equal((await server.call('/scheduled')).headers['x-isolette-outcome'], 'exception')
  const source = await readFile(join(root, 'examples', 'scheduled', 'index.ts'), 'utf8')
  const triggers = [{ cron: '* * * * * *', event: { task: 'test' } }]
  await server.deploy('scheduled', { 'function.jsonc': JSON.stringify({ triggers }), 'index.ts': source })
  await server.untilPrinted('attempt 1')
  assert.match(server.output, /test of 20\d\d-\d\d-\d\dT[\d:]+\.000Z, attempt 1/)
})

test('examples/instance begins with init, keeps what its module has, and ends with shutdown', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'instance')
  for (const requests of [1, 2]) {
    assert.deepEqual(JSON.parse(await server.text('/instance')), { requests, lastPrime: 7919 })
  }
  assert.equal((await server.cli('workers', 'replace')).code, 0)
  await server.untilPrinted('version 1 answered 2 requests here')
  assert.equal(JSON.parse(await server.text('/instance')).requests, 1)
})

test('examples/ephemeral keeps nothing from one request to the next', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'ephemeral')
  for (let request = 0; request < 3; request++) {
    assert.deepEqual(JSON.parse(await server.text('/ephemeral')), { requests: 1 })
  }
})

test('examples/provisioned is ready before it is asked', async () => {
  await using server = await ServerFixture.start()
  await deployExample(server, 'provisioned')
  const status = async (): Promise<Json> => (await server.admin('GET', '/v1/workers')).body.workers[0].status
  const endMs = performance.now() + 20_000
  while (!((await status())?.provisioned[0]?.ready > 0) && performance.now() < endMs) await delay(50)
  assert.ok(JSON.parse(await server.text('/provisioned')).readyForMs >= 0)
  assert.equal((await status()).coldStarts, 0)
})
