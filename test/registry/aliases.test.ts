import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EmbeddedRegistry } from '../../runtime/registry/embedded-registry.ts'
import { at, manifestOf, openTemporaryRegistry, published, split, uploadOf } from './temporary-registry.ts'

async function deployVersions(
  registry: EmbeddedRegistry,
  count: number,
  routes: string[] = [],
): Promise<void> {
  for (let version = 1; version <= count; version++) {
    await registry.deploy(uploadOf('hello', `v${version}`, { routes }), published)
  }
}

const idOf = (version: number) => manifestOf(`v${version}`).versionId

test('setAlias() points at published versions only', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 2)
  await registry.upload(uploadOf('hello', 'v3'))
  await assert.rejects(registry.setAlias('hello', 'live', split(2, 3)), {
    code: 'version_not_found',
    message: 'Cannot find version 3 of hello: must be one that was published',
  })
  assert.deepEqual(registry.getFunction('hello')?.aliases.live?.targets, at(2))
  const { value, delta } = await registry.setAlias('hello', 'live', split(1, 2))
  assert.deepEqual(value.targets, split(1, 2))
  assert.deepEqual(delta?.functions.hello?.aliases.live, value)
  assert.deepEqual(delta?.routeBuckets, {})
})

test('setAlias() where it points already changes nothing', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 1)
  assert.equal((await registry.setAlias('hello', 'live', at(1))).delta, null)
  assert.equal(registry.revision, 1)
})

test('setAlias() refuses names that are none', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 1)
  for (const alias of ['Live', '3', '', 'latest', '$LATEST', '__proto__']) {
    await assert.rejects(registry.setAlias('hello', alias, at(1)), { code: 'bad_name' })
  }
  await registry.setAlias('hello', 'constructor', at(1))
  assert.deepEqual(Object.keys(registry.getFunction('hello')?.aliases ?? {}), ['live', 'constructor'])
})

test('a record holds the ids of exactly the versions that aliases and their histories name', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 13)
  const ids = () => Object.keys(registry.getFunction('hello')?.versionIds ?? {}).map(Number)
  assert.deepEqual(ids(), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 'ten earlier records and the present one')
  await registry.setAlias('hello', 'beta', split(1, 2))
  assert.deepEqual(ids().slice(0, 3), [1, 2, 3])
  assert.equal(registry.getFunction('hello')?.versionIds[1], idOf(1))
  await registry.removeAlias('hello', 'beta', { force: false })
  assert.equal(ids()[0], 3)
})

test('rollback() twice goes two records back, and is refused when none is left', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 3)
  assert.deepEqual((await registry.rollback('hello', 'live')).value.targets, at(2))
  assert.deepEqual((await registry.rollback('hello', 'live')).value.targets, at(1))
  await assert.rejects(registry.rollback('hello', 'live'), { code: 'nothing_to_roll_back' })
  await assert.rejects(registry.rollback('hello', 'beta'), { code: 'alias_not_found' })
  await assert.rejects(registry.rollback('hello', 'constructor'), { code: 'alias_not_found' })
  assert.deepEqual(registry.getFunction('hello')?.versionIds, { 1: idOf(1) })
})

test('deploying after a rollback of the same content moves live forward again', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 2)
  await registry.rollback('hello', 'live')
  const { value } = await registry.deploy(uploadOf('hello', 'v2'), published)
  assert.equal(value.version, 2)
  assert.equal(value.unchanged, false)
  assert.deepEqual(value.record.aliases.live, { targets: at(2), history: [at(1)] })
})

test('removeAlias() is refused while a route leads to it, unless forced', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 1)
  await registry.setAlias('hello', 'beta', at(1))
  await registry.setAlias('hello', 'other', at(1))
  await assert.rejects(registry.removeAlias('hello', 'live', { force: false }), {
    code: 'in_use',
    message: /in use by route \/hello, route \/hello\/\*, must be unused/,
  })
  const routes = [{ path: '/x', qualifier: 'beta' }]
  await registry.upload(uploadOf('hello', 'v1', { routes }))
  await registry.removeAlias('hello', 'live', { force: false })
  await assert.rejects(registry.removeAlias('hello', 'beta', { force: false }), { code: 'in_use' })
  await registry.removeAlias('hello', 'beta', { force: true })
  assert.deepEqual(Object.keys(registry.getFunction('hello')?.aliases ?? {}), ['other'])
  await assert.rejects(registry.removeAlias('hello', 'beta', { force: true }), { code: 'alias_not_found' })
})

test('removeVersion() is refused while an alias points at it, weight 0 included', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 2)
  await registry.setAlias('hello', 'live', [...at(1), { version: 2, weightUnits: 0 }])
  for (const version of [1, 2]) {
    await assert.rejects(registry.removeVersion('hello', version, { force: false }), {
      code: 'in_use',
      message: `Cannot remove version ${version} of hello: in use by alias live, must be unused`,
    })
  }
  await assert.rejects(registry.removeVersion('hello', 3, { force: true }), { code: 'version_not_found' })
})

test('removeVersion() is refused while a route names it', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'v1', { routes: [{ path: '/one', qualifier: '1' }] }), published)
  await registry.deploy(uploadOf('hello', 'v2', { routes: [{ path: '/one', qualifier: '1' }] }), published)
  await assert.rejects(registry.removeVersion('hello', 1, { force: false }), {
    code: 'in_use',
    message: /\/one/,
  })
})

test('removeVersion() of one that only histories name takes it out of them', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 3)
  const { delta } = await registry.removeVersion('hello', 2, { force: false })
  assert.deepEqual(registry.getFunction('hello')?.aliases.live, { targets: at(3), history: [at(1)] })
  assert.deepEqual(registry.getFunction('hello')?.versionIds, { 1: idOf(1), 3: idOf(3) })
  assert.deepEqual(
    registry.listVersions('hello').map(({ version }) => version),
    [1, 3],
  )
  assert.ok(delta?.functions.hello)
  assert.deepEqual((await registry.rollback('hello', 'live')).value.targets, at(1))
})

test('removeVersion() by force gives its share to what is left, or takes the alias away', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await deployVersions(registry, 3)
  await registry.setAlias('hello', 'live', split(2, 3))
  await registry.removeVersion('hello', 3, { force: true })
  assert.deepEqual(registry.getFunction('hello')?.aliases.live?.targets, at(2))
  await registry.removeVersion('hello', 2, { force: true })
  assert.deepEqual(registry.getFunction('hello')?.aliases, {})
  assert.deepEqual(registry.getFunction('hello')?.versionIds, {})
})
