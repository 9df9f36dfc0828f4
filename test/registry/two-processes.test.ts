import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { manifestOf, openTemporaryRegistry, published, uploadOf } from './temporary-registry.ts'
import type { ToViewProcess } from './view-process.ts'

async function startView(t: TestContext, dataDir: string): Promise<ChildProcess> {
  const script = new URL('./view-process.ts', import.meta.url)
  const child = fork(script, [dataDir], { serialization: 'advanced' })
  t.after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

// biome-ignore lint/suspicious/noExplicitAny: each order has an answer of its own shape
async function ask(child: ChildProcess, order: ToViewProcess): Promise<any> {
  child.send(order)
  const [answer] = await once(child, 'message')
  return answer
}

test('another process sees each change as soon as it was made, while the store grows', async (t) => {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  const child = await startView(t, dataDir)
  for (let index = 0; index < 40; index++) {
    const name = `f${index}`
    const env = { CONTENT: 'x'.repeat(index * 5000) }
    const manifest = { ...manifestOf(name), env }
    assert.equal((await ask(child, { kind: 'look', name, path: `/${name}` })).route, 'not_found')
    const { delta } = await registry.deploy({ ...uploadOf(name, name), manifest }, published)
    assert.deepEqual(await ask(child, { kind: 'apply', delta: delta! }), { revision: index + 1 })
    assert.deepEqual(await ask(child, { kind: 'look', name, path: `/${name}` }), {
      route: 'found',
      record: registry.getFunction(name),
      manifest,
    })
  }
})

test('a change does not wait for a process that reads and does not come back, and is seen by its next read', async (t) => {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'v1'), published)
  const child = await startView(t, dataDir)
  const untilFile = join(dataDir, 'go-on')
  assert.deepEqual(await ask(child, { kind: 'hold', name: 'hello', untilFile, thenName: 'late' }), {
    holding: true,
  })
  for (let version = 2; version <= 20; version++) {
    await registry.deploy(uploadOf('hello', `v${version}`), published)
  }
  await registry.deploy(uploadOf('late', 'l'), published)
  const released = once(child, 'message')
  writeFileSync(untilFile, '')
  assert.deepEqual(await released, [{ record: registry.getFunction('late') }, undefined])
})

test('the reader of a process that was killed is forgotten', async (t) => {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  await registry.deploy(uploadOf('hello', 'v1'), published)
  const child = await startView(t, dataDir)
  await ask(child, { kind: 'look', name: 'hello', path: '/hello' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(registry.releaseDeadReaders(), 1)
  assert.equal(registry.releaseDeadReaders(), 0)
})
