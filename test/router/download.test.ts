import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { textResponse } from './fake-invoker.ts'
import { RawConnection, send } from './http-client.ts'
import { openServer } from './open-server.ts'
import { allOver, answerWith, Body, get, hashOf, KiB, MiB, outcomesOf } from './streamed-answer.ts'

it('sends the first chunk before there is a second, then the rest, and serves the next request', async (t) => {
  const { port, invoker, server, recorder } = await openServer(t)
  const body = new Body()
  answerWith(invoker, body.pipe, ['x-mine', 'yes'])
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('first')
  const first = await connection.until('first')
  assert.match(first, /^HTTP\/1.1 200 OK\r\n/)
  assert.match(first, /x-mine: yes\r\n/)
  assert.match(first, /x-isolette-invocation-id: /)
  assert.match(first, /transfer-encoding: chunked\r\n/i)
  assert.doesNotMatch(first, /content-length/i)
  assert.equal(recorder.settledOnes.length, 0)
  assert.equal(server.inFlight, 1)
  body.write('second')
  await connection.until('second')
  body.pipe.end()
  const whole = await connection.until('\r\n0\r\n\r\n')
  assert.ok(whole.endsWith('\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n'))
  assert.deepEqual(outcomesOf(recorder), [['ok', 200]])
  invoker.answer = () => textResponse('next')
  connection.write(get)
  await connection.until('next')
  assert.equal(server.inFlight, 0)
  connection.destroy()
})

it('sends what is there in one packet of several chunks', async (t) => {
  const { port, invoker } = await openServer(t)
  const body = new Body()
  for (const text of ['a', 'bc', 'def']) body.write(text)
  body.pipe.end()
  answerWith(invoker, body.pipe)
  assert.equal((await send(port, '/hello')).body, 'abcdef')
})

it('announces the length that the function declares', async (t) => {
  const { port, invoker, recorder } = await openServer(t)
  const body = new Body()
  answerWith(invoker, body.pipe, ['content-length', '6'])
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('abc')
  const first = await connection.until('abc')
  assert.match(first, /content-length: 6\r\n/i)
  assert.doesNotMatch(first, /transfer-encoding/i)
  body.write('def')
  await connection.until('abcdef')
  // The function has not said that this is the end.
  assert.equal(recorder.settledOnes.length, 0)
  body.pipe.end()
  invoker.answer = () => textResponse('next')
  connection.write(get)
  await connection.until('next')
  assert.deepEqual(outcomesOf(recorder), [
    ['ok', 200],
    ['ok', 200],
  ])
  connection.destroy()
})

it('breaks the connection when the body is shorter than declared', async (t) => {
  const { port, invoker, recorder } = await openServer(t)
  const body = new Body()
  answerWith(invoker, body.pipe, ['content-length', '6'])
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('abc')
  await connection.until('abc')
  body.pipe.end()
  assert.ok((await connection.ended()).endsWith('abc'))
  assert.deepEqual(outcomesOf(recorder), [['exception', 200]])
})

it('answers 500 when a body of declared length ends before it began', async (t) => {
  const { port, invoker } = await openServer(t)
  const body = new Body()
  body.pipe.end()
  answerWith(invoker, body.pipe, ['content-length', '6'])
  assert.equal((await send(port, '/hello')).status, 500)
})

for (const declared of [0, 3]) {
  it(`cuts a body that is longer than the declared ${declared}, and says so`, async (t) => {
    const { port, invoker, recorder } = await openServer(t)
    const body = new Body()
    body.write('abcXYZ')
    answerWith(invoker, body.pipe, ['content-length', String(declared)])
    const connection = new RawConnection(port)
    connection.write(get)
    const received = await connection.until('\r\n\r\n')
    assert.ok(received.endsWith('abc'.slice(0, declared)))
    assert.match(received, new RegExp(`content-length: ${declared}\r\n`, 'i'))
    invoker.answer = () => textResponse('next')
    connection.write(get)
    assert.doesNotMatch(await connection.until('next'), /XYZ/)
    assert.ok(body.isCanceled)
    const [settled] = recorder.settledOnes
    assert.equal(settled!.status, 200)
    assert.ok(settled!.outcome.kind === 'exception')
    assert.match(settled!.outcome.error.message, new RegExp(`must be ${declared}, its content-length`))
    connection.destroy()
  })
}

it('sends a body that is declared to be empty, and is', async (t) => {
  const { port, invoker, recorder } = await openServer(t)
  const body = new Body()
  body.pipe.end()
  answerWith(invoker, body.pipe, ['content-length', '0'])
  assert.equal((await send(port, '/hello')).headers['content-length'], '0')
  assert.deepEqual(outcomesOf(recorder), [['ok', 200]])
})

it('sends an empty body that could have had any length', async (t) => {
  const { port, invoker } = await openServer(t)
  const body = new Body()
  body.pipe.end()
  answerWith(invoker, body.pipe)
  const answer = await send(port, '/hello')
  assert.deepEqual([answer.status, answer.body], [200, ''])
})

