import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { it } from 'node:test'
import type { ByteSource } from '../../runtime/model/byte-source.ts'
import type { HttpEvent, Invocation } from '../../runtime/model/invocation.ts'
import { textResponse } from './fake-invoker.ts'
import { errorOf, RawConnection, send } from './http-client.ts'
import { openServer } from './open-server.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** The body of an invocation that began before its body was complete. */
function streamOf({ event }: Invocation): ByteSource {
  const { body } = event as HttpEvent
  assert.ok(body !== null && !(body instanceof Uint8Array), 'the body streams')
  return body
}

async function readToEnd(source: ByteSource, take: (bytes: Uint8Array) => void): Promise<string> {
  for (;;) {
    const read = source.read()
    if (read.kind === 'bytes') take(read.bytes)
    else if (read.kind === 'failed') return read.failure.kind
    else if (read.kind === 'end') return 'end'
    else await new Promise<void>((resolve) => source.onceReadable(resolve))
  }
}

function head(path: string, framing: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`
}

it('runs the function before a long body is complete, and gives it the rest as it comes', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/hello', `Content-Length: ${100 * KiB}`) + 'x'.repeat(KiB))
  await invoker.until(() => invoker.held.length === 1)
  connection.write('y'.repeat(99 * KiB))
  let text = ''
  const end = await readToEnd(streamOf(invoker.held[0]!), (bytes) => {
    text += Buffer.from(bytes).toString()
  })
  assert.equal(end, 'end')
  assert.equal(text, 'x'.repeat(KiB) + 'y'.repeat(99 * KiB))
  invoker.held[0]!.onSettled(textResponse('done'))
  await connection.until('done')
  connection.destroy()
})

it('runs the function at the head of a chunked body', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/hello', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 1)
  connection.write('3\r\nabc\r\n')
  const source = streamOf(invoker.held[0]!)
  await new Promise<void>((resolve) => source.onceReadable(resolve))
  const read = source.read()
  assert.ok(read.kind === 'bytes')
  assert.equal(Buffer.from(read.bytes).toString(), 'abc')
  assert.equal(read.bytes.buffer.byteLength, 3)
  connection.write('0\r\n\r\n')
  assert.equal(await readToEnd(source, () => assert.fail()), 'end')
  connection.destroy()
})

it('counts the time of the function from the head of a body that streams', async (t) => {
  let nowMs = 1000
  const { port, view, invoker } = await openServer(t, { nowMs: () => nowMs })
  view.add('slow', { limits: { timeoutMs: 500 } }, [{ path: '/slow' }])
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/slow', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 1)
  nowMs = 2000
  connection.write('1\r\na\r\n0\r\n\r\n')
  const [slow] = invoker.held
  await readToEnd(streamOf(slow!), () => {})
  assert.deepEqual([slow!.arrivedAtMs, slow!.deadlineMs], [1000, 1500])
  connection.destroy()
})

it('brings a long body through unharmed, however slowly it is read, without holding it all', async (t) => {
  const { port, view, invoker } = await openServer(t, { maxHeldBodyBytes: 96 * MiB })
  view.add('big', { limits: { maxRequestBodyBytes: 200 * MiB } }, [{ path: '/big' }])
  const part = randomBytes(MiB)
  const body = Buffer.concat(Array.from({ length: 128 }, () => part))
  const hash = createHash('sha256')
  invoker.answer = (invocation) => {
    let reads = 0
    const slowly = async () => {
      await readToEnd(streamOf(invocation), (bytes) => {
        hash.update(bytes)
        reads++
      })
      invocation.onSettled(textResponse(`${reads > 1}`))
    }
    setImmediate(slowly)
    return null
  }
  const answer = await send(port, '/big', { method: 'POST', body })
  assert.equal(answer.body, 'true')
  assert.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'))
})

it('fails the body and cancels the invocation when the client leaves before it is complete', async (t) => {
  const { port, invoker, server, recorder, isWatching } = await openServer(t)
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(`${head('/hello', 'Transfer-Encoding: chunked')}1\r\na\r\n`)
  await invoker.until(() => invoker.held.length === 1)
  const source = streamOf(invoker.held[0]!)
  connection.destroy()
  await invoker.until(() => invoker.canceled.length === 1)
  assert.equal(await readToEnd(source, () => assert.fail('what came is of no use')), 'canceled')
  assert.equal(server.inFlight, 0)
  assert.equal(isWatching, false)
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status]),
    [['canceled', null]],
  )
})

it('answers 413 and ends the connection when a body that streams goes over the limit', async (t) => {
  const { port, view, invoker, recorder, server } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/small', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 1)
  const source = streamOf(invoker.held[0]!)
  connection.write('8\r\n12345678\r\n8\r\n12345678\r\n')
  const received = await connection.ended()
  assert.match(received, /^HTTP\/1.1 413 /)
  assert.match(received, /"code":"payload_too_large".*"maxBytes":10/)
  assert.equal(await readToEnd(source, () => {}), 'canceled')
  assert.deepEqual(invoker.canceled, invoker.held)
  assert.deepEqual(
    recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status]),
    [['canceled', 413]],
  )
  assert.equal(server.inFlight, 0)
})

it('takes a body of exactly the limit', async (t) => {
  const { port, view, invoker } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 100 * KiB } }, [{ path: '/small' }])
  let bytes = 0
  invoker.answer = (invocation) => {
    const count = async () => {
      await readToEnd(streamOf(invocation), (chunk) => {
        bytes += chunk.byteLength
      })
      invocation.onSettled(textResponse('ok'))
    }
    count()
    return null
  }
  const headers = { 'transfer-encoding': 'chunked' }
  const body = 'x'.repeat(100 * KiB)
  assert.equal((await send(port, '/small', { method: 'PUT', body, headers })).status, 200)
  assert.equal(bytes, 100 * KiB)
})

it('knows lengths beyond a gigabyte, and refuses what is over the limit before it comes', async (t) => {
  const { port, view, invoker } = await openServer(t)
  view.add('huge', { limits: { maxRequestBodyBytes: 5 * KiB * MiB } }, [{ path: '/huge' }])
  invoker.answer = () => null
  const taken = new RawConnection(port)
  taken.write(head('/huge', `Content-Length: ${5 * KiB * MiB}`))
  await invoker.until(() => invoker.held.length === 1)
  taken.destroy()
  const refused = new RawConnection(port)
  refused.write(head('/huge', `Content-Length: ${5 * KiB * MiB + 1}`))
  assert.match(await refused.until('}'), /^HTTP\/1.1 413 /)
  refused.destroy()
})

it('sheds an invocation whose body finds no more memory, and has room again when the others are done', async (t) => {
  const { port, invoker, recorder } = await openServer(t, { maxHeldBodyBytes: 10 })
  invoker.answer = () => null
  const first = new RawConnection(port)
  first.write(head('/hello', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 1)
  const second = new RawConnection(port)
  second.write(head('/hello', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 2)
  first.write('8\r\n12345678\r\n')
  const source = streamOf(invoker.held[0]!)
  await new Promise<void>((resolve) => source.onceReadable(resolve))
  second.write('8\r\n12345678\r\n')
  const shed = await second.ended()
  assert.match(shed, /^HTTP\/1.1 503 /)
  assert.match(shed, /x-isolette-outcome: overloaded\r\n/)
  assert.deepEqual(recorder.settledOnes[0]!.outcome.kind, 'overloaded')
  // What was read is held no longer.
  source.read()
  first.write('8\r\n12345678\r\n0\r\n\r\n')
  assert.equal(await readToEnd(source, () => {}), 'end')
  first.destroy()
})

for (const [what, framing, rest] of [
  ['of known length', `Content-Length: ${100 * KiB}`, 'x'.repeat(100 * KiB)],
  ['in chunks', 'Transfer-Encoding: chunked', `5\r\n12345\r\n0\r\n\r\n`],
] as const) {
  it(`lets a body ${what} by that nobody read, and serves the connection's next request`, async (t) => {
    const { port, invoker, server, recorder } = await openServer(t)
    const connection = new RawConnection(port)
    connection.write(head('/hello', framing))
    await connection.until('hi')
    assert.equal(server.inFlight, 0)
    invoker.answer = () => textResponse('second')
    connection.write(`${rest}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
    await connection.until('second')
    assert.deepEqual(
      recorder.settledOnes.map(({ outcome }) => outcome.kind),
      ['ok', 'ok'],
    )
    connection.destroy()
  })
}

it('goes on reading a body that was held back when the response is complete', async (t) => {
  const { port, invoker, view } = await openServer(t)
  view.add('big', { limits: { maxRequestBodyBytes: 200 * MiB } }, [{ path: '/big' }])
  invoker.answer = () => null
  const connection = new RawConnection(port)
  const bytes = 64 * MiB
  connection.write(head('/big', `Content-Length: ${bytes}`))
  await invoker.until(() => invoker.held.length === 1)
  connection.write('x'.repeat(bytes))
  const source = streamOf(invoker.held[0]!)
  await new Promise<void>((resolve) => source.onceReadable(resolve))
  invoker.held[0]!.onSettled(textResponse('first'))
  const first = await connection.until('first')
  assert.match(first, /connection: close\r\n/i)
  // The client may also not end it.
  invoker.answer = () => textResponse('second')
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await connection.until('second')
  assert.equal(await readToEnd(source, () => {}), 'canceled')
  connection.destroy()
})

it('takes nothing behind a body for part of it: a next request before the answer ends the connection', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/hello', `Content-Length: ${70 * KiB}`))
  await invoker.until(() => invoker.held.length === 1)
  let bytes = 0
  const end = readToEnd(streamOf(invoker.held[0]!), (chunk) => {
    bytes += chunk.byteLength
  })
  connection.write('x'.repeat(70 * KiB))
  assert.equal(await end, 'end')
  connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal(await connection.ended(), '')
  assert.equal(bytes, 70 * KiB)
  assert.equal(invoker.seen.length, 1)
})

it('answers what the function answers before its body came', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => ({ kind: 'exception', error: { name: 'Error', message: 'no', stack: '' } })
  const connection = new RawConnection(port)
  connection.write(head('/hello', 'Transfer-Encoding: chunked'))
  assert.match(await connection.until('}}'), /^HTTP\/1.1 500 /)
  connection.destroy()
})

it('ends an upload of which no byte comes any more', async (t) => {
  let nowMs = 0
  const { port, view, invoker, recorder, tick } = await openServer(t, { nowMs: () => nowMs })
  view.add('patient', { limits: { streamIdleMs: 5000 } }, [{ path: '/patient' }])
  invoker.answer = () => null
  const connection = new RawConnection(port)
  connection.write(head('/patient', 'Transfer-Encoding: chunked'))
  await invoker.until(() => invoker.held.length === 1)
  const source = streamOf(invoker.held[0]!)
  tick()
  nowMs = 4000
  tick()
  // What the function has not read is no fault of the client's.
  connection.write('1\r\na\r\n')
  await new Promise<void>((resolve) => source.onceReadable(resolve))
  nowMs = 20_000
  tick()
  tick()
  source.read()
  nowMs = 24_000
  tick()
  assert.equal(recorder.settledOnes.length, 0)
  nowMs = 25_000
  tick()
  assert.equal(await connection.ended(), '')
  assert.equal(await readToEnd(source, () => {}), 'canceled')
  const [settled] = recorder.settledOnes
  assert.equal(settled!.status, null)
  assert.deepEqual(settled!.outcome, {
    kind: 'canceled',
    message: 'The client moved no byte of a streaming body for limits.streamIdleMs, 5000 ms',
  })
})

it('refuses the body of a request that is answered 413 in the shape of all errors', async (t) => {
  const { port, view } = await openServer(t)
  view.add('small', { limits: { maxRequestBodyBytes: 10 } }, [{ path: '/small' }])
  const answer = await send(port, '/small', { method: 'POST', body: 'x'.repeat(11) })
  assert.equal(answer.status, 413)
  assert.equal(errorOf(answer).code, 'payload_too_large')
})
