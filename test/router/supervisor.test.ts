import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { FleetMember } from '../../runtime/admin/fleet.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import { type FunctionRecord, usualPool } from '../../runtime/model/function.ts'
import { deadlineMs, isAlive, SupervisorProcess, startedWorkers, until } from './supervisor-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'

describe('runSupervisor', { timeout: 4 * deadlineMs }, () => {
  it('says in one line where it serves, and serves there with as many workers as asked', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 3 } })
    assert.match(
      supervisor.stdout,
      /^isolette is ready on http:\/\/127\.0\.0\.1:[1-9][0-9]* \(3 workers, admin socket \/.*\/admin.sock\)\n$/,
    )
    const members = await supervisor.call<FleetMember[]>('members')
    assert.deepEqual(
      members.map(({ index, state }) => ({ index, state })),
      [
        { index: 0, state: 'ready' },
        { index: 1, state: 'ready' },
        { index: 2, state: 'ready' },
      ],
    )
    assert.deepEqual(
      members.map(({ status }) => status?.pid),
      await supervisor.workerPids(),
    )
    // The system spreads connections over those who share the port.
    const seen = new Set<number>()
    await until(async () => seen.add((await supervisor.get()).index).size === 3)
  })

  it('writes compiled modules down before workers listen: it holds their thread', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 }, compilesAnew: true })
    assert.ok((await supervisor.get()).compiledModules > 50)
  })

  it('refuses a port that another program has', async (t) => {
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    await refuses(
      t,
      { options: { port } },
      `isolette: cannot_listen: Cannot listen on 127.0.0.1:${port}: another`,
    )
  })

  it('refuses an address that is none of this machine', async (t) => {
    await refuses(
      t,
      { options: { host: '203.0.113.1' } },
      'isolette: cannot_listen: Cannot listen on 203.0.113.1:0: ',
    )
  })

  it('refuses a data directory that another supervisor has, and leaves that one alone', async (t) => {
    const first = await SupervisorProcess.ready(t)
    const { pid } = first.child
    const { dataDir } = first
    const line = `isolette: data_in_use: Cannot use the data directory ${dataDir}: process ${pid} has it`
    await refuses(t, { options: { dataDir } }, line)
    await first.get()
    assert.deepEqual(await first.call('state'), { restarts: 0, isReady: true })
  })

  it('passes on why a worker cannot start, and leaves none behind', async (t) => {
    const dataDir = temporaryDirectory(t)
    writeFileSync(join(dataDir, 'refuse-1'), '')
    const supervisor = await refuses(t, { options: { dataDir } }, 'isolette: data_damaged: Cannot read the')
    assertAllEnded(supervisor)
  })

  it('refuses to start when a worker dies before it is ready', async (t) => {
    const supervisor = await refuses(
      t,
      { env: { FIXTURE_DIES: '0' } },
      'isolette: cannot_start: Cannot start worker 0: it ended with code 3, must get ready to listen',
    )
    assertAllEnded(supervisor)
  })

  it('refuses to start when a worker takes too long', async (t) => {
    await refuses(
      t,
      {
        options: { workers: 1 },
        env: { FIXTURE_START_MS: '60000' },
        timings: { startMs: 500, drainMs: 500 },
      },
      'isolette: cannot_start: Cannot start worker 0: it was killed (slow_start)',
    )
  })

  it('can be stopped while it starts', async (t) => {
    const supervisor = new SupervisorProcess(t, { env: { FIXTURE_START_MS: '1000' } })
    await until(() => supervisor.stderr.includes('worker started'))
    supervisor.child.kill('SIGTERM')
    assert.deepEqual(await supervisor.ended, { code: 0, signal: null })
    assert.equal(supervisor.stdout, '')
    assertAllEnded(supervisor)
  })
})

