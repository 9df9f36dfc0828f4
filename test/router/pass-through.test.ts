import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import type { HttpEvent } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import { textResponse } from './fake-invoker.ts'
import { RawConnection, send } from './http-client.ts'
import { openServer } from './open-server.ts'
import { allOver, answerWith, Body, hashOf, MiB, outcomesOf } from './streamed-answer.ts'

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
