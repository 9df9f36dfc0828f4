import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { LayerSet, VersionManifest } from '../../runtime/model/version.ts'
import { computeVersionId } from '../../runtime/model/version-id.ts'
import { openRegistryView } from '../../runtime/registry/registry-view.ts'
import { manifestOf, openTemporaryRegistry, published, uploadOf } from './temporary-registry.ts'

const lodash: LayerSet = {
  indexes: ['1'.repeat(64)],
  packs: ['2'.repeat(64)],
  bundle: '3'.repeat(64),
  sourceMap: '4'.repeat(64),
  isPreloaded: true,
}

async function setUp(t: TestContext) {
  const opened = await openTemporaryRegistry(t)
  const view = openRegistryView(opened.dataDir)
  t.after(() => view.close())
  const deploy = async (name: string, layerSet: LayerSet | null, memoryMiB = 128): Promise<string> => {
    const { versionId: _, ...content } = manifestOf(name)
    const frozen: Omit<VersionManifest, 'versionId'> = {
      ...content,
      limits: { ...content.limits, memoryMiB },
      ...(layerSet === null ? {} : { layerSet }),
    }
    const manifest = { ...frozen, versionId: computeVersionId(frozen) }
    await opened.registry.deploy({ ...uploadOf(name, name), manifest }, published)
    return manifest.versionId
  }
  return { ...opened, view, deploy }
}

test('A view tells a version of each kind of preloaded layers, those of most versions first', async (t) => {
  const { view, deploy, registry } = await setUp(t)
  await deploy('plain', null)
  const dates = await deploy('dates', { ...lodash, bundle: '5'.repeat(64) })
  await deploy('first', lodash)
  const second = await deploy('second', lodash)
  const small = await deploy('small', lodash, 64)
  const other = await deploy('other', { ...lodash, indexes: ['6'.repeat(64)] })
  await deploy('lazy', { ...lodash, isPreloaded: false })
  await deploy('files', { ...lodash, bundle: null })
  const [most, ...rest] = view.mostUsedLayers(10)
  assert.equal(most, second)
  assert.deepEqual(rest.sort(), [dates, small, other].sort())
  assert.deepEqual(view.mostUsedLayers(1), [second])

  await registry.removeFunction('second', { force: true })
  assert.equal(view.mostUsedLayers(10).length, 4)
  await registry.removeFunction('first', { force: true })
  assert.deepEqual(view.mostUsedLayers(10).sort(), [dates, small, other].sort())
})

test('Many uses of one version count once', async (t) => {
  const { view, deploy } = await setUp(t)
  const dates = { ...lodash, bundle: '5'.repeat(64) }
  await deploy('a', dates)
  const last = await deploy('b', dates)
  for (let time = 0; time < 5; time++) await deploy('c', lodash)
  assert.equal(view.mostUsedLayers(1)[0], last)
})
