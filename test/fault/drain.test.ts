import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FleetMember } from '../../runtime/index.ts'
import {
  deadlineMs,
  isAlive,
  SupervisorProcess,
  startedWorkers,
  until,
} from '../router/supervisor-process.ts'

describe('a server that is told to stop', { timeout: 4 * deadlineMs }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`by ${signal} finishes what runs, refuses what comes, and exits with 0`, async (t) => {
      const supervisor = await SupervisorProcess.ready(t)
      const slow = supervisor.get('/slow?ms=1500')
      await untilRunning(supervisor)
      supervisor.child.kill(signal)
      await until(() => isRefused(supervisor))
      assert.ok(isAlive(supervisor.child.pid!))
      assert.ok(startedWorkers(supervisor).includes((await slow).pid))
      assert.deepEqual(await supervisor.ended, { code: 0, signal: null })
      assert.deepEqual(startedWorkers(supervisor).filter(isAlive), [])
      assert.match(supervisor.stderr, /admin closed.*builder closed.*registry closed/s)
      assert.doesNotMatch(supervisor.stderr, /worker died/)
    })
  }

  it('by Ctrl-C, which its workers get too, finishes what runs all the same', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const slow = supervisor.get('/slow?ms=1000')
    await untilRunning(supervisor)
    for (const pid of [...startedWorkers(supervisor), supervisor.child.pid!]) process.kill(pid, 'SIGINT')
    await slow
    assert.deepEqual(await supervisor.ended, { code: 0, signal: null })
  })

  it('waits no longer than it may', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { timings: { drainMs: 500 } })
    const slow = supervisor.get('/slow?ms=600000')
    await untilRunning(supervisor)
    supervisor.child.kill('SIGTERM')
    await assert.rejects(slow)
    assert.deepEqual(await supervisor.ended, { code: 0, signal: null })
    assert.deepEqual(startedWorkers(supervisor).filter(isAlive), [])
  })

  it('twice ends at once', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const slow = supervisor.get('/slow?ms=600000')
    await untilRunning(supervisor)
    supervisor.child.kill('SIGTERM')
    await until(() => supervisor.stderr.includes('draining'))
    supervisor.child.kill('SIGTERM')
    await assert.rejects(slow)
    assert.deepEqual(await supervisor.ended, { code: 143, signal: null })
    await until(() => !startedWorkers(supervisor).some(isAlive))
  })

  it('gives its data directory back', async (t) => {
    const first = await SupervisorProcess.ready(t)
    first.child.kill('SIGTERM')
    await first.ended
    const second = await SupervisorProcess.ready(t, { options: { dataDir: first.dataDir } })
    assert.doesNotMatch(second.stderr, /left behind/)
  })
})

/** A slow request has reached its worker: until then its connection may be in the accept queue still. */
function untilRunning(supervisor: SupervisorProcess): Promise<void> {
  return until(async () => {
    const members = await supervisor.call<FleetMember[]>('members')
    return members.some(({ status }) => (status?.inFlight ?? 0) > 0)
  })
}

async function isRefused(supervisor: SupervisorProcess): Promise<boolean> {
  try {
    await supervisor.get()
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  }
}
