import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Exposition } from '../../runtime/observe/exposition.ts'
import {
  durationBucketsSeconds,
  type HistogramData,
  noEvictions,
  type VersionMetrics,
  type WorkerMetrics,
} from '../../runtime/observe/metrics.ts'
import { prometheusText } from '../../runtime/observe/prometheus.ts'

/** Counts at the given buckets. */
function histogram(counts: Readonly<Record<number, number>>, sumSeconds: number): HistogramData {
  return {
    counts: Array.from({ length: durationBucketsSeconds.length + 1 }, (_, index) => counts[index] ?? 0),
    sumSeconds,
  }
}

const empty = histogram({}, 0)
const noEnqueues = { accepted: {}, refused: {}, latency: empty }

function versionOf(name: string, changes: Partial<VersionMetrics> = {}): VersionMetrics {
  return {
    function: name,
    version: '3',
    outcomes: { ok: 1 },
    cpuSeconds: 0,
    duration: empty,
    coldStart: empty,
    queueWait: empty,
    ...changes,
  }
}

function workerOf(changes: Partial<WorkerMetrics> = {}): WorkerMetrics {
  return {
    versions: [],
    isBusy: false,
    residentInstances: 2,
    instanceMemoryMiB: 3.4,
    provisionedWanted: 3,
    provisionedReady: 1,
    prewarm: [
      { layerScript: null, memoryMiB: 128, ready: 4 },
      { layerScript: 'c0ffee'.repeat(10), memoryMiB: 64, ready: 1 },
    ],
    coldStarts: 5,
    warmStarts: 10,
    evictions: { ...noEvictions, idle: 1, condemned: 2 },
    refused: {},
    enqueues: noEnqueues,
    ...changes,
  }
}

const linesOf = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start))

describe('prometheusText', () => {
  it('sums the workers', () => {
    const text = prometheusText({
      workers: [
        workerOf({
          versions: [versionOf('hello', { outcomes: { ok: 3, exception: 1 }, cpuSeconds: 0.5 })],
          refused: { 404: 2 },
          enqueues: { accepted: { http: 2 }, refused: {}, latency: histogram({ 0: 2 }, 0.001) },
        }),
        workerOf({
          versions: [versionOf('hello', { outcomes: { ok: 4, exceeded_cpu: 2 }, cpuSeconds: 0.25 })],
          refused: { 404: 1, 413: 5 },
          enqueues: { accepted: { http: 1, admin: 1 }, refused: { queue_full: 2 }, latency: empty },
        }),
      ],
      workerRestarts: 7,
      enqueues: { accepted: { admin: 4, schedule: 1 }, refused: { queue_full: 1 }, latency: empty },
      firings: { fired: 2, missed: 1 },
    })
    assert.deepEqual(linesOf(text, 'isolette_trigger_firings_total'), [
      'isolette_trigger_firings_total{decision="fired"} 2',
      'isolette_trigger_firings_total{decision="missed"} 1',
    ])
    assert.deepEqual(linesOf(text, 'isolette_invocations_total'), [
      'isolette_invocations_total{function="hello",version="3",outcome="exceeded_cpu"} 2',
      'isolette_invocations_total{function="hello",version="3",outcome="exception"} 1',
      'isolette_invocations_total{function="hello",version="3",outcome="ok"} 7',
    ])
    for (const line of [
      'isolette_cpu_seconds_total{function="hello",version="3"} 0.75',
      'isolette_cold_starts_total 10',
      'isolette_warm_starts_total 20',
      'isolette_resident_instances 4',
      'isolette_provisioned_wanted_instances 6',
      'isolette_provisioned_instances 2',
      'isolette_prewarmed_instances{layers="",memory_mib="128"} 8',
      'isolette_prewarmed_instances{layers="c0ffeec0ffee",memory_mib="64"} 2',
      'isolette_evictions_total{reason="condemned"} 4',
      'isolette_evictions_total{reason="capacity"} 0',
      'isolette_refused_requests_total{status="404"} 3',
      'isolette_refused_requests_total{status="413"} 5',
      'isolette_worker_restarts_total 7',
      'isolette_async_accepted_total{source="admin"} 5',
      'isolette_async_accepted_total{source="http"} 3',
      'isolette_async_accepted_total{source="schedule"} 1',
      'isolette_async_refused_total{code="queue_full"} 3',
      'isolette_async_enqueue_duration_seconds_count 2',
    ]) {
      assert.ok(text.split('\n').includes(line), `lacks ${line}`)
    }
  })

  it('accumulates the buckets of histograms', () => {
    const last = durationBucketsSeconds.length
    const duration = histogram({ 0: 2, 3: 5, [last]: 1 }, 33.5)
    const text = prometheusText({
      workers: [workerOf({ versions: [versionOf('hello', { duration })] })],
      workerRestarts: 0,
      enqueues: noEnqueues,
      firings: { fired: 2, missed: 1 },
    })
    const lines = linesOf(text, 'isolette_invocation_duration_seconds')
    assert.equal(lines.length, last + 3)
    const series = (suffix: string, le?: string) =>
      `isolette_invocation_duration_seconds_${suffix}{function="hello",version="3"${le === undefined ? '' : `,le="${le}"`}}`
    assert.equal(lines[0], `${series('bucket', '0.0005')} 2`)
    assert.equal(lines[2], `${series('bucket', '0.0025')} 2`)
    assert.equal(lines[3], `${series('bucket', '0.005')} 7`)
    assert.equal(lines[last - 1], `${series('bucket', '30')} 7`)
    assert.equal(lines[last], `${series('bucket', '+Inf')} 8`)
    assert.equal(lines[last + 1], `${series('sum')} 33.5`)
    assert.equal(lines[last + 2], `${series('count')} 8`)
  })

  it('names and types every family once, before its samples', () => {
    const text = prometheusText({
      workers: [workerOf({ versions: [versionOf('hello')] })],
      workerRestarts: 0,
      enqueues: noEnqueues,
      firings: { fired: 2, missed: 1 },
    })
    const types = new Map<string, string>()
    for (const line of text.trimEnd().split('\n')) {
      const [, name, type] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? []
      if (name !== undefined) {
        assert.ok(!types.has(name), `${name} twice`)
        types.set(name, type!)
      } else if (!line.startsWith('# HELP ')) {
        const sample = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{[^}]*\})? [0-9.e+-]+$/.exec(line)
        assert.ok(sample && types.has(sample[1]!), `stray ${line}`)
      }
    }
    assert.equal(types.size, 18)
    assert.ok(text.endsWith('\n'))
  })

  it('has a whole answer when no worker does', () => {
    const text = prometheusText({ workers: [], workerRestarts: 3, enqueues: noEnqueues, firings: {} })
    assert.match(text, /^isolette_resident_instances 0$/m)
    assert.match(text, /^isolette_async_enqueue_duration_seconds_count 0$/m)
    assert.match(text, /^isolette_worker_restarts_total 3$/m)
  })
})

describe('Exposition', () => {
  it('escapes label values', () => {
    const text = new Exposition()
    text.family('a_total', 'counter', 'A.')
    text.sample({ label: 'back\\slash "quote"\nline' }, 1)
    assert.equal(
      text.toString(),
      '# HELP a_total A.\n# TYPE a_total counter\na_total{label="back\\\\slash \\"quote\\"\\nline"} 1\n',
    )
  })
})
