import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { formatRoute, type RouteLookup } from '../../runtime/model/route.ts'
import type { Change, RegistryView } from '../../runtime/registry/registry.ts'
import { openRegistryView } from '../../runtime/registry/registry-view.ts'
import {
  at,
  manifestOf,
  openTemporaryRegistry,
  published,
  split,
  type TemporaryRegistry,
  uploadOf,
} from './temporary-registry.ts'

function openView(t: TestContext, dataDir: string): RegistryView {
  const view = openRegistryView(dataDir)
  t.after(() => view.close())
  return view
}

async function setUp(
  t: TestContext,
  ...routes: string[]
): Promise<TemporaryRegistry & { view: RegistryView }> {
  const opened = await openTemporaryRegistry(t)
  if (routes.length > 0) await opened.registry.deploy(uploadOf('hello', 'v1', { routes }), published)
  return { ...opened, view: openView(t, opened.dataDir) }
}

function shown(lookup: RouteLookup): string {
  if (lookup.kind === 'found') return formatRoute(lookup.route)
  return lookup.kind === 'not_found' ? 'none' : lookup.allow.join()
}

const applied = (view: RegistryView, { delta }: Change<unknown>) => delta !== null && view.apply(delta)

test('a view reads what was there when it opened', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  assert.equal(view.revision, 1)
  assert.deepEqual(view.getFunction('hello'), registry.getFunction('hello'))
  assert.equal(view.getFunction('nobody'), null)
  assert.equal(view.getFunction('x'.repeat(10_000)), null)
  assert.equal(shown(view.findRoute('any', 'GET', '/a')), '/a')
  assert.deepEqual(view.getManifest(manifestOf('v1').versionId), manifestOf('v1'))
})

test('a view without a registry is refused', async (t) => {
  const { dataDir } = await openTemporaryRegistry(t)
  assert.throws(() => openRegistryView(`${dataDir}/nothing`), { code: 'data_damaged', message: /store\.mdb/ })
})

const lookups: { routes: string[]; requests: [string, string, string, string][] }[] = [
  {
    routes: ['h.example/*', '/a/b', '/a/:x', 'GET h.example/a/b'],
    requests: [
      ['h.example', 'GET', '/a/b', 'GET h.example/a/b'],
      ['h.example', 'POST', '/a/b', 'h.example/*'],
      ['H.Example:8787', 'GET', '/a/b', 'GET h.example/a/b'],
      ['other.example', 'GET', '/a/b', '/a/b'],
      ['', 'GET', '/a/c', '/a/:x'],
      ['h.example.', 'GET', '/x', 'none'],
    ],
  },
  {
    routes: ['POST h.example/a', 'PUT h.example/:x', 'GET /a', 'DELETE /*'],
    requests: [
      ['h.example', 'GET', '/a', 'GET /a'],
      ['h.example', 'HEAD', '/a', 'GET /a'],
      ['h.example', 'PUT', '/a', 'PUT h.example/:x'],
      ['h.example', 'DELETE', '/a', 'DELETE /*'],
      ['h.example', 'PATCH', '/a', 'DELETE,GET,HEAD,POST,PUT'],
      ['x.example', 'PATCH', '/a', 'DELETE,GET,HEAD'],
      ['x.example', 'PATCH', '/b', 'DELETE'],
    ],
  },
  {
    routes: ['/:x/b', '/a/c'],
    requests: [
      ['h', 'GET', '/a/b', '/:x/b'],
      ['h', 'GET', '/a/c', '/a/c'],
      ['h', 'GET', '/a/d', 'none'],
      ['h', 'GET', '/', 'none'],
      ['h', 'GET', '', 'none'],
      ['h', 'GET', '*', 'none'],
      ['h', 'GET', 'http://h/a/c', 'none'],
      ['h', 'GET', '/*', 'none'],
    ],
  },
]

for (const { routes, requests } of lookups) {
  test(`findRoute() among ${routes.join(', ')}`, async (t) => {
    const { view } = await setUp(t, ...routes)
    for (const [host, method, path, expected] of requests) {
      assert.equal(shown(view.findRoute(host, method, path)), expected, `${method} ${host} ${path}`)
      assert.equal(shown(view.findRoute(host, method, path)), expected, 'asked again')
    }
  })
}

test('findRoute() gives params, and the same answer each time when there are none', async (t) => {
  const { view } = await setUp(t, '/a/:id', '/b')
  const lookup = view.findRoute('h', 'GET', '/a/caf%C3%A9')
  assert.deepEqual(lookup.kind === 'found' && lookup.params, { id: 'café' })
  assert.equal(view.findRoute('h', 'GET', '/b'), view.findRoute('h', 'GET', '/b'))
})

test('findRoute() bears hosts and paths that no key can hold', async (t) => {
  const { view } = await setUp(t, '/*')
  for (const text of [
    '\0',
    'é'.repeat(1000),
    'x'.repeat(100_000),
    '/'.repeat(100_000),
    '\ud800',
    '__proto__',
  ]) {
    assert.equal(shown(view.findRoute(text, 'GET', `/${text}`)), '/*')
    assert.equal(shown(view.findRoute(text, text, `/${text}/x`)), '/*')
  }
})

