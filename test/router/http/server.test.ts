import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { HttpEvent } from '../../../runtime/model/invocation.ts'
import { textResponse } from '../fake-invoker.ts'
import { errorOf, RawConnection, send } from '../http-client.ts'
import { type OpenServer, openServer } from '../open-server.ts'

function onlyEvent({ invoker }: OpenServer): HttpEvent {
  assert.equal(invoker.seen.length, 1)
  const { event } = invoker.seen[0]!
  assert.equal(event.kind, 'http')
  return event as HttpEvent
}

it('gives the function method, whole URL and all headers', async (t) => {
  const open = await openServer(t)
  await send(open.port, '/hello/you?a=1&b=%20', {
    headers: { 'X-One': 'first', 'x-two': 'second: with, all' },
  })
  const { method, url, headers, body } = onlyEvent(open)
  assert.equal(method, 'GET')
  assert.equal(url, `http://localhost:${open.port}/hello/you?a=1&b=%20`)
  assert.match(headers, /^x-one\nfirst\nx-two\nsecond: with, all\nhost\nlocalhost:[0-9]+\n/i)
  assert.equal(body, null)
})

it('gives header values as byte strings, and writes them as such', async (t) => {
  const open = await openServer(t)
  open.invoker.answer = () => textResponse('', { headers: ['x-back', 'caf\xc3\xa9 \xe9!'] })
  const connection = new RawConnection(open.port)
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\nX-There: caf\xc3\xa9!\r\n\r\n')
  const received = await connection.until('\r\n\r\n')
  assert.match(onlyEvent(open).headers, /x-there\ncaf\xc3\xa9!\n/)
  assert.match(received, /x-back: caf\xc3\xa9 \xe9!\r\n/)
  connection.destroy()
})

it('answers with the response, the invocation id and the version', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse('made', { status: 201, headers: ['x-mine', 'yes', 'x-mine', 'too'] })
  const answer = await send(port, '/hello')
  assert.equal(answer.status, 201)
  assert.equal(answer.statusText, 'Created')
  assert.equal(answer.body, 'made')
  assert.equal(answer.headers['x-mine'], 'yes, too')
  assert.equal(answer.headers['x-isolette-executed-version'], 'hello:1')
  assert.equal(answer.headers['x-isolette-invocation-id'], invoker.seen[0]!.id)
  assert.equal(answer.headers['x-isolette-outcome'], undefined)
})

it('answers each of several requests on one connection', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = (invocation) => textResponse((invocation.event as HttpEvent).url)
  const connection = new RawConnection(port)
  for (const path of ['/hello/1', '/nowhere', '/hello/2', '/hello/3']) {
    connection.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await connection.until(path === '/nowhere' ? 'route_not_found' : `http://a${path}`)
  }
  connection.destroy()
})

it('takes a header block near 32 KiB, and refuses one over it', async (t) => {
  const open = await openServer(t)
  const value = 'v'.repeat(31 * 1024)
  assert.equal((await send(open.port, '/hello', { headers: { 'x-long': value } })).status, 200)
  assert.ok(onlyEvent(open).headers.includes(`x-long\n${value}\n`))
  assert.equal(
    (await send(open.port, '/hello', { headers: { 'x-long': 'v'.repeat(33 * 1024) } })).status,
    431,
  )
})

it('answers 404 where no route is, in the one shape of errors', async (t) => {
  const { port, recorder } = await openServer(t)
  const answer = await send(port, '/nowhere?secret=1')
  assert.equal(answer.status, 404)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(errorOf(answer).code, 'route_not_found')
  assert.match(errorOf(answer).message, /GET localhost\/nowhere/)
  assert.deepEqual(errorOf(answer).details, {})
  assert.deepEqual(recorder.refusedStatuses, [404])
})

it('answers 404 for a route whose alias points at nothing', async (t) => {
  const { port, view } = await openServer(t)
  view.add('unpublished', { aliases: {} }, [{ path: '/unpublished' }])
  const answer = await send(port, '/unpublished')
  assert.equal(answer.status, 404)
  assert.equal(errorOf(answer).code, 'alias_not_found')
})

it('answers 405 with Allow for a method that the path does not take', async (t) => {
  const { port, view } = await openServer(t)
  view.add('strict', {}, [
    { path: '/strict', method: 'GET' },
    { path: '/strict', method: 'PUT' },
  ])
  const answer = await send(port, '/strict', { method: 'POST', body: 'x' })
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.allow, 'GET, HEAD, PUT')
  assert.deepEqual(errorOf(answer).details, { allow: ['GET', 'HEAD', 'PUT'] })
})

