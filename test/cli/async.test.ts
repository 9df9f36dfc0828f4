import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callIdOf, callStatusOf, deadLetterOf } from '../admin/call-fixture.ts'
import { RunningAdminServer } from '../admin/running-admin-server.ts'
import { runCli } from './run-cli.ts'

const start = async () => {
  const admin = await RunningAdminServer.start()
  const run = (...args: string[]) => runCli(args, { admin: admin.socketPath, cwd: admin.folder })
  return { admin, run, [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose]() }
}

const id = callIdOf(1)

describe('isolette invoke --async', () => {
  it('prints the id of the call on stdout, and how to look at it on stderr', async () => {
    await using server = await start()
    const args = ['hello:3', '--async', '--event', '{"n":1}', '--delay', '5m', '--id', 'order-17']
    const { code, stdout, stderr } = await server.run('invoke', ...args)
    assert.deepEqual([code, stdout], [0, `${'a'.repeat(32)}\n`])
    assert.match(stderr, new RegExp(`isolette async get ${'a'.repeat(32)}`))
    assert.deepEqual(server.admin.calls.enqueued, [
      {
        functionName: 'hello',
        qualifier: '3',
        event: { kind: 'direct', json: '{"n":1}' },
        options: { source: 'admin', delayMs: 300_000, callerId: 'order-17' },
      },
    ])
    const json = await server.run('invoke', 'hello', '--async', '--json')
    assert.deepEqual(JSON.parse(json.stdout), { invocationId: 'a'.repeat(32) })
  })

  it('waits with --wait, and ends as the call did', async () => {
    await using server = await start()
    server.admin.calls.answer = { kind: 'enqueued', id }
    server.admin.calls.put(deadLetterOf({ id }))
    server.admin.calls.waitForEnd = (waited) => server.admin.calls.get(waited)
    const failed = await server.run('invoke', 'hello', '--async', '--wait')
    assert.deepEqual([failed.code, failed.stdout], [1, ''])
    assert.match(failed.stderr, /info {3}said hello/)
    assert.match(
      failed.stderr,
      new RegExp(`^isolette: exception: hello:3 retries_exhausted; see .* ${id}$`, 'm'),
    )
    assert.match(failed.stderr, /^ {4}at handler \(index\.ts:3:5\)$/m)
    server.admin.calls.put(succeededCall())
    const done = await server.run('invoke', 'hello', '--async', '--wait')
    assert.deepEqual(done, { code: 0, stdout: '{\n  "sent": true\n}\n', stderr: '' })
  })

  it('asks again after each minute until the call has ended', async () => {
    await using server = await start()
    server.admin.calls.answer = { kind: 'enqueued', id }
    server.admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const waits: number[] = []
    server.admin.calls.waitForEnd = (waited, timeoutMs) => {
      waits.push(timeoutMs)
      if (waits.length === 3) server.admin.calls.put(succeededCall())
      return server.admin.calls.get(waited)
    }
    const { code, stdout } = await server.run('invoke', 'hello', '--async', '--wait', '--json')
    assert.deepEqual([code, JSON.parse(stdout).state], [0, 'Succeeded'])
    assert.deepEqual(waits, [60_000, 60_000, 60_000])
  })

  it('says which call had the name first', async () => {
    await using server = await start()
    server.admin.calls.answer = { kind: 'duplicate', id, state: 'Running' }
    const { code, stderr } = await server.run('invoke', 'hello', '--async', '--id', 'order-17')
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^isolette: duplicate_invocation: .*"order-17".*${id}\n$`))
  })
})

describe('isolette async', () => {
  it('lists calls, as many as are wanted', async () => {
    await using server = await start()
    const { calls } = server.admin
    calls.put(
      callStatusOf({ call: { id, version: '$LATEST' }, dueAtMs: 9_900_000_000_000, state: 'Retrying' }),
    )
    calls.put(deadLetterOf({ id: callIdOf(2) }))
    const { code, stdout } = await server.run('async', 'ls')
    assert.equal(code, 0)
    const [header, retrying, failed] = stdout.split('\n')
    assert.match(header!, /^INVOCATION +VERSION +STATE +AGE +ATTEMPTS +NEXT OR LAST$/)
    assert.match(
      retrying!,
      new RegExp(`^${id} +hello:\\$LATEST +Retrying +\\d+d\\d\\dh +0 +in \\d+d\\d\\dh$`),
    )
    assert.match(failed!, /hello:3 +Failed +\d+d\d\dh +1 +retries_exhausted$/)
    for (let number = 3; number <= 150; number += 1) calls.put(deadLetterOf({ id: callIdOf(number) }))
    const many = await server.run('async', 'ls', '--limit', '120', '--json')
    assert.equal(JSON.parse(many.stdout).invocations.length, 120)
    assert.match(many.stderr, /there are more than 120/)
    const all = await server.run('async', 'ls', '--limit', '1000', '--json')
    const ids = JSON.parse(all.stdout).invocations.map((call: { id: string }) => call.id)
    assert.deepEqual([new Set(ids).size, all.stderr], [150, ''])
  })

  it('passes filters on', async () => {
    await using server = await start()
    const filters = ['--function', 'mail', '--state', 'failed,Expired', '--since', '2023-11-14T22:13:20Z']
    await server.run('async', 'ls', ...filters)
    const filter = { functionName: 'mail', states: ['Failed', 'Expired'], sinceMs: 1_700_000_000_000 }
    assert.deepEqual(server.admin.calls.lists[0]!.filter, filter)
  })

  it('shows all of a call', async () => {
    await using server = await start()
    server.admin.calls.put(deadLetterOf({ id, callerId: 'order\u001b[2J', parentId: 'p-1', depth: 2 }))
    const { code, stdout } = await server.run('async', 'get', id)
    assert.equal(code, 0)
    assert.equal(
      stdout,
      [
        `INVOCATION  ${id}`,
        'state       Failed (retries_exhausted)',
        'function    hello:live, version 3',
        'enqueued    2023-11-14 22:13:20Z by admin',
        'named       order\\u001b[2J',
        'comes of    p-1, depth 2',
        'ended       2023-11-14 22:13:21Z',
        '',
        'ATTEMPT  STARTED               TOOK  VERSION  OUTCOME',
        '1        2023-11-14 22:13:20Z  13ms  hello:3  exception',
        '',
        'attempt 1',
        '    22:13:20.501  info   said hello',
        '    TypeError: no',
        '        at handler (index.ts:3:5)',
        '',
        'event',
        '    {',
        '      "n": 1',
        '    }',
        '',
      ].join('\n'),
    )
  })

  it('waits for the end of a call with --wait, and shows it as it is when the time is over', async () => {
    await using server = await start()
    server.admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    const waits: number[] = []
    server.admin.calls.waitForEnd = (waited, timeoutMs) => {
      waits.push(timeoutMs)
      server.admin.calls.put(succeededCall())
      return server.admin.calls.get(waited)
    }
    const { code, stdout } = await server.run('async', 'get', id, '--wait', '30s')
    assert.equal(code, 0)
    assert.match(stdout, /^state +Succeeded$/m)
    assert.match(stdout, /^result\n {4}\{\n {6}"sent": true\n {4}\}\n$/m)
    assert.equal(waits.length, 1)
    assert.ok(waits[0]! > 29_000 && waits[0]! <= 30_000, String(waits[0]))
    server.admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    server.admin.calls.waitForEnd = (waited) => server.admin.calls.get(waited)
    assert.match((await server.run('async', 'get', id, '--wait', '0s')).stdout, /^state +Running$/m)
  })

  it('stops, pauses, resumes and purges', async () => {
    await using server = await start()
    await server.admin.deploy('hello', 'one')
    server.admin.calls.put(callStatusOf({ call: { id } }))
    assert.equal((await server.run('async', 'stop', id)).stdout, `stopped ${id}\n`)
    server.admin.calls.put(callStatusOf({ call: { id }, state: 'Running' }))
    assert.equal((await server.run('async', 'stop', id)).stdout, `stopping ${id}\n`)
    assert.equal((await server.run('async', 'pause', 'hello')).stdout, 'paused hello\n')
    assert.deepEqual([...server.admin.calls.paused], ['hello'])
    assert.equal((await server.run('async', 'resume', 'hello')).stdout, 'resumed hello\n')
    assert.deepEqual([...server.admin.calls.paused], [])
    server.admin.calls.put(deadLetterOf({ id: callIdOf(2) }))
    assert.equal((await server.run('async', 'purge', '--function', 'hello')).stdout, 'purged 1 call\n')
    const { code, stderr } = await server.run('async', 'purge', '--state', 'Running')
    assert.equal(code, 1)
    assert.match(stderr, /^isolette: bad_request: .*must be of Succeeded, Failed, Stopped, Expired/)
  })

  it('redrives calls by their ids; one that cannot be holds up none of the others', async () => {
    await using server = await start()
    server.admin.calls.put(deadLetterOf({ id }))
    server.admin.calls.put(callStatusOf({ call: { id: callIdOf(2) } }))
    server.admin.calls.put(deadLetterOf({ id: callIdOf(3) }))
    const ids = [1, 2, 3].map(callIdOf)
    const { code, stdout, stderr } = await server.run('async', 'redrive', ...ids)
    assert.deepEqual([code, stdout], [1, `redriven ${ids[0]}\nredriven ${ids[2]}\n`])
    assert.match(stderr, new RegExp(`^isolette: invocation_state: .*${ids[1]}.*\n$`))
    const json = await server.run('async', 'redrive', ids[0]!, '--json')
    assert.deepEqual([json.code, JSON.parse(json.stdout)], [0, { redriven: [ids[0]], failed: [] }])
  })

  it('redrives all dead letters of a function', async () => {
    await using server = await start()
    await server.admin.deploy('hello', 'one')
    for (const number of [1, 2]) server.admin.calls.put(deadLetterOf({ id: callIdOf(number) }))
    const done = await server.run('async', 'redrive', '--all', '--function', 'hello')
    assert.deepEqual(done, { code: 0, stdout: 'redriven 2 calls of hello\n', stderr: '' })
    const json = await server.run('async', 'redrive', '--all', '--function', 'hello', '--json')
    assert.deepEqual(JSON.parse(json.stdout), { redriven: 2, skipped: 0 })
    server.admin.calls.gate = async () => {
      throw new Error('secret')
    }
    const failed = await server.run('async', 'redrive', '--all', '--function', 'hello')
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /^isolette: internal_error: Cannot redrive.*\n$/)
  })

  it('says which call is not known', async () => {
    await using server = await start()
    const { code, stderr } = await server.run('async', 'get', 'x')
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^isolette: invocation_not_found: .*"x": must be one that isolette async ls lists\n$/,
    )
  })
})

describe('isolette ps', () => {
  it('shows what waits, dead letters, and a log that cannot be written', async () => {
    await using server = await start()
    const queue = { waiting: 12, running: 3, oldestDueMs: 65_000, isPaused: false }
    const paused = { waiting: 0, running: 0, oldestDueMs: 0, isPaused: true }
    const depth = new Map([
      ['mail', queue],
      ['report', paused],
    ])
    for (let number = 1; number <= 30; number += 1) depth.set(`f${number}`, { ...queue, waiting: 1 })
    server.admin.calls.counted = {
      depth,
      deadLetters: new Map([
        ['retries_exhausted', 3],
        ['age_exceeded', 1],
      ]),
      failure: 'no space\u001b[2J left',
    }
    const { stdout } = await server.run('ps')
    assert.match(
      stdout,
      /\n\nCALLS OF {2}WAITING {2}RUNNING {2}OLDEST DUE {2}STATE\nreport +0 +0 +- +paused\nmail +12 +3 +1m05s +-\nf1 /,
    )
    assert.match(stdout, /\nand of 12 more\n\ndead letters: retries_exhausted 3, age_exceeded 1\n\n/)
    assert.match(stdout, /\nretry log: cannot be written, .*: no space\\u001b\[2J left\n$/)
    const { retryLog } = JSON.parse((await server.run('ps', '--json')).stdout)
    assert.deepEqual([retryLog.waiting, retryLog.functions.length], [42, 32])
  })
})

function succeededCall() {
  const { progress } = deadLetterOf()
  const history = [{ ...progress.history[0]!, outcome: 'ok' as const, error: null, logLines: [] }]
  const end = {
    state: 'Succeeded',
    reason: null,
    endedAtMs: 1_700_000_001_000,
    progress: { ...progress, history },
    result: { kind: 'json', json: '{"sent":true}' },
  } as const
  return callStatusOf({ call: { id }, state: 'Succeeded', progress: end.progress, end })
}
