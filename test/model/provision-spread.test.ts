import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AliasTargets } from '../../runtime/model/alias.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import { type FunctionRecord, type PoolSettings, usualPool } from '../../runtime/model/function.ts'
import {
  type ProvisionedVersion,
  provisionedVersions,
  spreadOver,
} from '../../runtime/model/provision-spread.ts'

function recordOf(aliases: Record<string, AliasTargets>, pool: Partial<PoolSettings> = {}): FunctionRecord {
  return {
    name: 'f',
    revision: 1,
    settings: {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: { ...usualPool, ...pool },
      egress: { allow: [], deny: [] },
    },
    routes: [],
    latest: 'x',
    lastVersion: 9,
    aliases: Object.fromEntries(
      Object.entries(aliases).map(([name, targets]) => [name, { targets, history: [] }]),
    ),
    versionIds: {},
  }
}

function countsOf(versions: readonly ProvisionedVersion[]): Record<number, number> {
  return Object.fromEntries(versions.map(({ version, count }) => [version, count]))
}

const split = [
  { version: 3, weightUnits: 9500 },
  { version: 4, weightUnits: 500 },
  { version: 5, weightUnits: 0 },
]

test('an alias is divided by its weights; a weight of 0 gets none', () => {
  const record = recordOf({ live: split })
  const of = (count: number) => countsOf(provisionedVersions(record, new Map([['live', count]])))
  assert.deepEqual(of(20), { 3: 19, 4: 1 })
  assert.deepEqual(of(1), { 3: 1 })
  assert.deepEqual(of(0), {})
})

test('the parts of an alias sum to what is wanted, and none is off by one', () => {
  const weights = fc
    .array(fc.integer({ min: 0, max: 10_000 }), { minLength: 0, maxLength: 6 })
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 10_000])
    .map((cuts) =>
      cuts.slice(1).map((cut, index) => ({ version: index + 1, weightUnits: cut - cuts[index]! })),
    )
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 1000 }), (targets, count) => {
      const versions = provisionedVersions(recordOf({ live: targets }), new Map([['live', count]]))
      assert.equal(
        versions.reduce((sum, one) => sum + one.count, 0),
        count,
      )
      const counts = countsOf(versions)
      for (const { version, weightUnits } of targets) {
        assert.ok(Math.abs((counts[version] ?? 0) - (count * weightUnits) / 10_000) < 1)
      }
    }),
  )
})

test('versions by number are added to what aliases name', () => {
  const versions = provisionedVersions(
    recordOf({ live: [{ version: 3, weightUnits: 10_000 }] }),
    new Map([
      ['live', 2],
      ['3', 1],
      ['7', 1],
    ]),
  )
  assert.deepEqual(countsOf(versions), { 3: 3, 7: 1 })
})

test('what names nothing yet gets nothing', () => {
  assert.deepEqual(
    provisionedVersions(
      recordOf({}),
      new Map([
        ['live', 2],
        ['10', 1],
      ]),
    ),
    [],
  )
})

test('there are never more than may run, or than may be', () => {
  const wanted = new Map([['live', 8]])
  const aliases = {
    live: [
      { version: 3, weightUnits: 5000 },
      { version: 4, weightUnits: 5000 },
    ],
  }
  assert.deepEqual(countsOf(provisionedVersions(recordOf(aliases, { reserved: 5 }), wanted)), { 3: 4, 4: 1 })
  assert.deepEqual(countsOf(provisionedVersions(recordOf(aliases, { maxInstances: 3 }), wanted)), { 3: 3 })
  assert.deepEqual(provisionedVersions(recordOf(aliases, { reserved: 0 }), wanted), [])
})

test('workers get as many of a function as any other, or one more, beginning with the first', () => {
  const version = fc.record({
    version: fc.integer({ min: 1, max: 99 }),
    count: fc.integer({ min: 1, max: 50 }),
  })
  const versions = fc.uniqueArray(version, { selector: (one) => one.version, maxLength: 5 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(20), versions, (workers, first, wanted) => {
      const lists = spreadOver(
        workers,
        first,
        wanted.map((one) => ({ functionName: 'f', ...one })),
      )
      const totals = lists.map((list) => list.reduce((sum, { count }) => sum + count, 0))
      assert.ok(Math.max(...totals) - Math.min(...totals) <= 1)
      if (wanted.length > 0) assert.equal(totals[first % workers], Math.max(...totals))
      for (const { version, count } of wanted) {
        const all = lists.flat().filter((one) => one.version === version)
        assert.equal(
          all.reduce((sum, one) => sum + one.count, 0),
          count,
        )
        assert.ok(all.every((one) => one.count > 0))
      }
    }),
  )
})
