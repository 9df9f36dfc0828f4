import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { okResult, recordOf } from '../admin/memory-fleet.ts'
import { RunningAdminServer } from '../admin/running-admin-server.ts'
import { runCli, startCli } from './run-cli.ts'

const start = async () => {
  const admin = await RunningAdminServer.start()
  const run = (...args: string[]) => runCli(args, { admin: admin.socketPath, cwd: admin.folder })
  return { admin, run, [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose]() }
}

describe('isolette deploy', () => {
  it('sends the absolute path and prints the version', async () => {
    await using server = await start()
    const { code, stdout, stderr } = await server.run('deploy', 'hello')
    assert.deepEqual([code, stdout, stderr], [0, 'deployed hello:1\n', ''])
    assert.deepEqual(server.admin.builder.requests, [
      { path: join(server.admin.folder, 'hello'), name: null },
    ])
    const again = await server.run('deploy', 'hello')
    assert.equal(again.stdout, 'deployed hello:1 (unchanged)\n')
  })

  it('takes --name, --no-publish and --json', async () => {
    await using server = await start()
    const { stdout } = await server.run('deploy', 'hello', '--name', 'greet', '--no-publish')
    assert.equal(stdout, 'uploaded greet:$LATEST\n')
    const json = JSON.parse((await server.run('deploy', 'hello', '--json')).stdout)
    assert.deepEqual([json.function, json.version], ['hello', 1])
  })

  it('prints where a build failed, as compilers do', async () => {
    await using server = await start()
    server.admin.builder.gate = async () => {
      const problems = [
        { file: 'index.ts', line: 3, column: 5, message: 'Expected ";"' },
        { file: 'lib/a.ts', line: 1, column: 1, message: 'No such\nmodule \u001b[31m' },
        { file: 'index.ts', line: null, column: null, message: 'No handler' },
      ]
      throw new IsoletteError('build_failed', 'index.ts:3:5: Expected ";"', { details: { problems } })
    }
    const { code, stdout, stderr } = await server.run('deploy', 'hello')
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(
      stderr,
      'isolette: build_failed: index.ts:3:5: Expected ";"\n  lib/a.ts:1:1: No such module \\u001b[31m\n  index.ts: No handler\n',
    )
  })

  it('says when not all workers have the change yet', async () => {
    await using server = await start()
    server.admin.fleet.spread = { applied: 1, live: 2 }
    const { code, stderr } = await server.run('deploy', 'hello')
    assert.equal(code, 0)
    assert.match(stderr, /1 of 2 workers serve the change/)
  })
})

