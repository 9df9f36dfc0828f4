import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { okResult } from './memory-fleet.ts'
import { RunningAdminServer } from './running-admin-server.ts'

const path = '/v1/functions/hello/invocations'

describe('POST /v1/functions/:name/invocations', () => {
  it('runs a function with the event and answers its result', async () => {
    await using admin = await RunningAdminServer.start()
    const { status, body } = await admin.ask('POST', path, {
      qualifier: '3',
      event: { name: 'Ada', n: [1, null] },
    })
    assert.equal(status, 200)
    assert.deepEqual(body, okResult)
    assert.deepEqual(admin.fleet.invoked, [{ reference: 'hello:3', json: '{"name":"Ada","n":[1,null]}' }])
  })

  it('sends {} without an event, and null if that is the event', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.ask('POST', path)
    await admin.ask('POST', path, { event: null })
    assert.deepEqual(
      admin.fleet.invoked.map(({ json }) => json),
      ['{}', 'null'],
    )
  })

  it('answers 200 when the function failed: that is an outcome', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.answer = async () => ({ ...okResult, outcome: 'exception', result: null })
    const { status, body } = await admin.ask('POST', path)
    assert.deepEqual([status, body.outcome], [200, 'exception'])
  })

  for (const code of ['function_not_found', 'version_not_found', 'alias_not_found']) {
    it(`answers ${code} when the reference names nothing`, async () => {
      await using admin = await RunningAdminServer.start()
      const refusal = { code, message: 'Cannot find it' }
      admin.fleet.answer = async () => ({ ...okResult, executedVersion: null, refusal })
      const { status, body } = await admin.ask('POST', path)
      assert.deepEqual([status, body.error.code, body.error.message], [404, code, 'Cannot find it'])
    })
  }

  it('refuses a qualifier that cannot be one before a worker hears of it', async () => {
    await using admin = await RunningAdminServer.start()
    const { status, body } = await admin.ask('POST', path, { qualifier: 'a b' })
    assert.deepEqual([status, body.error.code], [400, 'bad_qualifier'])
    assert.equal(admin.fleet.invoked.length, 0)
  })

  it('answers 503 when no worker can take it', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.answer = async () => {
      throw new IsoletteError('unavailable', 'Cannot run hello: no worker is ready')
    }
    const { status, body } = await admin.ask('POST', path)
    assert.deepEqual([status, body.error.code], [503, 'unavailable'])
  })
})
