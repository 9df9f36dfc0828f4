import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatQualifier, parseFunctionReference, parseQualifier } from '../../runtime/model/qualifier.ts'

test('parseQualifier() tells versions, aliases and $LATEST apart', () => {
  assert.deepEqual(parseQualifier('3'), { kind: 'version', version: 3 })
  assert.deepEqual(parseQualifier('999999999'), { kind: 'version', version: 999_999_999 })
  assert.deepEqual(parseQualifier('live'), { kind: 'alias', alias: 'live' })
  assert.deepEqual(parseQualifier('$LATEST'), { kind: 'latest' })
  assert.deepEqual(parseQualifier('latest'), { kind: 'latest' })
})

for (const text of [
  '',
  '0',
  '03',
  '-1',
  '1.0',
  '1e3',
  '1000000000',
  'Live',
  '$latest',
  'a:b',
  ' 3',
  '3\n',
  'LATEST',
]) {
  test(`parseQualifier() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseQualifier(text), { code: 'bad_qualifier' })
  })
}

test('parseFunctionReference() means the alias live without a qualifier', () => {
  assert.deepEqual(parseFunctionReference('hello'), {
    functionName: 'hello',
    qualifier: { kind: 'alias', alias: 'live' },
  })
})

test('parseFunctionReference() splits at the first colon', () => {
  assert.deepEqual(parseFunctionReference('hello:7'), {
    functionName: 'hello',
    qualifier: { kind: 'version', version: 7 },
  })
  assert.throws(() => parseFunctionReference('hello:live:2'), { code: 'bad_qualifier' })
  assert.throws(() => parseFunctionReference('hello:'), { code: 'bad_qualifier' })
  assert.throws(() => parseFunctionReference(':live'), { code: 'bad_name' })
  assert.throws(() => parseFunctionReference(''), { code: 'bad_name' })
})

test('formatQualifier() writes what parseQualifier() reads', () => {
  for (const text of ['1', '42', 'live', '$LATEST']) assert.equal(formatQualifier(parseQualifier(text)), text)
  assert.equal(formatQualifier(parseQualifier('latest')), '$LATEST')
})
