import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type PoolSettings, usualPool } from '../../runtime/model/function.ts'
import type { ProvisionedVersion } from '../../runtime/model/provision-spread.ts'
import { Provisioning } from '../../runtime/registry/provisioning.ts'
import type { Change } from '../../runtime/registry/registry.ts'
import {
  at,
  openTemporaryRegistry,
  published,
  settings,
  split,
  type TemporaryRegistry,
  uploadOf,
} from './temporary-registry.ts'

function provisionedUpload(name: string, content: string, pool: Partial<PoolSettings>) {
  return uploadOf(name, content, { settings: { ...settings, pool: { ...usualPool, ...pool } } })
}

function shown(versions: readonly ProvisionedVersion[]): string[] {
  return versions.map(({ functionName, version, count }) => `${functionName}:${version}=${count}`)
}

class Scene {
  readonly provisioning: Provisioning
  /** What workers were told, since the last look. */
  readonly #told: string[] = []
  readonly faults: string[] = []
  nowMs = Date.parse('2026-11-21T12:00:00Z')

  constructor(t: TestContext, { registry }: TemporaryRegistry, workers: number) {
    this.provisioning = new Provisioning({
      registry,
      workers,
      wallMs: () => this.nowMs,
      onChanged: (worker, versions) => this.#told.push(`${worker}: ${shown(versions).join(' ')}`),
      onFault: (name) => this.faults.push(name),
    })
    t.after(() => this.provisioning.close())
  }

  /** Applies a change and tells what workers heard of it. */
  after({ delta }: Change<unknown>): string[] {
    if (delta !== null) this.provisioning.apply(delta)
    return this.#told.splice(0)
  }

  tickAt(time: string): string[] {
    this.nowMs = Date.parse(time)
    this.provisioning.tick()
    return this.#told.splice(0)
  }
}

test('what was deployed before is known from the start, without a look at other functions', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const { registry } = opened
  await registry.deploy(uploadOf('plain', 'a'), published)
  await registry.deploy(provisionedUpload('warm', 'a', { provisioned: { live: 3 } }), published)
  assert.deepEqual(
    registry.listProvisioned().map(({ name }) => name),
    ['warm'],
  )
  const { provisioning } = new Scene(t, opened, 2)
  assert.deepEqual(shown(provisioning.of(0)), ['warm:1=2'])
  assert.deepEqual(shown(provisioning.of(1)), ['warm:1=1'])
})

test('functions with one instance do not all have it in the same worker', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const scene = new Scene(t, opened, 3)
  for (const name of ['a', 'b', 'c']) {
    scene.after(
      await opened.registry.deploy(provisionedUpload(name, name, { provisioned: { live: 1 } }), published),
    )
  }
  assert.deepEqual(
    [0, 1, 2].map((worker) => shown(scene.provisioning.of(worker))),
    [['a:1=1'], ['b:1=1'], ['c:1=1']],
  )
})

test('it follows deployments, aliases, settings and removal, and tells only workers that are concerned', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const { registry } = opened
  const scene = new Scene(t, opened, 2)
  const pool = { provisioned: { live: 2 } }
  const both = (text: string) => [`0: ${text}`, `1: ${text}`]
  assert.deepEqual(
    scene.after(await registry.deploy(provisionedUpload('f', 'v1', pool), published)),
    both('f:1=1'),
  )
  assert.deepEqual(scene.after(await registry.deploy(uploadOf('other', 'x'), published)), [])
  assert.deepEqual(
    scene.after(await registry.deploy(provisionedUpload('f', 'v2', pool), published)),
    both('f:2=1'),
  )
  const even = [
    { version: 1, weightUnits: 5000 },
    { version: 2, weightUnits: 5000 },
  ]
  assert.deepEqual(scene.after(await registry.setAlias('f', 'live', even)), ['0: f:1=1'])
  assert.deepEqual(scene.after(await registry.setAlias('f', 'live', split(1, 2))), ['1: f:1=1'])
  assert.deepEqual(scene.after(await registry.rollback('f', 'live')), ['1: f:2=1'])
  assert.deepEqual(scene.after(await registry.setAlias('f', 'other', at(1))), [])
  assert.deepEqual(
    scene.after(await registry.upload(provisionedUpload('f', 'v2', { provisioned: { live: 1 } }))),
    ['1: '],
  )
  assert.deepEqual(scene.after(await registry.upload(uploadOf('f', 'v2'))), ['0: '])
  assert.deepEqual(registry.listProvisioned(), [])
  await registry.upload(provisionedUpload('f', 'v2', pool))
  await registry.removeFunction('f', { force: true })
  assert.deepEqual(registry.listProvisioned(), [])
})

test('a removed function is kept nowhere', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const { registry } = opened
  const scene = new Scene(t, opened, 1)
  scene.after(await registry.deploy(provisionedUpload('f', 'v1', { provisioned: { live: 1 } }), published))
  assert.deepEqual(scene.after(await registry.removeFunction('f', { force: true })), ['0: '])
})

test('it follows the clock by the schedule', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const scene = new Scene(t, opened, 1)
  const schedule = [
    { cron: '0 8 * * *', timezone: 'UTC', provisioned: { live: 4 } },
    { cron: '0 20 * * *', timezone: 'UTC', provisioned: { live: 0 } },
  ]
  const upload = provisionedUpload('f', 'v1', { schedule })
  assert.deepEqual(scene.after(await opened.registry.deploy(upload, published)), ['0: f:1=4'])
  assert.deepEqual(scene.tickAt('2026-11-21T19:59:59Z'), [])
  assert.deepEqual(scene.tickAt('2026-11-21T20:00:00Z'), ['0: '])
  assert.deepEqual(scene.tickAt('2026-11-21T20:00:01Z'), [])
  assert.deepEqual(scene.tickAt('2026-11-22T08:00:02Z'), ['0: f:1=4'])
})

test('a stored schedule that cannot be read keeps nothing ready, and others go on', async (t) => {
  const opened = await openTemporaryRegistry(t)
  const { registry } = opened
  const schedule = [{ cron: 'never', timezone: 'UTC', provisioned: { live: 1 } }]
  await registry.deploy(provisionedUpload('bad', 'v1', { schedule }), published)
  await registry.deploy(provisionedUpload('good', 'v1', { provisioned: { live: 1 } }), published)
  const scene = new Scene(t, opened, 1)
  assert.deepEqual(scene.faults, ['bad'])
  assert.deepEqual(shown(scene.provisioning.of(0)), ['good:1=1'])
})
