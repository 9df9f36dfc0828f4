import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffMs, setbackMs } from '../../runtime/delivery/backoff.ts'
import type { BackoffSettings } from '../../runtime/model/async-settings.ts'

const settings: BackoffSettings = { initialMs: 60_000, factor: 2, maxMs: 300_000, jitter: 'none' }

describe('backoff', () => {
  it('grows by its factor up to its maximum', () => {
    const waits = [1, 2, 3, 4, 10].map((failures) => backoffMs(settings, failures, 0.3))
    assert.deepEqual(waits, [60_000, 120_000, 240_000, 300_000, 300_000])
  })

  it('with full jitter is by chance anything from nothing to the whole', () => {
    const waits = [0, 0.25, 0.5].map((random) => backoffMs({ ...settings, jitter: 'full' }, 4, random))
    assert.deepEqual(waits, [0, 75_000, 150_000])
  })

  it('of no time is none', () => {
    assert.equal(backoffMs({ ...settings, initialMs: 0 }, 9, 0.9), 0)
  })
})

describe('waiting after setbacks', () => {
  it('doubles from a second to five minutes, however many there were', () => {
    assert.deepEqual([1, 2, 9, 10, 2000].map(setbackMs), [1000, 2000, 256_000, 300_000, 300_000])
  })
})
