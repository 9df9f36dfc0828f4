import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRoute } from '../../runtime/model/route.ts'
import {
  at,
  manifestOf,
  openTemporaryRegistry,
  published,
  settings,
  split,
  uploadOf,
} from './temporary-registry.ts'

test('deploy() uploads, publishes version 1 and points live at it', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const { value, delta } = await registry.deploy(uploadOf('hello', 'a'), published)
  assert.equal(value.version, 1)
  assert.equal(value.unchanged, false)
  assert.deepEqual(registry.getFunction('hello'), value.record)
  assert.deepEqual(value.record, {
    name: 'hello',
    revision: 1,
    settings,
    routes: [],
    latest: manifestOf('a').versionId,
    lastVersion: 1,
    aliases: { live: { targets: at(1), history: [] } },
    versionIds: { 1: manifestOf('a').versionId },
  })
  assert.equal(registry.revision, 1)
  assert.equal(delta?.revision, 1)
  assert.deepEqual(delta?.functions, { hello: value.record })
  assert.deepEqual(Object.keys(delta?.routeBuckets ?? {}), ['/hello'])
  assert.deepEqual(registry.getManifest(value.record.latest), manifestOf('a'))
})

test('hasVersion() knows what is published, and nothing else', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  assert.equal(registry.hasVersion('hello', 1), true)
  assert.equal(registry.hasVersion('hello', 2), false)
  assert.equal(registry.hasVersion('nobody', 1), false)
})

test('deploy() of what is deployed changes nothing', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a', { routes: ['GET /x/:id'] }), published)
  const again = await registry.deploy(uploadOf('hello', 'a', { routes: ['GET /x/:id'] }), published)
  assert.equal(again.delta, null)
  assert.equal(again.value.unchanged, true)
  assert.equal(again.value.version, 1)
  assert.equal(registry.revision, 1)
})

test('deploy() without publish stops after the upload', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const options = { publish: false, force: false }
  const { value } = await registry.deploy(uploadOf('hello', 'a'), options)
  assert.equal(value.version, null)
  assert.equal(value.record.lastVersion, 0)
  assert.deepEqual(value.record.aliases, {})
  assert.deepEqual(registry.listVersions('hello'), [])
  assert.equal((await registry.deploy(uploadOf('hello', 'a'), options)).value.unchanged, true)
})

test('deploy() is refused while live is split, and leaves all as it was, unless forced', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  await registry.deploy(uploadOf('hello', 'b'), published)
  await registry.setAlias('hello', 'live', split(1, 2))
  const before = registry.getFunction('hello')
  await assert.rejects(registry.deploy(uploadOf('hello', 'c', { routes: ['/other'] }), published), {
    code: 'alias_split',
    message: /1=0.95 2=0.05/,
  })
  assert.deepEqual(registry.getFunction('hello'), before)
  assert.equal(registry.listVersions('hello').length, 2)
  assert.deepEqual(registry.listRoutes({ limit: 10 }).map(formatRoute), ['/hello', '/hello/*'])
  const { value } = await registry.deploy(uploadOf('hello', 'c'), { publish: true, force: true })
  assert.deepEqual(value.record.aliases.live?.targets, at(3))
})

test('deploy() takes an alias for whole that has a second version of weight 0', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  await registry.deploy(uploadOf('hello', 'b'), published)
  await registry.setAlias('hello', 'live', [...at(1), { version: 2, weightUnits: 0 }])
  assert.equal((await registry.deploy(uploadOf('hello', 'c'), published)).value.version, 3)
})

test('publish() gives unchanged content the number it has, even if it is not the newest', async (t) => {
  const { registry, clock } = await openTemporaryRegistry(t)
  await registry.upload(uploadOf('hello', 'a'))
  const first = await registry.publish('hello')
  assert.equal(first.value.version, 1)
  assert.equal(first.value.unchanged, false)
  clock.nowMs += 1000
  const again = await registry.publish('hello')
  assert.deepEqual(again, { value: { ...first.value, unchanged: true }, delta: null })
  await registry.upload(uploadOf('hello', 'b'))
  assert.equal((await registry.publish('hello')).value.version, 2)
  await registry.upload(uploadOf('hello', 'a'))
  assert.equal((await registry.publish('hello')).value.version, 1)
  assert.deepEqual(
    registry.listVersions('hello').map(({ version, publishedAtMs }) => [version, publishedAtMs]),
    [
      [1, 1_000_000],
      [2, 1_001_000],
    ],
  )
})

test('the same content in two functions is one manifest and two versions', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('one', 'a'), published)
  await registry.deploy(uploadOf('two', 'a'), published)
  assert.equal(registry.getFunction('one')?.latest, registry.getFunction('two')?.latest)
  await registry.removeFunction('one', { force: true })
  assert.equal(registry.listVersions('two')[0]?.version, 1)
})

test('a version number is not given again within the life of its function', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  await registry.deploy(uploadOf('hello', 'b'), published)
  await registry.setAlias('hello', 'live', at(1))
  await registry.removeVersion('hello', 2, { force: false })
  assert.equal((await registry.publish('hello')).value.version, 3, 'even for the same content')
  await registry.removeFunction('hello', { force: true })
  assert.equal((await registry.deploy(uploadOf('hello', 'b'), published)).value.version, 1)
})

