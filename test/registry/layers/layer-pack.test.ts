import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openLayerPack } from '../../../runtime/registry/layers/layer-pack.ts'
import { readLayerIndex } from '../../../runtime/registry/layers/read-layer-index.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { publishLayer } from './published-layer.ts'

const content = { 'layer/a': 'aaa', 'layer/b/empty': '', 'layer/c': 'c'.repeat(100_000) }

async function publish(root: TemporaryFolder) {
  const artifacts = join(root.path, 'artifacts')
  const { index, pack } = await publishLayer('x:1', join(root.path, 'layer'), artifacts)
  const { files } = readLayerIndex(artifacts, index)
  return { artifacts, pack, files, packFile: join(artifacts, pack.slice(0, 2), pack) }
}

describe('openLayerPack', () => {
  it('reads files in any order, again and again', async () => {
    using root = new TemporaryFolder(content)
    const { artifacts, pack, files } = await publish(root)
    using opened = openLayerPack(artifacts, pack)
    for (const file of [...files, ...files.toReversed()]) {
      assert.equal(opened.read(file).toString(), content[`layer/${file.path}` as keyof typeof content])
    }
  })

  it('says which file of which pack was changed or cut', async () => {
    using root = new TemporaryFolder(content)
    const { artifacts, pack, files, packFile } = await publish(root)
    using opened = openLayerPack(artifacts, pack)
    writeFileSync(packFile, 'aab', { flag: 'r+' })
    const damaged = { code: 'data_damaged', details: { digest: pack } }
    assert.throws(() => opened.read(files[0]!), { ...damaged, message: /"a" has the digest [0-9a-f]+, must/ })
    assert.equal(opened.read(files[2]!).length, 100_000)
    truncateSync(packFile, 50_000)
    assert.throws(() => opened.read(files[2]!), { ...damaged, message: /it ends before the end of "c"/ })
  })

  it('refuses a pack that is missing, and what is no digest', () => {
    using root = new TemporaryFolder({ secret: '' })
    for (const digest of ['a'.repeat(64), '../secret']) {
      assert.throws(() => openLayerPack(root.path, digest), { code: 'data_damaged' })
    }
  })
})