it('routes by host without port, whatever its case', async (t) => {
  const { port, view } = await openServer(t)
  view.add('here', {}, [{ host: 'here.example', path: '/' }])
  const answer = await send(port, '/', { headers: { host: 'HERE.example.:8787' } })
  assert.equal(answer.headers['x-isolette-executed-version'], 'here:1')
  assert.equal((await send(port, '/', { headers: { host: 'there.example' } })).status, 404)
})

it('routes the path that the function sees, not the one that was sent', async (t) => {
  const open = await openServer(t)
  const connection = new RawConnection(open.port)
  connection.write('GET /nowhere/../hello/%2e%2E/hello/x HTTP/1.1\r\nHost: a\r\n\r\n')
  await connection.until('hi')
  assert.equal(onlyEvent(open).url, 'http://a/hello/x')
  connection.destroy()
})

for (const [what, head] of [
  ['a host that is none', 'GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['an empty host', 'GET /hello HTTP/1.1\r\nHost: \r\n\r\n'],
  ['a fragment in the target', 'GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n'],
  [
    'two different lengths',
    'POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy',
  ],
  [
    'an unknown transfer coding',
    'POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  ],
]) {
  it(`answers 400 to ${what}, and runs nothing`, async (t) => {
    const { port, invoker } = await openServer(t)
    const connection = new RawConnection(port)
    connection.write(head!)
    const received = await connection.until('"code"')
    assert.match(received, /^HTTP\/1.1 400 Bad Request\r\n/)
    assert.match(received, /"code":"bad_request"/)
    assert.equal(invoker.seen.length, 0)
    connection.destroy()
  })
}

const twoLengths = 'POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'

it('ends a connection on which nobody can tell where the next request begins', async (t) => {
  const { port } = await openServer(t)
  const connection = new RawConnection(port)
  connection.write(twoLengths)
  assert.match(await connection.ended(), /connection: close/i)
})

it('runs nothing that follows a request of uncertain length', async (t) => {
  const { port, invoker } = await openServer(t)
  const connection = new RawConnection(port)
  connection.write(`${twoLengths}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
  assert.doesNotMatch(await connection.ended(), /200 OK/)
  assert.equal(invoker.seen.length, 0)
})

for (const trailer of ['ab-c: /hello HTTP/1.1', 'a: /hello HTTP/1.1', 'abc(d: /hello HTTP/1.1'])
  it(`takes no trailer of a body for a request: ${trailer}`, async (t) => {
    const { port, invoker, recorder } = await openServer(t)
    const connection = new RawConnection(port)
    connection.write('POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    const received = await connection.until('200 OK')
    connection.write(`0\r\n${trailer}\r\nHost: a\r\n\r\n`)
    assert.ok((await connection.ended()).startsWith(received))
    assert.equal((await connection.ended()).split('HTTP/1.1').length, 2)
    assert.equal(invoker.seen.length, 1)
    assert.deepEqual(recorder.refusedStatuses, [400])
  })

it('ends the connection of a refused request whose body need not end', async (t) => {
  const { port } = await openServer(t)
  const connection = new RawConnection(port)
  connection.write('POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  assert.match(await connection.ended(), /404 Not Found/)
})

it('answers 500 and logs why when the registry cannot be read', async (t) => {
  const { port, view, logged, recorder } = await openServer(t)
  view.fault = new Error('the disk is on fire')
  const answer = await send(port, '/hello')
  assert.equal(answer.status, 500)
  assert.equal(errorOf(answer).code, 'internal_error')
  assert.doesNotMatch(answer.body, /fire/)
  assert.match(logged.join(), /the disk is on fire/)
  assert.deepEqual(recorder.refusedStatuses, [500])
})

it('splits requests by weight', async (t) => {
  let point = 0
  const { port, view } = await openServer(t, { random: () => point })
  const live = [
    { version: 3, weightUnits: 9500 },
    { version: 4, weightUnits: 500 },
  ]
  view.add('split', { aliases: { live } }, [{ path: '/split' }])
  const executed: unknown[] = []
  for (point of [0, 0.9499, 0.95, 0.9999]) {
    executed.push((await send(port, '/split')).headers['x-isolette-executed-version'])
  }
  assert.deepEqual(executed, ['split:3', 'split:3', 'split:4', 'split:4'])
})

it('keeps a caller with a version key on one version', async (t) => {
  let point = 0
  const { port, view } = await openServer(t, { random: () => point })
  const live = [
    { version: 1, weightUnits: 5000 },
    { version: 2, weightUnits: 5000 },
  ]
  view.add('split', { aliases: { live } }, [{ path: '/split' }])
  for (const key of ['ann', 'bob', 'cid', 'dora']) {
    const executed = new Set()
    for (point of [0, 0.25, 0.75]) {
      const answer = await send(port, '/split', { headers: { 'x-isolette-version-key': key } })
      executed.add(answer.headers['x-isolette-executed-version'])
    }
    assert.equal(executed.size, 1, `${key} ran ${[...executed]}`)
  }
})

it('answers 400 to a version key over 256 bytes', async (t) => {
  const { port } = await openServer(t)
  const key = (bytes: number) => ({ headers: { 'x-isolette-version-key': 'k'.repeat(bytes) } })
  assert.equal((await send(port, '/hello', key(256))).status, 200)
  assert.equal((await send(port, '/hello', key(257))).status, 400)
})

it('follows x-isolette-version for functions that allow it', async (t) => {
  const { port, view } = await openServer(t)
  const live = [
    { version: 3, weightUnits: 10_000 },
    { version: 4, weightUnits: 0 },
  ]
  const routes = [{ path: '/open' }, { path: '/shut' }]
  view.add('open', { aliases: { live }, settings: { versionHeader: true } }, routes.slice(0, 1))
  view.add('shut', { aliases: { live } }, routes.slice(1))
  const ask = async (path: string) =>
    (await send(port, path, { headers: { 'x-isolette-version': '4' } })).headers[
      'x-isolette-executed-version'
    ]
  assert.equal(await ask('/open'), 'open:4')
  assert.equal(await ask('/shut'), 'shut:3')
})

it('says nothing of itself to a client that is no trusted proxy, and hides what that client forwards', async (t) => {
  const open = await openServer(t)
  await send(open.port, '/hello', {
    headers: {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
    },
  })
  const { url, headers, clientAddress } = onlyEvent(open)
  assert.equal(url, `http://localhost:${open.port}/hello`)
  assert.doesNotMatch(headers, /forwarded/)
  assert.equal(clientAddress, '', 'the connection is over')
})

it('knows the client by its connection while that stands', async (t) => {
  const open = await openServer(t)
  let address = ''
  open.invoker.answer = (invocation) => {
    address = (invocation.event as HttpEvent).clientAddress
    return textResponse('hi')
  }
  await send(open.port, '/hello')
  assert.equal(address, '127.0.0.1')
})

it('believes what a trusted proxy forwards', async (t) => {
  const open = await openServer(t, { trustedProxies: ['127.0.0.0/8'] })
  let address = ''
  open.invoker.answer = (invocation) => {
    address = (invocation.event as HttpEvent).clientAddress
    return textResponse('hi')
  }
  await send(open.port, '/hello', {
    headers: {
      'x-forwarded-for': '6.6.6.6, 1.2.3.4, 127.0.0.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
    },
  })
  const { url, headers } = onlyEvent(open)
  assert.equal(url, 'https://shop.example/hello')
  assert.match(headers, /x-forwarded-for\n6\.6\.6\.6, 1\.2\.3\.4, 127\.0\.0\.9\n/)
  assert.equal(address, '1.2.3.4')
})

it('ends connections with each response once it is closing', async (t) => {
  const { port, server } = await openServer(t)
  const connection = new RawConnection(port)
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.doesNotMatch(await connection.until('hi'), /connection: close/i)
  server.beginClosing()
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.match(await connection.ended(), /connection: close/i)
})

it('accepts no more once told so, and finishes what runs', async (t) => {
  const { port, server, invoker } = await openServer(t)
  invoker.answer = () => null
  const answer = send(port, '/hello')
  await invoker.until(() => invoker.held.length === 1)
  server.stopAccepting()
  await assert.rejects(send(port, '/hello'), { code: 'ECONNREFUSED' })
  assert.equal(server.inFlight, 1)
  invoker.held[0]!.onSettled(textResponse('late'))
  assert.equal((await answer).body, 'late')
  assert.equal(server.inFlight, 0)
})

it('refuses an address that is not of this machine', async (t) => {
  await assert.rejects(openServer(t, { host: '192.0.2.1' }), { code: 'cannot_listen' })
})
