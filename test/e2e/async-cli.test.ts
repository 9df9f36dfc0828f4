import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { type Json, ServerFixture } from './server-fixture.ts'

const settings = JSON.stringify({ async: { maxAttempts: 2, backoff: { initialMs: 0 } } })

/** Sends to whom it can, and says to whom and at which attempt. */
const mail = (isBroken: boolean) => ({
  'function.jsonc': settings,
  'index.js': `export async function handler({ to = 'nobody' }, { attempt }) {
    console.log('attempt ' + attempt)
    if (${isBroken} && to === 'Bob') throw new TypeError('no mailbox of Bob')
    return { to, attempt }
  }`,
})

async function run(server: ServerFixture, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await server.cli(...args)
  assert.equal(code, 0, `isolette ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

const enqueue = (server: ServerFixture, to: string, ...options: string[]) =>
  run(server, 'invoke', 'mail', '--async', '--event', JSON.stringify({ to }), ...options)

async function get(server: ServerFixture, id: string, ...options: string[]): Promise<Json> {
  return JSON.parse(await run(server, 'async', 'get', id, '--json', ...options))
}

async function idsOf(server: ServerFixture, ...filters: string[]): Promise<string[]> {
  const { invocations } = JSON.parse(await run(server, 'async', 'ls', '--json', ...filters))
  return invocations.map(({ id }: Json) => id)
}

test('calls are enqueued, looked at, redriven and purged from the command line', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('mail', mail(true))

  assert.deepEqual(JSON.parse(await enqueue(server, 'Ada', '--wait')), { to: 'Ada', attempt: 1 })

  const bob = await enqueue(server, 'Bob', '--id', 'bob')
  const failed = await get(server, bob, '--wait', '20s')
  assert.deepEqual([failed.state, failed.reason, failed.attempts], ['Failed', 'retries_exhausted', 2])
  assert.deepEqual(failed.event, { kind: 'direct', json: { to: 'Bob' } })
  const attempts = failed.history.map(({ number, executedVersion, outcome, error, logLines }: Json) => [
    number,
    executedVersion,
    outcome,
    error.message,
    logLines.map(({ text }: Json) => text),
  ])
  assert.deepEqual(attempts, [
    [1, 'mail:1', 'exception', 'no mailbox of Bob', ['attempt 1']],
    [2, 'mail:1', 'exception', 'no mailbox of Bob', ['attempt 2']],
  ])
  assert.match(await run(server, 'async', 'get', bob), /TypeError: no mailbox of Bob\n.*index\.js:3/)
  assert.match(await run(server, 'ps'), /^dead letters: retries_exhausted 1$/m)
  const again = await server.cli('invoke', 'mail', '--async', '--id', 'bob')
  assert.match(again.stderr, new RegExp(`^isolette: duplicate_invocation: .*${bob}$`, 'm'))
  const other = await enqueue(server, 'Bob')
  assert.equal((await get(server, other, '--wait', '20s')).state, 'Failed')
  assert.deepEqual(await idsOf(server, '--state', 'Failed'), [other, bob])

  await server.deploy('mail', mail(false))
  assert.equal(await run(server, 'async', 'redrive', bob), `redriven ${bob}`)
  const done = await get(server, bob, '--wait', '20s')
  assert.deepEqual([done.state, done.version, done.executedVersion], ['Succeeded', 2, 'mail:2'])
  assert.equal(done.history.length, 3)
  assert.equal(
    await run(server, 'async', 'redrive', '--all', '--function', 'mail'),
    'redriven 1 call of mail',
  )
  assert.equal((await get(server, other, '--wait', '20s')).state, 'Succeeded')
  assert.equal(await run(server, 'async', 'purge'), 'purged 0 calls')
  assert.equal(await run(server, 'async', 'purge', '--state', 'Succeeded'), 'purged 3 calls')
  assert.deepEqual(await idsOf(server), [])
})

test('calls of a paused function wait, hold their version, and can be stopped', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('mail', mail(false))
  await run(server, 'async', 'pause', 'mail')
  const waiting = await enqueue(server, 'Ada')
  const later = await enqueue(server, 'Ada', '--delay', '1h')
  assert.deepEqual((await idsOf(server, '--state', 'Enqueued')).sort(), [waiting, later].sort())
  assert.match(await run(server, 'ps'), /^mail +2 +0 +\S+ +paused$/m)
  assert.match(await run(server, 'async', 'ls'), new RegExp(`^${later} .* in (59m|1h)`, 'm'))

  const refused = await server.cli('rm', 'mail')
  assert.equal(refused.code, 1)
  await run(server, 'alias', 'rm', 'mail', 'live', '--force')
  const held = await server.cli('rm', 'mail:1')
  assert.match(held.stderr, /^isolette: in_use: .* in use by 2 asynchronous calls that have not ended/)

  assert.equal(await run(server, 'async', 'stop', later), `stopped ${later}`)
  assert.equal((await get(server, later)).state, 'Stopped')
  await run(server, 'async', 'resume', 'mail')
  assert.equal((await get(server, waiting, '--wait', '20s')).state, 'Succeeded')
  await run(server, 'rm', 'mail:1')
})

test('monitors see what came of calls', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('mail', mail(true))
  assert.deepEqual((await server.admin('GET', '/readyz')).body, { status: 'ready', retryLog: 'ok' })
  for (const to of ['Ada', 'Bob']) await get(server, await enqueue(server, to), '--wait', '20s')
  const call = httpGet({ socketPath: server.adminSocket, path: '/metrics', agent: false })
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const lines = (await text(response)).split('\n')
  for (const line of [
    'isolette_async_accepted_total{source="admin"} 2',
    'isolette_async_attempts_total{outcome="ok"} 1',
    'isolette_async_attempts_total{outcome="exception"} 2',
    'isolette_async_dead_letters{reason="retries_exhausted"} 1',
    'isolette_async_dead_lettered_total{reason="retries_exhausted"} 1',
    'isolette_async_start_latency_seconds_count 2',
    'isolette_async_log_writable 1',
  ]) {
    assert.ok(lines.includes(line), `lacks ${line}`)
  }
})
