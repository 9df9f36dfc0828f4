import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { HttpEvent } from '../../runtime/model/invocation.ts'
import { textResponse } from './fake-invoker.ts'
import { errorOf, RawConnection, send } from './http-client.ts'
import { openServer } from './open-server.ts'
import { allOver, answerWith, Body, failure, get, MiB, outcomesOf } from './streamed-answer.ts'

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

it('answers a failure of the function to a HEAD, whose body nobody awaits', async (t) => {
  const { port, invoker } = await openServer(t)
  invoker.answer = () => failure
  const answer = await send(port, '/hello', { method: 'HEAD' })
  assert.equal(answer.status, 503)
  assert.throws(() => errorOf(answer))
})
