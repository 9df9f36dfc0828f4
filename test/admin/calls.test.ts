import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { callIdOf, callStatusOf, deadLetterOf } from './call-fixture.ts'
import { RunningAdminServer } from './running-admin-server.ts'

const id = callIdOf(1)

describe('POST /v1/functions/:name/invocations with type async', () => {
  const path = '/v1/functions/hello/invocations'

  it('answers 202 with where the call is found, once it was accepted', async () => {
    await using admin = await RunningAdminServer.start()
    const body = { type: 'async', event: { n: 1 }, qualifier: '3', delayMs: 5000, id: 'order-17' }
    const reply = await admin.ask('POST', path, body)
    const invocationId = 'a'.repeat(32)
    assert.deepEqual([reply.status, reply.body], [202, { invocationId }])
    assert.equal(reply.headers.location, `/v1/invocations/${invocationId}`)
    assert.deepEqual(admin.calls.enqueued, [
      {
        functionName: 'hello',
        qualifier: '3',
        event: { kind: 'direct', json: '{"n":1}' },
        options: { source: 'admin', delayMs: 5000, callerId: 'order-17' },
      },
    ])
    assert.deepEqual(admin.fleet.invoked, [])
  })

  it('enqueues {} for live, now and without a name, if nothing else is said', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.ask('POST', path, { type: 'async' })
    const [call] = admin.calls.enqueued
    assert.deepEqual([call!.qualifier, call!.event], ['live', { kind: 'direct', json: '{}' }])
    assert.deepEqual(call!.options, { source: 'admin', delayMs: 0, callerId: null })
  })

  it('answers 409 with the first call of that id', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.answer = { kind: 'duplicate', id, state: 'Running' }
    const { status, body } = await admin.ask('POST', path, { type: 'async', id: 'order-17' })
    assert.deepEqual([status, body.error.code], [409, 'duplicate_invocation'])
    assert.deepEqual(body.error.details, { invocationId: id, state: 'Running' })
    assert.match(body.error.message, /hello with the id "order-17"/)
  })

  for (const [code, status] of Object.entries({ queue_full: 429, retry_log_unavailable: 503 })) {
    it(`answers ${status} when it is refused as ${code}`, async () => {
      await using admin = await RunningAdminServer.start()
      admin.calls.answer = { kind: 'refused', code: code as 'queue_full', message: 'Cannot take it' }
      const reply = await admin.ask('POST', path, { type: 'async' })
      assert.deepEqual([reply.status, reply.body.error.code], [status, code])
    })
  }

  it('refuses what only asynchronous calls have, and other types', async () => {
    await using admin = await RunningAdminServer.start()
    for (const [body, problem] of [
      [{ delayMs: 1 }, /delayMs: set, must be left out/],
      [{ id: 'x', type: 'sync' }, /id: set, must be left out/],
      [{ type: 'later' }, /type: "later", must be one of "sync", "async"/],
      [{ type: 'async', delayMs: '5s' }, /delayMs: "5s", must be a number/],
    ] as const) {
      const { status, body: answer } = await admin.ask('POST', path, body)
      assert.deepEqual([status, answer.error.code], [400, 'bad_request'])
      assert.match(answer.error.message, problem)
    }
    assert.deepEqual([admin.fleet.invoked, admin.calls.enqueued], [[], []])
  })
})

