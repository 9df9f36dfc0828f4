import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRoute } from '../../runtime/model/route.ts'
import { RouteMatcher } from '../../runtime/model/route-matcher.ts'
import { parseRoutePattern } from '../../runtime/model/route-pattern.ts'

function matcher(...routes: string[]): RouteMatcher {
  return new RouteMatcher(routes.map((text) => ({ ...parseRoutePattern(text), functionName: 'f' })))
}

function matched(routes: RouteMatcher, method: string, path: string): string | null {
  const found = routes.find(method, path)
  return found === null ? null : formatRoute(found.route)
}

const table: { routes: string[]; requests: [string, string | null][] }[] = [
  {
    routes: ['/hello', '/hello/*'],
    requests: [
      ['/hello', '/hello'],
      ['/hello/', '/hello/*'],
      ['/hello/a', '/hello/*'],
      ['/hello//', '/hello/*'],
      ['/hello/a/b/', '/hello/*'],
      ['/helloo', null],
      ['/Hello', null],
      ['/hell', null],
    ],
  },
  {
    routes: ['/a/*'],
    requests: [
      ['/a', null],
      ['/a/', '/a/*'],
    ],
  },
  {
    routes: ['/users/:id', '/users/me', '/users/*', '/users/:id/posts', '/users/me/posts/:post'],
    requests: [
      ['/users/me', '/users/me'],
      ['/users/7', '/users/:id'],
      ['/users/', '/users/*'],
      ['/users/7/posts', '/users/:id/posts'],
      ['/users/me/posts', '/users/:id/posts'],
      ['/users/me/posts/1', '/users/me/posts/:post'],
      ['/users/7/posts/1', '/users/*'],
      ['/users', null],
    ],
  },
  {
    routes: ['/', '/*', '/:one', '/:one/x'],
    requests: [
      ['/', '/'],
      ['/a', '/:one'],
      ['/a/x', '/:one/x'],
      ['/a/y', '/*'],
      ['/a/', '/*'],
      ['//', '/*'],
    ],
  },
  {
    routes: ['/a//b'],
    requests: [
      ['/a//b', '/a//b'],
      ['/a/b', null],
    ],
  },
  {
    routes: ['/a%2Fb', '/a/:x'],
    requests: [
      ['/a%2Fb', '/a%2Fb'],
      ['/a/b', '/a/:x'],
    ],
  },
  {
    routes: ['/a/:x'],
    requests: [
      ['/a/:x', '/a/:x'],
      ['/a/constructor', '/a/:x'],
      ['/__proto__', null],
    ],
  },
]

for (const { routes, requests } of table) {
  for (const [path, expected] of requests) {
    test(`of ${routes.join(' ')} the path ${path} takes ${expected ?? 'none'}`, () => {
      assert.equal(matched(matcher(...routes), 'GET', path), expected)
      assert.equal(matched(matcher(...routes.toReversed()), 'GET', path), expected, 'in any order')
    })
  }
}

test('a route with the method wins over one for any method', () => {
  const routes = matcher('/a', 'GET /a', 'POST /a')
  assert.equal(matched(routes, 'GET', '/a'), 'GET /a')
  assert.equal(matched(routes, 'POST', '/a'), 'POST /a')
  assert.equal(matched(routes, 'PUT', '/a'), '/a')
})

test('HEAD takes the GET route, unless it has its own', () => {
  assert.equal(matched(matcher('GET /a', '/a'), 'HEAD', '/a'), 'GET /a')
  assert.equal(matched(matcher('GET /a', 'HEAD /a'), 'HEAD', '/a'), 'HEAD /a')
  assert.equal(matched(matcher('POST /a'), 'HEAD', '/a'), null)
})

test('a more specific path with another method does not hide a less specific one with this method', () => {
  const routes = matcher('GET /a/b', 'PUT /a/:x', 'POST /a/*')
  assert.equal(matched(routes, 'GET', '/a/b'), 'GET /a/b')
  assert.equal(matched(routes, 'PUT', '/a/b'), 'PUT /a/:x')
  assert.equal(matched(routes, 'POST', '/a/b'), 'POST /a/*')
  assert.equal(matched(routes, 'DELETE', '/a/b'), null)
})

test('collectMethods() names the methods of every route of the path, HEAD with GET', () => {
  const routes = matcher('GET /a/b', 'PUT /a/:x', 'POST /a/*', 'PATCH /a/c')
  const methods = new Set<string>()
  routes.collectMethods('/a/b', methods)
  assert.deepEqual(methods, new Set(['GET', 'HEAD', 'PUT', 'POST']))
})

test('params are decoded once, and left alone when they cannot be', () => {
  const routes = matcher('/:a/x/:b_2')
  const params = (path: string) => routes.find('GET', path)?.params
  assert.deepEqual(params('/1/x/2'), { a: '1', b_2: '2' })
  assert.deepEqual(params('/caf%C3%A9/x/a%2Fb'), { a: 'café', b_2: 'a/b' })
  assert.deepEqual(params('/%2525/x/%zz'), { a: '%25', b_2: '%zz' })
  assert.deepEqual(params('/%/x/%C3'), { a: '%', b_2: '%C3' })
  assert.equal(params('//x/2'), undefined, 'a param takes no empty segment')
})

test('params of an abandoned branch do not leak into the one that matches', () => {
  const routes = matcher('/a/:b/end', '/:x/*')
  assert.deepEqual(routes.find('GET', '/a/2/other')?.params, { x: 'a' })
})

test('a path without params is answered with the same object each time', () => {
  const routes = matcher('/a', '/b/*')
  assert.equal(routes.find('GET', '/a'), routes.find('GET', '/a'))
  assert.equal(routes.find('GET', '/b/1'), routes.find('GET', '/b/2'))
  assert.ok(Object.isFrozen(routes.find('GET', '/a')?.params))
})

test('a hostile path is followed no deeper than the patterns go', () => {
  const params = Array.from({ length: 31 }, (_, index) => `/:p${index}`)
  const routes = matcher(...params.map((_, depth) => `${params.slice(0, depth).join('')}/end`))
  assert.equal(matched(routes, 'GET', '/x'.repeat(200_000)), null)
})
