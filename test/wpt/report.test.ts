import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Comparison } from '../../wpt/comparison.ts'
import { formatReport } from '../../wpt/report.ts'

const deviation = { path: 'url/a.any.js', variant: '?1', subtest: 'one\n\0', message: 'why\nstack' }

const comparison: Comparison = {
  directories: [
    { directory: 'url/', subtests: 1000, passes: 990, nodePasses: 1000, sharedPasses: 990 },
    { directory: 'streams/', subtests: 100, passes: 99, nodePasses: 99, sharedPasses: 99 },
  ],
  unexpected: [deviation],
  known: [
    { ...deviation, reason: 'because' },
    { ...deviation, subtest: 'two', reason: 'because' },
  ],
  inNodeToo: [],
  unexpectedPasses: [{ ...deviation, subtest: 'three' }],
}

test('the report shows figures, failures, reasons and aims', () => {
  assert.equal(
    formatReport(comparison),
    `          subtests  pass  pass in Node  of these pass     share
url/          1000   990          1000            990   99.00 %
streams/       100    99            99             99  100.00 %
all           1100  1089          1099           1089   99.09 %

Unexpected failures: 1
  url/a.any.js?1
    one\\n\\u0000
      why

Unexpected passes, to be taken out of the expectations: 1
  url/a.any.js?1
    three

Known failures: 2
     2  because

1 unexpected failures, 2 known ones, 0 in Node too
all: 99.09 %, the 98 % aimed at
url/: 99.00 %, not the 99.5 % aimed at`,
  )
})

test('without Node there is nothing to compare with', () => {
  const alone = comparison.directories.map((one) => ({ ...one, nodePasses: null }))
  const report = formatReport({
    ...comparison,
    directories: alone,
    unexpected: [],
    known: [],
    unexpectedPasses: [],
  })
  assert.equal(
    report,
    `          subtests  pass
url/          1000   990
streams/       100    99
all           1100  1089

0 unexpected failures, 0 known ones, 0 in Node too`,
  )
})
