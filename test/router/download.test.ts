import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { BytePipe } from '../../runtime/model/byte-pipe.ts'
import type { ByteSource } from '../../runtime/model/byte-source.ts'
import type { HttpEvent } from '../../runtime/model/invocation.ts'
import type { FailedOutcome, Outcome } from '../../runtime/model/outcome.ts'
import { type FakeInvoker, textResponse } from './fake-invoker.ts'
import type { FakeRecorder } from './fake-recorder.ts'
import { errorOf, RawConnection, send } from './http-client.ts'
import { openServer } from './open-server.ts'

const KiB = 1024
const MiB = 1024 * KiB
const get = 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n'
const failure: FailedOutcome = { kind: 'exceeded_cpu', message: 'for a test' }

/** A response body whose writing end is the test's. */
class Body {
  readonly pipe: BytePipe
  isCanceled = false
  #wake: () => void = () => {}

  constructor(highWaterBytes = 64 * KiB) {
    this.pipe = new BytePipe(highWaterBytes, {
      onRoom: () => this.#wake(),
      onCancel: () => {
        this.isCanceled = true
        this.#wake()
      },
    })
  }

  write(text: string): void {
    this.pipe.write(Buffer.from(text, 'latin1'))
  }

  /** Writes all, waiting for room. */
  async writeAll(bytes: Uint8Array, chunkBytes: number): Promise<void> {
    for (let at = 0; at < bytes.byteLength && !this.isCanceled; at += chunkBytes) {
      if (!this.pipe.write(bytes.slice(at, at + chunkBytes))) await this.change()
    }
    this.pipe.end()
  }

  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function outcomesOf(recorder: FakeRecorder): (string | number | null)[][] {
  return recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status])
}

/** The function `hello` answers with the body. */
function answerWith(invoker: FakeInvoker, body: ByteSource, headers: string[] = []): void {
  invoker.answer = () => textResponse(body, { headers })
}

/** Resolves when all requests are over. */
async function allOver({ port, server }: Awaited<ReturnType<typeof openServer>>): Promise<void> {
  while (server.inFlight > 0) await send(port, '/nowhere')
}

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

it('cancels the body when the client leaves in the midst of it', async (t) => {
  const open = await openServer(t)
  const { port, invoker, recorder } = open
  const body = new Body()
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('first')
  await connection.until('first')
  connection.destroy()
  await body.change()
  assert.ok(body.isCanceled)
  await allOver(open)
  assert.deepEqual(outcomesOf(recorder), [['canceled', 200]])
  assert.deepEqual(invoker.canceled, [])
  assert.equal(open.isWatching, false)
})

it('cancels the body of an answer that comes after the client left', async (t) => {
  const open = await openServer(t)
  const { port, invoker } = open
  invoker.answer = () => null
  invoker.cancel = () => {}
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.held.length === 1)
  connection.destroy()
  const body = new Body()
  while (!body.isCanceled) {
    await send(port, '/nowhere')
    if (
      invoker.held[0]!.event.kind === 'http' &&
      (invoker.held[0]!.event as HttpEvent).clientAddress === ''
    ) {
      invoker.held[0]!.onSettled(textResponse(body.pipe))
      await body.change()
    }
  }
  await allOver(open)
})

it('breaks the connection when the body fails, and records why', async (t) => {
  const { port, invoker, recorder } = await openServer(t)
  const body = new Body()
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('first')
  await connection.until('first')
  body.pipe.fail(failure)
  const received = await connection.ended()
  assert.ok(received.endsWith('5\r\nfirst'), 'without the last chunk')
  assert.deepEqual(outcomesOf(recorder), [['exceeded_cpu', 200]])
})

it('answers a failure if the body fails before its first byte', async (t) => {
  const { port, invoker, recorder } = await openServer(t)
  const body = new Body()
  answerWith(invoker, body.pipe)
  const answer = send(port, '/hello')
  await invoker.until(() => invoker.seen.length === 1)
  body.pipe.fail(failure)
  const { status, headers } = await answer
  assert.deepEqual([status, headers['x-isolette-outcome']], [503, 'exceeded_cpu'])
  assert.deepEqual(outcomesOf(recorder), [['exceeded_cpu', 503]])
})

it('ends a response when the function moves no byte for too long', async (t) => {
  let nowMs = 0
  const { port, view, invoker, recorder, tick } = await openServer(t, { nowMs: () => nowMs })
  view.add('quiet', { limits: { streamIdleMs: 5000 } }, [{ path: '/quiet' }])
  const body = new Body()
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.write(get.replace('hello', 'quiet'))
  await invoker.until(() => invoker.seen.length === 1)
  body.write('first')
  await connection.until('first')
  tick()
  nowMs = 4000
  body.write('second')
  await connection.until('second')
  tick()
  nowMs = 8999
  tick()
  assert.equal(recorder.settledOnes.length, 0)
  nowMs = 9000
  tick()
  assert.ok((await connection.ended()).endsWith('second'))
  assert.ok(body.isCanceled)
  const [settled] = recorder.settledOnes
  assert.equal(settled!.status, 200)
  assert.deepEqual(settled!.outcome, {
    kind: 'exceeded_wall_time',
    message: 'The function moved no byte of a streaming body for limits.streamIdleMs, 5000 ms',
  })
})

