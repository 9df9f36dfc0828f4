import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trigger } from '../../runtime/model/async-settings.ts'
import type { Upload } from '../../runtime/registry/registry.ts'
import { openTemporaryRegistry, published, settings, uploadOf } from './temporary-registry.ts'

const daily: Trigger = {
  cron: '0 8 * * *',
  timezone: 'UTC',
  eventJson: '{}',
  qualifier: 'live',
  catchUpMs: 60_000,
  overlap: false,
}

function triggeredUpload(name: string): Upload {
  return uploadOf(name, 'v1', { settings: { ...settings, triggers: [daily] } })
}

test('functions with triggers are listed without the others, over a restart too', async (t) => {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('plain', 'v1'), published)
  await registry.deploy(triggeredUpload('report'), published)
  await registry.deploy(triggeredUpload('backup'), published)
  assert.deepEqual(
    registry.listTriggered().map(({ name }) => name),
    ['backup', 'report'],
  )
  await registry.close()
  const again = await openTemporaryRegistry(t, dataDir)
  assert.deepEqual(again.registry.listTriggered()[0]?.settings.triggers, [daily])
})

test('a function without triggers, or that was removed, is listed no more', async (t) => {
  const { registry } = await openTemporaryRegistry(t)
  await registry.deploy(triggeredUpload('report'), published)
  await registry.upload(uploadOf('report', 'v1'))
  assert.deepEqual(registry.listTriggered(), [])
  await registry.upload(triggeredUpload('report'))
  assert.equal(registry.listTriggered().length, 1)
  await registry.removeFunction('report', { force: true })
  assert.deepEqual(registry.listTriggered(), [])
})