describe('isolette', () => {
  it('prints a refusal in one line with its code, and exits with 1', async () => {
    await using server = await start()
    const { code, stdout, stderr } = await server.run('publish', 'nobody')
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(stderr, 'isolette: function_not_found: Cannot find function nobody\n')
  })

  it('publishes, moves traffic, shows it, rolls back and removes', async () => {
    await using server = await start()
    await server.run('deploy', 'hello')
    server.admin.builder.code = 'two'
    await server.run('deploy', 'hello', '--no-publish')
    const steps: [args: string[], stdout: string][] = [
      [['publish', 'hello'], 'published hello:2\n'],
      [['publish', 'hello'], 'published hello:2 (unchanged)\n'],
      [['alias', 'set', 'hello', 'live', '1=0.95', '2=0.05'], 'hello:live points at 1=0.95 2=0.05\n'],
      [['alias', 'ls', 'hello'], 'ALIAS  WEIGHTS        BEFORE\nlive   1=0.95 2=0.05  1=1\n'],
      [
        ['ls'],
        'FUNCTION  VERSION  ALIASES              ROUTES\nhello     2        live: 1=0.95 2=0.05  /hello\n',
      ],
      [['route', 'ls'], 'HOST  METHOD  PATH    FUNCTION\n*     *       /hello  hello:live\n'],
      [['rollback', 'hello'], 'hello:live points at 1=1\n'],
      [['workers', 'replace'], 'replaced 1 worker\n'],
      [['rm', 'hello:2'], 'removed hello:2\n'],
      [['alias', 'rm', 'hello', 'live'], 'removed hello:live\n'],
      [['rm', 'hello', '--force'], 'removed hello\n'],
      [['ls'], 'FUNCTION  VERSION  ALIASES  ROUTES\n'],
    ]
    for (const [args, stdout] of steps) {
      assert.deepEqual(await server.run(...args), { code: 0, stdout, stderr: '' }, args.join(' '))
    }
  })

  it('prints JSON with --json, whatever the command', async () => {
    await using server = await start()
    await server.run('deploy', 'hello')
    const keysOf = async (...args: string[]) =>
      Object.keys(JSON.parse((await server.run(...args, '--json')).stdout)).sort()
    assert.deepEqual(await keysOf('ls'), ['functions'])
    assert.deepEqual(await keysOf('ps'), ['restarts', 'retryLog', 'workers'])
    assert.deepEqual(await keysOf('alias', 'ls', 'hello'), ['aliases'])
    assert.deepEqual(await keysOf('route', 'ls'), ['routes', 'truncated'])
    assert.deepEqual(await keysOf('workers', 'replace'), ['restarts', 'workers'])
    assert.ok((await keysOf('publish', 'hello')).includes('unchanged'))
    assert.ok((await keysOf('alias', 'set', 'hello', 'beta', '1=1')).includes('weights'))
    assert.deepEqual(await keysOf('alias', 'rm', 'hello', 'beta'), ['removed', 'workers'])
    assert.deepEqual(await keysOf('rm', 'hello', '--force'), ['removed', 'workers'])
    assert.deepEqual(await keysOf('init', 'fresh'), ['created', 'name'])
  })

  it('lists more functions than a page holds', async () => {
    await using server = await start()
    await server.admin.deploy('first', 'one')
    const { registry } = server.admin
    const first = registry.getFunction('first')!
    const manifest = registry.getManifest(first.latest)!
    for (let number = 1; number <= 1000; number += 1) {
      await registry.upload({ ...first, name: `f${number}`, manifest })
    }
    const { functions } = JSON.parse((await server.run('ls', '--json')).stdout)
    assert.equal(new Set(functions.map(({ name }: { name: string }) => name)).size, 1001)
  })

  it('shows workers with their instances', async () => {
    await using server = await start()
    const { stdout } = await server.run('ps')
    assert.equal(
      stdout,
      [
        'WORKER  STATE     PID   UPTIME  RSS MIB  IN FLIGHT  PREWARM  COLD  WARM  RESTARTS  EVICTED',
        '0       ready     4711  1h02m   85       2          3/4      12    3400  1         idle 12, heap 1',
        '1       starting  4712  ?       ?        ?          ?        ?     ?     0         ?',
        '',
        'WORKER  INSTANCE  STATE            AGE    IDLE  IN FLIGHT  INVOCATIONS  HEAP MIB  MEMORY MIB',
        '0       hello:3   resident         1m05s  1.5s  0          340          4.3       5.0',
        '0       hello:2   retiring (heap)  1m05s  -     1          12           110.0     110.7',
        '',
        'WORKER  PROVISIONED  WANTED  READY',
        '0       hello:3      2       1',
        '',
      ].join('\n'),
    )
  })
})

