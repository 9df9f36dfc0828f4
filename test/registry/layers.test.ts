import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { LayerVersion } from '../../runtime/model/layer.ts'
import { computeVersionId } from '../../runtime/model/version-id.ts'
import type { LayerContent, Upload } from '../../runtime/registry/registry.ts'
import {
  listArtifacts,
  manifestOf,
  openTemporaryRegistry,
  published,
  type TemporaryRegistry,
  uploadOf,
} from './temporary-registry.ts'

const garbageAgeMs = 10 * 60 * 1000

/** What is published as `name`, its artifacts stored. */
async function contentOf(
  { artifacts }: TemporaryRegistry,
  name: string,
  content: string,
): Promise<LayerContent> {
  const index = await artifacts.put(Buffer.from(`index of ${content}`))
  const pack = await artifacts.put(Buffer.from(`pack of ${content}`))
  return { name, index, pack, fileCount: 1, unpackedBytes: content.length }
}

/** An upload with layers, whose artifacts are stored. */
async function uploadWith(
  { artifacts, registry }: TemporaryRegistry,
  name: string,
  layers: readonly string[],
): Promise<Upload> {
  const resolved = registry.resolveLayers(layers)
  const bundle = await artifacts.put(Buffer.from(`bundle of ${name}`))
  const sourceMap = await artifacts.put(Buffer.from(`map of ${name}`))
  const manifest = {
    ...manifestOf(name, { bundle, sourceMap }),
    layers,
    layerSet: {
      indexes: resolved.map(({ index }) => index),
      packs: resolved.map(({ pack }) => pack),
      bundle: await artifacts.put(Buffer.from(`script of ${layers}`)),
      sourceMap: await artifacts.put(Buffer.from(`map of ${layers}`)),
      isPreloaded: true,
    },
  }
  return { ...uploadOf(name, name), manifest: { ...manifest, versionId: computeVersionId(manifest) } }
}

async function setUp(t: TestContext) {
  const opened = await openTemporaryRegistry(t)
  const publish = async (name: string, content: string) =>
    opened.registry.publishLayer(await contentOf(opened, name, content))
  const deploy = async (name: string, layers: readonly string[]) => {
    const upload = await uploadWith(opened, name, layers)
    await opened.registry.deploy(upload, published)
    return upload
  }
  return { ...opened, publish, deploy }
}

const one = { name: 'lodash', version: 1 }
const gentle = { force: false }
const forced = { force: true }
const label = ({ name, version }: LayerVersion) => `${name}:${version}`

test('publishLayer() numbers contents of a name, and gives the same content the number it has', async (t) => {
  const { registry, publish, clock } = await setUp(t)
  const first = await publish('lodash', 'four')
  assert.equal(first.version, 1)
  assert.equal(first.unchanged, false)
  clock.nowMs += 5000
  assert.equal((await publish('lodash', 'five')).version, 2)
  assert.deepEqual(await publish('lodash', 'four'), { ...first, unchanged: true })
  assert.equal((await publish('other', 'four')).version, 1, 'names are numbered apart')
  const { unchanged: _, ...stored } = first
  assert.deepEqual(registry.getLayer(one), stored)
  assert.deepEqual(registry.resolveLayers(['other:1', 'lodash:1']), [
    { reference: 'other:1', index: first.index, pack: first.pack },
    { reference: 'lodash:1', index: first.index, pack: first.pack },
  ])
})

test('publishLayer() at the same time gives each content one number', async (t) => {
  const { publish } = await setUp(t)
  const contents = Array.from({ length: 20 }, (_, at) => `content ${at % 5}`)
  const numbers = await Promise.all(
    contents.map(async (content) => (await publish('lodash', content)).version),
  )
  assert.deepEqual([...new Set(numbers)].sort(), [1, 2, 3, 4, 5])
})

test('a number is never used again, not for the same content either', async (t) => {
  const { registry, publish } = await setUp(t)
  await publish('lodash', 'four')
  await publish('lodash', 'five')
  await registry.removeLayer({ name: 'lodash', version: 2 }, gentle)
  const again = await publish('lodash', 'five')
  assert.deepEqual([again.version, again.unchanged], [3, false])
  assert.deepEqual(registry.listLayers({ cursor: null, limit: 10 }).map(label), ['lodash:1', 'lodash:3'])
})

test('names that cannot be, and layers that are not there', async (t) => {
  const { registry, publish } = await setUp(t)
  await assert.rejects(publish('Lodash', 'four'), { code: 'bad_name' })
  const missing = { code: 'layer_not_found', message: /lodash:1/, details: { layer: 'lodash:1' } }
  assert.throws(() => registry.getLayer(one), missing)
  assert.throws(() => registry.resolveLayers(['lodash:1']), missing)
  await assert.rejects(registry.removeLayer(one, forced), missing)
  assert.throws(() => registry.resolveLayers(['lodash']), { code: 'bad_name' })
  assert.throws(() => registry.getLayer({ name: '\0'.repeat(3000), version: 1 }), { code: 'layer_not_found' })
})

test('listLayers() is in order of name and number, a page at a time', async (t) => {
  const { registry, publish } = await setUp(t)
  for (let number = 1; number <= 11; number += 1) await publish('b', `content ${number}`)
  await publish('a', 'first')
  await publish('b-c', 'last')
  const all = ['a:1', ...Array.from({ length: 11 }, (_, at) => `b:${at + 1}`), 'b-c:1']
  assert.deepEqual(registry.listLayers({ cursor: null, limit: 100 }).map(label), all)
  const cursor = { name: 'b', version: 9 }
  assert.deepEqual(registry.listLayers({ cursor, limit: 3 }).map(label), ['b:10', 'b:11', 'b-c:1'])
})

