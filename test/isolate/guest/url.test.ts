import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest, thrown } from './harness.ts'

/** A guest that tells all components of a URL, or null if it does not parse. */
const componentsOf = `const components = (url) => url === null ? null : [url.href, url.origin, url.protocol,
  url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, url + '', url.toJSON(),
  [...url.searchParams]]`

function components(url: URL | null): unknown {
  if (url === null) return null
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url
  const parts = [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash]
  return [...parts, String(url), url.toJSON(), [...url.searchParams]]
}

const urls = [
  'http://example.com',
  'http://example.com/',
  'https://example.com:8443/a/b.txt?x=1&y=2#frag',
  'http://127.0.0.1:8787/hello',
  'http://127.1/',
  'http://256.256.256.256/',
  'http://0x7f.1/',
  'http://1.2.3/',
  'http://01.2.3.4/',
  'http://1.2.3.4.5/',
  'http://example.1/',
  'http://example.com.',
  'http://example..com/',
  'http://.example.com/',
  'http://-a_b.example/',
  'http://EXAMPLE.com/',
  'HTTP://example.com/',
  'http://xn--80ak6aa92e.com/',
  'http://xn--/',
  'http://bücher.example/ü?ü#ü',
  'http://[::1]:3000/x',
  'http://user:pa%20ss@example.com:80/',
  'http://user@example.com/',
  'http://:pass@example.com/',
  'https://example.com:443/',
  'https://example.com:80/',
  'http://example.com:0/',
  'http://example.com:00080/',
  'http://example.com:65536/',
  'http://example.com:/',
  'http://example.com:8080',
  'http://example.com?q',
  'http://example.com#f',
  'http://example.com/?',
  'http://example.com/#',
  'http://example.com/?#',
  'http://example.com/a?b?c#d#e',
  'http://example.com/a/../b',
  'http://example.com/a/./b/.',
  'http://example.com/%2e%2E/x',
  'http://example.com/a%2fb',
  'http://example.com/.well-known/x',
  'http://example.com/a b',
  'http://example.com/a\\b',
  'http:\\\\example.com\\a',
  'http://example.com/a\tb\n',
  '  http://example.com/  ',
  `http://example.com/"<>\`{}|^'`,
  `http://example.com/?"<>\`{}|^'`,
  `http://example.com/#"<>\`{}|^'`,
  "http://example.com/!$&'()*+,;=:@~-_",
  'http://example.com/\u0000',
  'http://example.com/\ud800',
  'http://exa mple.com/',
  'http://example.com%2e/',
  'http://',
  'http:///a',
  'http:example.com',
  '//example.com',
  '/path',
  '',
  'file:///etc/passwd',
  'file://host/share',
  'mailto:someone@example.com?subject=x',
  'data:text/plain,hi there ',
  'javascript://x/%0aalert(1)',
  'blob:https://example.com/uuid',
  'ws://example.com/socket',
  'foo://',
  'foo://host?x',
  'web+demo:/.//not-a-host/',
  'web+demo:/a/../..//b',
  'foo:/bar',
  'foo:bar',
  'non-special://test:x/',
  'http://a:b@c:29/d',
]

const bases = [
  'http://example.org/foo/bar?q#f',
  'http://example.org:8080',
  'file:///tmp/x',
  'mailto:a',
  'nonsense',
  'foo://h/p/q',
]

