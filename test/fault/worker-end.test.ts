import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deadlineMs, isAlive, SupervisorProcess, until } from '../router/supervisor-process.ts'

describe('a worker that dies', { timeout: 4 * deadlineMs }, () => {
  it('by SIGKILL is replaced at once, and the port keeps answering', async (t) => {
    const supervisor = await SupervisorProcess.ready(t)
    const [killed, other] = await supervisor.workerPids()
    process.kill(killed!, 'SIGKILL')
    let failures = 0
    await until(async () => {
      const answer = await supervisor.get().catch(() => failures++)
      return typeof answer === 'object' && answer.pid !== other
    })
    // It may have been one connection that the dying worker had taken.
    assert.ok(failures <= 1, `${failures} requests failed`)
    const died = logged(supervisor, /worker died/)
    assert.equal(died.length, 1)
    const { workerPid, signal, killedFor, restartInMs } = died[0]!
    assert.deepEqual(
      { workerPid, signal, killedFor, restartInMs },
      { workerPid: killed, signal: 'SIGKILL', killedFor: null, restartInMs: 0 },
    )
    assert.equal((await supervisor.call<{ restarts: number }>('state')).restarts, 1)
    assert.equal(logged(supervisor, /dead readers released/).length, 1)
  })

  it('again and again is replaced later each time', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    for (let death = 1; death <= 4; death++) {
      await until(async () => (await supervisor.call<{ isReady: boolean }>('state')).isReady)
      const [pid] = await supervisor.workerPids()
      process.kill(pid!, 'SIGKILL')
      await until(() => logged(supervisor, /worker died/).length === death)
    }
    const delaysMs = logged(supervisor, /worker died/).map(({ restartInMs }) => restartInMs)
    assert.deepEqual(delaysMs, [0, 100, 200, 400])
  })

  it('within, by hanging, is killed for its silence and replaced', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, {
      options: { workers: 1 },
      timings: { silenceMs: 1500 },
    })
    const [hung] = await supervisor.workerPids()
    await assert.rejects(supervisor.get('/hang'))
    await answersAgain(supervisor, hung!)
    assert.equal(logged(supervisor, /worker died/)[0]?.killedFor, 'silent')
  })

  it('by growing without end is killed for its memory and replaced', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, {
      options: { workers: 1, memory: { budgetMiB: 256 } },
    })
    const [grown] = await supervisor.workerPids()
    await assert.rejects(supervisor.get('/grow'))
    await answersAgain(supervisor, grown!)
    assert.equal(logged(supervisor, /worker died/)[0]?.killedFor, 'memory')
  })

  it('of a fault of ours writes it down and is replaced', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    const [faulty] = await supervisor.workerPids()
    await assert.rejects(supervisor.get('/throw'))
    await answersAgain(supervisor, faulty!)
    assert.match(
      supervisor.stderr,
      /"worker":0,"err":\{[^}]*"message":"thrown on purpose".*"msg":"worker failed"/,
    )
  })

  it('because somebody told it to finishes what it runs, while another already serves', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    const [told] = await supervisor.workerPids()
    const slow = supervisor.get('/slow?ms=1500')
    // Its first request was answered when the second one is, so the slow one has been taken.
    await supervisor.get()
    process.kill(told!, 'SIGTERM')
    await answersAgain(supervisor, told!)
    assert.ok(isAlive(told!))
    assert.equal((await slow).pid, told)
    await until(() => !isAlive(told!))
    assert.equal((await supervisor.call<{ restarts: number }>('state')).restarts, 1)
  })
})

describe('a version that brings its worker down', { timeout: 4 * deadlineMs }, () => {
  const versionId = 'a'.repeat(64)

  it('three times is quarantined in the worker that comes after', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    for (let crash = 1; crash <= 3; crash++) {
      const { pid, quarantine } = await supervisor.get(`/run?version=${versionId}`)
      assert.deepEqual(quarantine, [])
      await assert.rejects(supervisor.get('/abort'))
      await answersAgain(supervisor, pid)
    }
    assert.deepEqual((await supervisor.get()).quarantine, [versionId])
    const blamed = logged(supervisor, /version brought its worker down/)
    assert.deepEqual(
      blamed.map(({ isQuarantined }) => isQuarantined),
      [false, false, true],
    )
  })

  it('is not confused with one that ran when somebody else killed the worker', async (t) => {
    const supervisor = await SupervisorProcess.ready(t, { options: { workers: 1 } })
    const { pid } = await supervisor.get(`/run?version=${versionId}`)
    process.kill(pid, 'SIGKILL')
    await answersAgain(supervisor, pid)
    assert.deepEqual(logged(supervisor, /version brought/), [])
  })
})

async function answersAgain(supervisor: SupervisorProcess, oldPid: number): Promise<void> {
  await until(async () => {
    const answer = await supervisor.get().catch(() => null)
    return answer !== null && answer.pid !== oldPid
  })
}

function logged({ stderr }: SupervisorProcess, text: RegExp): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}') && text.test(line))
    .map((line) => JSON.parse(line))
}
