import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { deadlineMs, isAlive, SupervisorProcess, until } from '../router/supervisor-process.ts'

describe('workers that are replaced as planned', { timeout: 4 * deadlineMs }, () => {
  it('lose no request of the connections that are open', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const old = await supervisor.workerPids()
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    t.after(() => agent.destroy())
    const answeredBy = new Set<number>()
    let isLoaded = true
    const client = async () => {
      for (let count = 0; isLoaded; count++) {
        const { pid } = await supervisor.get(count % 10 === 0 ? '/slow?ms=50' : '/', agent)
        answeredBy.add(pid)
      }
    }
    const clients = Promise.all(Array.from({ length: 8 }, client))
    await until(() => answeredBy.size === 2)
    await supervisor.call('replaceAll')
    await until(() => !old.some(isAlive))
    isLoaded = false
    await clients

    const replaced = await supervisor.workerPids()
    assert.equal(new Set([...old, ...replaced]).size, 4)
    assert.ok(replaced.some((pid) => answeredBy.has(pid)))
    assert.deepEqual(await supervisor.call('state'), { restarts: 0, isReady: true })
  })

  it('serve idle connections for a while before they close them', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, {
      options: { workers: 1 },
      timings: { lingerMs: deadlineMs },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const { pid } = await supervisor.get('/', agent)
    await supervisor.call('replaceAll')
    // A new connection may still be the old one's, or be reset when that one stops listening.
    await until(async () => (await supervisor.get().catch(() => ({ pid }))).pid !== pid)
    // The connection was idle when its worker was told to drain, and is served once more.
    assert.equal((await supervisor.get('/', agent)).pid, pid)
    await until(() => !isAlive(pid))
  })

  it('are replaced by SIGHUP', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const old = await supervisor.workerPids()
    supervisor.child.kill('SIGHUP')
    await until(() => !old.some(isAlive))
    await supervisor.get()
  })

  it('stay when their replacement cannot start, which is tried again when they die', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    const { pid } = await supervisor.get()
    const refuse = join(supervisor.dataDir, 'refuse-0')
    writeFileSync(refuse, '')
    await assert.rejects(supervisor.call('replaceAll'), { code: 'data_damaged' })
    assert.equal((await supervisor.get()).pid, pid)
    assert.deepEqual(await supervisor.workerPids(), [pid])

    process.kill(pid, 'SIGKILL')
    await until(() => /"restartInMs":100/.test(supervisor.stderr))
    rmSync(refuse)
    await until(async () => (await supervisor.call<{ isReady: boolean }>('state')).isReady)
    await supervisor.get()
  })
})
