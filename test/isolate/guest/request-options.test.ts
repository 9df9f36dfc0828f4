import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

const shown = `(({ cache, credentials, destination, duplex, integrity, isHistoryNavigation, isReloadNavigation, keepalive, mode,
  referrer, referrerPolicy }) => ({ cache, credentials, destination, duplex, integrity, isHistoryNavigation, isReloadNavigation,
  keepalive, mode, referrer, referrerPolicy }))`

const given = `{ cache: 'reload', credentials: 'include', integrity: 'sha256-x', keepalive: 1, mode: 'same-origin',
  referrer: 'http://b/x', referrerPolicy: 'origin', priority: 'high', duplex: 'half', window: null }`

test('what a request says to a browser is kept and shown, as in Node', () =>
  assertLikeNode(`
    const show = ${shown}
    const made = new Request('http://a/', ${given})
    return [show(new Request('http://a/')), show(made), show(made.clone()), show(new Request(made, { method: 'POST' })),
      show(new Request('http://a/', { referrer: '' }))]`))

test('a copy of a request keeps all of it', () => {
  const [made, copy] = evaluate(
    `const show = ${shown}; const made = new Request('http://a/', ${given}); return [show(made), show(new Request(made))]`,
  ) as unknown[]
  assert.deepEqual(copy, made)
})

test('values that the standard does not have are refused, as in Node', () => {
  const inits = [
    `{ cache: 'always' }`,
    `{ cache: 'default reload' }`,
    `{ cache: 'only-if-cached' }`,
    `{ cache: 'only-if-cached', mode: 'same-origin' }`,
    `{ credentials: 'none' }`,
    `{ duplex: 'full' }`,
    `{ mode: 'navigate' }`,
    `{ mode: 'no-cors', method: 'PUT' }`,
    `{ mode: 'no-cors', method: 'POST' }`,
    `{ priority: 'urgent' }`,
    `{ referrer: 'http://:x' }`,
    `{ referrerPolicy: 'none' }`,
    `{ referrerPolicy: '' }`,
    `{ window: {} }`,
    `{ method: 'POST', keepalive: true, body: new ReadableStream(), duplex: 'half' }`,
    `null`,
    `1`,
  ]
  return assertExpressionsLikeNode([
    ...inits.map((init) => `new Request('http://a/', ${init}).method`),
    `new Request()`,
    `Request.length`,
    `new Response('', 1)`,
    `Response.json()`,
    `Response.redirect()`,
    `[Response.length, Response.json.length, Response.redirect.length]`,
  ])
})

test('members of a request init are read in the order of their names, each once', () =>
  assertLikeNode(`
    const seen = []
    const init = new Proxy({}, { get(_, name) { seen.push(name); return undefined }, has: () => true })
    new Request('http://a/', init)
    const known = ['body', 'cache', 'credentials', 'duplex', 'headers', 'integrity', 'keepalive', 'method', 'mode', 'priority',
      'redirect', 'referrer', 'referrerPolicy', 'signal', 'window']
    return seen.filter((name) => known.includes(name) && name !== 'priority')`))
