import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AcceptCall } from '../../../router/http/async-exchange.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import type { Enqueued, EnqueueRequest } from '../../../runtime/model/enqueue.ts'
import { fixedLimits } from '../../../runtime/model/limits.ts'
import { errorOf, RawConnection, send } from '../http-client.ts'
import { type OpenServer, openServer } from '../open-server.ts'

type Test = Parameters<typeof openServer>[0]

const id = '0123456789abcdef0123456789abcdef'
const enqueued: Enqueued = { kind: 'enqueued', id }
const { maxAsyncBytes } = fixedLimits

/** Takes calls, and answers as the test says. */
class Acceptor {
  readonly requests: EnqueueRequest[] = []
  /** Null = the test answers by `answer`. */
  result: Enqueued | null = enqueued
  readonly #held: ((result: Enqueued) => void)[] = []
  #wake: () => void = () => {}

  readonly acceptCall: AcceptCall = (request, onAccepted) => {
    // Its body is there only until this returns.
    this.requests.push({ ...request, event: structuredClone(request.event) })
    const { result } = this
    if (result === null) this.#held.push(onAccepted)
    else setImmediate(() => onAccepted(result))
    this.#wake()
  }

  answer(result: Enqueued): void {
    for (const onAccepted of this.#held.splice(0)) onAccepted(result)
  }

  async until(count: number): Promise<void> {
    while (this.requests.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

async function openAsync(
  t: Test,
  options: Parameters<typeof openServer>[1] = {},
): Promise<OpenServer & { acceptor: Acceptor }> {
  const acceptor = new Acceptor()
  const open = await openServer(t, { acceptCall: acceptor.acceptCall, ...options })
  open.view.add('later', { settings: { async: { ...usualAsync, http: true } } }, [
    { path: '/later' },
    { path: '/later/:canary', qualifier: 'canary' },
  ])
  return { ...open, acceptor }
}

const prefer = { prefer: 'respond-async' }

describe('a request with Prefer: respond-async', () => {
  it('is answered where to ask for it', async (t) => {
    const { port } = await openAsync(t)
    const answer = await send(port, '/later', { headers: prefer })
    assert.equal(answer.status, 202)
    assert.deepEqual(JSON.parse(answer.body), { invocationId: id })
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(answer.headers.location, `/v1/invocations/${id}`)
    assert.equal(answer.headers['preference-applied'], 'respond-async')
    assert.equal(answer.headers['x-isolette-invocation-id'], id)
  })

  it('becomes a call with all that a function would see', async (t) => {
    const { port, acceptor, invoker } = await openAsync(t)
    const headers = {
      ...prefer,
      'x-own': 'mine',
      'idempotency-key': 'order 17',
      'x-isolette-delay-ms': '2500',
    }
    await send(port, '/later?a=1', { method: 'PUT', headers, body: 'payload' })
    const { target, event, ...rest } = acceptor.requests[0]!
    assert.equal(target.functionName, 'later')
    assert(event.kind === 'http')
    assert.equal(event.method, 'PUT')
    assert.equal(event.url, `http://localhost:${port}/later?a=1`)
    assert.equal(Buffer.from(event.body!).toString(), 'payload')
    assert.match(event.clientAddress, /127\.0\.0\.1$/)
    for (const line of ['prefer\nrespond-async\n', 'x-own\nmine\n', 'idempotency-key\norder 17\n'])
      assert(event.headers.includes(line), line)
    assert.deepEqual(rest, {
      qualifier: 'live',
      source: 'http',
      depth: 0,
      parentId: null,
      delayMs: 2500,
      callerId: 'order 17',
    })
    assert.equal(invoker.seen.length, 0)
  })

  it('has no body if it came without one', async (t) => {
    const { port, acceptor } = await openAsync(t)
    await send(port, '/later', { headers: prefer })
    const { event } = acceptor.requests[0]!
    assert(event.kind === 'http' && event.body === null)
  })

  it('has its version picked when it comes', async (t) => {
    const { port, acceptor, view } = await openAsync(t)
    const shares = [
      { version: 1, weightUnits: 5000 },
      { version: 2, weightUnits: 5000 },
    ]
    view.add(
      'later',
      { aliases: { live: shares }, settings: { versionHeader: true, async: { ...usualAsync, http: true } } },
      [{ path: '/later' }],
    )
    await send(port, '/later', { headers: { ...prefer, 'x-isolette-version': '2' } })
    assert.equal(acceptor.requests[0]!.target.label, 2)
  })

  it('says that its parameters and neighbours do not matter', async (t) => {
    const { port, acceptor } = await openAsync(t)
    const answer = await send(port, '/later', { headers: { prefer: 'wait=5, Respond-Async; x=y' } })
    assert.equal(answer.status, 202)
    assert.equal(acceptor.requests.length, 1)
  })

  it('is served as always if the function does not allow it', async (t) => {
    const { port, acceptor } = await openAsync(t)
    const answer = await send(port, '/hello', { headers: prefer })
    assert.deepEqual([answer.status, answer.body], [200, 'hi'])
    assert.equal(acceptor.requests.length, 0)
  })

  it('is not taken for one if it prefers something else', async (t) => {
    const { port, acceptor } = await openAsync(t)
    assert.equal((await send(port, '/later', { headers: { prefer: 'wait=5' } })).status, 200)
    assert.equal((await send(port, '/later')).status, 200)
    assert.equal(acceptor.requests.length, 0)
  })

  it('is answered to HEAD without a body', async (t) => {
    const { port } = await openAsync(t)
    const answer = await send(port, '/later', { method: 'HEAD', headers: prefer })
    assert.deepEqual([answer.status, answer.body], [202, ''])
    assert.equal(answer.headers['content-length'], String(`{"invocationId":"${id}"}`.length))
  })

  it('waits until the call is on disk', async (t) => {
    const { port, acceptor, server } = await openAsync(t)
    acceptor.result = null
    let isAnswered = false
    const answered = send(port, '/later', { headers: prefer }).then((answer) => {
      isAnswered = true
      return answer
    })
    await acceptor.until(1)
    await new Promise(setImmediate)
    assert.equal(isAnswered, false)
    assert.equal(server.inFlight, 1)
    acceptor.answer(enqueued)
    assert.equal((await answered).status, 202)
    assert.equal(server.inFlight, 0)
  })

  it('is answered by a server that is closing, and ends its connection', async (t) => {
    const { port, acceptor, server } = await openAsync(t)
    acceptor.result = null
    const connection = new RawConnection(port)
    connection.write('GET /later HTTP/1.1\r\nhost: a\r\nprefer: respond-async\r\n\r\n')
    await acceptor.until(1)
    server.beginClosing()
    server.stopAccepting()
    acceptor.answer(enqueued)
    assert.match(await connection.ended(), /^HTTP\/1\.1 202 .*\r\nconnection: close\r\n/is)
  })

  it('is carried out though its client leaves before the answer', async (t) => {
    const { port, acceptor, server } = await openAsync(t)
    acceptor.result = null
    const connection = new RawConnection(port)
    connection.write(
      'POST /later HTTP/1.1\r\nhost: a\r\nprefer: respond-async\r\ncontent-length: 2\r\n\r\nhi',
    )
    await acceptor.until(1)
    connection.destroy()
    await connection.ended()
    assert.equal((await send(port, '/hello')).status, 200)
    assert.equal(server.inFlight, 1)
    acceptor.answer(enqueued)
    assert.equal(server.inFlight, 0)
  })

  it('is nothing if its client leaves before its body is complete', async (t) => {
    const { port, acceptor, server } = await openAsync(t)
    const connection = new RawConnection(port)
    connection.write(
      'POST /later HTTP/1.1\r\nhost: a\r\nprefer: respond-async\r\ncontent-length: 9\r\n\r\nhi',
    )
    while (server.inFlight === 0) await new Promise(setImmediate)
    connection.destroy()
    while (server.inFlight > 0) await new Promise(setImmediate)
    assert.equal(acceptor.requests.length, 0)
  })

  it('takes a body of the greatest size, in whatever pieces it comes', async (t) => {
    const { port, acceptor } = await openAsync(t)
    const body = Buffer.alloc(maxAsyncBytes, 'abcdefg')
    assert.equal((await send(port, '/later', { method: 'POST', headers: prefer, body })).status, 202)
    const { event } = acceptor.requests[0]!
    assert(event.kind === 'http' && body.equals(event.body!))
  })

  it('refuses a longer one by its length, before it comes', async (t) => {
    const { port, acceptor, recorder } = await openAsync(t)
    const connection = new RawConnection(port)
    const length = `content-length: ${maxAsyncBytes + 1}`
    connection.write(`POST /later HTTP/1.1\r\nhost: a\r\nprefer: respond-async\r\n${length}\r\n\r\n`)
    assert.match(await connection.until('"payload_too_large"'), /^HTTP\/1\.1 413 /)
    assert.equal(acceptor.requests.length, 0)
    assert.deepEqual(recorder.refusedStatuses, [413])
  })

  it('refuses a longer one of unknown length as soon as it is too long', async (t) => {
    const { port, acceptor, server } = await openAsync(t)
    const connection = new RawConnection(port)
    connection.write(
      'POST /later HTTP/1.1\r\nhost: a\r\nprefer: respond-async\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    connection.write(`${(maxAsyncBytes + 1).toString(16)}\r\n${'x'.repeat(maxAsyncBytes + 1)}`)
    assert.match(await connection.until('"code"'), /^HTTP\/1\.1 413 /)
    assert.equal(acceptor.requests.length, 0)
    assert.equal(server.inFlight, 0)
  })

  it("is held to the function's own limit of bodies", async (t) => {
    const { port, view } = await openAsync(t)
    view.add(
      'later',
      { limits: { maxRequestBodyBytes: 3 }, settings: { async: { ...usualAsync, http: true } } },
      [{ path: '/later' }],
    )
    const headers = { ...prefer, 'transfer-encoding': 'chunked' }
    assert.equal((await send(port, '/later', { method: 'POST', headers, body: 'four' })).status, 413)
  })

  it('is turned away when bodies take all the memory they may', async (t) => {
    const { port, acceptor } = await openAsync(t, { maxHeldBodyBytes: 3 })
    acceptor.result = null
    const first = send(port, '/later', { method: 'POST', headers: prefer, body: 'two' })
    await acceptor.until(1)
    const answer = await send(port, '/later', { method: 'POST', headers: prefer, body: '1' })
    assert.deepEqual([answer.status, errorOf(answer).code], [503, 'overloaded'])
    assert.equal(answer.headers['retry-after'], '1')
    acceptor.answer(enqueued)
    assert.equal((await first).status, 202)
    acceptor.result = enqueued
    assert.equal((await send(port, '/later', { method: 'POST', headers: prefer, body: '1' })).status, 202)
  })

  it('is told of the call that had its id before', async (t) => {
    const { port, acceptor } = await openAsync(t)
    acceptor.result = { kind: 'duplicate', id, state: 'Succeeded' }
    const answer = await send(port, '/later', { headers: { ...prefer, 'idempotency-key': 'a' } })
    assert.equal(answer.status, 409)
    const { code, details } = errorOf(answer)
    assert.equal(code, 'duplicate_invocation')
    assert.deepEqual(details, { invocationId: id, state: 'Succeeded' })
  })

  const refusals = [
    ['queue_full', 429, '1'],
    ['retry_log_unavailable', 503, '5'],
    ['payload_too_large', 413, undefined],
  ] as const
  for (const [code, status, retryAfter] of refusals) {
    it(`answers ${status} if the call is refused as ${code}`, async (t) => {
      const { port, acceptor, server } = await openAsync(t)
      acceptor.result = { kind: 'refused', code, message: 'no' }
      const answer = await send(port, '/later', { headers: prefer })
      assert.deepEqual([answer.status, errorOf(answer).code], [status, code])
      assert.equal(answer.headers['retry-after'], retryAfter)
      assert.equal(server.inFlight, 0)
    })
  }

  for (const delay of ['-1', '1.5', 'soon', '604800001', '9'.repeat(40)]) {
    it(`refuses a delay of ${delay}`, async (t) => {
      const { port, acceptor } = await openAsync(t)
      const answer = await send(port, '/later', { headers: { ...prefer, 'x-isolette-delay-ms': delay } })
      assert.deepEqual([answer.status, errorOf(answer).code], [400, 'bad_request'])
      assert.equal(acceptor.requests.length, 0)
    })
  }
})
