import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../wpt/comparison.ts'
import { Expectations } from '../../wpt/expectations.ts'
import type { RanTest } from '../../wpt/run-tests.ts'
import type { SubtestStatus, TestResult } from '../../wpt/subtest.ts'

const none = new Expectations([])

function ran(
  path: string,
  subtests: readonly (readonly [string, SubtestStatus])[],
  status: TestResult['status'] = 'ok',
): RanTest {
  const metadata = { globals: [], scripts: [], variants: [''], isLong: false }
  return {
    test: { path, variant: '', metadata },
    result: {
      status,
      message: '',
      subtests: subtests.map(([name, status]) => ({ name, status, message: '' })),
    },
  }
}

const namesOf = (list: readonly { readonly subtest: string }[]) => list.map(({ subtest }) => subtest)

test('counts what passes in Node, and how many of these pass in an instance', () => {
  const here = ran('url/a.any.js', [
    ['both', 'pass'],
    ['node only', 'fail'],
    ['here only', 'pass'],
    ['neither', 'timeout'],
  ])
  const inNode = ran('url/a.any.js', [
    ['both', 'pass'],
    ['node only', 'pass'],
    ['here only', 'fail'],
    ['neither', 'fail'],
  ])
  const comparison = compare([here], [inNode], none)
  assert.deepEqual(comparison.directories, [
    { directory: 'url/', subtests: 4, passes: 2, nodePasses: 2, sharedPasses: 1 },
  ])
  assert.deepEqual(namesOf(comparison.unexpected), ['node only'])
  assert.deepEqual(namesOf(comparison.inNodeToo), ['neither'])
})

test('a subtest that only Node came to has failed', () => {
  const comparison = compare(
    [ran('url/a.any.js', [], 'killed')],
    [ran('url/a.any.js', [['one', 'pass']])],
    none,
  )
  assert.equal(comparison.directories[0]!.nodePasses, 1)
  assert.equal(comparison.directories[0]!.sharedPasses, 0)
  assert.match(comparison.unexpected.find(({ subtest }) => subtest === 'one')!.message, /missing \(killed/)
})

test('subtests of the same name are counted each', () => {
  const twice = ran('url/a.any.js', [
    ['same', 'pass'],
    ['same', 'pass'],
  ])
  assert.equal(compare([twice], [twice], none).directories[0]!.sharedPasses, 2)
})

test('a failure with a reason is known, one without is not', () => {
  const expectations = new Expectations([{ path: 'url/a.any.js', reason: 'why', subtests: ['known'] }])
  const here = ran('url/a.any.js', [
    ['known', 'fail'],
    ['unknown', 'fail'],
  ])
  const inNode = ran('url/a.any.js', [
    ['known', 'pass'],
    ['unknown', 'pass'],
  ])
  const comparison = compare([here], [inNode], expectations)
  assert.deepEqual(
    comparison.known.map(({ reason }) => reason),
    ['why'],
  )
  assert.deepEqual(namesOf(comparison.unexpected), ['unknown'])
})

test('a subtest that is listed by name and passes is told', () => {
  const expectations = new Expectations([
    { path: 'url/a.any.js', reason: 'why', subtests: ['named'] },
    { path: 'url/b.any.js', reason: 'why', subtests: 'all' },
  ])
  const here = [ran('url/a.any.js', [['named', 'pass']]), ran('url/b.any.js', [['other', 'pass']])]
  assert.deepEqual(namesOf(compare(here, here, expectations).unexpectedPasses), ['named'])
})

test('without Node each failure that is not listed is unexpected', () => {
  const comparison = compare([ran('url/a.any.js', [['one', 'fail']])], null, none)
  assert.deepEqual(namesOf(comparison.unexpected), ['one'])
  assert.equal(comparison.directories[0]!.nodePasses, null)
})
