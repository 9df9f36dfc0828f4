import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EnqueueCounters } from '../../runtime/observe/enqueue-counters.ts'
import { sumEnqueues } from '../../runtime/observe/metrics-sum.ts'

describe('sumEnqueues', () => {
  it('adds what workers accepted and refused, and how long it took', () => {
    const [one, other] = [new EnqueueCounters(), new EnqueueCounters()]
    one.accepted('http', 1)
    one.accepted('enqueue', 2000)
    other.accepted('http', 1)
    other.refused('queue_full')
    const sum = sumEnqueues([one.toMetrics(), other.toMetrics()])
    assert.deepEqual(sum.accepted, { enqueue: 1, http: 2 })
    assert.deepEqual(sum.refused, { queue_full: 1 })
    assert.equal(sum.latency.counts[1], 2)
    assert.equal(sum.latency.sumSeconds, 2.002)
  })
})
