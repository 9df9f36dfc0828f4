import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RestartBackoff } from '../../../router/fleet/restart-backoff.ts'

describe('RestartBackoff', () => {
  it('replaces the first dead worker at once, and then waits longer each time, to 10 s', () => {
    const backoff = new RestartBackoff()
    const delaysMs = Array.from({ length: 10 }, () => backoff.died(10))
    assert.deepEqual(delaysMs, [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
  })

  it('begins anew after a worker that lived for a minute', () => {
    const backoff = new RestartBackoff()
    for (let death = 0; death < 5; death++) backoff.died(59_999)
    assert.equal(backoff.died(60_000), 0)
    assert.equal(backoff.died(10), 100)
  })
})
