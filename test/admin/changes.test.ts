import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Changes } from '../../runtime/admin/changes.ts'
import type { RegistryDelta } from '../../runtime/registry/registry.ts'

const deltaOf = (revision: number): RegistryDelta => ({ revision, functions: {}, routeBuckets: {} })

describe('Changes', () => {
  it('sends deltas in the order of the changes, however long each takes', async () => {
    const sent: number[] = []
    const changes = new Changes({
      broadcast: async ({ revision }) => {
        sent.push(revision)
        return { applied: 1, live: 1 }
      },
    })
    const gate = Promise.withResolvers<void>()
    let revision = 0
    const slow = changes.run(async () => {
      await gate.promise
      revision += 1
      return { value: 'slow', delta: deltaOf(revision) }
    })
    const quick = changes.run(async () => {
      revision += 1
      return { value: 'quick', delta: deltaOf(revision) }
    })
    gate.resolve()
    assert.equal((await quick).value, 'quick')
    assert.equal((await slow).value, 'slow')
    assert.deepEqual(sent, [1, 2])
  })

  it('does not hold up the next change while workers apply the last one', async () => {
    const spreading = Promise.withResolvers<{ applied: number; live: number }>()
    const changes = new Changes({
      broadcast: ({ revision }) =>
        revision === 1 ? spreading.promise : Promise.resolve({ applied: 2, live: 2 }),
    })
    const first = changes.run(async () => ({ value: null, delta: deltaOf(1) }))
    const second = await changes.run(async () => ({ value: null, delta: deltaOf(2) }))
    assert.deepEqual(second.workers, { applied: 2, live: 2 })
    spreading.resolve({ applied: 1, live: 2 })
    assert.deepEqual((await first).workers, { applied: 1, live: 2 })
  })

  it('sends nothing when nothing changed, and goes on after a change that was refused', async () => {
    let broadcasts = 0
    const changes = new Changes({
      broadcast: async () => {
        broadcasts += 1
        return { applied: 0, live: 0 }
      },
    })
    const refused = changes.run(() => Promise.reject(new Error('no')))
    const unchanged = changes.run(async () => ({ value: 7, delta: null }))
    await assert.rejects(refused, /no/)
    assert.deepEqual(await unchanged, { value: 7, workers: null })
    assert.equal(broadcasts, 0)
  })
})
