import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Expectations } from '../../wpt/expectations.ts'
import { TemporaryFolder } from '../registry/temporary-folder.ts'

function read(text: string): Expectations {
  using folder = new TemporaryFolder({ 'expectations.jsonc': text })
  return Expectations.read(`${folder.path}/expectations.jsonc`)
}

test('gives the reason for a subtest by its name, by a pattern, and by those of its file', () => {
  const expectations = read(`{
    // Why not.
    "url/a.any.js": { "reason": "one", "subtests": ["first", "many*", "* in *s"] },
    "url/b.any.js": [
      { "reason": "two", "subtests": ["first"] },
      { "reason": "three", "subtests": "all" },
    ],
    "streams/transferable/*": { "reason": "four", "subtests": "all" },
  }`)
  assert.equal(expectations.reasonFor('url/a.any.js', 'first'), 'one')
  assert.equal(expectations.reasonFor('url/a.any.js', 'many more'), 'one')
  assert.equal(expectations.reasonFor('url/a.any.js', 'one in streams'), 'one')
  assert.equal(expectations.reasonFor('url/a.any.js', ' in '), null)
  assert.equal(expectations.reasonFor('url/a.any.js', 'first one'), null)
  assert.equal(expectations.reasonFor('url/b.any.js', 'first'), 'two')
  assert.equal(expectations.reasonFor('url/b.any.js', 'second'), 'three')
  assert.equal(expectations.reasonFor('streams/transferable/x.any.js', 'any'), 'four')
  assert.equal(expectations.reasonFor('streams/transferable.any.js', 'any'), null)
})

test('knows which subtests are listed by their whole name', () => {
  const expectations = read(
    `{ "a.any.js": { "reason": "one", "subtests": ["first", "m*"] }, "b.any.js": { "reason": "two", "subtests": "all" } }`,
  )
  assert.equal(expectations.names('a.any.js', 'first'), true)
  assert.equal(expectations.names('a.any.js', 'many'), false)
  assert.equal(expectations.names('a.any.js', 'second'), false)
  assert.equal(expectations.names('b.any.js', 'first'), false)
})

test('refuses an entry without a reason, and says where', () => {
  assert.throws(() => read('{ "a.any.js": { "subtests": "all" } }'), /a\.any\.js/)
  assert.throws(() => read('{ "a.any.js": '), /at offset/)
})

test('takes the expectations that are there', () => {
  Expectations.read(fileURLToPath(new URL('../../wpt/expectations.jsonc', import.meta.url)))
})
