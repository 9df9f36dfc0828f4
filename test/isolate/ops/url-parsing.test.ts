import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseUrl } from '../../../runtime/isolate/ops/url-parsing.ts'

it('gives the parts of a URL, and nothing of what is none', () => {
  const parts = ['http://u:p@a:8/b?c#d', 'http:', 'u', 'p', 'a', '8', '/b', '?c', '#d']
  assert.deepEqual(JSON.parse(parseUrl('http://u:p@a:8/x/../b?c#d', undefined)), parts)
  assert.equal(JSON.parse(parseUrl('b', 'http://a/'))[0], 'http://a/b')
  assert.equal(parseUrl('b', undefined), '')
})

it('does not read what takes long', () => {
  const path = (character: string, count: number) =>
    `http://a/${character.repeat(count - 'http://a/'.length)}`
  for (const [character, most] of [
    ['x', 2 ** 20],
    ['\u00e9', 2 ** 17],
  ] as const) {
    assert.notEqual(parseUrl(path(character, most), undefined), '')
    assert.equal(parseUrl(path(character, most + 1), undefined), '')
    assert.equal(parseUrl('x', path(character, most)), '')
  }
})
