import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import {
  deadlineMs,
  isAlive,
  SupervisorProcess,
  startedWorkers,
  until,
} from '../router/supervisor-process.ts'

describe('a supervisor that is killed', { timeout: 4 * deadlineMs }, () => {
  it('leaves workers that finish what they run, and end', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const slow = supervisor.get('/slow?ms=1000')
    await supervisor.get()
    supervisor.child.kill('SIGKILL')
    const { pid } = await slow
    assert.ok(startedWorkers(supervisor).includes(pid))
    await until(() => !startedWorkers(supervisor).some(isAlive))
  })

  it('leaves workers that do not serve for ever what does not end', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { timings: { drainMs: 500 } })
    const slow = supervisor.get('/slow?ms=600000')
    await supervisor.get()
    supervisor.child.kill('SIGKILL')
    await assert.rejects(slow)
    await until(() => !startedWorkers(supervisor).some(isAlive))
  })

  it('can be started again at once, and the new one ends hung workers of the old one', async (t) => {
    const first = await SupervisorProcess.ready(t)
    const old = await first.workerPids()
    for (const pid of old) process.kill(pid, 'SIGSTOP')
    t.after(() => old.filter(isAlive).map((pid) => process.kill(pid, 'SIGKILL')))
    const exited = once(first.child, 'exit')
    first.child.kill('SIGKILL')
    await exited

    const second = await SupervisorProcess.ready(t, { options: { dataDir: first.dataDir } })
    assert.deepEqual(old.filter(isAlive), [])
    assert.match(second.stderr, new RegExp(`"pids":\\[${old}\\],"msg":"ended processes`))
    assert.ok(startedWorkers(second).includes((await second.get()).pid))
  })
})
