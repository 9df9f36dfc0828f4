import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate } from './harness.ts'
import { assertExpressionsLikeNode } from './like-node.ts'

/** All that a pattern shows. */
const shown = (pattern: string) =>
  `(() => { const { protocol, username, password, hostname, port, pathname, search, hash, hasRegExpGroups } = ${pattern}; return { protocol, username, password, hostname, port, pathname, search, hash, hasRegExpGroups } })()`

describe('URLPattern', () => {
  it('reads patterns as in Node', () =>
    assertExpressionsLikeNode(
      [
        `new URLPattern()`,
        `new URLPattern('https://*.example.com/:kind/:id(\\\\d+)?q=*#top')`,
        `new URLPattern('/books/:id', 'https://user:pass@example.com:8080/shelf?x#y')`,
        `new URLPattern('data\\\\:foobar')`,
        `new URLPattern('http{s}?://{:sub.}?example.com:{80}?/*')`,
        `new URLPattern('https://[::1]:8080/')`,
        `new URLPattern({ pathname: '/a/{b}?/:c*', search: '?x=:y', hash: '#z' })`,
        `new URLPattern({ hostname: '*.münchen.example', port: '443', protocol: 'https' })`,
        `new URLPattern({ pathname: 'below', baseURL: 'https://example.com/a/b?c#d' })`,
        `new URLPattern({ pathname: '/{:a}b(c|d)*:e+' })`,
      ].map(shown),
    ))

  it('matches as in Node', () =>
    assertExpressionsLikeNode([
      `new URLPattern('https://*.example.com/:kind/:id(\\\\d+)').exec('https://shop.example.com/books/12')`,
      `new URLPattern('https://*.example.com/:kind/:id(\\\\d+)').exec('https://shop.example.com/books/x')`,
      `new URLPattern({ pathname: '/a{/:b}?' }).exec({ pathname: '/a' }).pathname`,
      `new URLPattern({ pathname: '/:path*' }).exec('/x/y', 'https://example.com')`,
      `new URLPattern({ pathname: '/A' }, { ignoreCase: true }).test('https://example.com/a')`,
      `new URLPattern('/x', 'https://a.example', { ignoreCase: true }).test('https://a.example/X')`,
      `new URLPattern({ pathname: '/:日本' }).exec({ pathname: '/x' }).pathname.groups`,
      `new URLPattern({ search: 'q=:q' }).exec(new URL('https://a.example/?q=1')).search`,
      `new URLPattern().exec()`,
    ]))

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `URLPattern()`,
      `new URLPattern('/relative')`,
      `new URLPattern({}, 'https://a.example')`,
      `new URLPattern({ pathname: '/(' })`,
      `new URLPattern({ pathname: '/:a/:a' })`,
      `new URLPattern({ pathname: '/(a(b))' })`,
      `new URLPattern({ pathname: '/([)' })`,
      `new URLPattern({ pathname: '{a' })`,
      `new URLPattern({ port: '99999' })`,
      `new URLPattern({ hostname: 'a b' })`,
      `new URLPattern({ protocol: 'ht tp' })`,
      `new URLPattern({ baseURL: 'x' })`,
      `new URLPattern().exec({}, 'https://a.example')`,
    ]))

  it('does not go through what the function has patched', () => {
    const body = `const seen = []
      for (const name of ['protocol', 'pathname', 'inputs', 'groups', 'hostname', 'type', 'value']) Object.defineProperty(Object.prototype, name, { set(value) { seen.push(name) }, configurable: true })
      RegExp.prototype.exec = String.prototype.indexOf = Array.prototype.push = () => { throw 1 }
      const result = new URLPattern({ pathname: '/a/:b' }).exec('https://x.example/a/c')
      for (const name of ['protocol', 'pathname', 'inputs', 'groups', 'hostname', 'type', 'value']) delete Object.prototype[name]
      return [result.pathname.groups.b, seen.length]`
    assert.deepEqual(evaluate(body), ['c', 0])
  })
})
