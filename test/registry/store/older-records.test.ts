import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import type { FunctionSettings } from '../../../runtime/model/function.ts'
import { openRegistryView } from '../../../runtime/registry/registry-view.ts'
import { openStore } from '../../../runtime/registry/store/store.ts'
import {
  openTemporaryRegistry,
  published,
  settings,
  temporaryFolder,
  uploadOf,
} from '../temporary-registry.ts'

interface StoredFunction {
  settings: { pool: object; egress?: object; async: object; triggers?: object }
}

/** A data directory as an older release left it: with one function, whose records know nothing of what came later. */
async function olderStore(t: TestContext): Promise<string> {
  const dataDir = temporaryFolder(t)
  const { registry } = await openTemporaryRegistry(t, dataDir)
  await registry.deploy(uploadOf('old', 'a'), published)
  await registry.close()
  const store = openStore(dataDir, 'write')
  const functions = store.openTable<StoredFunction>('functions', 'object')
  const manifests = store.openTable<{ limits: { streamIdleMs?: number } }>('manifests', 'object')
  await store.change(() => {
    const record = functions.get('old')!
    record.settings.pool = { concurrency: 7, idleTimeoutMs: 300_000, reserved: null }
    delete record.settings.egress
    delete record.settings.triggers
    // As if the rest had come later than these.
    record.settings.async = { http: true, backoff: { initialMs: 5 } }
    functions.put('old', record)
    for (const { key, value } of [...manifests.entries()]) {
      delete value.limits.streamIdleMs
      manifests.put(key, value)
    }
  })
  await store.close()
  return dataDir
}

const complete: FunctionSettings = {
  ...settings,
  pool: { ...settings.pool, concurrency: 7 },
  async: { ...usualAsync, http: true, backoff: { ...usualAsync.backoff, initialMs: 5 } },
}

test('a worker reads the records of an older release complete', async (t) => {
  const view = openRegistryView(await olderStore(t))
  t.after(() => view.close())
  const record = view.getFunction('old')!
  assert.deepEqual(record.settings, complete)
  assert.equal(view.getManifest(record.latest).limits.streamIdleMs, 60_000)
})

test('the supervisor reads the records of an older release complete', async (t) => {
  const { registry } = await openTemporaryRegistry(t, await olderStore(t))
  const record = registry.getFunction('old')!
  assert.deepEqual(record.settings, complete)
  assert.deepEqual(registry.listFunctions({ cursor: null, limit: 10 })[0]?.settings, complete)
  assert.equal(registry.getManifest(record.latest)?.limits.streamIdleMs, 60_000)
})

test('what an older release deployed is unchanged when it is deployed again as it was', async (t) => {
  const { registry } = await openTemporaryRegistry(t, await olderStore(t))
  const { value, delta } = await registry.deploy(uploadOf('old', 'a', { settings: complete }), published)
  assert.equal(value.unchanged, true)
  assert.equal(delta, null)
})

test('a record that is nothing a release ever wrote is damage', async (t) => {
  const dataDir = await olderStore(t)
  const store = openStore(dataDir, 'write')
  await store.change(() => store.openTable<object>('functions', 'object').put('old', { name: 'old' }))
  await store.close()
  const { registry } = await openTemporaryRegistry(t, dataDir)
  assert.throws(() => registry.getFunction('old'), { code: 'data_damaged' })
})