for (const [what, request, status] of [
  ['HEAD', get.replace('GET', 'HEAD'), 200],
  ['status 204', get, 204],
  ['status 304', get, 304],
] as const) {
  it(`cancels the body of an answer to ${what}`, async (t) => {
    const { port, invoker, recorder } = await openServer(t)
    const body = new Body()
    invoker.answer = () => textResponse(body.pipe, { status, headers: ['content-length', '6'] })
    const connection = new RawConnection(port)
    connection.write(request)
    const received = await connection.until('\r\n\r\n')
    assert.equal(/content-length: 6\r\n/i.test(received), what === 'HEAD')
    assert.ok(body.isCanceled)
    assert.deepEqual(outcomesOf(recorder), [['ok', status]])
    connection.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.ok((await connection.until('404')).startsWith(`${received}HTTP/1.1 404`))
    connection.destroy()
  })
}

for (const kind of ['in chunks', 'of declared length'] as const) {
  for (const chunkBytes of [700, 20 * KiB, 3 * MiB]) {
    it(`brings a body ${kind} of ${chunkBytes} bytes each unharmed to a client that reads slowly`, async (t) => {
      const open = await openServer(t)
      const { port, invoker, recorder } = open
      const bytes = randomBytes(12 * MiB)
      const body = new Body(1)
      answerWith(invoker, body.pipe, kind === 'in chunks' ? [] : ['content-length', String(bytes.byteLength)])
      const connection = new RawConnection(port)
      connection.pause()
      connection.write(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      const written = body.writeAll(bytes, chunkBytes)
      await invoker.until(() => invoker.seen.length === 1)
      for (let round = 0; round < 50; round++) {
        await send(port, '/nowhere')
        connection.resume()
        await send(port, '/nowhere')
        connection.pause()
      }
      connection.resume()
      const received = await connection.ended()
      await written
      const payload = Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1')
      const got = kind === 'in chunks' ? unchunk(payload) : payload
      assert.equal(hashOf(got), hashOf(bytes))
      await allOver(open)
      assert.deepEqual(outcomesOf(recorder), [['ok', 200]])
    })
  }
}

it('takes no more from the function than a client that does not read leaves room for', async (t) => {
  const open = await openServer(t)
  const { port, invoker, recorder } = open
  const body = new Body(1)
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.pause()
  connection.write(get)
  let isWaiting = false
  const written = (async () => {
    while (!body.isCanceled) {
      if (body.pipe.write(Buffer.alloc(64 * KiB))) continue
      isWaiting = true
      await body.change()
      isWaiting = false
    }
  })()
  await invoker.until(() => invoker.seen.length === 1)
  // Each round trip lets the server take what it can: at last it takes nothing more.
  for (let quiet = 0; quiet < 20; quiet = isWaiting && body.pipe.heldBytes > 0 ? quiet + 1 : 0) {
    await send(port, '/nowhere')
  }
  connection.destroy()
  await written
  await allOver(open)
  assert.deepEqual(outcomesOf(recorder), [['canceled', 200]])
})

for (const [headers, isGreeted] of [
  [['content-type', 'text/event-stream; charset=utf-8'], true],
  [['content-type', 'text/event-stream', 'content-encoding', 'gzip'], false],
  [['content-type', 'text/plain'], false],
] as const) {
  it(`${isGreeted ? 'tells' : 'cannot tell'} a client that it is connected: ${headers.join(' ')}`, async (t) => {
    const { port, invoker, tick } = await openServer(t)
    const body = new Body()
    answerWith(invoker, body.pipe, [...headers])
    const connection = new RawConnection(port)
    connection.write(get)
    await invoker.until(() => invoker.seen.length === 1)
    await send(port, '/nowhere')
    tick()
    tick()
    if (isGreeted) assert.ok((await connection.until('\r\n\r\n')).endsWith('\r\n\r\n3\r\n:\n\n'))
    body.write('data: 1\n\n')
    body.pipe.end()
    const received = await connection.until('\r\n0\r\n\r\n')
    assert.equal(received.includes(':\n\n'), isGreeted)
    assert.ok(received.endsWith('9\r\ndata: 1\n\n\r\n0\r\n\r\n'))
    connection.destroy()
  })
}

it('tells of the end of the connection while the server closes', async (t) => {
  const { port, invoker, server } = await openServer(t)
  server.beginClosing()
  const body = new Body()
  body.write('abc')
  body.pipe.end()
  answerWith(invoker, body.pipe)
  const answer = await send(port, '/hello')
  assert.deepEqual([answer.headers.connection, answer.body], ['close', 'abc'])
})

function unchunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (length === 0) return Buffer.concat(chunks)
    at = lineEnd + 2 + length
    chunks.push(bytes.subarray(lineEnd + 2, at))
    assert.equal(bytes.toString('latin1', at, at + 2), '\r\n')
    at += 2
  }
}
