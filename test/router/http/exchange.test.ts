import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { HttpEvent } from '../../../runtime/model/invocation.ts'
import type { Outcome } from '../../../runtime/model/outcome.ts'
import { textResponse } from '../fake-invoker.ts'
import { errorOf, RawConnection, send } from '../http-client.ts'
import { openServer } from '../open-server.ts'

const MiB = 1024 * 1024

function bodyText(event: HttpEvent): string {
  if (event.body === null) return '(none)'
  assert.ok(event.body instanceof Uint8Array)
  return Buffer.from(event.body).toString('latin1')
}

it('gives the function a body of known length', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = ({ event }) => textResponse(bodyText(event as HttpEvent))
  assert.equal((await send(port, '/hello', { method: 'POST', body: 'some text' })).body, 'some text')
})

it('gives a body whole that came in several packets', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = ({ event }) => textResponse(bodyText(event as HttpEvent))
  const connection = new RawConnection(port)
  connection.write('POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\none,')
  await send(port, '/nowhere')
  connection.write('two,')
  await send(port, '/nowhere')
  connection.write('three')
  await connection.until('one,two,three')
  connection.destroy()
})

it('gives a short chunked body whole that came with its head', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = ({ event }) => textResponse(bodyText(event as HttpEvent))
  const connection = new RawConnection(port)
  connection.write(
    'POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n',
  )
  await connection.until('one,two')
  connection.destroy()
})

for (const [what, framing] of [
  ['no length', ''],
  ['length 0', 'Content-Length: 0\r\n'],
  ['an empty chunked body', 'Transfer-Encoding: chunked\r\n'],
]) {
  it(`gives no body for a request with ${what}`, async (t) => {
    const { port, invoker } = await openServer(t)
    invoker.answer = ({ event }) => textResponse(bodyText(event as HttpEvent))
    const connection = new RawConnection(port)
    const body = framing!.startsWith('Transfer') ? '0\r\n\r\n' : ''
    connection.write(`POST /hello HTTP/1.1\r\nHost: a\r\n${framing}\r\n${body}`)
    await connection.until('(none)')
    connection.destroy()
  })
}

it('counts time from the end of a short body, not from its beginning', async (t) => {
  let nowMs = 1000
  const { port, view, invoker } = await openServer(t, { nowMs: () => nowMs })
  view.add('slow', { limits: { timeoutMs: 500 } }, [{ path: '/slow' }])
  const connection = new RawConnection(port)
  connection.write('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na')
  await send(port, '/hello')
  nowMs = 61_000
  connection.write('b')
  await connection.until('hi')
  const { arrivedAtMs, deadlineMs } = invoker.seen[1]!
  assert.deepEqual({ arrivedAtMs, deadlineMs }, { arrivedAtMs: 61_000, deadlineMs: 61_500 })
  connection.destroy()
})

it('answers 413 by the declared length, before the body comes', async (t) => {
  const { port, view, invoker, recorder, server } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  const connection = new RawConnection(port)
  connection.write('POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n')
  const received = await connection.until('"code"')
  assert.match(received, /^HTTP\/1.1 413 /)
  assert.match(received, /"code":"payload_too_large".*"maxBytes":10/)
  assert.deepEqual(recorder.refusedStatuses, [413])
  // The connection goes on behind the body that was refused.
  connection.write('hello worldGET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await connection.until('hi')
  assert.equal(invoker.seen.length, 1)
  assert.equal(server.inFlight, 0)
  connection.destroy()
})

it('answers 413 as soon as a chunked body is over the limit, and ends the connection', async (t) => {
  const { port, view, invoker, recorder, server } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  const connection = new RawConnection(port)
  connection.write(
    'POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n',
  )
  const received = await connection.ended()
  assert.match(received, /^HTTP\/1.1 413 /)
  assert.match(received, /connection: close/i)
  assert.equal(invoker.seen.length, 0)
  assert.deepEqual(recorder.refusedStatuses, [413])
  assert.deepEqual(recorder.settledOnes, [])
  assert.equal(server.inFlight, 0)
})

it('sheds a request whose body finds no more memory, and has room again when the others are done', async (t) => {
  const { port, invoker, recorder } = await openServer(t, { maxHeldBodyBytes: 10 })
  invoker.answer = () => null
  const first = send(port, '/hello', { method: 'POST', body: '123456' })
  await invoker.until(() => invoker.held.length === 1)
  const connection = new RawConnection(port)
  connection.write('POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n123456')
  const shed = await connection.ended()
  assert.match(shed, /^HTTP\/1.1 503 /)
  assert.match(shed, /x-isolette-outcome: overloaded\r\n/)
  assert.match(shed, /connection: close\r\n/i)
  invoker.held[0]!.onSettled(textResponse('first'))
  await first
  invoker.answer = () => textResponse('third')
  assert.equal((await send(port, '/hello', { method: 'POST', body: '123456' })).body, 'third')
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome }) => outcome.kind),
    ['overloaded', 'ok', 'ok'],
  )
})

