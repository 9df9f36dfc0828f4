import assert from 'node:assert/strict'
import { test } from 'node:test'
import ivm from 'isolated-vm'
import { Guardian } from '../../runtime/isolate/guardian.ts'

function guarded(guardian: Guardian) {
  const isolate = new ivm.Isolate({ memoryLimit: 16 })
  const context = isolate.createContextSync()
  const index = guardian.add(isolate)
  return {
    isolate,
    run(source: string, budgetMs: number): { value: unknown; error: unknown; isInnocent: boolean } {
      let value: unknown
      let error: unknown
      guardian.enter(index, budgetMs)
      try {
        value = context.evalSync(source)
      } catch (cause) {
        error = cause
      }
      return { value, error, isInnocent: guardian.leave() }
    },
  }
}

test('Guardian ends an endless loop and an endless promise chain, and says so when they are left', () => {
  const guardian = new Guardian()
  try {
    for (const source of ['while (true);', '(function spin() { Promise.resolve().then(spin) })()']) {
      const runaway = guarded(guardian)
      const { error, isInnocent } = runaway.run(source, 30)
      assert.equal(isInnocent, false)
      assert.match(String(error), /disposed/i)
      assert.equal(runaway.isolate.isDisposed, true)
    }
  } finally {
    guardian.stop()
  }
})

test('Guardian leaves quick entries alone, also right after a runaway', () => {
  const guardian = new Guardian()
  try {
    for (let round = 0; round < 20; round++) {
      const innocent = guarded(guardian)
      assert.equal(guarded(guardian).run('while (true);', 1).isInnocent, false)
      assert.deepEqual(innocent.run('1 + 1', 1000), { value: 2, error: undefined, isInnocent: true })
      assert.equal(innocent.isolate.isDisposed, false)
    }
  } finally {
    guardian.stop()
  }
})

test('Guardian watches an isolate that was added in the same turn as it is entered', () => {
  const guardian = new Guardian()
  try {
    for (let count = 0; count < 5; count++) guarded(guardian)
    assert.equal(guarded(guardian).run('while (true);', 20).isInnocent, false)
  } finally {
    guardian.stop()
  }
})
