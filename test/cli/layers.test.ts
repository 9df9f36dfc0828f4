import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { whileWaiting } from '../../cli/progress.ts'
import { formatSize } from '../../cli/size.ts'
import { RunningAdminServer } from '../admin/running-admin-server.ts'
import { manifestOf, uploadOf } from '../registry/temporary-registry.ts'
import { runCli } from './run-cli.ts'

const start = async () => {
  const admin = await RunningAdminServer.start()
  const run = (...args: string[]) => runCli(args, { admin: admin.socketPath, cwd: admin.folder })
  return { admin, run, [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose]() }
}

/** A function with a layer, as a deploy leaves it. */
async function hold({ registry }: RunningAdminServer, layer: { name: string; version: number }) {
  const { index, pack } = registry.getLayer(layer)
  const manifest = {
    ...manifestOf('hello'),
    layers: [`${layer.name}:${layer.version}`],
    layerSet: { indexes: [index], packs: [pack], bundle: null, sourceMap: null, isPreloaded: true },
  }
  await registry.deploy({ ...uploadOf('hello', 'x'), manifest }, { publish: true, force: false })
}

describe('isolette layer', () => {
  it('publishes, lists, shows and removes', async () => {
    await using server = await start()
    const { admin } = server
    admin.builder.layerFiles = { 'lib/b.js': 'x'.repeat(5000), 'a.json': '{}' }
    const steps: [args: string[], stdout: string][] = [
      [['publish', 'lodash', 'layer.zip'], 'published lodash:1 (2 files, 4.9 KiB)\n'],
      [['publish', 'lodash', 'layer.zip'], 'published lodash:1 (unchanged, 2 files, 4.9 KiB)\n'],
      [
        ['ls'],
        [
          'LAYER   VERSION  FILES  SIZE     PUBLISHED             USED BY',
          'lodash  1        2      4.9 KiB  2023-11-14 22:13:20Z  -',
          '',
        ].join('\n'),
      ],
      [
        ['show', 'lodash:1'],
        [
          'LAYER      CONTENT',
          'lodash:1   2 files, 4.9 KiB',
          'published  2023-11-14 22:13:20Z',
          `digest     ${'*'.repeat(64)}`,
          'preloads   what functions import',
          'used by    nobody',
          '',
          'SIZE     FILE',
          '2 B      /opt/a.json',
          '4.9 KiB  /opt/lib/b.js',
          '',
        ].join('\n'),
      ],
      [['rm', 'lodash:1'], 'removed lodash:1\n'],
      [['ls'], 'LAYER  VERSION  FILES  SIZE  PUBLISHED  USED BY\n'],
    ]
    for (const [args, stdout] of steps) {
      const result = await server.run('layer', ...args)
      const shown = result.stdout.replace(/[0-9a-f]{64}/, '*'.repeat(64))
      assert.deepEqual({ ...result, stdout: shown }, { code: 0, stdout, stderr: '' }, args.join(' '))
    }
    const [request] = admin.builder.layerRequests
    assert.equal(request!.path, join(admin.folder, 'layer.zip'), 'the path is absolute')
  })

  it('shows who holds a layer, and does not remove it without force', async () => {
    await using server = await start()
    await server.run('layer', 'publish', 'lodash', '.')
    await hold(server.admin, { name: 'lodash', version: 1 })
    assert.match((await server.run('layer', 'ls')).stdout, / 1 version$/m)
    assert.match((await server.run('layer', 'show', 'lodash:1')).stdout, /^used by +hello:1$/m)
    const refused = await server.run('layer', 'rm', 'lodash:1')
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^isolette: in_use: .*lodash:1.*\n$/)
    assert.equal((await server.run('layer', 'rm', 'lodash:1', '--force')).stdout, 'removed lodash:1\n')
    const { stdout } = await server.run('layer', 'show', '--merged', 'hello')
    assert.equal(
      stdout,
      ['SIZE  LAYER     FILE', '4 B   lodash:1  /opt/nodejs/node_modules/lodash/lodash.js', ''].join('\n'),
    )
  })

  it('says that a function has no layers', async () => {
    await using server = await start()
    await server.admin.deploy('hello', 'one')
    const { code, stdout, stderr } = await server.run('layer', 'show', '--merged', 'hello:$LATEST')
    assert.deepEqual([code, stdout], [0, 'SIZE  LAYER  FILE\n'])
    assert.equal(stderr, 'isolette: hello:$LATEST has no layers\n')
  })

  it('prints JSON with --json', async () => {
    await using server = await start()
    await server.run('layer', 'publish', 'lodash', '.')
    await hold(server.admin, { name: 'lodash', version: 1 })
    const ask = async (...args: string[]) => JSON.parse((await server.run('layer', ...args, '--json')).stdout)
    assert.equal((await ask('publish', 'lodash', '.')).unchanged, true)
    assert.equal((await ask('ls')).layers[0].version, 1)
    assert.deepEqual((await ask('show', 'lodash:1')).holders, ['hello:1'])
    assert.deepEqual((await ask('show', '--merged', 'hello:1')).layers, ['lodash:1'])
    assert.deepEqual(await ask('rm', 'lodash:1', '--force'), { removed: 'lodash:1', workers: null })
  })

  it('lets no file of a layer steer the terminal', async () => {
    await using server = await start()
    server.admin.builder.layerFiles = { 'a\u202e2J.js': 'x' }
    await server.run('layer', 'publish', 'evil', '.')
    const { stdout } = await server.run('layer', 'show', 'evil:1')
    assert.match(stdout, /\/opt\/a\\u202e2J\.js$/m)
  })

  it('lists more layers than a page holds', async () => {
    await using server = await start()
    const { registry } = server.admin
    const content = { pack: 'a'.repeat(64), fileCount: 1, unpackedBytes: 1 }
    for (let number = 1; number <= 1001; number += 1) {
      await registry.publishLayer({ ...content, name: 'lodash', index: String(number) })
    }
    const { layers } = JSON.parse((await server.run('layer', 'ls', '--json')).stdout)
    assert.equal(new Set(layers.map(({ version }: { version: number }) => version)).size, 1001)
  })
})

