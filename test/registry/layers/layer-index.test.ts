import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LayerFile, LayerIndex } from '../../../runtime/model/layer.ts'
import { encodeLayerIndex, readLayerIndex } from '../../../runtime/registry/layers/read-layer-index.ts'
import { openArtifactStore } from '../../../runtime/registry/store/artifact-store.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

const digest = 'd'.repeat(64)
const files: readonly LayerFile[] = [
  { path: 'a', offset: 0, bytes: 3, digest },
  { path: 'b/c', offset: 3, bytes: 0, digest },
]
const index: LayerIndex = { pack: 'e'.repeat(64), files, preload: ['a'] }

describe('encodeLayerIndex and readLayerIndex', () => {
  it('give the same bytes for the same content, and the content back', async () => {
    using folder = new TemporaryFolder()
    const store = openArtifactStore(folder.path)
    const key = await store.put(await encodeLayerIndex(index))
    assert.deepEqual(readLayerIndex(folder.path, key), index)
    const reordered = {
      extra: 1,
      preload: index.preload,
      files: files.map(({ path, offset, bytes, digest }) => ({ digest, bytes, offset, path, more: 1 })),
      pack: index.pack,
    }
    assert.deepEqual(await encodeLayerIndex(reordered), await encodeLayerIndex(index))
  })

  it('let others have turns while many files are checked', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => ({
      path: `${at}`.padStart(5, '0'),
      offset: 0,
      bytes: 0,
      digest,
    }))
    let turns = 0
    const count = () => {
      turns += 1
      turning = setImmediate(count)
    }
    let turning = setImmediate(count)
    await encodeLayerIndex({ ...index, files: many })
    clearImmediate(turning)
    assert.ok(turns >= 10, `${turns}`)
  })

  it('refuse an artifact that is missing', () => {
    using folder = new TemporaryFolder()
    assert.throws(() => readLayerIndex(folder.path, digest), { code: 'data_damaged' })
  })

  it('refuse what packing never makes', async () => {
    const [first, second] = files as [LayerFile, LayerFile]
    const bad: Readonly<Record<string, Partial<Record<keyof LayerIndex, unknown>>>> = {
      'its pack is no sha256': { pack: '../x' },
      'its files are no list of 1 to 100000': { files: [] },
      'its files are no list': { files: { 0: first } },
      'not in order': { files: [{ ...second, offset: 0 }, { ...first }] },
      'are not in order of their paths': { files: [{ ...first, path: 7 }] },
      'must stay below': { files: [{ ...first, path: '../a' }] },
      'an absolute path': { files: [{ ...first, path: '/a' }] },
      'both a file and a folder': { files: [first, { ...second, path: 'a/b' }] },
      'only in case': {
        files: [
          { ...first, path: 'A' },
          { ...second, path: 'a' },
        ],
      },
      'where "b/c" stands': { files: [first, { ...second, offset: 2 }] },
      'where "a" stands': { files: [{ ...first, bytes: -1 }] },
      'it does not say where "a"': { files: [{ ...first, digest: 'x' }] },
      'must be at most 262144000': { files: [{ ...first, bytes: 262_144_001 }] },
      'its modules to preload': { preload: [1] },
      'modules to preload are no list': { preload: 'a' },
    }
    for (const [message, change] of Object.entries(bad)) {
      const changed = { ...index, ...change } as LayerIndex
      await assert.rejects(encodeLayerIndex(changed), { code: 'bad_layer', message: new RegExp(message) })
    }
  })
})