describe('GET /v1/invocations', () => {
  it('hands filters on, and answers a page of summaries', async () => {
    await using admin = await RunningAdminServer.start()
    for (const number of [1, 2, 3]) admin.calls.put(deadLetterOf({ id: callIdOf(number) }))
    const query = 'function=hello&state=failed,EXPIRED&since=2023-11-14T22:13:20Z&limit=2'
    const first = await admin.ask('GET', `/v1/invocations?${query}`)
    assert.equal(first.status, 200)
    const idsOf = (body: { invocations: { id: string }[] }) => body.invocations.map((call) => call.id)
    assert.deepEqual(idsOf(first.body), [callIdOf(1), callIdOf(2)])
    const { state, reason, event, history } = first.body.invocations[0]
    assert.deepEqual([state, reason, event, history], ['Failed', 'retries_exhausted', undefined, undefined])
    const second = await admin.ask('GET', `/v1/invocations?${query}&cursor=${first.body.cursor}`)
    assert.deepEqual([idsOf(second.body), second.body.cursor], [[callIdOf(3)], null])
    const filter = { functionName: 'hello', states: ['Failed', 'Expired'], sinceMs: 1_700_000_000_000 }
    assert.deepEqual(admin.calls.lists, [
      { filter, cursor: null, limit: 2 },
      { filter, cursor: '2', limit: 2 },
    ])
  })

  it('counts a duration back from now', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.ask('GET', '/v1/invocations?since=1m')
    assert.deepEqual(admin.calls.lists, [{ filter: { sinceMs: 1000 }, cursor: null, limit: 50 }])
  })

  it('says what filters have to be', async () => {
    await using admin = await RunningAdminServer.start()
    for (const [query, problem] of [
      ['state=Lost', /state: "Lost", must be of Enqueued, Running, .*Expired, with commas/],
      ['state=Failed,', /state: "Failed,", must be of/],
      ['since=yesterday', /since: "yesterday", must be a duration like .*, or a time like/],
      ['since=2026-99-99', /since: "2026-99-99", must be/],
      ['limit=101', /limit: "101", must be a whole number from 1 to 100/],
      ['function=Hello', /"Hello"/],
    ] as const) {
      const { status, body } = await admin.ask('GET', `/v1/invocations?${query}`)
      assert.equal(status, 400, query)
      assert.match(body.error.message, problem)
    }
  })
})

describe('GET /v1/invocations/:id', () => {
  it('answers a call with its history, event and result', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(deadLetterOf({ id }))
    const { status, body } = await admin.ask('GET', `/v1/invocations/${id}`)
    assert.deepEqual([status, body.id, body.history.length], [200, id, 1])
    assert.deepEqual([body.event, body.result], [{ kind: 'direct', json: { n: 1 } }, null])
  })

  it('answers 404 for what is not known, and for what can be no id', async () => {
    await using admin = await RunningAdminServer.start()
    for (const unknown of [id, 'x', id.toUpperCase().replace('1', 'A'), `${id}0`]) {
      const { status, body } = await admin.ask('GET', `/v1/invocations/${unknown}`)
      assert.deepEqual([status, body.error.code], [404, 'invocation_not_found'])
    }
    const waited = admin.ask('GET', `/v1/invocations/${id}?wait=1s`)
    await waitersOf(admin, 1)
    for (const waiter of admin.calls.waiters) waiter.settle()
    assert.equal((await waited).status, 404)
  })

  it('waits for the end of a call, with whoever else does', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const replies = Promise.all(
      Array.from({ length: 20 }, () => admin.ask('GET', `/v1/invocations/${id}?wait=1m`)),
    )
    await waitersOf(admin, 20)
    assert.deepEqual([...admin.calls.waiters][0]!.timeoutMs, 60_000)
    admin.calls.put(deadLetterOf({ id }))
    for (const { status, body } of await replies) assert.deepEqual([status, body.state], [200, 'Failed'])
  })

  it('answers the state that a call has when the time is over', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const reply = admin.ask('GET', `/v1/invocations/${id}?wait=30s`)
    await waitersOf(admin, 1)
    for (const waiter of admin.calls.waiters) waiter.settle()
    assert.deepEqual([(await reply).status, (await reply).body.state], [200, 'Running'])
  })

  it('frees the waiter of a client that leaves', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const path = `/v1/invocations/${id}?wait=60s`
    const leaving = request({ socketPath: admin.socketPath, path, agent: false }).on('error', () => {})
    leaving.end()
    await waitersOf(admin, 1)
    leaving.destroy()
    await waitersOf(admin, 0)
  })

  it('answers waiters what there is when the server closes', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const reply = admin.ask('GET', `/v1/invocations/${id}?wait=60s`)
    await waitersOf(admin, 1)
    await admin.server.close()
    assert.equal((await reply).body.state, 'Running')
  })

  it('waits for no longer than a minute', async () => {
    await using admin = await RunningAdminServer.start()
    for (const wait of ['61s', '30', 'soon']) {
      const { status, body } = await admin.ask('GET', `/v1/invocations/${id}?wait=${wait}`)
      assert.equal(status, 400, wait)
      assert.match(body.error.message, /wait: .*must be a duration like .*, at most 60s/)
    }
  })
})

