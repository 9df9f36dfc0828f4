import assert from 'node:assert/strict'
import { it } from 'node:test'
import { noWish, TargetPicker } from '../../../router/http/pick-target.ts'
import { FakeRegistryView } from '../fake-registry-view.ts'

const half = [
  { version: 1, weightUnits: 5000 },
  { version: 2, weightUnits: 5000 },
]
const canary = [
  { version: 3, weightUnits: 10_000 },
  { version: 4, weightUnits: 0 },
]

function open(point: () => number = () => 0) {
  const view = new FakeRegistryView()
  view.add('hello', { aliases: { live: [{ version: 1, weightUnits: 10_000 }], half, canary } })
  return { view, picker: new TargetPicker(view, point) }
}

it('names the version, its alias and what was executed', () => {
  const { picker } = open()
  const target = picker.pick('hello', 'live', noWish)
  assert.equal(target.functionName, 'hello')
  assert.equal(target.label, 1)
  assert.equal(target.alias, 'live')
  assert.equal(target.executedVersion, 'hello:1')
  assert.equal(target.manifest.versionId, 'hello-1')
})

it('takes numbers and $LATEST, without an alias', () => {
  const { picker } = open()
  assert.equal(picker.pick('hello', '7', noWish).executedVersion, 'hello:7')
  assert.equal(picker.pick('hello', '7', noWish).alias, null)
  assert.equal(picker.pick('hello', '$LATEST', noWish).executedVersion, 'hello:$LATEST')
  assert.equal(picker.pick('hello', '$LATEST', noWish).manifest.versionId, 'hello-latest')
})

it('gives the same object and reads nothing again while the function is unchanged', () => {
  let point = 0
  const { view, picker } = open(() => point)
  const wish = { versionKey: 'k', version: '' }
  const pickAll = () => {
    const targets = ['live', '7', '$LATEST', 'half'].map((qualifier) => picker.pick('hello', qualifier, wish))
    point = 0
    targets.push(picker.pick('hello', 'half', noWish))
    point = 0.9
    targets.push(picker.pick('hello', 'half', noWish))
    return targets
  }
  const first = pickAll()
  const reads = view.read.length
  for (const [index, target] of pickAll().entries()) assert.equal(target, first[index])
  assert.equal(view.read.length, reads)
})

it('follows a changed function at once', () => {
  const { view, picker } = open()
  picker.pick('hello', 'live', noWish)
  view.add('hello', { aliases: { live: [{ version: 2, weightUnits: 10_000 }] } })
  assert.equal(picker.pick('hello', 'live', noWish).executedVersion, 'hello:2')
})

it('draws a point for each request of a split alias', () => {
  const points = [0, 0.4999, 0.5, 0.9999]
  const { picker } = open(() => points.shift()!)
  const labels = Array.from({ length: 4 }, () => picker.pick('hello', 'half', noWish).label)
  assert.deepEqual(labels, [1, 1, 2, 2])
})

it('lands weights near their share over many points', () => {
  let seed = 1
  const { view, picker } = open(() => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  })
  const live = [
    { version: 3, weightUnits: 9500 },
    { version: 4, weightUnits: 500 },
  ]
  view.add('hello', { aliases: { live } })
  let newer = 0
  for (let index = 0; index < 20_000; index++) {
    if (picker.pick('hello', 'live', noWish).label === 4) newer++
  }
  assert.ok(Math.abs(newer / 20_000 - 0.05) < 0.005, `${newer} of 20 000`)
})

it('puts different version keys on different versions', () => {
  const { picker } = open()
  const labels = Array.from(
    { length: 200 },
    (_, index) => picker.pick('hello', 'half', { versionKey: `user-${index}`, version: '' }).label,
  )
  const ones = labels.filter((label) => label === 1).length
  assert.ok(ones > 60 && ones < 140, `${ones} of 200`)
})

for (const [what, allowed, version, label] of [
  ['a version of the alias', true, '4', 4],
  ['the version that would be picked anyway', true, '3', 3],
  ['a version that the alias does not route to', true, '5', 3],
  ['no number', true, '4; drop table', 3],
  ['a version, without being allowed to', false, '4', 3],
] as const) {
  it(`picks ${label} when a caller asks for ${what}`, () => {
    const { view, picker } = open()
    view.add('hello', { aliases: { canary }, settings: { versionHeader: allowed } })
    assert.equal(picker.pick('hello', 'canary', { versionKey: 'k', version }).label, label)
  })
}

it('lets nobody away from a version that was named', () => {
  const { view, picker } = open()
  view.add('hello', { settings: { versionHeader: true } })
  assert.equal(picker.pick('hello', '7', { versionKey: 'k', version: '1' }).label, 7)
})

it('refuses a version key over 256 bytes, counted in UTF-8', () => {
  const { picker } = open()
  picker.pick('hello', 'live', { versionKey: 'é'.repeat(128), version: '' })
  assert.throws(() => picker.pick('hello', 'live', { versionKey: 'é'.repeat(129), version: '' }), {
    code: 'bad_request',
  })
})

for (const [functionName, qualifier, code] of [
  ['nobody', 'live', 'function_not_found'],
  ['hello', 'beta', 'alias_not_found'],
  ['hello', 'constructor', 'alias_not_found'],
  ['hello', '10', 'version_not_found'],
  ['hello', 'No Name', 'bad_qualifier'],
] as const) {
  it(`throws ${code} for ${functionName}:${qualifier}`, () => {
    const { picker } = open()
    assert.throws(() => picker.pick(functionName, qualifier, noWish), { code })
  })
}