describe('WorkerFleet', { timeout: 4 * deadlineMs }, () => {
  it('answers a change once all workers have it', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const delta = { revision: 5, functions: {}, routeBuckets: {} }
    assert.deepEqual(await supervisor.call('broadcast', delta), { applied: 2, live: 2 })
    const members = await supervisor.call<FleetMember[]>('members')
    assert.deepEqual(
      members.map(({ status }) => status?.revision),
      [5, 5],
    )
  })

  it('answers a change after the time for it, with how many have it, and is still ready by those', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { timings: { applyMs: 1500 } })
    const [stopped] = await supervisor.workerPids()
    process.kill(stopped!, 'SIGSTOP')
    const delta = { revision: 5, functions: {}, routeBuckets: {} }
    assert.deepEqual(await supervisor.call('broadcast', delta), { applied: 1, live: 2 })
    assert.deepEqual(await supervisor.call('state'), { restarts: 0, isReady: true })
    process.kill(stopped!, 'SIGCONT')
  })

  it('sends a change to a worker that is still starting', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, {
      options: { workers: 1 },
      env: { FIXTURE_START_MS: '300' },
    })
    const [first] = await supervisor.workerPids()
    process.kill(first!, 'SIGKILL')
    await until(async () => (await supervisor.workerPids())[0] !== first)
    const delta = { revision: 5, functions: {}, routeBuckets: {} }
    await supervisor.call('broadcast', delta)
    await until(async () => (await supervisor.call<{ isReady: boolean }>('state')).isReady)
    assert.equal((await supervisor.get()).revision, 5)
  })

  it('runs a direct event in a worker', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const result = await supervisor.call<Record<string, string>>('invoke', { reference: 'a:1', json: '{}' })
    assert.match(result.invocationId!, /^[0-9a-f]{32}$/)
    assert.equal(result.executedVersion, 'a:1')
    assert.equal(result.result, '{}')
  })

  it('says so when the worker of a direct event dies', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    await assert.rejects(supervisor.call('invoke', { reference: 'abort', json: '{}' }), {
      code: 'unavailable',
      message: 'Cannot invoke abort: its worker ended, must outlive it',
    })
  })

  it('gathers what workers counted, those included that do not answer or have ended', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { timings: { callMs: 300 } })
    // A worker that just began may take longer than a call waits.
    await until(async () => (await supervisor.call<unknown[]>('metrics')).length === 2)
    const [stopped] = await supervisor.workerPids()
    process.kill(stopped!, 'SIGSTOP')
    t.after(() => process.kill(stopped!, 'SIGCONT'))
    assert.equal((await supervisor.call<unknown[]>('metrics')).length, 2)
    const [silent, other] = await supervisor.call<FleetMember[]>('members')
    assert.equal(silent?.status, null)
    assert.ok(other?.status)
    const [, running] = await supervisor.workerPids()
    process.kill(running!, 'SIGKILL')
    await until(async () => (await supervisor.workerPids()).every((pid) => pid !== running))
    // One for each worker, and one for those that are gone.
    await until(async () => (await supervisor.call<unknown[]>('metrics')).length === 3)
  })

  it('hands records to those who follow, and asks workers for all of them only meanwhile', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    await supervisor.get('/a')
    await until(async () => (await supervisor.call<unknown[]>('recentRecords')).length === 1)
    await supervisor.call('follow')
    await until(async () => (await supervisor.get('/b')).followsAll)
    await until(async () =>
      (await supervisor.call<{ path: string }[]>('followed')).some(({ path }) => path === '/b'),
    )
    assert.ok((await supervisor.call<{ path: string }[]>('followed')).every(({ path }) => path === '/b'))
    await supervisor.call('endFollow')
    await until(async () => !(await supervisor.get('/c')).followsAll)
  })

  it('tells a new worker who follows', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    await supervisor.call('follow')
    await supervisor.call('replaceAll')
    // A connection that the old worker had not taken yet is reset when it stops listening.
    await until(async () => (await supervisor.get().catch(() => null))?.followsAll === true)
  })

  it('replaces a worker that is idle and over its budget, gracefully, and lets one alone that is busy', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, {
      options: { workers: 1, memory: { budgetMiB: 150 } },
      timings: { metricsMs: 100, idleMs: 300 },
    })
    const [before] = await supervisor.workerPids()
    const slow = supervisor.get('/slow?ms=1500')
    await supervisor.get('/hold?mib=120')
    const { pid } = await slow
    assert.equal(pid, before)
    assert.deepEqual(startedWorkers(supervisor), [before])
    await until(async () => (await supervisor.get().catch(() => null))?.pid !== before)
    await until(() => supervisor.stderr.includes('worker drained'))
    assert.equal((await supervisor.call<{ restarts: number }>('state')).restarts, 0)
  })

  it('tells each worker which instances to keep ready, and its replacement too', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const record: Partial<FunctionRecord> = {
      name: 'f',
      settings: {
        versionHeader: false,
        exposeErrors: false,
        async: usualAsync,
        triggers: [],
        pool: { ...usualPool, provisioned: { live: 3 } },
        egress: { allow: [], deny: [] },
      },
      aliases: { live: { targets: [{ version: 4, weightUnits: 10_000 }], history: [] } },
    }
    await supervisor.call('broadcast', { revision: 1, functions: { f: record }, routeBuckets: {} })
    const counts = new Map<number, number[]>()
    const ask = async () => {
      const answer = await supervisor.get().catch(() => null)
      if (answer === null) return
      assert.ok(
        answer.provisioned.every(({ functionName, version }) => functionName === 'f' && version === 4),
      )
      counts.set(
        answer.index,
        answer.provisioned.map(({ count }) => count),
      )
    }
    const isSpread = async () => {
      await ask()
      return isDeepStrictEqual([counts.get(0), counts.get(1)], [[2], [1]])
    }
    await until(isSpread)
    counts.clear()
    await supervisor.call('replaceAll')
    await until(isSpread)
  })
})

async function refuses(
  t: Parameters<typeof SupervisorProcess.ready>[0],
  launch: Parameters<typeof SupervisorProcess.ready>[1],
  beginning: string,
): Promise<SupervisorProcess> {
  const supervisor = new SupervisorProcess(t, launch)
  assert.deepEqual(await supervisor.ended, { code: 1, signal: null })
  const lines = supervisor.stderr.split('\n').filter((line) => line.startsWith('isolette:'))
  assert.equal(lines.length, 1, supervisor.stderr)
  assert.ok(lines[0]!.startsWith(beginning), lines[0])
  assert.equal(supervisor.stdout, '')
  return supervisor
}

function assertAllEnded(supervisor: SupervisorProcess): void {
  const pids = startedWorkers(supervisor)
  assert.ok(pids.length > 0)
  assert.deepEqual(pids.filter(isAlive), [])
}
