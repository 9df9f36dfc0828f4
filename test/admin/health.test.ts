import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { noDelivery } from './call-fixture.ts'
import { RunningAdminServer } from './running-admin-server.ts'

describe('health', () => {
  it('is ok while the supervisor runs, and ready while a worker serves the newest revision', async () => {
    await using admin = await RunningAdminServer.start()
    assert.equal((await admin.ask('GET', '/readyz')).status, 200)
    admin.fleet.isReady = false
    assert.equal((await admin.ask('GET', '/healthz')).status, 200)
    const unready = await admin.ask('GET', '/readyz')
    assert.deepEqual([unready.status, unready.body.error.code], [503, 'unavailable'])
    assert.match(unready.body.error.message, /must be at least 1/)
  })

  it('stays ready when the retry log cannot be written, and says so without telling why', async () => {
    await using admin = await RunningAdminServer.start()
    const ready = async () => (await admin.ask('GET', '/readyz')).body
    assert.deepEqual(await ready(), { status: 'ready', retryLog: 'ok' })
    admin.calls.counted = { ...admin.calls.counted, failure: 'no space left' }
    const { status, body } = await admin.ask('GET', '/readyz')
    assert.deepEqual([status, body], [200, { status: 'ready', retryLog: 'failing' }])
    admin.calls.counted = { ...admin.calls.counted, failure: null }
    admin.calls.delivered = { ...noDelivery, failure: 'no space left' }
    assert.deepEqual(await ready(), { status: 'ready', retryLog: 'failing' })
    assert.equal((await admin.ask('GET', '/v1/retry-log')).body.failure, 'no space left')
  })

  it('answers HEAD as GET without the body', async () => {
    await using admin = await RunningAdminServer.start()
    const { status, text } = await admin.ask('HEAD', '/healthz')
    assert.deepEqual([status, text], [200, ''])
  })

  it('serves health and metrics over TCP, and nothing else', async () => {
    await using admin = await RunningAdminServer.start()
    const port = await admin.server.listenHealth('127.0.0.1', 0)
    const statusOf = async (path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status
    assert.deepEqual(
      await Promise.all(
        ['/healthz', '/readyz', '/metrics', '/v1/functions', '/v1'].map((path) => statusOf(path)),
      ),
      [200, 200, 200, 404, 404],
    )
    assert.equal(await statusOf('/v1/workers/replacement', 'POST'), 404)
    assert.equal(admin.fleet.replacements, 0)
  })

  it('says which address it cannot listen on', async () => {
    await using admin = await RunningAdminServer.start()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    try {
      await assert.rejects(admin.server.listenHealth('127.0.0.1', port), {
        code: 'cannot_listen',
        message: new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE`),
      })
    } finally {
      other.close()
    }
  })

  it('answers metrics as Prometheus text', async () => {
    await using admin = await RunningAdminServer.start()
    const { headers, text } = await admin.ask('GET', '/metrics')
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    assert.match(text, /^isolette_worker_restarts_total 1$/m)
    assert.match(text, /^isolette_async_log_writable 1$/m)
  })

  it('counts the calls that the supervisor accepted itself, and what became of firings', async () => {
    await using admin = await RunningAdminServer.start()
    admin.enqueues.accepted('admin', 3)
    const { text } = await admin.ask('GET', '/metrics')
    assert.match(text, /^isolette_async_accepted_total\{source="admin"\} 1$/m)
    assert.match(text, /^isolette_trigger_firings_total\{decision="overlap"\} 1$/m)
  })
})

describe('/v1/workers', () => {
  it('lists workers and replaces them', async () => {
    await using admin = await RunningAdminServer.start()
    const { body } = await admin.ask('GET', '/v1/workers')
    assert.deepEqual(body, { workers: admin.fleet.workers, restarts: 1 })
    const replaced = await admin.ask('POST', '/v1/workers/replacement')
    assert.equal(replaced.body.workers.length, 2)
    assert.equal(admin.fleet.replacements, 1)
  })
})
