import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'
import { upstream } from './upstream.ts'

const egress = { allow: ['127.0.0.1'], deny: [] }

it('rejects a refused fetch in the guest, with a TypeError that says why', async () => {
  await using fixture = new PoolFixture()
  const bundle = fetching(`try { await fetch('http://10.0.0.5/') }
    catch (error) { return new Response([error instanceof TypeError, error.message].join()) }`)
  assert.equal(
    textOf(await fixture.get(fixture.define({ bundle }))),
    'true,Cannot fetch http://10.0.0.5: address 10.0.0.5 is private, must be public or listed in egress.allow',
  )
})

it('has six requests of an invocation open at once, and the others of it in order', async (t) => {
  const server = await upstream(t)
  await using fixture = new PoolFixture()
  const bundle =
    fetching(`const get = async (index) => (await fetch('${server.origin}' + path + index)).text()
    return new Response((await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(get))).join())`)
  const target = fixture.define({ bundle, egress })
  const answer = fixture.get(target, '/a')
  const first = []
  for (let index = 0; index < 6; index++) first.push(await server.next())
  // Another invocation of the same instance has places of its own.
  const other = fixture.get(target, '/b')
  const others = []
  for (let index = 0; index < 6; index++) others.push(await server.next())
  assert.deepEqual(first.map(({ path }) => path).sort(), ['/a0', '/a1', '/a2', '/a3', '/a4', '/a5'])
  assert.deepEqual(others.map(({ path }) => path).sort(), ['/b0', '/b1', '/b2', '/b3', '/b4', '/b5'])
  assert.equal(server.arrived.length, 0)
  for (const [expected, { path, response }] of [
    ['/a6', first[3]!],
    ['/a7', first[0]!],
  ] as const) {
    response.end(path.slice(2))
    const seventh = await server.next()
    assert.equal(seventh.path, expected)
    seventh.response.end(expected.slice(2))
  }
  for (const { path, response } of [...first, ...others])
    if (!response.writableEnded) response.end(path.slice(2))
  for (let index = 0; index < 2; index++) (await server.next()).response.end('x')
  assert.equal(textOf(await answer), '0,1,2,3,4,5,6,7')
  assert.equal(textOf(await other), '0,1,2,3,4,5,x,x')
})

it('never sends a request that was aborted while it waited for its turn', async (t) => {
  const server = await upstream(t)
  await using fixture = new PoolFixture()
  const bundle = fetching(`const controller = new AbortController()
    const open = [0, 1, 2, 3, 4, 5].map((index) => fetch('${server.origin}/' + index))
    const waiting = fetch('${server.origin}/6', { signal: controller.signal }).catch((error) => error.name)
    controller.abort()
    const name = await waiting
    await Promise.all(open)
    await fetch('${server.origin}/7')
    return new Response(name)`)
  const answer = fixture.get(fixture.define({ bundle, egress }))
  const paths = []
  for (let index = 0; index < 7; index++) {
    const { path, response } = await server.next()
    paths.push(path)
    response.end()
  }
  assert.equal(textOf(await answer), 'AbortError')
  assert.deepEqual(paths.sort(), ['/0', '/1', '/2', '/3', '/4', '/5', '/7'])
})
