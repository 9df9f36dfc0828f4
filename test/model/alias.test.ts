import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AliasTargets,
  formatWeights,
  parseWeights,
  pickVersion,
  stickyPoint,
} from '../../runtime/model/alias.ts'

const accepted: [Record<string, number>, AliasTargets][] = [
  [{ 1: 1 }, [{ version: 1, weightUnits: 10_000 }]],
  [
    { 4: 0.05, 3: 0.95 },
    [
      { version: 3, weightUnits: 9500 },
      { version: 4, weightUnits: 500 },
    ],
  ],
  [
    { 2: 1, 3: 0 },
    [
      { version: 2, weightUnits: 10_000 },
      { version: 3, weightUnits: 0 },
    ],
  ],
  [
    { 1: 0.0001, 2: 0.9999 },
    [
      { version: 1, weightUnits: 1 },
      { version: 2, weightUnits: 9999 },
    ],
  ],
  [
    { 10: 0.1, 9: 0.7, 11: 0.2 },
    [
      { version: 9, weightUnits: 7000 },
      { version: 10, weightUnits: 1000 },
      { version: 11, weightUnits: 2000 },
    ],
  ],
]

for (const [weights, targets] of accepted) {
  test(`parseWeights() reads ${JSON.stringify(weights)}, ascending by version`, () => {
    assert.deepEqual(parseWeights('live', weights), targets)
  })
}

const refused: [Record<string, number>, RegExp][] = [
  [{}, /sum to 0, must be exactly 1/],
  [{ 1: 0.5 }, /sum to 0.5, must be exactly 1/],
  [{ 1: 0.9999, 2: 0.0002 }, /sum to 1.0001/],
  [{ 1: 0.5, 2: 0.49995, 3: 0.00005 }, /at most 4 decimals/],
  [{ 1: 1 / 3, 2: 2 / 3 }, /at most 4 decimals/],
  [{ 1: -0.5, 2: 1.5 }, /must be 0 to 1/],
  [{ 1: 2 }, /must be 0 to 1/],
  [{ 1: Number.NaN }, /must be 0 to 1/],
  [{ 1: Number.POSITIVE_INFINITY }, /must be 0 to 1/],
  [{ 0: 1 }, /not a published version/],
  [{ '01': 1 }, /not a published version/],
  [{ '1.5': 1 }, /not a published version/],
  [{ $LATEST: 1 }, /not a published version/],
  [{ live: 1 }, /not a published version/],
]

for (const [weights, problem] of refused) {
  test(`parseWeights() refuses ${Object.entries(weights).join(' ') || 'no weights'}`, () => {
    assert.throws(() => parseWeights('live', weights), { code: 'bad_weights', message: problem })
  })
}

test('parseWeights() takes every weight of four decimals', () => {
  for (let units = 0; units <= 10_000; units++) {
    const weights = {
      1: Number((units / 10_000).toFixed(4)),
      2: Number(((10_000 - units) / 10_000).toFixed(4)),
    }
    assert.equal(parseWeights('live', weights)[0]?.weightUnits, units)
  }
})

test('formatWeights() is what parseWeights() read', () => {
  const weights = { 3: 0.95, 4: 0.0499, 7: 0.0001, 9: 0 }
  assert.deepEqual(formatWeights(parseWeights('live', weights)), weights)
})

test('pickVersion() gives each version its share of the line', () => {
  const targets = parseWeights('live', { 1: 0.25, 2: 0, 3: 0.7499, 4: 0.0001 })
  const counts = new Map<number, number>()
  for (let units = 0; units < 10_000; units++) {
    const version = pickVersion(targets, (units + 0.5) / 10_000)
    counts.set(version, (counts.get(version) ?? 0) + 1)
  }
  assert.deepEqual(
    [...counts],
    [
      [1, 2500],
      [3, 7499],
      [4, 1],
    ],
  )
})

test('pickVersion() never picks a version of weight 0, not even at the ends of the line', () => {
  const targets = parseWeights('live', { 1: 0, 2: 1, 3: 0 })
  assert.equal(pickVersion(targets, 0), 2)
  assert.equal(pickVersion(targets, 1 - Number.EPSILON), 2)
})

test('pickVersion() moves points only towards the newest version while its weight is raised', () => {
  const points = Array.from({ length: 2000 }, (_, index) => stickyPoint('hello', 'live', `user ${index}`))
  const picked = points.map(() => 0)
  for (const newest of [0, 0.0001, 0.05, 0.2, 0.5, 0.95, 1]) {
    const old = Number(((1 - newest) * 0.75).toFixed(4))
    const middle = Number((1 - newest - old).toFixed(4))
    const targets = parseWeights('live', { 3: old, 4: middle, 5: newest })
    for (const [index, point] of points.entries()) {
      const version = pickVersion(targets, point)
      assert.ok(version >= picked[index]!, `${points[index]} moved from ${picked[index]} to ${version}`)
      picked[index] = version
    }
  }
  assert.deepEqual(new Set(picked), new Set([5]))
})

test('stickyPoint() is on the line, spread, and the same for ever', () => {
  assert.equal(stickyPoint('hello', 'live', 'alice'), stickyPoint('hello', 'live', 'alice'))
  assert.notEqual(stickyPoint('hello', 'live', 'alice'), stickyPoint('hello', 'beta', 'alice'))
  assert.notEqual(stickyPoint('hello', 'live', 'alice'), stickyPoint('other', 'live', 'alice'))
  const points = Array.from({ length: 10_000 }, (_, index) => stickyPoint('hello', 'live', String(index)))
  assert.ok(points.every((point) => point >= 0 && point < 1))
  const below = points.filter((point) => point < 0.05).length
  assert.ok(below > 430 && below < 570, `${below} of 10 000 points below 0.05`)
})

test('stickyPoint() of a known key does not change between releases', () => {
  assert.equal(stickyPoint('hello', 'live', 'alice'), 0.6495982334017754)
})
