import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegistryCallFunctions } from '../../../router/calls/registry-call-functions.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import { usualPool } from '../../../runtime/model/function.ts'
import { FakeRegistryView } from '../fake-registry-view.ts'

function open(point = 0) {
  const view = new FakeRegistryView()
  view.add('hello', {
    aliases: {
      live: [
        { version: 1, weightUnits: 5000 },
        { version: 2, weightUnits: 5000 },
      ],
    },
  })
  const registry = {
    getFunction: (name: string) => view.getFunction(name),
    hasVersion: (_: string, version: number) => version === 7,
  }
  return new RegistryCallFunctions(registry, () => point)
}

test('A new call gets the version that its qualifier names', () => {
  assert.equal(open(0).pick('hello', 'live'), 1)
  assert.equal(open(0.9).pick('hello', 'live'), 2)
  assert.equal(open().pick('hello', '7'), 7)
  assert.equal(open().pick('hello', 'latest'), '$LATEST')
})

test('What is not there is refused by its code', () => {
  const functions = open()
  const refusals = [
    ['nobody', 'live', 'function_not_found'],
    ['hello', 'prod', 'alias_not_found'],
    ['hello', 'constructor', 'alias_not_found'],
    ['hello', '8', 'version_not_found'],
    ['hello', '-', 'bad_qualifier'],
  ] as const
  for (const [functionName, qualifier, code] of refusals)
    assert.throws(() => functions.pick(functionName, qualifier), { code })
})

test('Settings are those of now; of a function that is gone there are none', () => {
  assert.equal(open().settingsOf('hello'), usualAsync)
  assert.equal(open().settingsOf('nobody'), null)
})

test('No more attempts run at once than the function may have requests', () => {
  const concurrencyOf = (reserved: number | null) => {
    const view = new FakeRegistryView()
    view.add('capped', { settings: { pool: { ...usualPool, reserved } } })
    const registry = { getFunction: (name: string) => view.getFunction(name), hasVersion: () => false }
    return new RegistryCallFunctions(registry, () => 0).settingsOf('capped')?.concurrency
  }
  assert.equal(concurrencyOf(null), usualAsync.concurrency)
  assert.equal(concurrencyOf(1_000_000), usualAsync.concurrency)
  assert.equal(concurrencyOf(3), 3)
  // Blocked: somebody has to find out when its calls are too old.
  assert.equal(concurrencyOf(0), 1)
})
