import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What this process holds on to, in MiB. */
function heldMiB(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

test('A worker keeps nothing of a large answer but its headers', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching('return new Response("x".repeat(2e7), { headers: { "x-path-of-the-request": path } })'),
    limits: { cpuMs: 500 },
  })
  const before = heldMiB()
  for (let request = 0; request < 5; request++) await fixture.get(target, `/${request}`)
  assert.ok(heldMiB() - before < 20, `${heldMiB() - before} MiB`)
})

test('A worker keeps no more of a log line than fits', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(
      'console.count("x".repeat(2e7)); console.count("y".repeat(2e7)); return new Response("")',
    ),
    limits: { cpuMs: 500 },
  })
  const before = heldMiB()
  const { usage } = await fixture.get(target)
  assert.ok(heldMiB() - before < 10, `${heldMiB() - before} MiB`)
  assert.equal(usage.logLines[0]!.text.length, 128 * 1024)
  assert.equal(usage.droppedLogBytes, 2 * '0: 1'.length - 2 + 4e7 - 128 * 1024)
})

const spin = '() => { const end = Date.now() + 15; while (Date.now() < end); }'

/** CPU time of this process while `ms` pass, in milliseconds. */
async function cpuMsDuring(ms: number): Promise<number> {
  const before = process.threadCpuUsage().user
  await new Promise((resolve) => setTimeout(resolve, ms))
  return (process.threadCpuUsage().user - before) / 1000
}

test('A module cannot run between requests, when nobody is charged for it', async () => {
  await using fixture = new PoolFixture()
  const bundle = `(() => { let ticks = 0; setInterval(() => ticks++, 1); setInterval(${spin}, 0)
    return { default: { fetch: () => new Response(String(ticks)) } } })()`
  const target = fixture.define({ bundle })
  assert.equal(textOf(await fixture.get(target)), '0')
  assert.ok((await cpuMsDuring(200)) < 100)
  // Its timers are late, not lost.
  await fixture.get(target)
  assert.notEqual(textOf(await fixture.get(target)), '0')
})

test('A request that goes on after it was stopped for its CPU time takes its instance with it', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(`setInterval(${spin}, 0); return new Promise(() => {})`),
    limits: { cpuMs: 10 },
  })
  assert.equal((await fixture.get(target)).outcome.kind, 'exceeded_cpu')
  assert.equal(fixture.pool.residentInstances, 0)
})

test('A request that uses up the stack spoils no API for the next one', async () => {
  const uses = {
    URL: 'new URL("http://a/b?c").searchParams.get("d")',
    AbortController: 'new AbortController().abort()',
    TextEncoder: 'new TextEncoder().encode("a")',
    structuredClone: 'structuredClone({ a: 1 })',
    Response: 'new Response(new Blob(["a"]))',
    signal: 'request.signal.aborted',
    console: 'console.log({ a: 1 })',
  }
  await using fixture = new PoolFixture()
  for (const [name, use] of Object.entries(uses)) {
    const bundle = fetching(`const deep = () => { try { deep() } catch {} try { ${use} } catch {} }
      if (path === '/deep') { try { deep() } catch {} } else { ${use} }
      return new Response('ok')`)
    const target = fixture.define({ name, bundle, limits: { cpuMs: 500 } })
    await fixture.get(target, '/deep')
    assert.equal(textOf(await fixture.get(target)), 'ok', name)
  }
})

test('A request is charged for what it lets the host do', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(`const url = 'http://a/' + 'é'.repeat(1e5)
      const end = Date.now() + 200
      while (Date.now() < end) new URL(url)
      return new Response('')`),
    limits: { cpuMs: 500 },
  })
  const { usage } = await fixture.get(target)
  assert.ok(usage.cpuMs > 25, `${usage.cpuMs} ms`)
})

test('A request that never ends is told from those before it, however many there were', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching('if (path === "/loop") for (;;); return new Response(path)'),
    limits: { cpuMs: 10 },
  })
  for (let batch = 0; batch < 2100; batch++) await fixture.getTogether(target, ['/1', '/2', '/3'])
  const outcomes = await fixture.getTogether(target, ['/before', '/loop', '/behind'])
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome.kind),
    ['interrupted', 'exceeded_cpu', 'ok'],
  )
})

