import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bodyKind, op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('Headers', () => {
  it('is made, read and changed as in Node', () =>
    assertLikeNode(`
      const seen = []
      const see = (headers) => seen.push([...headers])
      see(new Headers())
      see(new Headers([['B', ' 2 '], ['a', '1'], ['b', '3']]))
      see(new Headers({ 'X-Y': 1, z: true }))
      see(new Headers(new Headers({ a: '1' })))
      see(new Headers(new Map([['m', '1']])))
      const headers = new Headers({ a: '1', b: '2' })
      headers.append('A', '3'); headers.append('Set-Cookie', 'x=1'); headers.append('set-cookie', 'y=2')
      see(headers)
      seen.push(headers.get('a'), headers.get('zz'), headers.has('B'), headers.getSetCookie(), headers.get('set-cookie'))
      headers.set('a', 'new'); headers.delete('B'); headers.set('fresh', 'f')
      see(headers)
      headers.delete('set-cookie'); headers.delete('a'); headers.delete('fresh'); headers.append('last', 'l')
      see(headers)
      headers.set('last', '1'); headers.append('x', '2'); headers.set('x', '3')
      seen.push([...headers.keys()], [...headers.values()], [...headers.entries()])
      headers.forEach((value, name, all) => { seen.push([value, name, all === headers]) })
      const iterator = headers[Symbol.iterator]()
      iterator.next(); headers.append('zz', 'added while iterating')
      seen.push([...iterator], Object.prototype.toString.call(headers), Headers.name)
      return seen`))

  it('refuses what is no header, as in Node', () =>
    assertExpressionsLikeNode([
      `new Headers({ 'a b': '1' })`,
      `new Headers({ '': '1' })`,
      `new Headers({ a: 'x\\r\\ny' })`,
      `new Headers({ a: 'x\\0' })`,
      `new Headers({ a: '\\u0100' })`,
      `[...new Headers({ a: '\\xff' })]`,
      `[...new Headers({ a: '\\t x \\n' })]`,
      `new Headers([['a']])`,
      `new Headers([['a', 'b', 'c']])`,
      `new Headers('a')`,
      `new Headers(null)`,
      `new Headers({ [Symbol('x')]: '1' })`,
      `new Headers({ a: Symbol('x') })`,
      `new Headers().append('ü', '1')`,
      `new Headers().get('a b')`,
      `Headers.prototype.get.call({}, 'a')`,
    ]))

  it('of a request that came in are the lines of the client, and cannot be changed', () => {
    const code = `const seen = [...request.headers]; try { request.headers.set('a', '1') } catch (error) { seen.push(error.name) } return seen`
    const headers = [
      ['host', 'example.com'],
      ['accept', 'a'],
      ['accept', 'b'],
      ['x-empty', ''],
    ] as const
    assert.deepEqual(evaluate(code, { headers }), [
      ['accept', 'a, b'],
      ['host', 'example.com'],
      ['x-empty', ''],
      'TypeError',
    ])
  })
})

