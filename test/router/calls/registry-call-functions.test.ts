import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegistryCallFunctions } from '../../../router/calls/registry-call-functions.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
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