it('answers HEAD with the length of the body, without the body', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse('caf\xe9')
  const connection = new RawConnection(port)
  connection.write('HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  const received = await connection.until('\r\n\r\n')
  assert.match(received, /content-length: 5\r\n/i)
  assert.ok(received.endsWith('\r\n\r\n'))
  // Were there a body, the next response would not begin where it does.
  connection.write('HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
  const both = await connection.until('404')
  assert.ok(both.startsWith(`${received}HTTP/1.1 404 `))
  connection.destroy()
})

it('answers HEAD with the length that the function declares when there is no body', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse(null, { headers: ['content-length', '1234'] })
  assert.equal((await send(port, '/hello', { method: 'HEAD' })).headers['content-length'], '1234')
})

for (const status of [204, 304]) {
  it(`answers ${status} without body and length`, async (t) => {
    const { port, invoker } = await openServer(t)
    invoker.answer = () => textResponse('not allowed', { status })
    const connection = new RawConnection(port)
    connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
    const received = await connection.until('\r\n\r\n')
    assert.doesNotMatch(received, /content-length/i)
    assert.ok(received.endsWith('\r\n\r\n'))
    connection.destroy()
  })
}

it('tells of the end of the connection without a body too', async (t) => {
  const { port, invoker, server } = await openServer(t)
  server.beginClosing()
  invoker.answer = () => textResponse(null, { status: 204 })
  assert.equal((await send(port, '/hello')).headers.connection, 'close')
})

it('answers a response without body with length 0', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse(null)
  assert.equal((await send(port, '/hello')).headers['content-length'], '0')
})

it('answers statuses that have no name', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse('x', { status: 599 })
  assert.equal((await send(port, '/hello')).status, 599)
})

it('leaves out headers that are not for functions to set', async (t) => {
  const { port, invoker } = await openServer(t)
  const reserved = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer', 'te', 'date']
  reserved.push('proxy-authenticate', 'proxy-connection', 'x-isolette-outcome', 'content-length')
  const headers = reserved.flatMap((name) => [name, '7']).concat(['x-kept', 'yes'])
  invoker.answer = () => textResponse('hi', { headers })
  const answer = await send(port, '/hello')
  assert.equal(answer.body, 'hi')
  assert.equal(answer.headers['content-length'], '2')
  assert.equal(answer.headers['x-kept'], 'yes')
  for (const name of reserved) assert.notEqual(answer.headers[name], '7', name)
})

it('writes text in UTF-8, whatever letters it is made of', async (t) => {
  const { port, invoker } = await openServer(t)
  for (const text of ['ascii', 'Grüße', 'ÿ', '€ and ü', '😀']) {
    invoker.answer = () => textResponse(text)
    const { body, headers } = await send(port, '/hello')
    assert.equal(Buffer.from(body, 'latin1').toString(), text)
    assert.equal(headers['content-length'], String(Buffer.byteLength(text)))
  }
})

it('writes text that is not well-formed as UTF-8 all the same', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => textResponse('\ud800')
  assert.equal((await send(port, '/hello')).body, '\xef\xbf\xbd')
})

for (const kind of ['text', 'bytes'] as const) {
  it(`sends large ${kind} to a client that reads slowly`, async (t) => {
    const { port, invoker, server } = await openServer(t)
    const text = '0123456789abcdef'.repeat(MiB)
    invoker.answer = () => textResponse(kind === 'text' ? text : Buffer.from(text))
    const connection = new RawConnection(port)
    connection.pause()
    connection.write('GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await invoker.until(() => invoker.seen.length === 1)
    // The answer to a later request shows that the first is as far as it gets.
    await send(port, '/nowhere')
    assert.equal(server.inFlight, 1)
    connection.resume()
    const received = await connection.ended()
    const start = received.indexOf('\r\n\r\n') + 4
    assert.ok(received.slice(start) === text)
    assert.equal(server.inFlight, 0)
  })
}

it('sheds a large response while clients that read slowly hold too many, and sends it when they have left', async (t) => {
  const body = 'x'.repeat(12 * MiB)
  const { port, server, invoker, recorder } = await openServer(t, { maxHeldResponseBytes: 20 * MiB })
  invoker.answer = () => textResponse(body)
  const slow = new RawConnection(port)
  slow.pause()
  slow.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await invoker.until(() => invoker.seen.length === 1)
  assert.equal((await send(port, '/hello')).headers['x-isolette-outcome'], 'overloaded')
  assert.equal((await send(port, '/hello', { method: 'HEAD' })).status, 200)
  slow.destroy()
  while (server.inFlight > 0) await send(port, '/nowhere')
  assert.equal((await send(port, '/hello')).body.length, body.length)
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status]),
    [
      ['ok', 200],
      ['overloaded', 503],
      ['ok', 200],
      ['ok', 200],
    ],
  )
})

