import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RequestUrls } from '../../../router/http/request-url.ts'

const cases: [path: string, query: string | undefined, href: string, routed: string][] = [
  ['/', undefined, '/', '/'],
  ['/a/b.c/~d-e_f', undefined, '/a/b.c/~d-e_f', '/a/b.c/~d-e_f'],
  ['/a', '', '/a?', '/a'],
  ['/a', 'b=1&c=%20', '/a?b=1&c=%20', '/a'],
  ["/a'b", "c='d'", "/a'b?c=%27d%27", "/a'b"],
  ['/a', '<b>"', '/a?%3Cb%3E%22', '/a'],
  ['//b//c', undefined, '//b//c', '//b//c'],
  ['/a/../b', undefined, '/b', '/b'],
  ['/a/./b', undefined, '/a/b', '/a/b'],
  ['/a/%2e%2E/b', undefined, '/b', '/b'],
  ['/a/.%2e/b', undefined, '/b', '/b'],
  ['/../../a', undefined, '/a', '/a'],
  ['/a\\..\\b', undefined, '/b', '/b'],
  ['/.well-known/x', undefined, '/.well-known/x', '/.well-known/x'],
  ['/a%2Fb', undefined, '/a%2Fb', '/a%2Fb'],
  ['/a%zz', undefined, '/a%zz', '/a%zz'],
  ['/caf\u00e9', 'x=\u00e9', '/caf%C3%A9?x=%C3%A9', '/caf%C3%A9'],
  ['/a|b^c', 'a|b^c', '/a|b%5Ec?a|b^c', '/a|b%5Ec'],
]
for (const [path, query, href, routed] of cases) {
  it(`makes ${path}${query === undefined ? '' : `?${query}`} into ${href}`, () => {
    const url = new RequestUrls().parse(false, 'a', path, query)
    assert.equal(url?.href, new URL(`http://a${path}${query === undefined ? '' : `?${query}`}`).href)
    assert.equal(url?.href, `http://a${href}`)
    assert.equal(url?.path, routed)
  })
}

for (const [isHttps, host, origin, routed] of [
  [false, 'Example.COM', 'http://example.com', 'example.com'],
  [false, 'example.com:80', 'http://example.com', 'example.com'],
  [false, 'example.com:8787', 'http://example.com:8787', 'example.com'],
  [true, 'example.com:443', 'https://example.com', 'example.com'],
  [true, 'example.com:80', 'https://example.com:80', 'example.com'],
  [false, 'example.com.', 'http://example.com.', 'example.com'],
  [false, '[::1]:8787', 'http://[::1]:8787', '[::1]'],
  [false, '127.1', 'http://127.0.0.1', '127.0.0.1'],
  [false, 'my_host', 'http://my_host', 'my_host'],
] as const) {
  it(`takes ${host} ${isHttps ? 'over https ' : ''}for ${origin}`, () => {
    const urls = new RequestUrls()
    for (let time = 0; time < 2; time++) {
      const url = urls.parse(isHttps, host, '/', undefined)
      assert.equal(url?.href, `${origin}/`)
      assert.equal(url?.host, routed)
    }
  })
}

it('keeps http and https of the same host apart', () => {
  const urls = new RequestUrls()
  assert.equal(urls.parse(true, 'a', '/', undefined)?.href, 'https://a/')
  assert.equal(urls.parse(false, 'a', '/', undefined)?.href, 'http://a/')
})

for (const host of [
  '',
  'a b',
  'a/b',
  'a@b',
  'a#b',
  'a?b',
  'a:99999',
  'a,b',
  'caf\u00e9',
  '[::1',
  '[zz]',
  'a:b',
  '1.2.3.999',
]) {
  it(`takes "${host}" for no host`, () => {
    assert.equal(new RequestUrls().parse(false, host, '/', undefined), null)
  })
}

it('takes a fragment for no URL', () => {
  assert.equal(new RequestUrls().parse(false, 'a', '/b#c', undefined), null)
  assert.equal(new RequestUrls().parse(false, 'a', '/b', 'c#d'), null)
})

it('stays right when more hosts come than it remembers', () => {
  const urls = new RequestUrls()
  for (let index = 0; index < 2500; index++) {
    assert.equal(urls.parse(false, `h${index}`, '/x', undefined)?.href, `http://h${index}/x`)
  }
})

it('leaves or encodes each character of ASCII exactly as the URL standard does', () => {
  const urls = new RequestUrls()
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code)
    if (character === '#' || character === '?') continue
    const [path, query] = [`/x${character}y`, `x${character}y`]
    assert.equal(urls.parse(false, 'a', path, query)?.href, new URL(`http://a${path}?${query}`).href)
  }
})