test('apply() moves the view forward, and what is held stays as it was', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  const held = view.getFunction('hello')
  const route = view.findRoute('h', 'GET', '/a')
  const change = await registry.deploy(uploadOf('hello', 'v2', { routes: ['/b'] }), published)
  assert.equal(view.getFunction('hello'), held, 'nothing moves before the delta')
  assert.equal(view.findRoute('h', 'GET', '/a'), route)
  applied(view, change)
  assert.equal(view.revision, 2)
  assert.deepEqual(view.getFunction('hello'), registry.getFunction('hello'))
  assert.deepEqual(held?.aliases.live?.targets, at(1))
  assert.equal(shown(view.findRoute('h', 'GET', '/a')), 'none')
  assert.equal(shown(view.findRoute('h', 'GET', '/b')), '/b')
})

test('apply() brings functions, routes and hosts that were asked for in vain', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  assert.equal(view.getFunction('new'), null)
  assert.equal(shown(view.findRoute('new.example', 'GET', '/n')), 'none')
  applied(view, await registry.deploy(uploadOf('new', 'n', { routes: ['new.example/n'] }), published))
  assert.equal(view.getFunction('new')?.lastVersion, 1)
  assert.equal(shown(view.findRoute('new.example', 'GET', '/n')), 'new.example/n')
})

test('apply() takes functions and routes away', async (t) => {
  const { view, registry } = await setUp(t, 'h.example/a', '/b')
  assert.ok(view.getFunction('hello'))
  assert.equal(shown(view.findRoute('h.example', 'GET', '/a')), 'h.example/a')
  applied(view, await registry.removeFunction('hello', { force: true }))
  assert.equal(view.getFunction('hello'), null)
  assert.equal(shown(view.findRoute('h.example', 'GET', '/a')), 'none')
  assert.equal(shown(view.findRoute('h.example', 'GET', '/b')), 'none')
})

test('a delta that comes late does not replace what was read after it', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  const first = await registry
    .setAlias('hello', 'live', [...at(1), { version: 2, weightUnits: 0 }])
    .catch(() => null)
  assert.equal(first, null, 'version 2 is not there yet')
  const second = await registry.deploy(uploadOf('hello', 'v2', { routes: ['/b'] }), published)
  const third = await registry.deploy(uploadOf('hello', 'v3', { routes: ['/c'] }), published)
  // Read for the first time now: both changes are in the store, neither delta has come.
  assert.equal(view.getFunction('hello')?.lastVersion, 3)
  assert.equal(shown(view.findRoute('h', 'GET', '/b')), 'none')
  assert.equal(shown(view.findRoute('h', 'GET', '/c')), '/c')
  applied(view, second)
  assert.equal(view.revision, 2)
  assert.equal(view.getFunction('hello')?.lastVersion, 3)
  assert.equal(shown(view.findRoute('h', 'GET', '/b')), 'none')
  assert.equal(shown(view.findRoute('h', 'GET', '/c')), '/c')
  applied(view, third)
  assert.equal(view.revision, 3)
  assert.equal(view.getFunction('hello')?.lastVersion, 3)
})

test('a delta that never came is made up for by the next one', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  assert.ok(view.getFunction('hello'))
  assert.equal(shown(view.findRoute('h', 'GET', '/a')), '/a')
  await registry.deploy(uploadOf('hello', 'v2', { routes: ['/b'] }), published)
  applied(view, await registry.deploy(uploadOf('other', 'o'), published))
  assert.equal(view.revision, 3)
  assert.equal(view.getFunction('hello')?.lastVersion, 2)
  assert.equal(shown(view.findRoute('h', 'GET', '/a')), 'none')
})

test('a delta that was applied already is passed over', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  const second = await registry.deploy(uploadOf('hello', 'v2', { routes: ['/b'] }), published)
  const third = await registry.deploy(uploadOf('hello', 'v3', { routes: ['/c'] }), published)
  applied(view, second)
  applied(view, third)
  const record = view.getFunction('hello')
  applied(view, second)
  assert.equal(view.revision, 3)
  assert.equal(view.getFunction('hello'), record)
})

test('resolveVersion() finds $LATEST, versions that aliases name, and others', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  for (let version = 2; version <= 13; version++) {
    applied(view, await registry.deploy(uploadOf('hello', `v${version}`, { routes: ['/a'] }), published))
  }
  applied(view, await registry.upload(uploadOf('hello', 'unpublished', { routes: ['/a'] })))
  const record = view.getFunction('hello')!
  assert.equal(record.versionIds[1], undefined)
  const idOf = (version: number) => view.resolveVersion(record, { kind: 'version', version })
  assert.equal(idOf(1), manifestOf('v1').versionId)
  assert.equal(idOf(13), manifestOf('v13').versionId)
  assert.equal(idOf(14), null)
  assert.equal(view.resolveVersion(record, { kind: 'latest' }), manifestOf('unpublished').versionId)
  applied(view, await registry.removeVersion('hello', 1, { force: false }))
  assert.equal(idOf(1), manifestOf('v1').versionId, 'a request finishes on the record it began with')
  assert.equal(view.resolveVersion(view.getFunction('hello')!, { kind: 'version', version: 1 }), null)
})

test('getManifest() of one that is gone is damage', async (t) => {
  const { view } = await setUp(t, '/a')
  assert.throws(() => view.getManifest('f'.repeat(64)), { code: 'data_damaged', message: /f{64}/ })
})

test('a view holds the same object until a change', async (t) => {
  const { view, registry } = await setUp(t, '/a')
  await registry.deploy(uploadOf('hello', 'v2', { routes: ['/a'] }), published)
  const second = openView(t, (await setUp(t, '/a')).dataDir)
  assert.equal(second.getFunction('hello'), second.getFunction('hello'))
  applied(view, await registry.setAlias('hello', 'live', split(1, 2)))
  assert.deepEqual(view.getFunction('hello')?.aliases.live?.targets, split(1, 2))
})