it('tells of the end of the connection with large bodies too', async (t) => {
  const { port, invoker, server } = await openServer(t)
  server.beginClosing()
  invoker.answer = () => textResponse('x'.repeat(100_000))
  const answer = await send(port, '/hello')
  assert.equal(answer.headers.connection, 'close')
  assert.equal(answer.body.length, 100_000)
})

it('ends a slow client that leaves in the middle of a large body', async (t) => {
  const { port, invoker, server, recorder } = await openServer(t)
  invoker.answer = () => textResponse('x'.repeat(16 * MiB))
  const connection = new RawConnection(port)
  connection.pause()
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await invoker.until(() => invoker.seen.length === 1)
  await send(port, '/nowhere')
  connection.destroy()
  while (server.inFlight > 0) await send(port, '/nowhere')
  assert.equal(recorder.settledOnes.length, 1)
  assert.deepEqual(invoker.canceled, [])
})

it('cancels an invocation once when its client leaves, and answers nothing', async (t) => {
  const { port, invoker, recorder, server } = await openServer(t)
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await invoker.until(() => invoker.held.length === 1)
  connection.destroy()
  await invoker.until(() => invoker.canceled.length > 0)
  assert.deepEqual(invoker.canceled, invoker.held)
  // A result that comes too late changes nothing.
  invoker.held[0]!.onSettled(textResponse('late'))
  assert.equal(server.inFlight, 0)
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status]),
    [['canceled', null]],
  )
})

it('records an invocation that never began because its client left during the body', async (t) => {
  const { port, invoker, recorder, server } = await openServer(t)
  const connection = new RawConnection(port)
  connection.write('POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  while (server.inFlight === 0) await send(port, '/nowhere')
  connection.destroy()
  while (server.inFlight > 0) await send(port, '/nowhere')
  assert.equal(invoker.seen.length, 0)
  assert.deepEqual(invoker.canceled, [])
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status]),
    [['canceled', null]],
  )
})

it('ends the connection when an invocation was canceled by someone else', async (t) => {
  const { port, invoker, server, recorder } = await openServer(t)
  invoker.answer = () => ({ kind: 'canceled', message: 'for a test' })
  const connection = new RawConnection(port)
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal(await connection.ended(), '')
  assert.equal(server.inFlight, 0)
  assert.equal(recorder.settledOnes[0]!.status, null)
})

const thrown = { name: 'TypeError', message: 'my password is hunter2', stack: 'at secret.ts:1' }

const failures: [Outcome, number, string | undefined][] = [
  [{ kind: 'exception', error: thrown }, 500, undefined],
  [{ kind: 'no_response', message: 'inner' }, 500, undefined],
  [{ kind: 'exceeded_cpu', message: 'inner' }, 503, undefined],
  [{ kind: 'exceeded_memory', message: 'inner' }, 503, undefined],
  [{ kind: 'exceeded_wall_time', message: 'inner' }, 504, undefined],
  [{ kind: 'throttled', message: 'inner' }, 429, '1'],
  [{ kind: 'overloaded', message: 'inner' }, 503, '1'],
  [{ kind: 'interrupted', message: 'inner' }, 503, '1'],
  [{ kind: 'quarantined', message: 'inner' }, 503, '60'],
  [{ kind: 'internal_error', message: 'inner' }, 500, undefined],
]
for (const [outcome, status, retryAfter] of failures) {
  it(`answers ${outcome.kind} with ${status}, and tells nothing of its inside`, async (t) => {
    const { port, invoker, recorder } = await openServer(t)
    invoker.answer = () => outcome
    const answer = await send(port, '/hello')
    assert.equal(answer.status, status)
    assert.equal(answer.headers['x-isolette-outcome'], outcome.kind)
    assert.equal(answer.headers['retry-after'], retryAfter)
    assert.equal(answer.headers['x-isolette-executed-version'], 'hello:1')
    assert.equal(answer.headers['x-isolette-invocation-id'], invoker.seen[0]!.id)
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(errorOf(answer).code, outcome.kind)
    assert.doesNotMatch(answer.body, /hunter2|secret|inner/)
    assert.deepEqual(
      recorder.settledOnes.map((one) => [one.outcome, one.status]),
      [[outcome, status]],
    )
  })
}

it('tells what was thrown if the function exposes its errors', async (t) => {
  const { port, view, invoker } = await openServer(t)
  view.add('open', { settings: { exposeErrors: true } }, [{ path: '/open' }])
  invoker.answer = () => ({ kind: 'exception', error: thrown })
  const error = errorOf(await send(port, '/open'))
  assert.equal(error.message, 'TypeError: my password is hunter2')
  assert.deepEqual(error.details, thrown)
})

it('answers 500 to a result that is no response', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => ({ kind: 'ok', response: null, result: '1' })
  const answer = await send(port, '/hello')
  assert.equal(answer.status, 500)
  assert.equal(answer.headers['x-isolette-outcome'], 'internal_error')
})
