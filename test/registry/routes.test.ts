import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRoute } from '../../runtime/model/route.ts'
import { openTemporaryRegistry, published, uploadOf } from './temporary-registry.ts'

const conflicts: [string[], string[], string | null][] = [
  [['/a'], ['/a'], '/a → first'],
  [['/a'], ['GET /a'], null],
  [['GET /a'], ['POST /a'], null],
  [['GET /a'], ['HEAD /a'], null],
  [['/a/:x'], ['/a/:y'], '/a/:x → first'],
  [['/a/:x/b'], ['/a/:y/c'], null],
  [['/a/:x'], ['/a/*'], null],
  [['/a'], ['/a/'], null],
  [['/:x'], ['/:y'], '/:x → first'],
  [['/*'], ['/*'], '/* → first'],
  [['h.example/a'], ['/a'], null],
  [['h.example/a'], ['H.example/a'], 'h.example/a → first'],
  [['GET h.example/a/:x'], ['GET h.example/a/:y'], 'GET h.example/a/:x → first'],
  [['/second'], [], '/second → first'],
  [['/second/*'], [], '/second/* → first'],
  [['/b', '/c'], ['/x', '/c'], '/c → first'],
]

for (const [first, second, conflict] of conflicts) {
  const names = `${second.join(' ') || 'the default routes'} beside ${first.join(' ')}`
  test(`${conflict === null ? 'takes' : 'refuses'} ${names}`, async (t) => {
    const { registry } = await openTemporaryRegistry(t)
    await registry.deploy(uploadOf('first', 'a', { routes: first }), published)
    const deploying = registry.deploy(uploadOf('second', 'a', { routes: second }), published)
    if (conflict === null) {
      await deploying
    } else {
      await assert.rejects(
        deploying,
        (error: Error & { code: string; details: { conflictsWith: string } }) => {
          assert.equal(error.code, 'route_conflict')
          assert.equal(error.details.conflictsWith, conflict)
          assert.ok(error.message.includes(conflict) && error.message.includes('→ second'), error.message)
          return true
        },
      )
      assert.equal(registry.getFunction('second'), null)
      assert.deepEqual(registry.listRoutes({ limit: 10 }).map(formatRoute).sort(), first.toSorted())
    }
  })
}

test('a route that was given up can be taken by another function', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('first', 'a', { routes: ['/a', '/b'] }), published)
  await registry.deploy(uploadOf('first', 'a', { routes: ['/b'] }), published)
  await registry.deploy(uploadOf('second', 'a', { routes: ['/a'] }), published)
  await registry.removeFunction('first', { force: true })
  await registry.deploy(uploadOf('second', 'a', { routes: ['/a', '/b'] }), published)
  assert.deepEqual(registry.listRoutes({ limit: 10 }).map(formatRoute), ['/a', '/b'])
})

test('a function may move its own routes onto each other', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('first', 'a', { routes: ['/a/:x', '/b'] }), published)
  await registry.deploy(uploadOf('first', 'a', { routes: ['/a/:y', '/b'] }), published)
  assert.deepEqual(registry.listRoutes({ limit: 10 }).map(formatRoute), ['/a/:y', '/b'])
})

test('functions share a bucket and leave it one by one', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const first = await registry.deploy(uploadOf('first', 'a', { routes: ['/api/first'] }), published)
  const second = await registry.deploy(uploadOf('second', 'a', { routes: ['/api/second'] }), published)
  assert.deepEqual(
    second.delta?.routeBuckets['/api']?.map((route) => route.functionName),
    ['first', 'second'],
    'a delta carries the whole bucket',
  )
  assert.equal(first.delta?.routeBuckets['/api']?.length, 1)
  const removal = await registry.removeFunction('first', { force: true })
  assert.deepEqual(
    removal.delta?.routeBuckets['/api']?.map((route) => route.functionName),
    ['second'],
  )
  assert.deepEqual(removal.delta?.functions, { first: null })
})

test('removeFunction() is refused while an alias or a configured route leads to it', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  await assert.rejects(registry.removeFunction('hello', { force: false }), {
    code: 'in_use',
    message: /alias live/,
  })
  await registry.upload(uploadOf('routed', 'a', { routes: ['/r'] }))
  await assert.rejects(registry.removeFunction('routed', { force: false }), {
    code: 'in_use',
    message: /route \/r/,
  })
  await registry.upload(uploadOf('plain', 'a'))
  await registry.removeFunction('plain', { force: false })
  await registry.removeFunction('hello', { force: true })
  await registry.removeFunction('routed', { force: true })
  assert.deepEqual(registry.listFunctions({ cursor: null, limit: 10 }), [])
  assert.deepEqual(registry.listRoutes({ limit: 10 }), [])
  assert.deepEqual(registry.listVersions('hello'), [])
})
