import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate, Guest } from './harness.ts'

/** A guest whose handler answers what `body` returns, as JSON. */
function guestOf(body: string): Guest {
  return new Guest(
    `exports.default = { fetch: async (request) => Response.json((await (async () => { ${body} })()) ?? null) }`,
  )
}

/** Its one request, begun; what it fetched first. */
function begin(guest: Guest) {
  const requestId = guest.add({
    url: 'http://example.com/',
    headers: { 'x-in': '1' },
    method: 'POST',
    body: 'incoming',
  })
  guest.run()
  return { requestId, fetch: guest.fetches[0]! }
}

describe('fetch', () => {
  it('asks the host, and shows its answer', () => {
    using guest =
      guestOf(`const response = await fetch('http://upstream.example/a?b#c', { method: 'post', headers: { 'X-A': '1' }, body: 'ü', redirect: 'manual' })
      return [response.status, response.statusText, response.url, response.redirected, response.ok, response.type, [...response.headers], response.headers.getSetCookie(), await response.json()]`)
    const { requestId, fetch } = begin(guest)
    assert.deepEqual(fetch.head, {
      method: 'POST',
      url: 'http://upstream.example/a?b#c',
      headers: [
        ['x-a', '1'],
        ['content-type', 'text/plain;charset=UTF-8'],
      ],
      redirect: 'manual',
    })
    assert.deepEqual([fetch.requestId, fetch.body], [requestId, 'ü'])
    const headers = [
      ['content-type', 'application/json'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]
    guest.respond(
      fetch,
      { status: 201, statusText: 'Made', url: 'http://final.example/', redirected: true, headers },
      '{"é":1}',
    )
    guest.run()
    assert.deepEqual(JSON.parse(guest.answerOf(requestId).body), [
      201,
      'Made',
      'http://final.example/',
      true,
      true,
      'basic',
      headers,
      ['a=1', 'b=2'],
      { é: 1 },
    ])
  })

  it('takes a Request, and passes an answer on untouched', () => {
    using guest = new Guest(
      `exports.default = { fetch: (request) => fetch(new Request('http://upstream.example/', request)) }`,
    )
    const { requestId, fetch } = begin(guest)
    assert.deepEqual(
      [fetch.head.method, fetch.head.headers, fetch.body],
      ['POST', [['x-in', '1']], 'incoming'],
    )
    guest.respond(fetch, { status: 404, headers: [['x-up', 'yes']] }, new Uint8Array([0, 255]))
    guest.run()
    const answer = guest.answerOf(requestId)
    assert.deepEqual([answer.status, answer.headerLines, [...answer.bytes]], [404, 'x-up\nyes\n', [0, 255]])
  })

  it('has answers with immutable headers and, where HTTP has none, no body', () => {
    using guest = guestOf(`const response = await fetch('http://a/'); const seen = [response.body]
      try { response.headers.set('a', 'b') } catch (error) { seen.push(error.name) } return seen`)
    const { requestId, fetch } = begin(guest)
    guest.respond(fetch, { status: 204, body: -1 })
    guest.run()
    assert.deepEqual(JSON.parse(guest.answerOf(requestId).body), [null, 'TypeError'])
  })

  it('joins several that run at once, in whatever order they come', () => {
    using guest = guestOf(
      `const texts = await Promise.all(['a', 'b', 'c'].map(async (name) => (await fetch('http://' + name)).text())); return texts`,
    )
    const { requestId } = begin(guest)
    const [a, b, c] = guest.fetches
    guest.respond(c!, {}, 'C')
    guest.run()
    guest.respond(b!, {}, 'B')
    guest.respond(a!, {}, 'A')
    guest.run()
    assert.deepEqual(JSON.parse(guest.answerOf(requestId).body), ['A', 'B', 'C'])
  })

  it('rejects with a TypeError when the host cannot', () => {
    using guest = guestOf(
      `try { await fetch('http://a/') } catch (error) { return [error.name, error.message] }`,
    )
    const { requestId, fetch } = begin(guest)
    guest.rejectOp(fetch.opId, 'Cannot fetch http://a: ECONNREFUSED')
    guest.run()
    assert.deepEqual(JSON.parse(guest.answerOf(requestId).body), [
      'TypeError',
      'Cannot fetch http://a: ECONNREFUSED',
    ])
    assert.deepEqual(guest.entryErrors, [])
  })

  it('rejects what it cannot read without asking', () => {
    using guest = guestOf(`const seen = []
      for (const args of [['nonsense'], ['http://a', { method: 'a b' }], ['http://a', { signal: AbortSignal.abort('gone') }]])
        try { await fetch(...args) } catch (error) { seen.push(error.name ?? error) }
      return seen`)
    assert.deepEqual(guest.callJson(), ['TypeError', 'TypeError', 'gone'])
    assert.deepEqual(guest.fetches, [])
  })

  it('is given up when its signal aborts; a late answer is passed over', () => {
    using guest =
      guestOf(`const controller = new AbortController(); setTimeout(() => controller.abort('enough'), 5)
      try { await fetch('http://a/', { signal: controller.signal }) } catch (error) { return error }`)
    const { requestId, fetch } = begin(guest)
    guest.runTimers()
    assert.deepEqual(guest.canceled, [fetch.opId])
    assert.equal(guest.answerOf(requestId).body, '"enough"')
    guest.respond(fetch, {}, 'late')
    assert.deepEqual(guest.run(), [])
  })

  it('takes the body along even if its signal has aborted before', () => {
    const seen = evaluate(`
      const given = (body) => new Request('http://a/', { method: 'POST', body, signal: AbortSignal.abort('no'), duplex: 'half' })
      const stream = new ReadableStream({ cancel(reason) { seen.push(reason) } })
      const seen = []
      for (const request of [given('x'), given(stream)]) {
        await fetch(request).catch((reason) => seen.push(reason))
        seen.push(request.bodyUsed)
      }
      return seen`)
    assert.deepEqual(seen, ['no', true, 'no', 'no', true])
  })

  it('takes no notice of its signal once it has answered', () => {
    using guest =
      guestOf(`const controller = new AbortController(); const response = await fetch('http://a/', { signal: controller.signal })
      controller.abort(); return response.text()`)
    const { requestId, fetch } = begin(guest)
    guest.respond(fetch, {}, 'body')
    guest.run()
    assert.deepEqual([guest.answerOf(requestId).body, guest.canceled], ['"body"', []])
  })

  it('is given up with the request it was made with', () => {
    using guest = guestOf(
      `try { await fetch('http://a/', { signal: request.signal }) } catch (error) { console.log(error.name) }`,
    )
    const { requestId, fetch } = begin(guest)
    guest.abort(requestId, 'AbortError')
    guest.run()
    assert.deepEqual([guest.canceled, guest.logs[0]!.text], [[fetch.opId], 'AbortError'])
  })

  it('answers nobody twice, nor what was never asked', () => {
    using guest = guestOf(`return (await fetch('http://a/')).text()`)
    const { requestId, fetch } = begin(guest)
    guest.respond(fetch, {}, 'one')
    guest.rejectOp(fetch.opId, 'two')
    guest.rejectOp(999, 'nobody')
    guest.run()
    assert.equal(guest.answerOf(requestId).body, '"one"')
  })
})
