import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkName, isName } from '../../runtime/model/name.ts'

const good = ['a', 'hello', 'a-1', 'a--b', 'a-', 'constructor', 'a'.repeat(63)]
const bad = [
  '',
  'A',
  '1a',
  '-a',
  'a_b',
  'a.b',
  'a b',
  'a/b',
  'é',
  'a\n',
  '\na',
  'a\0',
  'a'.repeat(64),
  '$LATEST',
  '..',
]

for (const name of good) {
  test(`checkName() takes ${JSON.stringify(name)}`, () => {
    assert.equal(checkName('function', name), name)
    assert.equal(isName(name), true)
  })
}

for (const name of bad) {
  test(`checkName() refuses ${JSON.stringify(name)}`, () => {
    assert.throws(() => checkName('function', name), { code: 'bad_name' })
    assert.equal(isName(name), false)
  })
}

test('checkName() names the pattern and shows no more than 100 characters of what was given', () => {
  assert.throws(
    () => checkName('alias', 'X'.repeat(5000)),
    (error: Error) => {
      assert.match(error.message, /^Cannot use "X{100}" as the name of an alias: must match \^\[a-z\]/)
      return true
    },
  )
})

test('checkName() keeps "latest" from being an alias, which nothing could then refer to', () => {
  assert.throws(() => checkName('alias', 'latest'), { code: 'bad_name' })
  assert.equal(checkName('function', 'latest'), 'latest')
})
