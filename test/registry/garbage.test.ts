import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Upload } from '../../runtime/registry/registry.ts'
import {
  listArtifacts,
  manifestOf,
  openTemporaryRegistry,
  published,
  type TemporaryRegistry,
  uploadOf,
} from './temporary-registry.ts'

const garbageAgeMs = 10 * 60 * 1000

interface Deployable {
  readonly upload: Upload
  readonly files: readonly string[]
}

/** An upload whose artifacts are stored, as a deploy has them before its transaction. */
async function storedUpload(
  { artifacts }: TemporaryRegistry,
  name: string,
  content: string,
): Promise<Deployable> {
  const bundle = await artifacts.put(Buffer.from(`bundle of ${content}`))
  const sourceMap = await artifacts.put(Buffer.from(`map of ${content}`))
  const manifest = manifestOf(content, { bundle, sourceMap })
  return { upload: { ...uploadOf(name, content), manifest }, files: [bundle, sourceMap] }
}

async function setUp(t: TestContext): Promise<TemporaryRegistry & { files: () => Promise<string[]> }> {
  const opened = await openTemporaryRegistry(t)
  return { ...opened, files: () => listArtifacts(opened.artifacts) }
}

test('collectGarbage() keeps versions and $LATEST, whatever their age', async (t) => {
  const opened = await setUp(t)
  const { registry, clock, files } = opened
  const one = await storedUpload(opened, 'hello', 'one')
  const two = await storedUpload(opened, 'hello', 'two')
  const three = await storedUpload(opened, 'hello', 'three')
  await registry.deploy(one.upload, published)
  await registry.deploy(two.upload, published)
  await registry.upload(three.upload)
  clock.nowMs += 100 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 0)
  assert.deepEqual(await files(), [...one.files, ...two.files, ...three.files].sort())
})

test('collectGarbage() removes what a removed function had, after its age', async (t) => {
  const opened = await setUp(t)
  const { registry, clock, files } = opened
  const { upload } = await storedUpload(opened, 'hello', 'one')
  const kept = await storedUpload(opened, 'other', 'two')
  await registry.deploy(upload, published)
  await registry.deploy(kept.upload, published)
  clock.nowMs += 2 * garbageAgeMs
  await registry.removeFunction('hello', { force: true })
  const revision = registry.revision
  assert.equal(await registry.collectGarbage(), 0, 'a worker may not have heard of it yet')
  assert.ok(registry.getManifest(upload.manifest.versionId))
  clock.nowMs += garbageAgeMs + 1
  assert.equal(await registry.collectGarbage(), 2)
  assert.equal(registry.getManifest(upload.manifest.versionId), null)
  assert.deepEqual(await files(), kept.files.toSorted())
  assert.equal(registry.revision, revision, 'workers need not hear of it')
})

test('collectGarbage() keeps what two functions share until both are gone', async (t) => {
  const opened = await setUp(t)
  const { registry, clock, files } = opened
  const { upload } = await storedUpload(opened, 'one', 'same')
  await registry.deploy(upload, published)
  await registry.deploy({ ...upload, name: 'two' }, published)
  await registry.removeFunction('one', { force: true })
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 0)
  await registry.removeFunction('two', { force: true })
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 2)
  assert.deepEqual(await files(), [])
})

test('collectGarbage() keeps an artifact that another manifest names too', async (t) => {
  const opened = await setUp(t)
  const { registry, artifacts, clock, files } = opened
  const shared = await artifacts.put(Buffer.from('shared map'))
  for (const name of ['one', 'two']) {
    const bundle = await artifacts.put(Buffer.from(name))
    await registry.deploy(
      { ...uploadOf(name, name), manifest: manifestOf(name, { bundle, sourceMap: shared }) },
      published,
    )
  }
  await registry.removeFunction('one', { force: true })
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 1)
  assert.ok((await files()).includes(shared))
})

test('collectGarbage() removes uploads that were replaced before they were published', async (t) => {
  const opened = await setUp(t)
  const { registry, clock, files } = opened
  const one = await storedUpload(opened, 'hello', 'one')
  const two = await storedUpload(opened, 'hello', 'two')
  await registry.upload(one.upload)
  await registry.upload(two.upload)
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 2)
  assert.deepEqual(await files(), two.files.toSorted())
})

test('collectGarbage() spares a deploy between its artifacts and its transaction', async (t) => {
  const opened = await setUp(t)
  const { registry, clock } = opened
  const { upload, files } = await storedUpload(opened, 'hello', 'one')
  await registry.deploy(upload, published)
  await registry.removeFunction('hello', { force: true })
  clock.nowMs += 2 * garbageAgeMs
  const again = await storedUpload(opened, 'hello', 'one')
  assert.equal(await registry.collectGarbage(), 0, 'the manifest goes, its artifacts were put again')
  await registry.deploy(again.upload, published)
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 0)
  for (const digest of files) opened.artifacts.read(digest)
  assert.deepEqual(registry.getManifest(upload.manifest.versionId), upload.manifest)
})

test('collectGarbage() spares the layers of a deploy, though they are removed before its transaction', async (t) => {
  const opened = await setUp(t)
  const { registry, artifacts, clock } = opened
  const index = await artifacts.put(Buffer.from('index'))
  const pack = await artifacts.put(Buffer.from('pack'))
  const layer = { name: 'lodash', index, pack, fileCount: 1, unpackedBytes: 4 }
  await registry.publishLayer(layer)
  clock.nowMs += 2 * garbageAgeMs
  assert.deepEqual(registry.resolveLayers(['lodash:1']), [{ reference: 'lodash:1', index, pack }])
  await registry.removeLayer({ name: 'lodash', version: 1 }, { force: true })
  assert.equal(await registry.collectGarbage(), 0)
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 2)
})

test('collectGarbage() brings a manifest back into use that is deployed again before it goes', async (t) => {
  const opened = await setUp(t)
  const { registry, clock } = opened
  const { upload } = await storedUpload(opened, 'hello', 'one')
  await registry.deploy(upload, published)
  await registry.removeVersion('hello', 1, { force: true })
  await registry.removeFunction('hello', { force: true })
  await registry.deploy(upload, published)
  clock.nowMs += 2 * garbageAgeMs
  assert.equal(await registry.collectGarbage(), 0)
  assert.ok(registry.getManifest(upload.manifest.versionId))
})

test('collectGarbage() removes artifacts of deploys that never came to their transaction', async (t) => {
  const opened = await setUp(t)
  await storedUpload(opened, 'hello', 'one')
  opened.clock.nowMs += 2 * garbageAgeMs
  assert.equal(await opened.registry.collectGarbage(), 2)
})