test('upload() replaces settings and routes at once, and leaves versions and aliases alone', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a'), published)
  const other = { ...settings, exposeErrors: true }
  const { value, delta } = await registry.upload(uploadOf('hello', 'b', { routes: ['/x'], settings: other }))
  assert.deepEqual(value.settings, other)
  assert.equal(value.lastVersion, 1)
  assert.deepEqual(value.aliases.live?.targets, at(1))
  assert.deepEqual(registry.listRoutes({ limit: 10 }).map(formatRoute), ['/x'])
  assert.deepEqual(delta?.routeBuckets['/hello'], [])
  assert.equal(delta?.routeBuckets['/x']?.[0]?.functionName, 'hello')
})

test('upload() refuses names and routes that are none', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await assert.rejects(registry.upload(uploadOf('Hello', 'a')), { code: 'bad_name' })
  const route = { host: null, method: null, path: '/a b', qualifier: null }
  await assert.rejects(registry.upload({ ...uploadOf('hello', 'a'), routes: [route] }), { code: 'bad_route' })
  assert.equal(registry.revision, 0)
})

test('what is asked of a function that is not there is refused', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const missing = { code: 'function_not_found' }
  await assert.rejects(registry.publish('nobody'), missing)
  await assert.rejects(registry.setAlias('nobody', 'live', at(1)), missing)
  await assert.rejects(registry.removeAlias('nobody', 'live', { force: true }), missing)
  await assert.rejects(registry.rollback('nobody', 'live'), missing)
  await assert.rejects(registry.removeVersion('nobody', 1, { force: true }), missing)
  await assert.rejects(registry.removeFunction('nobody', { force: true }), missing)
  for (const name of ['nobody', '', '__proto__', 'x'.repeat(100_000), 'a\0']) {
    assert.equal(registry.getFunction(name), null)
    assert.equal(registry.getManifest(name), null)
    assert.deepEqual(registry.listVersions(name), [])
    await assert.rejects(registry.publish(name), missing)
  }
})

test('listFunctions() goes on after its cursor, in order of name', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const names = ['a', 'a-', 'a-b', 'a0', 'ab', 'b']
  await Promise.all(names.toReversed().map((name) => registry.upload(uploadOf(name, name))))
  const list = (cursor: string | null, limit: number) =>
    registry.listFunctions({ cursor, limit }).map(({ name }) => name)
  assert.deepEqual(list(null, 10), names)
  assert.deepEqual(list(null, 2), ['a', 'a-'])
  assert.deepEqual(list('a', 2), ['a-', 'a-b'])
  assert.deepEqual(list('a-b', 10), ['a0', 'ab', 'b'])
  assert.deepEqual(list('aa', 1), ['ab'], 'the cursor need not exist any more')
  assert.deepEqual(list('b', 10), [])
  assert.throws(() => list('B', 10), { code: 'bad_name' })
})

test('listRoutes() stops at its limit', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.upload(uploadOf('hello', 'a'))
  await registry.upload(uploadOf('other', 'a'))
  assert.deepEqual(registry.listRoutes({ limit: 3 }).map(formatRoute), ['/hello', '/hello/*', '/other'])
})

test('changes at the same time all happen, each with a revision of its own', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  const changes = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      registry.deploy(uploadOf(`f${index % 10}`, `c${index}`), published),
    ),
  )
  const revisions = changes.map((change) => change.delta?.revision)
  assert.deepEqual(
    revisions,
    Array.from({ length: 50 }, (_, index) => index + 1),
  )
  assert.equal(registry.revision, 50)
  assert.equal(registry.getFunction('f3')?.lastVersion, 5)
})

test('a restart finds exactly what was deployed', async (t) => {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'a', { routes: ['GET h.example/a/:id', '/b/*'] }), published)
  await registry.deploy(uploadOf('hello', 'b', { routes: ['GET h.example/a/:id', '/b/*'] }), published)
  await registry.setAlias('hello', 'beta', split(1, 2))
  await registry.upload(uploadOf('other', 'c'))
  const state = () => ({
    revision: registry.revision,
    functions: registry.listFunctions({ cursor: null, limit: 10 }),
    versions: registry.listVersions('hello'),
    routes: registry.listRoutes({ limit: 10 }),
    manifests: ['a', 'b', 'c'].map((content) => registry.getManifest(manifestOf(content).versionId)),
  })
  const before = state()
  await registry.close()
  const { registry: reopened } = await openTemporaryRegistry(t, dataDir)
  assert.deepEqual(
    {
      revision: reopened.revision,
      functions: reopened.listFunctions({ cursor: null, limit: 10 }),
      versions: reopened.listVersions('hello'),
      routes: reopened.listRoutes({ limit: 10 }),
      manifests: ['a', 'b', 'c'].map((content) => reopened.getManifest(manifestOf(content).versionId)),
    },
    before,
  )
  assert.equal(
    (await reopened.deploy(uploadOf('other', 'd'), published)).delta?.revision,
    before.revision + 1,
  )
})