test('What an instance reads at one go fits into its memory limit while the host holds it', async (t) => {
  const body = Buffer.alloc(20 * 2 ** 20)
  // Those of `/two` are left open until one of them is given up.
  const server = createServer((request, response) => {
    if (request.url === '/one') return response.end(body)
    response.write(body)
    response.on('close', () => server.emit('gone'))
    server.once('gone', () => response.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle:
      fetching(`const get = () => fetch('${origin}' + path).then((answer) => answer.arrayBuffer()).then(() => 'ok', (error) => error.message)
      return Response.json(await Promise.all(path === '/two' ? [get(), get()] : [get()]))`),
    limits: { memoryMiB: 32, cpuMs: 500 },
    egress: { allow: ['127.0.0.1'], deny: [] },
  })
  const refused = 'Cannot read the body: what the instance sends and receives must fit into limits.memoryMiB'
  assert.deepEqual(JSON.parse(textOf(await fixture.get(target, '/two'))).sort(), [refused, 'ok'])
  assert.equal(textOf(await fixture.get(target, '/one')), '["ok"]')
})

test('A rejected value that runs code while it is told costs the instance, for results may be lost with it', async () => {
  const values: Readonly<Record<string, string>> = {
    'a stack that rejects again': `const error = new Error('one'); Object.defineProperty(error, 'stack', { get() { Promise.reject(new Error('two')); return '' } }); Promise.reject(error)`,
    'Error.prepareStackTrace': `Error.prepareStackTrace = () => { Promise.reject(new Error('two')); return '' }; Promise.reject(new Error('one'))`,
    'a proxy': `Promise.reject(new Proxy(new Error('one'), { get() { Promise.reject(new Error('two')); return '' } }))`,
  }
  for (const [name, code] of Object.entries(values)) {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`if (path === '/bad') { ${code} } return new Response('ok')`),
    })
    assert.equal(textOf(await fixture.get(target, '/good')), 'ok')
    assert.equal((await fixture.get(target, '/bad')).outcome.kind, 'internal_error', name)
    assert.equal(fixture.pool.residentInstances, 0, name)
    assert.equal(fixture.faults.length, 1, name)
    assert.equal(textOf(await fixture.get(target, '/good')), 'ok')
  }
})

test('A URL that the host would read for long is not fetched', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(
      `try { await fetch('http://a/' + 'x'.repeat(1e7)) } catch (error) { return new Response(error.message) }`,
    ),
    limits: { cpuMs: 500 },
  })
  assert.match(textOf(await fixture.get(target)), /^Cannot fetch: URL and headers of 100000\d\d characters/)
})

test('A module whose evaluation never ends holds the worker up once in a while, not with each request', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: '(() => { for (;;); })()' })
  assert.equal((await fixture.get(target)).outcome.kind, 'exceeded_cpu')
  fixture.pool.sweep()
  assert.equal((await fixture.get(target)).outcome.kind, 'exceeded_cpu')
  assert.equal(fixture.entered.length, 1)
  fixture.advance(5000)
  assert.equal((await fixture.get(target)).outcome.kind, 'exceeded_cpu')
  assert.equal(fixture.entered.length, 2)
})

test('An op that fails on our side ends its instance, and is reported with what failed', async () => {
  const cause = new Error('of the host')
  let isBroken = true
  await using fixture = new PoolFixture({
    wallMs() {
      if (isBroken) throw cause
      return 0
    },
  })
  const target = fixture.define({ bundle: fetching('console.log("x"); return new Response("hello")') })
  assert.equal((await fixture.get(target)).outcome.kind, 'internal_error')
  assert.deepEqual(
    fixture.faults.map((fault) => (fault as Error).cause),
    [cause],
  )
  isBroken = false
  assert.equal(textOf(await fixture.get(target)), 'hello')
})