it('answers 504 when the first byte does not come for too long', async (t) => {
  let nowMs = 0
  const { port, invoker, tick } = await openServer(t, { nowMs: () => nowMs })
  const body = new Body()
  answerWith(invoker, body.pipe)
  const answer = send(port, '/hello')
  await invoker.until(() => invoker.seen.length === 1)
  await send(port, '/nowhere')
  tick()
  nowMs = 60_000
  tick()
  assert.equal((await answer).status, 504)
})

it('ends a response that its client does not take', async (t) => {
  let nowMs = 0
  const { port, invoker, recorder, tick } = await openServer(t, { nowMs: () => nowMs })
  const body = new Body()
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.pause()
  connection.write(get)
  await invoker.until(() => invoker.seen.length === 1)
  body.write('x'.repeat(16 * MiB))
  await send(port, '/nowhere')
  tick()
  nowMs = 60_000
  tick()
  const [settled] = recorder.settledOnes
  assert.equal(settled!.status, 200)
  assert.equal(settled!.outcome.kind, 'canceled')
  connection.resume()
  await connection.ended()
})

it('does not wait for ever for the end of a body that is sent', async (t) => {
  let nowMs = 0
  const { port, invoker, recorder, server, tick } = await openServer(t, { nowMs: () => nowMs })
  const body = new Body()
  answerWith(invoker, body.pipe, ['content-length', '3'])
  body.write('abc')
  const connection = new RawConnection(port)
  connection.write(get)
  await connection.until('abc')
  tick()
  nowMs = 60_000
  tick()
  assert.deepEqual(outcomesOf(recorder), [['exceeded_wall_time', 200]])
  await body.change()
  assert.ok(body.isCanceled)
  assert.equal(server.inFlight, 0)
  // The client has its response, and keeps its connection.
  invoker.answer = () => textResponse('next')
  connection.write(get)
  await connection.until('next')
  connection.destroy()
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

for (const framing of ['chunked', 'known']) {
  it(`passes a body of ${framing} length through, to a client that reads when it has sent all`, async (t) => {
    const open = await openServer(t)
    const { port, view, invoker, recorder } = open
    view.add('echo', { limits: { maxRequestBodyBytes: 200 * MiB } }, [{ path: '/echo' }])
    invoker.answer = ({ event }): Outcome => textResponse((event as HttpEvent).body)
    const bytes = randomBytes(24 * MiB)
    const answer = await send(port, '/echo', {
      method: 'POST',
      headers: framing === 'chunked' ? { 'transfer-encoding': 'chunked' } : {},
      body: bytes,
    })
    assert.equal(hashOf(Buffer.from(answer.body, 'latin1')), hashOf(bytes))
    await allOver(open)
    assert.deepEqual(outcomesOf(recorder), [['ok', 200]])
  })
}

it('holds a client back that sends and does not read, and goes on when it does', async (t) => {
  const open = await openServer(t, { maxHeldBodyBytes: 128 * MiB })
  const { port, view, invoker, recorder } = open
  view.add('echo', { limits: { maxRequestBodyBytes: 400 * MiB } }, [{ path: '/echo' }])
  invoker.answer = ({ event }): Outcome => textResponse((event as HttpEvent).body)
  const part = 'x'.repeat(MiB)
  const parts = 160
  const connection = new RawConnection(port)
  connection.pause()
  connection.write(
    `POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${parts * MiB}\r\n\r\n`,
  )
  for (let index = 0; index < parts; index++) connection.write(part)
  await invoker.until(() => invoker.seen.length === 1)
  for (let round = 0; round < 30; round++) await send(port, '/nowhere')
  assert.deepEqual(
    recorder.settledOnes.map((s) => JSON.stringify([s.outcome, s.status])),
    [],
    'neither shed nor done',
  )
  connection.resume()
  const received = await connection.ended()
  let bytes = 0
  for (let at = received.indexOf('xxxx'); at < received.length; at++) if (received[at] === 'x') bytes++
  assert.equal(bytes, parts * MiB)
  await allOver(open)
  assert.deepEqual(outcomesOf(recorder), [['ok', 200]])
})

it('breaks a response whose upload goes over the limit', async (t) => {
  const open = await openServer(t)
  const { port, view, invoker, recorder } = open
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  invoker.answer = ({ event }): Outcome => textResponse((event as HttpEvent).body)
  const connection = new RawConnection(port)
  connection.write('POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  await invoker.until(() => invoker.seen.length === 1)
  connection.write('8\r\n12345678\r\n')
  await connection.until('12345678')
  connection.write('8\r\n12345678\r\n')
  assert.doesNotMatch(await connection.ended(), /\r\n0\r\n/)
  await allOver(open)
  assert.deepEqual(outcomesOf(recorder), [['canceled', 200]])
})

it('answers 413 if the upload goes over the limit before the response began', async (t) => {
  const { port, view, invoker } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  const body = new Body()
  answerWith(invoker, body.pipe)
  const connection = new RawConnection(port)
  connection.write('POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  await invoker.until(() => invoker.seen.length === 1)
  await send(port, '/nowhere')
  connection.write('8\r\n12345678\r\n8\r\n12345678\r\n')
  assert.match(await connection.ended(), /^HTTP\/1.1 413 /)
  assert.ok(body.isCanceled)
})

it('answers a failure of the function to a HEAD, whose body nobody awaits', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => failure
  const answer = await send(port, '/hello', { method: 'HEAD' })
  assert.equal(answer.status, 503)
  assert.throws(() => errorOf(answer))
})

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

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