describe('isolette invoke', () => {
  it('prints the result on stdout and what was logged on stderr', async () => {
    await using server = await start()
    const { code, stdout, stderr } = await server.run('invoke', 'hello:3', '--event', '{"a":[1]}')
    assert.deepEqual([code, stdout], [0, '{\n  "ok": true\n}\n'])
    assert.equal(stderr, '22:13:20.000  info   said hello\n')
    assert.deepEqual(server.admin.fleet.invoked, [{ reference: 'hello:3', json: '{"a":[1]}' }])
  })

  it('reads the event from a file or from stdin, and sends {} without one', async () => {
    await using server = await start()
    writeFileSync(join(server.admin.folder, 'event.json'), '{"from":"file"}')
    await server.run('invoke', 'hello', '--event', '@event.json')
    const options = { admin: server.admin.socketPath, input: '{"from":"stdin"}' }
    await runCli(['invoke', 'hello', '--event', '-'], options)
    await server.run('invoke', 'hello')
    assert.deepEqual(
      server.admin.fleet.invoked.map(({ json }) => json),
      ['{"from":"file"}', '{"from":"stdin"}', '{}'],
    )
  })

  it('exits with 1 when the function failed, with its stack on stderr', async () => {
    await using server = await start()
    const error = { name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at handler (index.ts:3:5)' }
    server.admin.fleet.answer = async () => ({
      ...okResult,
      outcome: 'exception',
      result: null,
      error,
      logLines: [],
    })
    const { code, stdout, stderr } = await server.run('invoke', 'hello')
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(
      stderr,
      'isolette: exception: hello:3 failed\nTypeError: no\n    at handler (index.ts:3:5)\n',
    )
    const json = await server.run('invoke', 'hello', '--json')
    assert.deepEqual([json.code, JSON.parse(json.stdout).outcome], [1, 'exception'])
  })

  it('lets no guest steer the terminal', async () => {
    await using server = await start()
    const evil = '\u001b]0;owned\u0007\u009b2J\u202e'
    server.admin.fleet.answer = async () => ({
      ...okResult,
      result: evil,
      logLines: [{ timeMs: 0, level: 'info', text: `${evil}\rforged` }],
    })
    const { stdout, stderr } = await server.run('invoke', 'hello')
    assert.equal(stdout, '\\u001b]0;owned\\u0007\\u009b2J\\u202e\n')
    assert.ok(stderr.endsWith('\\u001b]0;owned\\u0007\\u009b2J\\u202e\\u000dforged\n'), stderr)
  })
})

describe('isolette logs', () => {
  const failed = recordOf('b', {
    outcome: 'exception',
    status: 500,
    coldStart: true,
    path: '/hello/\u001b[2J',
    error: { name: 'Error', message: 'no', stack: 'Error: no\n    at index.ts:1:1' },
    logLines: [{ timeMs: 1_700_000_000_500, level: 'warn', text: 'first\nsecond' }],
  })

  it('shows invocations, and below them what they logged and why they failed', async () => {
    await using server = await start()
    const after = recordOf('b', { phase: 'after', status: null, coldStart: true, durationMs: 2000 })
    const hook = { phase: 'init', trigger: 'instance', method: null, path: null, status: null } as const
    server.admin.fleet.records = [recordOf('a'), failed, after, recordOf('init-1', hook)]
    const { code, stdout } = await server.run('logs')
    assert.equal(code, 0)
    assert.equal(
      stdout,
      [
        '22:13:20.000  hello:3  ok  200  GET /hello  1.3ms  cpu 0.8ms  a',
        '22:13:20.000  hello:3  exception  500  GET /hello/\\u001b[2J  1.3ms  cpu 0.8ms  cold  b',
        '    22:13:20.500  warn   first',
        '    second',
        '    Error: no',
        '        at index.ts:1:1',
        '22:13:20.000  hello:3  ok  after  GET /hello  2000.0ms  cpu 0.8ms  b',
        '22:13:20.000  hello:3  ok  init  1.3ms  cpu 0.8ms  init-1',
        '',
      ].join('\n'),
    )
  })

  it('prints one JSON object a line with --json', async () => {
    await using server = await start()
    server.admin.fleet.records = [recordOf('a'), failed]
    const { stdout } = await server.run('logs', '--json', '--function', 'hello')
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      server.admin.fleet.records,
    )
  })

  it('follows until the server ends', async () => {
    await using server = await start()
    server.admin.fleet.records = [recordOf('a')]
    const child = startCli(['logs', '-f'], { admin: server.admin.socketPath })
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    assert.match((await lines.next()).value!, / a$/)
    server.admin.fleet.emit(recordOf('b'))
    assert.match((await lines.next()).value!, / b$/)
    const [[code]] = await Promise.all([once(child, 'exit'), server.admin.server.close()])
    assert.equal(code, 0)
  })

  it('ends quietly when nobody reads on, as head does', async () => {
    await using server = await start()
    server.admin.fleet.records = [recordOf('a')]
    const child = startCli(['logs', '-f'], { admin: server.admin.socketPath })
    let stderr = ''
    child.stderr!.on('data', (chunk) => {
      stderr += chunk
    })
    await once(child.stdout!, 'data')
    child.stdout!.destroy()
    server.admin.fleet.emit(recordOf('b'))
    const [code] = await once(child, 'exit')
    assert.deepEqual([code, stderr], [0, ''])
  })
})