test('removeLayer() is refused while versions hold the layer, and names them', async (t) => {
  const { registry, publish, deploy } = await setUp(t)
  await publish('lodash', 'four')
  await publish('lodash', 'five')
  await deploy('hello', ['lodash:1'])
  await deploy('hello', ['lodash:2', 'lodash:1'])
  await deploy('other', ['lodash:2'])
  const versions = ['hello:1', 'hello:2']
  assert.equal(registry.countLayerHolders(one), 2)
  assert.deepEqual(registry.listLayerHolders(one, { limit: 10 }), versions)
  await assert.rejects(registry.removeLayer(one, gentle), {
    code: 'in_use',
    message: 'Cannot remove layer lodash:1: in use by hello:1, hello:2, must be unused',
    details: { versions },
  })
  await registry.removeVersion('hello', 2, forced)
  await registry.removeFunction('other', forced)
  assert.deepEqual(registry.listLayerHolders(one, { limit: 10 }), ['hello:$LATEST', 'hello:1'])
  assert.deepEqual(registry.listLayerHolders({ ...one, version: 2 }, { limit: 10 }), ['hello:$LATEST'])
  await registry.removeFunction('hello', forced)
  await registry.removeLayer(one, gentle)
})

test('removeLayer() says how many more versions hold it than it names', async (t) => {
  const { registry, publish, deploy } = await setUp(t)
  await publish('lodash', 'four')
  for (const name of 'abcdefg') await deploy(name, ['lodash:1'])
  await assert.rejects(registry.removeLayer(one, gentle), {
    message: /in use by a:1, b:1, c:1, d:1, e:1 and 2 more, must be unused/,
  })
})

test('an upload that is replaced frees the layers it held', async (t) => {
  const opened = await setUp(t)
  const { registry, publish } = opened
  await publish('lodash', 'four')
  await registry.upload(await uploadWith(opened, 'hello', ['lodash:1']))
  assert.deepEqual(registry.listLayerHolders(one, { limit: 10 }), ['hello:$LATEST'])
  await registry.upload(await uploadWith(opened, 'hello', []))
  assert.deepEqual(registry.listLayerHolders(one, { limit: 10 }), [])
})

test('a layer removed by force works on for the versions that hold it, and not for new ones', async (t) => {
  const opened = await setUp(t)
  const { registry, artifacts, publish, clock } = opened
  const layer = await publish('lodash', 'four')
  const upload = await uploadWith(opened, 'hello', ['lodash:1'])
  const late = await uploadWith(opened, 'late', ['lodash:1'])
  await registry.deploy(upload, published)
  await registry.removeLayer(one, forced)
  await assert.rejects(registry.deploy(late, published), { code: 'layer_not_found' })
  assert.equal(registry.getFunction('late'), null)
  assert.equal((await registry.publish('hello')).value.version, 1)
  clock.nowMs += 2 * garbageAgeMs
  await registry.collectGarbage()
  artifacts.read(layer.index)
  artifacts.read(layer.pack)
  assert.deepEqual(registry.getManifest(upload.manifest.versionId), upload.manifest)
})

test('collectGarbage() keeps a layer that nobody holds, and takes a removed one', async (t) => {
  const { registry, artifacts, publish, clock } = await setUp(t)
  const { index, pack } = await publish('lodash', 'four')
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 0)
  await publish('same', 'four')
  clock.nowMs += 2 * garbageAgeMs
  await registry.removeLayer(one, gentle)
  assert.equal(await registry.collectGarbage(), 0, 'another name has the content')
  assert.deepEqual(await listArtifacts(artifacts), [index, pack].sort())
  await registry.removeLayer({ name: 'same', version: 1 }, gentle)
  assert.equal(await registry.collectGarbage(), 2)
})

test('collectGarbage() takes layer and script with the last version that held them', async (t) => {
  const { registry, artifacts, publish, deploy, clock } = await setUp(t)
  await publish('lodash', 'four')
  await deploy('hello', ['lodash:1'])
  await registry.removeLayer(one, forced)
  const before = await listArtifacts(artifacts)
  assert.equal(before.length, 6)
  clock.nowMs += 2 * garbageAgeMs
  await registry.removeFunction('hello', forced)
  assert.equal(await registry.collectGarbage(), 0, 'a worker may not have heard of it yet')
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 6)
})

test('collectGarbage() spares a layer between its artifacts and its transaction', async (t) => {
  const opened = await setUp(t)
  const content = await contentOf(opened, 'lodash', 'four')
  assert.equal(await opened.registry.collectGarbage(), 0)
  await opened.registry.publishLayer(content)
  opened.clock.nowMs += 2 * garbageAgeMs
  assert.equal(await opened.registry.collectGarbage(), 0)
})

test('layers and their holders are there after a restart', async (t) => {
  const { dataDir, registry, publish, deploy } = await setUp(t)
  await publish('lodash', 'four')
  await publish('lodash', 'five')
  await registry.removeLayer({ ...one, version: 2 }, gentle)
  await deploy('hello', ['lodash:1'])
  await registry.close()
  assert.ok(existsSync(join(dataDir, 'store.mdb')))
  const again = await openTemporaryRegistry(t, dataDir)
  assert.deepEqual(again.registry.listLayerHolders(one, { limit: 10 }), ['hello:1'])
  assert.equal((await again.registry.publishLayer(await contentOf(again, 'lodash', 'six'))).version, 3)
})
