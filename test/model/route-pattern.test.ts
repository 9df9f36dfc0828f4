import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRoute, routesOf } from '../../runtime/model/route.ts'
import {
  parseRoutePattern,
  parseRoutes,
  type RouteSource,
  routeShape,
} from '../../runtime/model/route-pattern.ts'

const any = { host: null, method: null, qualifier: null }

const accepted: [string | RouteSource, object][] = [
  ['/', { ...any, path: '/' }],
  ['/*', { ...any, path: '/*' }],
  ['/hello/*', { ...any, path: '/hello/*' }],
  ['/a//b/', { ...any, path: '/a//b/' }],
  ['GET /a', { ...any, method: 'GET', path: '/a' }],
  ['post /a', { ...any, method: 'POST', path: '/a' }],
  ['Example.COM/api/:id', { ...any, host: 'example.com', path: '/api/:id' }],
  ['GET example.com/api/:id', { ...any, method: 'GET', host: 'example.com', path: '/api/:id' }],
  ['127.0.0.1/', { ...any, host: '127.0.0.1', path: '/' }],
  ['[::1]/', { ...any, host: '[::1]', path: '/' }],
  ['my_app/', { ...any, host: 'my_app', path: '/' }],
  ['/v1/items:copy', { ...any, path: '/v1/items:copy' }],
  ['/~user/(x)!$&+,;=@', { ...any, path: '/~user/(x)!$&+,;=@' }],
  ['/café/:id', { ...any, path: '/caf%C3%A9/:id' }],
  ['/a%2fb', { ...any, path: '/a%2Fb' }],
  [{ path: '/a' }, { ...any, path: '/a' }],
  [
    { path: '/a', host: 'B.c', method: 'put', qualifier: 'latest' },
    { host: 'b.c', method: 'PUT', path: '/a', qualifier: '$LATEST' },
  ],
  [
    { path: '/a', host: null, method: null, qualifier: '3' },
    { ...any, path: '/a', qualifier: '3' },
  ],
]

for (const [source, pattern] of accepted) {
  test(`parseRoutePattern() reads ${JSON.stringify(source)}`, () => {
    const parsed = parseRoutePattern(source)
    assert.deepEqual(parsed, pattern)
    assert.deepEqual(parseRoutePattern(parsed), parsed, 'what was read can be read again')
  })
}

const refused: [string | RouteSource, RegExp][] = [
  ['', /no path/],
  ['hello', /no path/],
  ['GET', /no path/],
  ['GET  /a', /host|path/],
  [' /a', /method/],
  ['G3T /a', /method/],
  ['localhost:8787/a', /host/],
  ['*.example.com/a', /host/],
  ['-a.example.com/a', /host/],
  ['bücher.example/a', /punycode/],
  [`${'a'.repeat(254)}/a`, /host/],
  ['/a b', /segment "a b"/],
  ['/a?b=1', /segment/],
  ['/a#b', /segment/],
  ['/a*', /segment "a\*"/],
  ['/*/a', /segment "\*"/],
  ['/a/**', /segment/],
  ['/{id}', /segment/],
  ['/%zz', /segment/],
  ['/a\0b', /segment/],
  ['/a\nb', /segment/],
  ['/\ud800', /Unicode/],
  ['/../a', /dots/],
  ['/a/.', /dots/],
  ['/:', /param/],
  ['/:1', /param/],
  ['/:a-b', /param/],
  ['/:id.json', /param/],
  ['/:__proto__', /param/],
  ['/:a/:a', /twice/],
  [`/${'a'.repeat(1024)}`, /1025 characters, must be at most 1024/],
  [`/${'é'.repeat(200)}`, /1201 characters/],
  ['/a'.repeat(33), /33 segments, must be at most 32/],
  [{ path: 'a' }, /begins with \//],
  [{ path: '/a', host: '' }, /host/],
  [{ path: '/a', method: '' }, /method/],
]

for (const [source, problem] of refused) {
  test(`parseRoutePattern() refuses ${JSON.stringify(source).slice(0, 60)}`, () => {
    assert.throws(() => parseRoutePattern(source), { code: 'bad_route', message: problem })
  })
}

test('parseRoutePattern() refuses a qualifier that is none', () => {
  assert.throws(() => parseRoutePattern({ path: '/a', qualifier: 'No' }), { code: 'bad_qualifier' })
})

test('parseRoutePattern() takes the longest path and the most segments', () => {
  assert.equal(parseRoutePattern(`/${'a'.repeat(1023)}`).path.length, 1024)
  assert.equal(parseRoutePattern('/a'.repeat(32)).path.length, 64)
})

test('parseRoutes() takes 100 routes and no more', () => {
  const routes = Array.from({ length: 101 }, (_, index) => `/r${index}`)
  assert.equal(parseRoutes(routes.slice(1)).length, 100)
  assert.throws(() => parseRoutes(routes), { code: 'bad_route', message: /101 routes.*at most 100/ })
})

test('parseRoutes() refuses two routes that take the same requests', () => {
  assert.throws(() => parseRoutes(['GET /a/:x', { path: '/a/:y', method: 'get', qualifier: 'beta' }]), {
    code: 'bad_route',
    message: /"GET \/a\/:y" twice/,
  })
})

test('routeShape() tells routes apart by host, method and path, but not by the names of params', () => {
  const shape = (text: string) => routeShape(parseRoutePattern(text))
  assert.equal(shape('/a/:x/b/:y'), shape('/a/:y/b/:x'))
  assert.notEqual(shape('/a/:x'), shape('/a/*'))
  assert.notEqual(shape('/a'), shape('/a/'))
  assert.notEqual(shape('/a'), shape('GET /a'))
  assert.notEqual(shape('GET /a'), shape('HEAD /a'))
  assert.notEqual(shape('/a'), shape('h/a'))
})

test('formatRoute() writes a route as it is read', () => {
  for (const text of ['/a', 'GET /a/:id', 'example.com/*', 'GET example.com/a']) {
    assert.equal(formatRoute(parseRoutePattern(text)), text)
  }
})

test('routesOf() without configured routes is the name and all below it', () => {
  assert.deepEqual(routesOf('hello', []).map(formatRoute), ['/hello', '/hello/*'])
  assert.deepEqual(routesOf('hello', [parseRoutePattern('GET /x')]), [
    { host: null, method: 'GET', path: '/x', qualifier: null, functionName: 'hello' },
  ])
})
