import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { VersionManifest } from '../../runtime/model/version.ts'
import { manifestOf, uploadOf } from '../registry/temporary-registry.ts'
import { RunningAdminServer } from './running-admin-server.ts'

const start = async () => {
  const admin = await RunningAdminServer.start()
  const publish = (name: string, files: Readonly<Record<string, string>>) => {
    admin.builder.layerFiles = files
    return admin.ask('POST', '/v1/layers', { name, path: '/layers/it.zip' })
  }
  /** As a deploy leaves it. */
  const hold = async (functionName: string, layers: readonly string[]) => {
    const indexes = layers.map((layer) => {
      const [name, version] = layer.split(':') as [string, string]
      return admin.registry.getLayer({ name, version: Number(version) }).index
    })
    const layerSet = { indexes, packs: [], bundle: null, sourceMap: null, isPreloaded: true }
    const versionId = `${functionName} with ${layers}`
    const manifest: VersionManifest = { ...manifestOf(functionName), versionId, layers, layerSet }
    return await admin.registry.deploy(
      { ...uploadOf(functionName, ''), manifest },
      { publish: true, force: true },
    )
  }
  return { admin, publish, hold, [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose]() }
}

describe('POST /v1/layers', () => {
  it('packs, stores and numbers; the same content keeps its number', async () => {
    await using server = await start()
    const { admin } = server
    const { status, body } = await server.publish('lodash', { 'b.js': 'four', 'a.js': 'x' })
    assert.equal(status, 200)
    const { digest } = body
    assert.deepEqual(body, {
      layer: 'lodash',
      version: 1,
      digest,
      files: 2,
      bytes: 5,
      publishedAtMs: 1_700_000_000_000,
      usedBy: 0,
      unchanged: false,
      warnings: [],
    })
    const index = JSON.parse(admin.artifacts.read(digest).toString())
    assert.equal(admin.artifacts.read(index.pack).toString(), 'xfour')
    assert.equal(admin.registry.getLayer({ name: 'lodash', version: 1 }).pack, index.pack)
    const again = await server.publish('lodash', { 'a.js': 'x', 'b.js': 'four' })
    assert.deepEqual([again.body.version, again.body.unchanged, again.body.digest], [1, true, digest])
    assert.equal((await server.publish('lodash', { 'a.js': 'y' })).body.version, 2)
    assert.equal(admin.artifacts.temporaryFolders.size, 0)
    assert.equal(admin.builder.layerRequests[0]!.path, '/layers/it.zip')
  })

  it('tells what cannot be preloaded, of layers that ask for it, and never refuses them for it', async () => {
    await using server = await start()
    const { builder } = server.admin
    builder.check = (reference) => [`of ${reference}`]
    const warningsOf = async (content: string) => {
      const { status, body } = await server.publish('lodash', { 'a.js': content })
      assert.equal(status, 200)
      return body.warnings
    }
    assert.deepEqual(await warningsOf('1'), [])
    builder.layerPreload = []
    assert.deepEqual(await warningsOf('2'), [])
    builder.layerPreload = ['a']
    assert.deepEqual(await warningsOf('3'), ['of lodash:3'])
    builder.check = () => {
      throw new IsoletteError('storage_full', 'Cannot lay out layers: no space left')
    }
    assert.deepEqual(await warningsOf('4'), ['Cannot lay out layers: no space left'])
    assert.equal(server.admin.registry.getLayer({ name: 'lodash', version: 4 }).version, 4)
  })

  it('passes on what a layer cannot be, changes nothing and leaves nothing behind', async () => {
    await using server = await start()
    const { admin } = server
    admin.builder.gate = async () => {
      throw new IsoletteError('bad_layer', 'Cannot read layer: "../x" leads out of it')
    }
    const { status, body } = await server.publish('lodash', {})
    assert.deepEqual([status, body.error.code], [400, 'bad_layer'])
    assert.deepEqual(admin.registry.listLayers({ cursor: null, limit: 10 }), [])
    assert.equal(admin.artifacts.temporaryFolders.size, 0)
  })

  it('refuses names and paths before anything is read', async () => {
    await using server = await start()
    const ask = async (body: unknown) => (await server.admin.ask('POST', '/v1/layers', body)).body.error
    assert.equal((await ask({ name: 'Lodash', path: '/a' })).code, 'bad_name')
    assert.match((await ask({ name: 'lodash', path: 'a.zip' })).message, /path: "a.zip", must be an absolute/)
    assert.equal((await ask({ name: 'lodash' })).code, 'bad_request')
    assert.deepEqual(server.admin.builder.requests, [])
    assert.deepEqual(server.admin.builder.layerRequests, [])
  })

  it('believes nothing of what the process that read the zip says', async () => {
    await using server = await start()
    const { admin } = server
    const { packLayer } = admin.builder
    const file = { path: 'a.js', offset: 0, bytes: 1, digest: 'b'.repeat(64) }
    const answers: Parameters<typeof lie>[0][] = [
      { packFile: '/etc/hostname' },
      { packFile: join(admin.folder, 'other') },
      { index: { pack: 'a'.repeat(64), files: [], preload: null } },
      { index: { pack: 'a'.repeat(64), files: [file], preload: null } },
      { index: { files: '../../x' } },
    ]
    function lie(changes: Record<string, unknown>) {
      admin.builder.packLayer = async (request) => ({
        ...(await packLayer.call(admin.builder, request)),
        ...changes,
      })
    }
    writeFileSync(join(admin.folder, 'other'), 'x')
    for (const answer of answers) {
      lie(answer)
      const { status } = await server.publish('lodash', { 'a.js': 'x' })
      assert.notEqual(status, 200, JSON.stringify(answer))
    }
    assert.deepEqual(admin.registry.listLayers({ cursor: null, limit: 10 }), [])
  })
})

