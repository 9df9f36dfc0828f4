import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { identifyProcess, isRunning, readIdentity } from '../../router/process-identity.ts'

describe('identifyProcess', () => {
  it('is the same for the same process', () => {
    const self = identifyProcess(process.pid)
    assert.ok(self !== null)
    assert.deepEqual(identifyProcess(process.pid), self)
    assert.ok(isRunning(self))
  })

  it('differs by the moment the process began', () => {
    assert.ok(!isRunning({ pid: process.pid, startedAt: identifyProcess(process.ppid)!.startedAt }))
  })

  it('is null once the process has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const identity = identifyProcess(child.pid!)
    assert.ok(identity !== null && isRunning(identity))
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(!isRunning(identity))
    assert.equal(identifyProcess(child.pid!), null)
  })
})

describe('readIdentity', () => {
  it('takes what identifyProcess gave', () => {
    const self = identifyProcess(process.pid)
    assert.deepEqual(readIdentity(JSON.parse(JSON.stringify(self))), self)
  })

  for (const value of [
    null,
    1,
    [],
    {},
    { pid: 1 },
    { pid: -1, startedAt: 'x' },
    { pid: 1.5, startedAt: 'x' },
  ]) {
    it(`refuses ${JSON.stringify(value)}`, () => assert.equal(readIdentity(value), null))
  }
})
