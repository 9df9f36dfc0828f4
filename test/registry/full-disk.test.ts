import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRegistry } from '../../runtime/registry/embedded-registry.ts'
import type { ArtifactStore, Registry, RegistryView } from '../../runtime/registry/registry.ts'
import { openRegistryView } from '../../runtime/registry/registry-view.ts'
import { openArtifactStore } from '../../runtime/registry/store/artifact-store.ts'
import { listArtifacts, published, settings, temporaryFolder, uploadOf } from './temporary-registry.ts'

test('a full disk refuses changes, keeps what is there, and takes changes again when there is space', async (t) => {
  const dataDir = temporaryFolder(t)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'isolette-test', dataDir]).status !== 0) {
    return t.skip('may not mount a file system')
  }
  const artifacts = openArtifactStore(join(dataDir, 'artifacts'))
  const registry = await openRegistry({ dataDir, artifacts, clock: Date.now })
  const view = openRegistryView(dataDir)
  try {
    await fillDisk({ registry, artifacts, view })
  } finally {
    await view.close()
    await registry.close()
    spawnSync('umount', [dataDir])
  }
})

async function fillDisk(opened: {
  registry: Registry
  artifacts: ArtifactStore
  view: RegistryView
}): Promise<void> {
  const { registry, artifacts, view } = opened
  await registry.deploy(uploadOf('hello', 'v1'), published)
  const filler = await artifacts.put(Buffer.alloc(500_000, 1))

  const routes = (name: string) =>
    Array.from({ length: 40 }, (_, index) => `/${name}/${'x'.repeat(900)}/${index}`)
  const deployed: string[] = []
  let refusal: unknown = null
  for (let index = 0; refusal === null && index < 100; index++) {
    const name = `f${index}`
    await registry.deploy(uploadOf(name, name, { routes: routes(name) }), published).then(
      () => deployed.push(name),
      (error: unknown) => {
        refusal = error
      },
    )
  }
  assert.equal((refusal as { code?: string } | null)?.code, 'storage_full')
  assert.ok(deployed.length > 0)
  const revision = registry.revision
  assert.equal(revision, deployed.length + 1)
  const names = () => registry.listFunctions({ cursor: null, limit: 1000 }).map(({ name }) => name)
  assert.deepEqual(names(), [...deployed, 'hello'].sort())
  assert.equal(registry.getFunction(`f${deployed.length}`), null)
  assert.equal(view.findRoute('any', 'GET', '/hello').kind, 'found', 'reading goes on')
  await assert.rejects(artifacts.put(Buffer.alloc(700_000, 2)), { code: 'storage_full' })
  assert.deepEqual(await listArtifacts(artifacts), [filler])

  await artifacts.remove(filler)
  const { delta } = await registry.deploy(uploadOf('last', 'l', { routes: routes('last') }), published)
  assert.equal(delta?.revision, revision + 1)
  view.apply(delta)
  assert.equal(view.getFunction('last')?.lastVersion, 1)
  assert.deepEqual(registry.getFunction('hello')?.settings, settings)
}
