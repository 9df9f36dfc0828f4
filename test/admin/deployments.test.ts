import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { computeVersionId } from '../../runtime/model/version-id.ts'
import { RunningAdminServer } from './running-admin-server.ts'

describe('POST /v1/deployments', () => {
  it('builds, publishes, points live, and tells the workers', async () => {
    await using admin = await RunningAdminServer.start()
    const { status, body } = await admin.deploy('hello', 'one')
    assert.equal(status, 200)
    assert.deepEqual(body, {
      function: 'hello',
      versionId: body.versionId,
      version: 1,
      unchanged: false,
      routes: [{ host: null, method: null, path: '/hello', qualifier: null, functionName: 'hello' }],
      warnings: [],
      workers: { applied: 2, live: 2 },
    })
    const record = admin.registry.getFunction('hello')!
    assert.equal(record.latest, body.versionId)
    assert.deepEqual(record.aliases.live!.targets, [{ version: 1, weightUnits: 10_000 }])
    assert.deepEqual(admin.fleet.deltas.at(-1)!.functions.hello, record)
  })

  it('gives the version the id of its content', async () => {
    await using admin = await RunningAdminServer.start()
    const { body } = await admin.deploy('hello', 'one')
    const manifest = admin.registry.getManifest(body.versionId)!
    assert.equal(computeVersionId(manifest), body.versionId)
    assert.equal(manifest.bundleBytes, 3)
  })

  it('stores the script of its layers, and says in the manifest what they are', async () => {
    await using admin = await RunningAdminServer.start()
    const layerSet = { indexes: ['a'.repeat(64)], packs: ['b'.repeat(64)], isPreloaded: true }
    admin.builder.layerSet = { ...layerSet, script: Buffer.from('script'), sourceMap: Buffer.from('map') }
    const { body } = await admin.deploy('hello', 'one')
    const manifest = admin.registry.getManifest(body.versionId)!
    const { bundle, sourceMap, ...rest } = manifest.layerSet!
    assert.deepEqual([manifest.layers, rest], [['lodash:1'], layerSet])
    assert.equal(admin.artifacts.read(bundle!).toString(), 'script')
    assert.equal(admin.artifacts.read(sourceMap!).toString(), 'map')
    assert.equal(computeVersionId(manifest), body.versionId)
    admin.builder.layerSet = { ...layerSet, script: null, sourceMap: null }
    const other = await admin.deploy('hello', 'one')
    assert.equal(other.body.version, 2)
    const { layerSet: unused } = admin.registry.getManifest(other.body.versionId)!
    assert.deepEqual([unused!.bundle, unused!.sourceMap], [null, null])
  })

  it('warns of what it names and is not there yet', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('log', 'one')
    admin.builder.bindings = { LOG: 'log', OLD: 'log:1', NEW: 'log:2', DEV: 'log:$LATEST', SELF: 'hello' }
    admin.builder.async = { ...usualAsync, onFailure: { kind: 'function', reference: 'mail:live' } }
    const trigger = { cron: '* * * * *', timezone: 'UTC', eventJson: '{}', catchUpMs: 0, overlap: false }
    admin.builder.triggers = ['live', 'beta'].map((qualifier) => ({ ...trigger, qualifier }))
    const { status, body } = await admin.deploy('hello', 'one')
    assert.equal(status, 200)
    assert.deepEqual(body.warnings, [
      'bindings.NEW: there is no log:2 yet',
      'async.onFailure: there is no function mail yet',
      'triggers[1].qualifier: there is no hello:beta yet',
    ])
    const manifest = admin.registry.getManifest(body.versionId)!
    assert.equal(manifest.bindings!.LOG, 'log')
    assert.equal(computeVersionId(manifest), body.versionId)
  })

  it('takes another name, and stops after $LATEST when it is not to publish', async () => {
    await using admin = await RunningAdminServer.start()
    const { body } = await admin.ask('POST', '/v1/deployments', {
      path: '/functions/hello',
      name: 'greet',
      publish: false,
    })
    assert.deepEqual([body.function, body.version], ['greet', null])
    assert.deepEqual(admin.registry.getFunction('greet')!.aliases, {})
    assert.deepEqual(admin.builder.requests, [{ path: '/functions/hello', name: 'greet' }])
  })

  it('returns the number that unchanged content has', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    const { body } = await admin.deploy('hello', 'one')
    assert.deepEqual([body.version, body.unchanged, body.workers], [1, true, null])
  })

  it('refuses to move a split live, unless forced', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    await admin.deploy('hello', 'two')
    await admin.ask('PUT', '/v1/functions/hello/aliases/live', { weights: { 1: 0.5, 2: 0.5 } })
    admin.builder.code = 'three'
    const refused = await admin.ask('POST', '/v1/deployments', { path: '/functions/hello' })
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'alias_split'])
    const forced = await admin.ask('POST', '/v1/deployments', { path: '/functions/hello', force: true })
    assert.equal(forced.body.version, 3)
  })

  it('with ifChanged leaves live where a person pointed it while the content is the same', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.deploy('hello', 'one')
    await admin.deploy('hello', 'two')
    await admin.ask('POST', '/v1/functions/hello/aliases/live/rollback')
    const again = await admin.ask('POST', '/v1/deployments', { path: '/functions/hello', ifChanged: true })
    assert.deepEqual([again.body.unchanged, again.body.workers], [true, null])
    assert.equal(admin.registry.getFunction('hello')!.aliases.live!.targets[0]!.version, 1)
    admin.builder.code = 'three'
    const changed = await admin.ask('POST', '/v1/deployments', { path: '/functions/hello', ifChanged: true })
    assert.deepEqual([changed.body.version, changed.body.unchanged], [3, false])
  })

  it('changes nothing when the build fails, and passes on where', async () => {
    await using admin = await RunningAdminServer.start()
    const problems = [{ file: 'index.ts', line: 3, column: 5, message: 'Expected ";"' }]
    admin.builder.gate = async () => {
      throw new IsoletteError('build_failed', 'Cannot build hello', { details: { problems } })
    }
    const { status, body } = await admin.deploy('hello', 'one')
    assert.equal(status, 400)
    assert.deepEqual(body.error, {
      code: 'build_failed',
      message: 'Cannot build hello',
      details: { problems },
    })
    assert.equal(admin.registry.revision, 0)
  })

  it('builds one path one at a time, so that the source that was last asked for is what stays', async () => {
    await using admin = await RunningAdminServer.start()
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let builds = 0
    admin.builder.gate = () => {
      begun[builds]!.resolve()
      return gates[builds++]!.promise
    }
    const first = admin.deploy('hello', 'old')
    await begun[0]!.promise
    const second = admin.ask('POST', '/v1/deployments', { path: '/functions/hello' })
    // By the time another command has answered, the second deployment has arrived.
    await admin.ask('GET', '/v1/info')
    assert.equal(builds, 1)
    gates[1]!.resolve()
    gates[0]!.resolve()
    await first
    admin.builder.code = 'new'
    await begun[1]!.promise
    const { body } = await second
    assert.equal(admin.registry.getFunction('hello')!.latest, body.versionId)
  })
})
