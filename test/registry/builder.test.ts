import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import { type ErrorCode, IsoletteError } from '../../runtime/model/errors.ts'
import { usualPool } from '../../runtime/model/function.ts'
import type { Build, Builder } from '../../runtime/registry/builder/build.ts'
import { type BuilderOptions, createBuilder } from '../../runtime/registry/builder/builder-client.ts'
import { TemporaryFolder } from './temporary-folder.ts'

type Files = Readonly<Record<string, string>>

/** Builds a folder, with a `function.jsonc` of its own if the files have none. */
async function build(builder: Builder, files: Files, path = 'f'): Promise<Build> {
  using folder = new TemporaryFolder()
  for (const [name, text] of Object.entries({ 'function.jsonc': '{}', ...files }))
    folder.write({ [`f/${name}`]: text })
  return await builder.build({ path: join(folder.path, path), name: null })
}

async function refusalOf(building: Promise<unknown>): Promise<IsoletteError> {
  const error = await building.then(
    () => assert.fail('it was built'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof IsoletteError, String(error))
  return error
}

/** A builder with the numbers of the processes it started and saw ending. */
function observed(options: BuilderOptions = {}) {
  const started: number[] = []
  const ended: number[] = []
  const builder = createBuilder({
    ...options,
    onStarted: (pid) => started.push(pid),
    onEnded: (pid) => ended.push(pid),
  })
  return { builder, started, ended }
}

describe('createBuilder', () => {
  const { builder, started } = observed()
  after(() => builder.close())

  it('warns of hooks that are no functions', async () => {
    const warningsOf = async (code: string) => (await build(builder, { 'index.ts': code })).warnings
    const warning = (hook: string) =>
      `index.ts: Cannot call ${hook}: what is exported is no function, must be one`
    const handler = 'fetch() {}'
    assert.deepEqual(await warningsOf(`export const init = 3, shutdown = 3; export default { ${handler} }`), [
      warning('init'),
      warning('shutdown'),
    ])
    assert.deepEqual(await warningsOf(`export default { shutdown: 'x', ${handler} }`), [warning('shutdown')])
    assert.deepEqual(
      await warningsOf(`export const init = 3, shutdown = null; export default { init() {}, ${handler} }`),
      [],
    )
    assert.deepEqual(await warningsOf(`export default { scheduled: 5, ${handler} }`), [warning('scheduled')])
  })

  it('builds a module that exports scheduled alone', async () => {
    const { handlerKind } = await build(builder, { 'index.ts': 'export default { scheduled() {} }' })
    assert.equal(handlerKind, 'scheduled')
  })

  it('builds a folder completely', async () => {
    const built = await build(builder, {
      'function.jsonc':
        '{"name":"api","routes":["GET /api"],"limits":{"cpuMs":7},"env":{"A":"b"},"pool":{"reserved":2}}',
      'index.ts': `export default { async fetch(): Promise<Response> { return new Response('hi') } }`,
    })
    const { bundle, sourceMap, ...rest } = built
    assert.match(Buffer.from(bundle).toString(), /new Response\("hi"\)/)
    assert.deepEqual(JSON.parse(Buffer.from(sourceMap).toString()).sources, ['index.ts'])
    assert.deepEqual(rest, {
      name: 'api',
      settings: {
        versionHeader: false,
        exposeErrors: false,
        pool: { ...usualPool, reserved: 2 },
        egress: { allow: [], deny: [] },
        async: usualAsync,
        triggers: [],
      },
      routes: [{ host: null, method: 'GET', path: '/api', qualifier: null }],
      limits: {
        cpuMs: 7,
        timeoutMs: 30_000,
        memoryMiB: 128,
        maxRequestBodyBytes: 10 * 2 ** 20,
        streamIdleMs: 60_000,
        subrequests: 50,
      },
      unsafe: { wasm: false },
      env: { A: 'b' },
      bindings: {},
      layers: [],
      layerSet: null,
      handlerKind: 'fetch',
      warnings: [],
    })
  })

  it('builds a single file, and an event function', async () => {
    const built = await build(builder, { 'event.mjs': 'export function handler() {}' }, 'f/event.mjs')
    assert.equal(built.name, 'event')
    assert.equal(built.handlerKind, 'handler')
  })

  it('lets the top level use what the guest has', async () => {
    const built = await build(builder, {
      'index.ts': `console.log('up', crypto.randomUUID()); setTimeout(() => {}, 10); const url = new URL('http://a/b')
        export default { fetch: () => new Response(url.href) }
        export function handler() {}`,
    })
    assert.equal(built.handlerKind, 'fetch')
  })

  it('accepts a function that carries contexts through promises', async () => {
    const built = await build(builder, {
      'index.ts': `import { AsyncLocalStorage } from 'node:async_hooks'
        const storage = new AsyncLocalStorage()
        export default { async fetch() { return storage.run(1, async () => { await 1; return new Response('') }) } }`,
    })
    assert.doesNotMatch(Buffer.from(built.bundle).toString(), /await 1/)
  })

  const refused: [name: string, files: Files, code: ErrorCode, message: RegExp][] = [
    [
      'a bad configuration',
      { 'function.jsonc': '{"limits":{"cpuMs":0}}' },
      'bad_configuration',
      /^function\.jsonc: limits\.cpuMs: 0, must be 1 to 300000$/,
    ],
    [
      'what cannot be bundled',
      { 'index.ts': '\nimport "nope"' },
      'build_failed',
      /^index\.ts:2:8: Cannot resolve "nope"/,
    ],
    [
      'a module without a handler',
      { 'index.ts': 'export default { a: 1 }' },
      'build_failed',
      /^index\.ts: Cannot find a handler/,
    ],
    [
      'a top level that throws',
      { 'index.ts': 'const a: any = {}\nexport default a.b.c' },
      'build_failed',
      /^index\.ts:2:20: TypeError: .*'c'/,
    ],
    [
      'a top level that throws no Error',
      { 'index.ts': 'throw "plain"' },
      'build_failed',
      /^index\.ts.*plain/,
    ],
    [
      'what only V8 refuses',
      { 'index.js': 'export default { fetch() { return new RegExp } }; eval("let a; let a")' },
      'build_failed',
      /^index\.js.*SyntaxError/,
    ],
    [
      'a top level without end',
      { 'index.ts': 'for (;;) {}' },
      'build_failed',
      /^index\.ts: top-level evaluation took longer than 1000 ms$/,
    ],
    [
      'a top level that wants too much memory',
      {
        'function.jsonc': '{"limits":{"memoryMiB":8}}',
        'index.ts': 'const a = []; for (;;) a.push([a.length])',
      },
      'build_failed',
      /^index\.ts: top-level evaluation /,
    ],
  ]
  for (const [name, files, code, message] of refused) {
    it(`refuses ${name}`, async () => {
      const error = await refusalOf(build(builder, files))
      assert.equal(error.code, code)
      assert.match(error.message, message)
    })
  }

  it('survives what brings its process down, and builds on', async () => {
    const before = started.length
    const error = await refusalOf(
      build(builder, { 'index.ts': `'x'.repeat(2 ** 29 - 24).split('')\nexport default { fetch() {} }` }),
    )
    assert.equal(error.code, 'build_failed')
    // On a busy machine it may be stopped for its time before V8 gives up.
    assert.match(
      error.message,
      /^index\.ts: top-level evaluation (ended the process that checked it \(SIG|took longer than)/,
    )
    assert.equal((await build(builder, { 'index.ts': 'export default { fetch() {} }' })).name, 'f')
    assert.equal(started.length, before + 1)
  })

  it('builds one after the other, in order', async () => {
    const order: string[] = []
    const building = ['a', 'b', 'c'].map(async (name) => {
      using folder = new TemporaryFolder({ [`${name}.ts`]: 'export function handler() {}' })
      await builder.build({ path: join(folder.path, `${name}.ts`), name: null })
      order.push(name)
    })
    await Promise.all(building)
    assert.deepEqual(order, ['a', 'b', 'c'])
  })
})

describe('packLayer()', () => {
  const { builder, started } = observed()
  after(() => builder.close())

  it('packs a folder into the temporary folder', async () => {
    using layer = new TemporaryFolder({ 'nodejs/node_modules/a/index.js': 'four', 'data.json': '{}' })
    using temporary = new TemporaryFolder()
    const packed = await builder.packLayer({ path: layer.path, temporaryFolder: temporary.path })
    assert.deepEqual(
      packed.index.files.map(({ path, bytes }) => [path, bytes]),
      [
        ['data.json', 2],
        ['nodejs/node_modules/a/index.js', 4],
      ],
    )
    assert.equal(readFileSync(packed.packFile, 'utf8'), '{}four')
    assert.equal(dirname(packed.packFile), temporary.path)
  })

  it('passes on what cannot be a layer, and goes on in the same process', async () => {
    using layer = new TemporaryFolder({ 'layer.zip': 'no zip' })
    using temporary = new TemporaryFolder()
    const before = started.length
    const path = join(layer.path, 'layer.zip')
    const error = await refusalOf(builder.packLayer({ path, temporaryFolder: temporary.path }))
    assert.equal(error.code, 'bad_layer')
    assert.equal((await build(builder, { 'index.ts': 'export default { fetch() {} }' })).name, 'f')
    assert.equal(started.length, before)
  })

  it('refuses what takes too long, and kills the process that reads it', async (t) => {
    const { builder, started, ended } = observed({ packDeadlineMs: 1 })
    t.after(() => builder.close())
    using folder = new TemporaryFolder({ a: 'x' })
    const error = await refusalOf(builder.packLayer({ path: folder.path, temporaryFolder: folder.path }))
    assert.equal(error.code, 'bad_layer')
    assert.equal(
      error.message,
      `Cannot pack layer ${JSON.stringify(folder.path)}: not done after 1 ms, must take less`,
    )
    assert.deepEqual(ended, started)
  })

  it('refuses what its process does not survive', async (t) => {
    const builder = createBuilder({ onStarted: (pid) => process.kill(pid, 'SIGKILL') })
    t.after(() => builder.close())
    using folder = new TemporaryFolder({ a: 'x' })
    const error = await refusalOf(builder.packLayer({ path: folder.path, temporaryFolder: folder.path }))
    assert.equal(error.code, 'bad_layer')
    assert.match(error.message, /: reading it ended the builder \(SIGKILL\), must be readable$/)
  })

  it('says that the server is stopping, when it is closed', async () => {
    const { builder } = observed()
    using folder = new TemporaryFolder({ a: 'x' })
    const running = refusalOf(builder.packLayer({ path: folder.path, temporaryFolder: folder.path }))
    await builder.close()
    const error = await running
    assert.deepEqual(
      [error.code, error.message],
      ['unavailable', `Cannot pack layer ${JSON.stringify(folder.path)}: the server is stopping`],
    )
  })
})

describe('a builder process', { skip: process.platform !== 'linux' }, () => {
  it('is killed with all it started when it overstays', async (t) => {
    const { builder, started, ended } = observed({ evaluationGraceMs: -999 })
    t.after(() => builder.close())
    const error = await refusalOf(build(builder, { 'index.ts': 'for (;;) {}' }))
    assert.equal(error.message, 'index.ts: top-level evaluation took longer than 1000 ms')
    assert.deepEqual(ended, started)
    await allGone(started[0]!)
  })

  it('is killed when the whole build takes too long', async (t) => {
    const { builder, started, ended } = observed({ deadlineMs: 1 })
    t.after(() => builder.close())
    const error = await refusalOf(build(builder, { 'index.ts': 'export default { fetch() {} }' }))
    assert.equal(error.code, 'build_failed')
    assert.equal(error.message, 'f: building took longer than 1 ms')
    assert.deepEqual(ended, started)
  })

  it('is started for a build, kept for the next, and ended when idle, with esbuild’s', async (t) => {
    const { builder, started, ended } = observed({ idleTimeoutMs: 60_000 })
    t.after(() => builder.close())
    assert.deepEqual(started, [])
    const files = { 'index.ts': 'export default { fetch() {} }' }
    await build(builder, files)
    await build(builder, files)
    assert.equal(started.length, 1)
    assert.ok(processesOfGroup(started[0]!).length >= 2, 'the builder and esbuild')
    await builder.close()
    assert.deepEqual(ended, started)
    await allGone(started[0]!)
  })

  it('is replaced when esbuild’s has died', async (t) => {
    const { builder, started, ended } = observed()
    t.after(() => builder.close())
    const files = { 'index.ts': 'export default { fetch() {} }' }
    await build(builder, files)
    const [pid] = started
    for (const other of processesOfGroup(pid!)) if (other !== pid) process.kill(other, 'SIGKILL')
    const error = await refusalOf(build(builder, files))
    assert.equal(error.code, 'internal_error')
    assert.deepEqual(ended, started)
    await build(builder, files)
    assert.equal(started.length, 2)
  })

  it('is ended when it had no work for long enough', async (t) => {
    const { builder, started, ended } = observed({ idleTimeoutMs: 0 })
    t.after(() => builder.close())
    await build(builder, { 'index.ts': 'export default { fetch() {} }' })
    while (ended.length === 0) await nextTurn()
    assert.deepEqual(ended, started)
  })

  it('ends when its client is killed', async (t) => {
    using folder = new TemporaryFolder({ 'f.ts': 'export function handler() {}' })
    const client = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { createBuilder } from ${JSON.stringify(import.meta.resolve('../../runtime/registry/builder/builder-client.ts'))}
        let group
        const builder = createBuilder({ onStarted: (pid) => { group = pid } })
        await builder.build({ path: ${JSON.stringify(join(folder.path, 'f.ts'))}, name: null })
        console.log(group)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    t.after(() => client.kill('SIGKILL'))
    const [group] = await Promise.race([
      once(client.stdout.setEncoding('utf8'), 'data'),
      once(client, 'exit').then(() => assert.fail('the client ended')),
    ])
    assert.ok(processesOfGroup(Number(group)).length >= 2)
    client.kill('SIGKILL')
    await allGone(Number(group))
  })

  it('builds nothing more once its client is closed', async (t) => {
    const { builder } = observed()
    t.after(() => builder.close())
    const files = { 'index.ts': 'export default { fetch() {} }' }
    const running = refusalOf(build(builder, files))
    await builder.close()
    assert.equal((await running).code, 'unavailable')
    assert.equal((await refusalOf(build(builder, files))).code, 'unavailable')
  })
})

/** Numbers of the processes of a group that still run. */
function processesOfGroup(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // `pid (name) state ppid pgrp …`; a name may hold spaces and brackets.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return state !== 'Z' && Number(processGroup) === group
      } catch {
        return false
      }
    })
}

/** A killed process is listed for a moment longer. */
async function allGone(group: number): Promise<void> {
  while (processesOfGroup(group).length > 0) await nextTurn()
}