describe('whileWaiting', () => {
  it('tells a terminal every second how long it takes, and clears the line', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
    const written: string[] = []
    const stream = { isTTY: true, write: (text: string) => written.push(text) > 0 }
    const work = Promise.withResolvers<string>()
    const waiting = whileWaiting('publishing .', work.promise, stream)
    t.mock.timers.tick(1000)
    t.mock.timers.tick(1000)
    work.resolve('done')
    assert.equal(await waiting, 'done')
    t.mock.timers.tick(5000)
    const clear = '\r\u001b[K'
    assert.deepEqual(written, [`${clear}publishing . … 1.0s`, `${clear}publishing . … 2.0s`, clear])
  })

  it('clears the line of what fails, and writes nothing where nobody reads along', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
    const written: string[] = []
    const write = (text: string) => written.push(text) > 0
    await assert.rejects(whileWaiting('it', Promise.reject(new Error('no')), { isTTY: true, write }), /no/)
    assert.deepEqual(written, ['\r\u001b[K'])
    const work = Promise.withResolvers<void>()
    const waiting = whileWaiting('it', work.promise, { isTTY: false, write })
    t.mock.timers.tick(5000)
    work.resolve()
    await waiting
    assert.equal(written.length, 1)
  })
})

describe('formatSize', () => {
  const sizes: [bytes: number, text: string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [10_188, '9.9 KiB'],
    [10_189, '10 KiB'],
    [1_048_063, '1023 KiB'],
    [1_048_064, '1.0 MiB'],
    [250 * 2 ** 20, '250 MiB'],
    [3000 * 2 ** 30, '3000 GiB'],
  ]
  for (const [bytes, text] of sizes) {
    it(`writes ${bytes} as ${text}`, () => assert.equal(formatSize(bytes), text))
  }
})
