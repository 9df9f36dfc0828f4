import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadResponse, checkHeaders, checkStatus } from '../../../runtime/isolate/instance/response-check.ts'

test('checkStatus takes 200 to 599 and nothing else', () => {
  for (const status of [200, 204, 418, 599]) assert.equal(checkStatus(status), status)
  for (const status of [0, 100, 101, 199, 600, 1e9, 200.5, Number.NaN]) {
    assert.throws(() => checkStatus(status), BadResponse, String(status))
  }
})

test('checkHeaders returns names in lower case and values in turn', () => {
  assert.deepEqual(checkHeaders(''), [])
  assert.deepEqual(checkHeaders('Content-Type\ntext/plain\nset-cookie\na=1\nset-cookie\n\n'), [
    'content-type',
    'text/plain',
    'set-cookie',
    'a=1',
    'set-cookie',
    '',
  ])
})

test('checkHeaders refuses what could end a header early or is not HTTP', () => {
  const bad = {
    'no line end': 'a\nb',
    'name without value': 'a\n',
    'CR in a value': 'a\nb\rc\n',
    'NUL in a value': 'a\nb\0\n',
    'escape in a value': 'a\n\x1b[2J\n',
    'beyond one byte': 'a\n\u{1f600}\n',
    'space in a name': 'a b\nc\n',
    'empty name': '\nvalue\n',
    'colon in a name': 'a:\nc\n',
    'CR in a name': 'a\r\nc\n',
    'too long': `a\n${'x'.repeat(200_000)}\n`,
  }
  for (const [what, text] of Object.entries(bad)) assert.throws(() => checkHeaders(text), BadResponse, what)
})
