import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { RegistryView } from '../../runtime/registry/registry.ts'
import { openRegistryView } from '../../runtime/registry/registry-view.ts'
import {
  at,
  manifestOf,
  openTemporaryRegistry,
  published,
  temporaryFolder,
  uploadOf,
} from '../registry/temporary-registry.ts'

const rounds = 15

/** Lets a process change the registry, and kills it at some moment. Resolves with the last step it told of. */
async function changeAndKill(dataDir: string): Promise<number> {
  const changer = fork(new URL('./registry-changer.ts', import.meta.url), [dataDir])
  // What it told before it died may come after its exit.
  const ended = Promise.all([once(changer, 'exit'), once(changer, 'disconnect')])
  let awaited = randomInt(1, 30)
  let last = 0
  await new Promise<void>((resolve, reject) => {
    changer.on('message', ({ step, revision }: { step: number; revision: number }) => {
      assert.equal(revision, step)
      last = step
      awaited -= 1
      if (awaited === 0) resolve()
    })
    changer.once('exit', (code, signal) => reject(new Error(`It ended by itself: ${code ?? signal}`)))
  })
  // Not at the end of a change, where its message comes, but anywhere in the next ones.
  await delay(randomInt(0, 4))
  changer.kill('SIGKILL')
  await ended
  return last
}

/** Checks that the registry is as the changer leaves it after some step, in every part, and returns the step. */
function checkState(view: RegistryView): number {
  const step = view.revision
  const version = Math.ceil(step / 2)
  const record = view.getFunction('hello')
  assert.ok(record)
  assert.equal(record.revision, step)
  assert.equal(record.lastVersion, version)
  assert.equal(record.latest, manifestOf(`c${version}`).versionId)
  assert.deepEqual(record.aliases.live?.targets, at(version))
  assert.deepEqual(record.aliases.beta?.targets, step < 2 ? undefined : at(Math.floor(step / 2)))
  assert.equal(view.findRoute('any', 'GET', `/r${version}`).kind, 'found')
  for (const other of [version - 1, version + 1]) {
    assert.equal(view.findRoute('any', 'GET', `/r${other}`).kind, 'not_found')
  }
  for (let each = 1; each <= version; each++) {
    const versionId = view.resolveVersion(record, { kind: 'version', version: each })
    assert.equal(versionId, manifestOf(`c${each}`).versionId)
    assert.deepEqual(view.getManifest(versionId), manifestOf(`c${each}`))
  }
  assert.equal(view.resolveVersion(record, { kind: 'version', version: version + 1 }), null)
  return step
}

test('a registry whose process is killed at any moment is as before or after the change it was at', async (t) => {
  const dataDir = temporaryFolder(t)
  let reader: RegistryView | null = null
  for (let round = 0; round < rounds; round++) {
    const acknowledged = await changeAndKill(dataDir)
    const view = openRegistryView(dataDir)
    const step = checkState(view)
    assert.ok(
      step === acknowledged || step === acknowledged + 1,
      `round ${round}: ${acknowledged} was acknowledged, ${step} is there`,
    )
    // In some rounds a reader outlives the writer, as workers outlive a supervisor; in others all begins anew.
    await reader?.close()
    await (round % 3 === 0 ? null : view.close())
    reader = round % 3 === 0 ? view : null
  }
  await reader?.close()
  const { registry } = await openTemporaryRegistry(t, dataDir)
  const versions = registry.listVersions('hello').length
  assert.equal(versions, Math.ceil(registry.revision / 2))
  const { value } = await registry.deploy(uploadOf('hello', 'last'), published)
  assert.equal(value.version, versions + 1)
})