describe('Response', () => {
  it('is made and read as in Node', () =>
    assertLikeNode(`
      const seen = []
      const see = async (response) => seen.push([response.status, response.statusText, response.ok, response.type,
        response.redirected, response.url, [...response.headers], response.bodyUsed, response.body === null,
        await response.text(), response.bodyUsed])
      await see(new Response())
      await see(new Response(null, { status: 204 }))
      await see(new Response('text'))
      await see(new Response('é€😀\\ud800', { status: 299, statusText: 'Fine', headers: { A: 'b' } }))
      await see(new Response('x', { headers: { 'Content-Type': 'text/html' } }))
      await see(new Response(new Uint8Array([104, 105])))
      await see(new Response(new Uint8Array([120, 104, 105, 120]).subarray(1, 3).buffer))
      await see(new Response(new DataView(new Uint8Array([120, 104, 105, 120]).buffer, 1, 2)))
      await see(new Response(new URLSearchParams({ a: '1 2' })))
      await see(new Response(new Blob(['bl', 'ob'], { type: 'text/x' })))
      await see(new Response(new Blob(['blob'])))
      await see(new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104])); c.enqueue(new Uint8Array([105])); c.close() } })))
      await see(new Response(12))
      await see(new Response({}))
      await see(new Response(undefined, undefined))
      await see(new Response('x', null))
      await see(Response.json({ a: [1, null] }, { status: 201, headers: { x: '1' } }))
      await see(Response.json('s', { headers: { 'content-type': 'application/problem+json' } }))
      await see(Response.redirect('http://example.com/a b', 307))
      await see(Response.redirect('http://example.com'))
      const error = Response.error()
      seen.push([error.status, error.type, error.body])
      const response = new Response('one')
      const copy = response.clone()
      seen.push(await response.text(), await copy.text())
      seen.push(await new Response('{"a":1}').json(), [...new Uint8Array(await new Response('ab').arrayBuffer())],
        [...await new Response('ab').bytes()], (await new Response('ab', { headers: { 'content-type': 'A/b' } }).blob()).type)
      seen.push(Object.prototype.toString.call(response), Response.name, String(await new Response('\\ufeffbom').text()))
      return seen`))

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      ...[199, 600, 0, -1, 'x', NaN].map(
        (status) => `new Response('', { status: ${JSON.stringify(status)} })`,
      ),
      `new Response('', { status: '201' }).status`,
      `new Response('', { status: 200.9 }).status`,
      ...[204, 205, 304].map((status) => `new Response('x', { status: ${status} })`),
      `new Response('', { statusText: 'a\\nb' })`,
      `new Response('', { headers: { 'a b': '1' } })`,
      `new Response(Symbol('x'))`,
      `Response.json(undefined)`,
      `Response.json(1n)`,
      `Response.redirect('http://example.com', 200)`,
      `Response.redirect('nonsense')`,
      `Response.redirect('http://example.com').headers.set('a', 'b')`,
      `new Response('no json').json()`,
      `(async () => { const r = new Response('x'); await r.text(); await r.text() })()`,
      `(async () => { const r = new Response('x'); await r.text(); r.clone() })()`,
      `(async () => { const r = new Response('x'); r.body.getReader(); await r.text() })()`,
      `(async () => { const r = new Response('x'); r.body.getReader(); return r.bodyUsed })()`,
      `(async () => { const r = new Response('x'); await r.body.getReader().read(); return r.bodyUsed })()`,
      `(async () => { const r = new Response('x'); await r.body.cancel(); await r.text() })()`,
      `(async () => { const r = new Response('xy'); const b = r.body; return [r.body === b, await r.text()] })()`,
      `new Response('x').formData()`,
      `new Response(new ReadableStream({ start(c) { c.enqueue('text'); c.close() } })).text()`,
      `Object.getOwnPropertyDescriptor(Response.prototype, 'status').get.call({})`,
    ]))

  const sent: [name: string, code: string, body: string, kind: number, headers: string][] = [
    ['nothing', 'new Response()', '', bodyKind.none, ''],
    ['text', `new Response('é')`, 'é', bodyKind.text, 'content-type\ntext/plain;charset=UTF-8\n'],
    [
      'text with headers',
      `new Response('x', { headers: [['X-A', '1'], ['x-a', '2']] })`,
      'x',
      bodyKind.text,
      'x-a\n1\nx-a\n2\ncontent-type\ntext/plain;charset=UTF-8\n',
    ],
    [
      'text whose headers were looked at',
      `(() => { const r = new Response('x'); r.headers.append('set-cookie', 'a=1'); r.headers.append('set-cookie', 'b=2'); return r })()`,
      'x',
      bodyKind.text,
      'content-type\ntext/plain;charset=UTF-8\nset-cookie\na=1\nset-cookie\nb=2\n',
    ],
    ['JSON', `Response.json({})`, '{}', bodyKind.text, 'content-type\napplication/json\n'],
    ['bytes', `new Response(new Uint8Array([104, 105]))`, 'hi', bodyKind.bytes, ''],
    [
      'a part of a buffer',
      `new Response(new TextEncoder().encode('-hi-').subarray(1, 3))`,
      'hi',
      bodyKind.bytes,
      '',
    ],
    [
      'a stream',
      `new Response(new ReadableStream({ async pull(c) { await 0; c.enqueue(new TextEncoder().encode('hi')); c.close() } }))`,
      'hi',
      bodyKind.sink,
      '',
    ],
    ['the body of another', `new Response(new Response('hi').body)`, 'hi', bodyKind.text, ''],
    ['the body of the request', `new Response(request.body)`, 'sent', bodyKind.bytes, ''],
    [
      'a form',
      `new Response(new URLSearchParams({ a: 'b c' }))`,
      'a=b+c',
      bodyKind.text,
      'content-type\napplication/x-www-form-urlencoded;charset=UTF-8\n',
    ],
  ]
  for (const [name, code, body, kind, headers] of sent) {
    it(`goes out with ${name}`, () => {
      using guest = new Guest(`exports.default = { fetch: (request) => ${code} }`)
      const answer = guest.call({ method: 'POST', body: 'sent' })
      assert.deepEqual([answer.body, answer.bodyKind, answer.headerLines], [body, kind, headers])
    })
  }

  it('that is returned again is refused: its body is gone', () => {
    using guest = new Guest(
      `const response = new Response('once'); exports.default = { fetch: () => response }`,
    )
    assert.equal(guest.call().body, 'once')
    const again = guest.add()
    guest.run()
    assert.match(guest.errorOf(again).message, /was read before/)
  })

  it('that is too large is refused, and what else is answered goes out', () => {
    using guest = new Guest(`exports.default = { fetch: (request) =>
      new Response(request.url.endsWith('/big') ? 'x'.repeat(101 * 2 ** 20) : 'small') }`)
    const big = guest.add({ url: 'http://example.com/big' })
    const small = guest.add()
    guest.run()
    assert.match(
      guest.errorOf(big).message,
      /Cannot answer: body of 105906176 bytes, must be at most 104857600/,
    )
    assert.equal(guest.answerOf(small).body, 'small')
  })
})

