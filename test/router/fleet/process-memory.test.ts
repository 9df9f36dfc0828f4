import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { privateMemoryMiB } from '../../../router/fleet/process-memory.ts'

describe('privateMemoryMiB', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
  it('grows with what the process allocates', () => {
    const before = privateMemoryMiB(process.pid)!
    const kept = Buffer.alloc(64 * 1024 ** 2, 1)
    const grownMiB = privateMemoryMiB(process.pid)! - before
    assert.ok(grownMiB > 50 && grownMiB < 80, `grew by ${grownMiB} MiB`)
    assert.equal(kept[0], 1)
  })

  it('is null for a process that there is not', () => assert.equal(privateMemoryMiB(2 ** 30), null))
})
