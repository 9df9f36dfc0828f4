import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import { RunningAdminServer } from './running-admin-server.ts'

describe('/v1/functions', () => {
  it('lists functions in pages', async () => {
    await using admin = await RunningAdminServer.start()
    for (const name of ['carol', 'alice', 'bob']) await admin.deploy(name, name)
    const first = await admin.ask('GET', '/v1/functions?limit=2')
    assert.deepEqual(
      first.body.functions.map(({ name }: { name: string }) => name),
      ['alice', 'bob'],
    )
    assert.equal(first.body.cursor, 'bob')
    const second = await admin.ask('GET', '/v1/functions?limit=2&cursor=bob')
    assert.deepEqual(
      second.body.functions.map(({ name }: { name: string }) => name),
      ['carol'],
    )
    assert.equal(second.body.cursor, null)
    const exact = await admin.ask('GET', '/v1/functions?limit=3')
    assert.equal(exact.body.cursor, null)
  })

  it('shows one with weights as people write them and without the values of its env', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    const { body, text } = await admin.ask('GET', '/v1/functions/hello')
    assert.deepEqual(body.aliases, { live: { 1: 1 } })
    assert.equal(body.lastVersion, 1)
    assert.equal(body.code.handlerKind, 'fetch')
    assert.deepEqual(body.code.envNames, ['TOKEN'])
    assert.doesNotMatch(text, /hush/)
  })

  it('shows where ends of calls are told, but no secret', async () => {
    await using admin = await RunningAdminServer.start()
    const onFailure = { kind: 'url', url: 'https://example.com/ends', secret: 'hush-hush-hush-hush' } as const
    admin.builder.async = { ...usualAsync, onSuccess: { kind: 'function', reference: 'log:2' }, onFailure }
    admin.builder.bindings = { MAIL: 'mail' }
    await admin.deploy('hello', 'one')
    const { body, text } = await admin.ask('GET', '/v1/functions/hello')
    assert.deepEqual(body.settings.async.onSuccess, { kind: 'function', reference: 'log:2' })
    assert.deepEqual(body.settings.async.onFailure, { ...onFailure, secret: true })
    assert.deepEqual(body.code.bindings, { MAIL: 'mail' })
    assert.doesNotMatch(text, /hush/)
    assert.doesNotMatch((await admin.ask('GET', '/v1/functions')).text, /hush/)
  })

  it('shows the routes that a function answers on without any configured', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    const record = admin.registry.getFunction('hello')!
    const manifest = admin.registry.getManifest(record.latest)!
    await admin.registry.upload({ ...record, routes: [], manifest })
    const { body } = await admin.ask('GET', '/v1/functions/hello')
    assert.deepEqual(
      body.routes.map(({ path }: { path: string }) => path),
      ['/hello', '/hello/*'],
    )
  })

  it('removes one only with force while aliases need it', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    const refused = await admin.ask('DELETE', '/v1/functions/hello')
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'in_use'])
    const removed = await admin.ask('DELETE', '/v1/functions/hello?force=true')
    assert.deepEqual(removed.body, { removed: 'hello', workers: { applied: 2, live: 2 } })
    assert.equal((await admin.ask('GET', '/v1/functions/hello')).status, 404)
  })

  it('publishes $LATEST, and lists and removes versions', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    admin.builder.code = 'two'
    await admin.ask('POST', '/v1/deployments', { path: '/functions/hello', publish: false })
    const published = await admin.ask('POST', '/v1/functions/hello/versions')
    assert.deepEqual([published.body.version, published.body.unchanged], [2, false])
    assert.equal(admin.registry.getFunction('hello')!.aliases.live!.targets[0]!.version, 1)
    const list = await admin.ask('GET', '/v1/functions/hello/versions')
    assert.deepEqual(
      list.body.versions.map(({ version }: { version: number }) => version),
      [1, 2],
    )
    const removed = await admin.ask('DELETE', '/v1/functions/hello/versions/2')
    assert.equal(removed.body.removed, 'hello:2')
    const gone = await admin.ask('DELETE', '/v1/functions/hello/versions/2')
    assert.deepEqual([gone.status, gone.body.error.code], [404, 'version_not_found'])
    const alias = await admin.ask('DELETE', '/v1/functions/hello/versions/live')
    assert.deepEqual([alias.status, alias.body.error.code], [400, 'bad_qualifier'])
  })

  it('sets, lists, rolls back and removes aliases', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    await admin.deploy('hello', 'two')
    const path = '/v1/functions/hello/aliases/beta'
    await admin.ask('PUT', path, { weights: { 1: 1 } })
    const set = await admin.ask('PUT', path, { weights: { 2: 0.05, 1: 0.95 } })
    assert.deepEqual(set.body, {
      function: 'hello',
      alias: 'beta',
      weights: { 1: 0.95, 2: 0.05 },
      history: [{ 1: 1 }],
      workers: { applied: 2, live: 2 },
    })
    const list = await admin.ask('GET', '/v1/functions/hello/aliases')
    assert.deepEqual(
      list.body.aliases.map(({ alias }: { alias: string }) => alias),
      ['live', 'beta'],
    )
    const back = await admin.ask('POST', `${path}/rollback`)
    assert.deepEqual(back.body.weights, { 1: 1 })
    const end = await admin.ask('POST', `${path}/rollback`)
    assert.deepEqual([end.status, end.body.error.code], [409, 'nothing_to_roll_back'])
    const unknown = await admin.ask('PUT', path, { weights: { 9: 1 } })
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'version_not_found'])
    const removed = await admin.ask('DELETE', path)
    assert.equal(removed.body.removed, 'hello:beta')
    assert.equal((await admin.ask('DELETE', path)).body.error.code, 'alias_not_found')
  })

  it('lists routes, and says when there are more', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('alice', 'one')
    await admin.deploy('bob', 'one')
    const all = await admin.ask('GET', '/v1/routes')
    assert.deepEqual(all.body, {
      routes: [
        { host: null, method: null, path: '/alice', qualifier: null, functionName: 'alice' },
        { host: null, method: null, path: '/bob', qualifier: null, functionName: 'bob' },
      ],
      truncated: false,
    })
    const some = await admin.ask('GET', '/v1/routes?limit=1')
    assert.deepEqual([some.body.routes.length, some.body.truncated], [1, true])
  })

  it('says how many workers serve a change', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.spread = { applied: 1, live: 2 }
    const { body } = await admin.deploy('hello', 'one')
    assert.deepEqual(body.workers, { applied: 1, live: 2 })
  })
})