describe('GET /v1/layers', () => {
  it('lists a page at a time, with how many versions use each', async () => {
    await using server = await start()
    for (const content of ['1', '2', '3']) await server.publish('lodash', { 'a.js': content })
    await server.hold('hello', ['lodash:2'])
    const first = await server.admin.ask('GET', '/v1/layers?limit=2')
    assert.deepEqual(
      first.body.layers.map(({ version, usedBy }: { version: number; usedBy: number }) => [version, usedBy]),
      [
        [1, 0],
        [2, 1],
      ],
    )
    assert.equal(first.body.cursor, 'lodash:2')
    const second = await server.admin.ask('GET', `/v1/layers?limit=2&cursor=${first.body.cursor}`)
    assert.deepEqual([second.body.layers.length, second.body.cursor], [1, null])
    assert.equal((await server.admin.ask('GET', '/v1/layers?cursor=lodash')).body.error.code, 'bad_name')
  })
})

describe('GET /v1/layers/:name/:version', () => {
  it('shows what it holds, and who holds it', async () => {
    await using server = await start()
    await server.publish('lodash', { 'b.js': 'four', 'a.js': 'x' })
    await server.hold('hello', ['lodash:1'])
    const { body } = await server.admin.ask('GET', '/v1/layers/lodash/1')
    assert.deepEqual(body.content, [
      { path: '/opt/a.js', bytes: 1 },
      { path: '/opt/b.js', bytes: 4 },
    ])
    assert.deepEqual([body.preload, body.holders, body.usedBy], [null, ['hello:1'], 1])
  })

  it('says what is not there, or cannot be', async () => {
    await using server = await start()
    const missing = await server.admin.ask('GET', '/v1/layers/lodash/1')
    assert.deepEqual([missing.status, missing.body.error.code], [404, 'layer_not_found'])
    assert.equal((await server.admin.ask('GET', '/v1/layers/lodash/0')).body.error.code, 'bad_name')
    assert.equal((await server.admin.ask('GET', '/v1/layers/lodash/live')).body.error.code, 'bad_name')
  })
})

describe('DELETE /v1/layers/:name/:version', () => {
  it('removes what nobody holds, and with force what somebody does', async () => {
    await using server = await start()
    await server.publish('lodash', { 'a.js': '1' })
    await server.hold('hello', ['lodash:1'])
    const refused = await server.admin.ask('DELETE', '/v1/layers/lodash/1')
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'in_use'])
    assert.deepEqual(refused.body.error.details.versions, ['hello:1'])
    const { body } = await server.admin.ask('DELETE', '/v1/layers/lodash/1?force=true')
    assert.deepEqual(body, { removed: 'lodash:1', workers: null })
    assert.equal((await server.admin.ask('DELETE', '/v1/layers/lodash/1')).status, 404)
    const files = await server.admin.ask('GET', '/v1/functions/hello/files')
    assert.deepEqual(files.body.content, [{ path: '/opt/a.js', bytes: 1, layer: 'lodash:1' }])
  })
})

describe('GET /v1/functions/:name/files', () => {
  it('shows the merged files, each with the last layer that has it', async () => {
    await using server = await start()
    await server.publish('base', { 'lib/a.js': 'one', 'lib/b.js': '1' })
    await server.publish('patch', { 'lib/a.js': '22', 'data.json': '{}' })
    await server.hold('hello', ['base:1', 'patch:1'])
    await server.hold('hello', ['patch:1', 'base:1'])
    const content = [
      { path: '/opt/data.json', bytes: 2, layer: 'patch:1' },
      { path: '/opt/lib/a.js', bytes: 3, layer: 'base:1' },
      { path: '/opt/lib/b.js', bytes: 1, layer: 'base:1' },
    ]
    const live = await server.admin.ask('GET', '/v1/functions/hello/files')
    assert.deepEqual(live.body, { function: 'hello', version: 2, layers: ['patch:1', 'base:1'], content })
    const latest = await server.admin.ask('GET', '/v1/functions/hello/files?qualifier=latest')
    assert.deepEqual([latest.body.version, latest.body.content], ['$LATEST', content])
    const first = await server.admin.ask('GET', '/v1/functions/hello/files?qualifier=1')
    assert.deepEqual(first.body.layers, ['base:1', 'patch:1'])
    assert.deepEqual(first.body.content[1], { path: '/opt/lib/a.js', bytes: 2, layer: 'patch:1' })
  })

  it('needs one version, and says so', async () => {
    await using server = await start()
    await server.publish('base', { a: '1' })
    await server.hold('hello', ['base:1'])
    await server.hold('hello', [])
    const none = await server.admin.ask('GET', '/v1/functions/hello/files')
    assert.deepEqual([none.body.layers, none.body.content], [[], []])
    await server.admin.ask('PUT', '/v1/functions/hello/aliases/live', { weights: { 1: 0.5, 2: 0.5 } })
    const codeOf = async (path: string) =>
      (await server.admin.ask('GET', `/v1/functions/${path}`)).body.error.code
    assert.equal(await codeOf('hello/files'), 'alias_split')
    assert.equal(await codeOf('hello/files?qualifier=beta'), 'alias_not_found')
    assert.equal(await codeOf('hello/files?qualifier=9'), 'version_not_found')
    assert.equal(await codeOf('nobody/files'), 'function_not_found')
  })
})
