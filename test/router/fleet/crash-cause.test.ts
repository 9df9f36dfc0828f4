import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CrashCause } from '../../../router/fleet/crash-cause.ts'
import type { WorkerEnd } from '../../../router/fleet/worker-process.ts'

const guests: Partial<WorkerEnd>[] = [
  { signal: 'SIGABRT' },
  { signal: 'SIGSEGV' },
  { signal: 'SIGTRAP' },
  { signal: 'SIGKILL', killedFor: 'silent' },
  { signal: 'SIGKILL', killedFor: 'memory' },
]
const others: Partial<WorkerEnd>[] = [
  { code: 1 },
  { signal: 'SIGTERM' },
  { signal: 'SIGKILL' },
  { signal: 'SIGKILL', killedFor: 'slow_start' },
  { signal: 'SIGKILL', killedFor: 'stop' },
]

describe('CrashCause.isGuest', () => {
  for (const end of guests) {
    it(`is true of ${JSON.stringify(end)}`, () => assert.equal(create().cause.isGuest(worker(end)), true))
  }

  for (const end of others) {
    it(`is false of ${JSON.stringify(end)}`, () => assert.equal(create().cause.isGuest(worker(end)), false))
  }

  it('is true of a kill by the kernel for want of memory, once', () => {
    const { cause, kernel } = create()
    kernel.kills = 8
    assert.equal(cause.isGuest(worker({ signal: 'SIGKILL' })), true)
    assert.equal(cause.isGuest(worker({ signal: 'SIGKILL' })), false)
  })

  it('is false of such a kill where the kernel does not tell', () => {
    assert.equal(new CrashCause(() => null).isGuest(worker({ signal: 'SIGKILL' })), false)
  })
})

function create() {
  const kernel = { kills: 7 }
  return { kernel, cause: new CrashCause(() => kernel.kills) }
}

function worker(end: Partial<WorkerEnd>): WorkerEnd {
  return { code: null, signal: null, killedFor: null, aliveMs: 0, ...end }
}