describe('one call', () => {
  it('is stopped, at once if it waits', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id } }))
    const stop = () => admin.ask('POST', `/v1/invocations/${id}/stop`)
    assert.deepEqual((await stop()).body, { invocationId: id, state: 'Stopped' })
    admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    assert.deepEqual((await stop()).body, { invocationId: id, state: 'Stopping' })
    admin.calls.put(deadLetterOf({ id }))
    const { status, body } = await stop()
    assert.deepEqual([status, body.error.code], [409, 'invocation_state'])
  })

  it('is redriven and removed when it has ended', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(callStatusOf({ call: { id } }))
    const redrive = () => admin.ask('POST', `/v1/invocations/${id}/redrive`)
    const remove = () => admin.ask('DELETE', `/v1/invocations/${id}`)
    assert.equal((await redrive()).body.error.code, 'invocation_state')
    assert.equal((await remove()).body.error.code, 'invocation_state')
    admin.calls.put(deadLetterOf({ id }))
    assert.deepEqual((await redrive()).body, { invocationId: id })
    assert.deepEqual(admin.calls.redriven, [id])
    assert.deepEqual((await remove()).body, { removed: id, workers: null })
    assert.equal((await remove()).body.error.code, 'invocation_not_found')
  })

  it('is looked for only by what can be an id', async () => {
    await using admin = await RunningAdminServer.start()
    for (const [method, path] of [
      ['POST', 'x/stop'],
      ['POST', 'x/redrive'],
      ['DELETE', 'x'],
    ] as const) {
      const { status, body } = await admin.ask(method, `/v1/invocations/${path}`)
      assert.deepEqual([status, body.error.code], [404, 'invocation_not_found'])
      assert.match(body.error.message, /"x": must be one that isolette async ls lists/)
    }
  })
})

describe('DELETE /v1/invocations', () => {
  it('purges dead letters, or what has ended in another way, and says how many', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(deadLetterOf({ id: callIdOf(1) }))
    admin.calls.put(deadLetterOf({ id: callIdOf(2), functionName: 'other' }))
    const { status, body } = await admin.ask('DELETE', '/v1/invocations?function=hello')
    assert.deepEqual([status, body], [200, { purged: 1 }])
    await admin.ask('DELETE', '/v1/invocations?state=Succeeded,Stopped')
    assert.deepEqual(admin.calls.bulks, [
      { functionName: 'hello', states: ['Failed', 'Expired'] },
      { states: ['Succeeded', 'Stopped'] },
    ])
  })

  it('never purges what has not ended', async () => {
    await using admin = await RunningAdminServer.start()
    for (const state of ['Enqueued', 'Running', 'Retrying', 'Stopping', 'Failed,Enqueued']) {
      const { status, body } = await admin.ask('DELETE', `/v1/invocations?state=${state}`)
      assert.deepEqual([status, body.error.code], [400, 'bad_request'])
      assert.match(body.error.message, /must be of Succeeded, Failed, Stopped, Expired/)
    }
    assert.deepEqual(admin.calls.bulks, [])
  })

  it('passes on that the log cannot be written', async () => {
    await using admin = await RunningAdminServer.start()
    admin.calls.put(deadLetterOf({ id }))
    admin.calls.gate = async () => {
      throw new IsoletteError('retry_log_unavailable', 'Cannot write the retry log: no space left')
    }
    assert.equal((await admin.ask('DELETE', '/v1/invocations')).status, 503)
  })
})

async function waitersOf(admin: RunningAdminServer, count: number): Promise<void> {
  const untilMs = performance.now() + 5000
  while (admin.calls.waiters.size !== count && performance.now() < untilMs) await new Promise(setImmediate)
  assert.equal(admin.calls.waiters.size, count)
}