describe('URL', () => {
  it('takes every URL apart as Node does', () => {
    const seen = evaluate(
      `${componentsOf}; return JSON.parse(await request.text()).map((url) => components(URL.parse(url)))`,
      {
        method: 'POST',
        body: JSON.stringify(urls),
      },
    ) as unknown[]
    // JSON cannot carry a lone surrogate: both sides see the same.
    const given = JSON.parse(JSON.stringify(urls).toWellFormed()) as string[]
    for (const [index, url] of given.entries()) {
      assert.deepEqual(seen[index], components(URL.parse(url)), JSON.stringify(url))
    }
  })

  it('resolves against a base as Node does', () => {
    const pairs = [...urls, '?x', '#y', '../z', '/z w', '//h/z', 'z:y'].flatMap((url) =>
      bases.map((base) => [url, base]),
    )
    const seen = evaluate(
      `return JSON.parse(await request.text()).map(([url, base]) => URL.parse(url, base)?.href ?? null)`,
      { method: 'POST', body: JSON.stringify(pairs) },
    ) as unknown[]
    for (const [index, [url, base]] of (
      JSON.parse(JSON.stringify(pairs).toWellFormed()) as string[][]
    ).entries()) {
      assert.equal(seen[index], URL.parse(url!, base)?.href ?? null, JSON.stringify([url, base]))
    }
  })

  const values: Record<string, readonly string[]> = {
    href: ['http://other/', 'bad url'],
    protocol: [
      'https',
      'ftp:',
      'mailto',
      'file',
      '1x',
      'ht tp',
      '',
      'https:junk',
      'ht\ttp\rs:',
      '\n',
      'ws\n:x',
    ],
    username: ['me', '', 'a:b@c/d', 'ü', "!$&'()*"],
    password: ['secret', '', 'a:b@c/d'],
    host: [
      'other.com',
      'other.com:99',
      'other.com:99x',
      'o:',
      '',
      'a/b',
      'a@b',
      '[::1]',
      '[::1]:5',
      'bad host',
      'x?y',
      'ü.com',
      ':80',
      'h:99999',
    ],
    hostname: ['other.com', 'other.com:99', '', 'a/b', '[::1]', '127.1', 'bad host'],
    port: ['99', '80', '', '99x', 'x', '99999', '0', '\t9\n9', '\r'],
    pathname: ['/x y', 'x', '', '/a/../b', '/a?b#c', '//x', '\\z', '/ü%zz', '/a\0', '\t', 'a \x1f\n'],
    search: ['?a=b', 'a=b', '', '?', '#x', ' x ', 'ü"\'', 'x\0', '\n'],
    hash: ['#x', 'x', '', '#', ' x ', '`"<', 'x\x1f', '\t'],
  }
  const subjects = [
    'http://example.com/a?b#c',
    'https://u:p@h:81/x',
    'file:///a/b',
    'file://h/a',
    'mailto:x',
    'foo://h/p?q#f',
    'foo:/p',
    'foo:///p',
    'web+demo:/.//x',
  ]
  it('sets components as Node does', () => {
    const cases = Object.entries(values).flatMap(([name, texts]) =>
      texts.flatMap((text) => subjects.map((subject) => [subject, name, text])),
    )
    const set = (make: typeof URL, [subject, name, text]: string[]): string => {
      const url = new make(subject!)
      try {
        ;(url as unknown as Record<string, string>)[name!] = text!
      } catch {
        return 'throws'
      }
      return url.href
    }
    const seen = evaluate(
      `const set = ${set}; return JSON.parse(await request.text()).map((one) => set(URL, one))`,
      {
        method: 'POST',
        body: JSON.stringify(cases),
      },
    ) as string[]
    for (const [index, one] of cases.entries()) {
      assert.equal(seen[index], set(URL, one), JSON.stringify(one))
    }
  })

  it('needs no host call for what nearly every URL looks like', () => {
    using guest = new Guest(`exports.default = { fetch(request) {
      const url = new URL(request.url)
      return new Response(new URL('/x?y', url).href + ' ' + url.searchParams.get('q') + ' ' + url.pathname)
    } }`)
    const { body } = guest.call({ url: 'https://api.example.com:8443/v1/items/%20?q=1&r=a+b#top' })
    assert.equal(body, 'https://api.example.com:8443/x?y 1 /v1/items/%20')
    assert.equal(guest.calls.get(op.parseUrl), undefined)
  })

  it('refuses what does not parse', () => {
    assert.equal(thrown(`new URL('nonsense')`), 'TypeError: Cannot parse URL "nonsense"')
    assert.equal(thrown(`new URL('http://a/', 'nonsense')`), 'TypeError: Cannot parse URL "http://a/"')
    assert.deepEqual(evaluate(`return [URL.canParse('http://a'), URL.canParse('a'), URL.parse('a')]`), [
      true,
      false,
      null,
    ])
  })
})

describe('URLSearchParams', () => {
  const code = (make: typeof URLSearchParams, url: URL): unknown => {
    const seen: unknown[] = []
    const see = (params: URLSearchParams) => seen.push([String(params), params.size, [...params]])
    for (const init of [
      '',
      '?a=1&b=2',
      'a=1&a=2&=&&x',
      'a=%20+%zz%F0%9F%98%80&%FF=b',
      '??a',
      'a=b=c',
      '+a = b+',
      '%EF%BB%BFx=1',
    ])
      see(new make(init))
    see(
      new make([
        ['a', 'b c'],
        ['é', "*-._~'()!"],
      ]),
    )
    see(new make({ x: '1', y: '&=+' }))
    see(new make(new make('q=1')))
    const params = new make('a=1&b=2&a=3')
    seen.push(
      params.get('a'),
      params.get('z'),
      params.getAll('a'),
      params.has('b'),
      params.has('a', '3'),
      params.has('a', '4'),
    )
    params.append('c', '4')
    params.set('a', '9')
    see(params)
    params.delete('b')
    params.set('new', 'n')
    see(params)
    params.append('a', '8')
    params.delete('a', '9')
    params.sort()
    see(params)
    seen.push([...params.keys()], [...params.values()])
    params.forEach((value, name) => {
      seen.push(`${name}=${value}`)
    })
    url.searchParams.append('z', '1 2')
    seen.push(url.href)
    url.search = '?fresh=1'
    see(url.searchParams)
    url.searchParams.delete('fresh')
    seen.push(url.href)
    return seen
  }

  it('reads, changes and writes as Node does', () => {
    const seen = evaluate(`return (${code})(URLSearchParams, new URL('http://a/?x=1#h'))`)
    assert.deepEqual(seen, code(URLSearchParams, new URL('http://a/?x=1#h')))
  })

  it('takes the last of two names that are the same text', () => {
    const code = (make: typeof URLSearchParams) => String(new make({ '\ud800': '1', a: '2', '\udfff': '3' }))
    assert.equal(evaluate(`return (${code})(URLSearchParams)`), code(URLSearchParams))
  })

  it('refuses what is no pair', () => {
    assert.match(String(thrown(`new URLSearchParams([['a']])`)), /^TypeError: Cannot read parameters/)
  })
})