describe('Request', () => {
  it('that came in shows what came in', () => {
    const seen = evaluate(
      `return [request.method, request.url, request.headers.get('X-A'), request.bodyUsed, await request.json(), request.bodyUsed,
        request.signal.aborted, request instanceof Request, Object.prototype.toString.call(request)]`,
      { method: 'PUT', url: 'http://example.com/?a', headers: { 'x-a': '1' }, body: '{"b":2}' },
    )
    assert.deepEqual(seen, [
      'PUT',
      'http://example.com/?a',
      '1',
      false,
      { b: 2 },
      true,
      false,
      true,
      '[object Request]',
    ])
  })

  it('without a body has none', () => {
    assert.deepEqual(evaluate(`return [request.body, await request.text(), request.bodyUsed]`), [
      null,
      '',
      false,
    ])
  })

  it('hands its body over once, whichever way', () => {
    const body = `const seen = []
      for (const read of ['text', 'json', 'arrayBuffer', 'bytes', 'blob']) {
        const copy = request.clone()
        const value = await copy[read]()
        seen.push(typeof value === 'object' && 'byteLength' in value ? value.byteLength : value.size ?? value)
        try { await copy.text() } catch (error) { seen.push(error.name) }
      }
      const chunks = []
      for await (const chunk of request.body) chunks.push(...chunk)
      return [seen, chunks, request.bodyUsed]`
    assert.deepEqual(evaluate(body, { method: 'POST', body: '[1]' }), [
      ['[1]', 'TypeError', [1], 'TypeError', 3, 'TypeError', 3, 'TypeError', 3, 'TypeError'],
      [91, 49, 93],
      true,
    ])
  })

  it('is left with the host until it is read', () => {
    using guest = new Guest(`exports.default = { fetch: () => new Response('unread') }`)
    guest.call({ method: 'POST', body: 'x' })
    assert.equal(guest.calls.get(op.bodyBytes), undefined)
    assert.equal(guest.calls.get(op.bodyText), undefined)
  })

  it('is made as in Node', () =>
    assertLikeNode(`
      const seen = []
      const see = async (request) => seen.push([request.method, request.url, [...request.headers], request.redirect,
        request.body === null, await request.text()])
      await see(new Request('http://example.com'))
      await see(new Request('http://example.com/a b', { method: 'post', body: 'x', headers: { A: '1' }, redirect: 'manual' }))
      await see(new Request(new URL('http://example.com/?q'), { method: 'patch' }))
      await see(new Request('http://example.com', { method: 'PUT', body: new URLSearchParams({ a: '1' }) }))
      const request = new Request('http://example.com', { method: 'POST', body: 'x', headers: { a: '1' } })
      await see(new Request(request, { headers: { b: '2' } }))
      seen.push(request.bodyUsed)
      const other = new Request('http://example.com', { method: 'POST', body: 'y' })
      const copy = other.clone()
      await see(other); await see(copy)
      await see(new Request(new Request('http://example.com', { method: 'POST', body: 'z' }), { body: 'replaced' }))
      const controller = new AbortController()
      const followed = new Request('http://example.com', { signal: controller.signal })
      controller.abort('because')
      seen.push(followed.signal.aborted, followed.signal.reason, new Request(followed).signal.aborted)
      return seen`))

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `new Request('nonsense')`,
      `new Request('http://user:pass@example.com')`,
      `new Request('http://example.com', { body: 'x' })`,
      `new Request('http://example.com', { method: 'HEAD', body: 'x' })`,
      `new Request('http://example.com', { method: 'CONNECT' })`,
      `new Request('http://example.com', { method: 'trace' })`,
      `new Request('http://example.com', { method: 'a b' })`,
      `new Request('http://example.com', { redirect: 'elsewhere' })`,
      `new Request('http://example.com', { signal: {} })`,
      `new Request('http://example.com', { headers: { 'a b': 'x' } })`,
      `(async () => { const r = new Request('http://a', { method: 'POST', body: 'x' }); await r.text(); new Request(r) })()`,
      `Object.getOwnPropertyDescriptor(Request.prototype, 'url').get.call({})`,
    ]))
})
