import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMetadata } from '../../wpt/test-metadata.ts'

test('reads globals, scripts, variants and a long timeout from the head of a test', () => {
  const source = [
    '// META: title=Some title',
    '// META: global=window,worker',
    '// META: script=/common/a.js',
    '// META: script=b.js',
    '// META: variant=?1-10',
    '// META: variant=?11-last',
    '// META: timeout=long',
    '',
    "'use strict'",
  ].join('\n')
  assert.deepEqual(readMetadata(source), {
    globals: ['window', 'worker'],
    scripts: ['/common/a.js', 'b.js'],
    variants: ['?1-10', '?11-last'],
    isLong: true,
  })
})

test('takes the defaults of a test that says nothing', () => {
  assert.deepEqual(readMetadata('test(() => {})'), {
    globals: ['window', 'dedicatedworker'],
    scripts: [],
    variants: [''],
    isLong: false,
  })
})

test('reads no further than the head', () => {
  assert.deepEqual(readMetadata('// A comment\nvar x\n// META: script=late.js').scripts, [])
})
