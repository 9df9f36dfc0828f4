import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { callIdOf, callStatusOf, deadLetterOf } from './call-fixture.ts'
import { RunningAdminServer } from './running-admin-server.ts'

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('POST /v1/functions/:name/redrive', () => {
  const path = '/v1/functions/hello/redrive'

  it('redrives all dead letters, and tells how far it has come', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    for (const number of [1, 2]) admin.calls.put(deadLetterOf({ id: callIdOf(number) }))
    admin.calls.put(callStatusOf({ call: { id: callIdOf(3) } }))
    const { status, text } = await admin.ask('POST', path)
    assert.equal(status, 200)
    assert.deepEqual(linesOf(text), [
      { redriven: 1, skipped: 0, done: false },
      { redriven: 2, skipped: 0, done: false },
      { redriven: 2, skipped: 0, done: true },
    ])
    assert.deepEqual(admin.calls.redriven, [callIdOf(1), callIdOf(2)])
    assert.deepEqual(admin.calls.bulks, [{ functionName: 'hello', states: ['Failed', 'Expired'] }])
  })

  it('stops when its client leaves', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    for (const number of [1, 2, 3]) admin.calls.put(deadLetterOf({ id: callIdOf(number) }))
    const held = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const redriveAll = admin.calls.redriveAll.bind(admin.calls)
    const atLatest = setTimeout(() => held.resolve(), 5000)
    admin.calls.gate = () => held.promise
    admin.calls.redriveAll = async (filter, onPage, signal) => {
      signal.addEventListener('abort', () => held.resolve())
      const progress = await redriveAll(filter, onPage, signal)
      stopped.resolve()
      return progress
    }
    const call = request({ socketPath: admin.socketPath, method: 'POST', path, agent: false })
    call.on('response', (response) => response.once('data', () => call.destroy()).on('error', () => {}))
    call.on('error', () => {})
    call.end()
    await stopped.promise
    clearTimeout(atLatest)
    assert.deepEqual(admin.calls.redriven, [callIdOf(1)])
  })

  it('says in its last line why it went no further', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    admin.calls.put(deadLetterOf())
    const failures = [new IsoletteError('retry_log_unavailable', 'no space left'), new Error('secret')]
    const codes: string[] = []
    for (const failure of failures) {
      admin.calls.gate = async () => {
        throw failure
      }
      const last = linesOf((await admin.ask('POST', path)).text).at(-1)
      codes.push(last.error.code)
      assert.doesNotMatch(JSON.stringify(last), /secret/)
    }
    assert.deepEqual(codes, ['retry_log_unavailable', 'internal_error'])
    assert.equal(admin.logged.length, 1)
  })

  it('refuses a function that is not there before it begins', async () => {
    await using admin = await RunningAdminServer.start()
    const { status, body } = await admin.ask('POST', '/v1/functions/nobody/redrive')
    assert.deepEqual([status, body.error.code], [404, 'function_not_found'])
  })
})

describe('pausing', () => {
  it('pauses and resumes the calls of a function', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    const paused = await admin.ask('POST', '/v1/functions/hello/pause')
    assert.deepEqual([paused.status, paused.body], [200, { function: 'hello', paused: true }])
    assert.deepEqual([...admin.calls.paused], ['hello'])
    const resumed = await admin.ask('POST', '/v1/functions/hello/resume')
    assert.deepEqual(resumed.body, { function: 'hello', paused: false })
    assert.deepEqual([...admin.calls.paused], [])
  })

  it('pauses only what is deployed, and resumes what was removed meanwhile', async () => {
    await using admin = await RunningAdminServer.start()
    assert.equal((await admin.ask('POST', '/v1/functions/nobody/pause')).status, 404)
    admin.calls.paused.add('nobody')
    assert.equal((await admin.ask('POST', '/v1/functions/nobody/resume')).status, 200)
    assert.equal(admin.calls.paused.size, 0)
    assert.equal((await admin.ask('POST', '/v1/functions/No/resume')).body.error.code, 'bad_name')
  })
})

describe('GET /v1/retry-log', () => {
  it('tells what waits by function, paused ones and full ones first', async () => {
    await using admin = await RunningAdminServer.start()
    const queue = { waiting: 0, running: 0, oldestDueMs: 0, isPaused: false }
    admin.calls.counted = {
      depth: new Map([
        ['idle', queue],
        ['few', { ...queue, waiting: 1, running: 1, oldestDueMs: 50 }],
        ['many', { ...queue, waiting: 7, oldestDueMs: 20 }],
        ['held', { ...queue, isPaused: true }],
      ]),
      deadLetters: new Map([['age_exceeded', 3]]),
      failure: 'no space left',
    }
    const { body } = await admin.ask('GET', '/v1/retry-log')
    assert.deepEqual(body, {
      failure: 'no space left',
      waiting: 8,
      running: 1,
      oldestDueMs: 50,
      deadLetters: { age_exceeded: 3 },
      functions: [
        { function: 'held', waiting: 0, running: 0, oldestDueMs: 0, paused: true },
        { function: 'many', waiting: 7, running: 0, oldestDueMs: 20, paused: false },
        { function: 'few', waiting: 1, running: 1, oldestDueMs: 50, paused: false },
      ],
    })
  })
})

describe('removing what calls wait for', () => {
  it('is refused, saying how many calls, unless it is forced', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    await admin.deploy('hello', 'two')
    admin.calls.held = 12
    const version = await admin.ask('DELETE', '/v1/functions/hello/versions/1')
    assert.deepEqual([version.status, version.body.error.code], [409, 'in_use'])
    assert.match(
      version.body.error.message,
      /version 1 of hello: in use by 12 asynchronous calls that have not/,
    )
    assert.deepEqual(version.body.error.details, { calls: 12 })
    assert.equal((await admin.ask('DELETE', '/v1/functions/hello/versions/1?force=true')).status, 200)
    await admin.ask('DELETE', '/v1/functions/hello/aliases/live')
    admin.calls.held = 1
    const whole = await admin.ask('DELETE', '/v1/functions/hello')
    assert.match(whole.body.error.message, /function hello: in use by 1 asynchronous call that has not ended/)
    assert.equal((await admin.ask('DELETE', '/v1/functions/hello?force=true')).status, 200)
    assert.equal((await admin.ask('DELETE', '/v1/functions/hello')).body.error.code, 'function_not_found')
  })
})
