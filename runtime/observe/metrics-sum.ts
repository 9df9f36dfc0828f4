import type {
  EnqueueMetrics,
  EvictionReason,
  HistogramData,
  VersionMetrics,
  WorkerMetrics,
} from './metrics.ts'

/**
 * What a worker that ended adds to what earlier ones counted: counters go on, gauges are 0. Without it the sums over all
 * workers would fall with each replacement, and rates computed from them would jump.
 */
export function addEnded(before: WorkerMetrics | null, ended: WorkerMetrics): WorkerMetrics {
  const all = before === null ? [ended] : [before, ended]
  const total = (key: 'coldStarts' | 'warmStarts') => all.reduce((sum, one) => sum + one[key], 0)
  return {
    versions: sumVersions(all.flatMap((one) => one.versions)),
    isBusy: false,
    residentInstances: 0,
    instanceMemoryMiB: 0,
    provisionedWanted: 0,
    provisionedReady: 0,
    prewarm: [],
    coldStarts: total('coldStarts'),
    warmStarts: total('warmStarts'),
    evictions: Object.fromEntries(sumRecords(all.map((one) => one.evictions))) as Record<
      EvictionReason,
      number
    >,
    refused: Object.fromEntries(sumRecords(all.map((one) => one.refused))),
    enqueues: sumEnqueues(all.map((one) => one.enqueues)),
  }
}

/** Of one at least. */
export function sumEnqueues(metrics: readonly EnqueueMetrics[]): EnqueueMetrics {
  return {
    accepted: Object.fromEntries(sumRecords(metrics.map((one) => one.accepted))),
    refused: Object.fromEntries(sumRecords(metrics.map((one) => one.refused))),
    latency: metrics.map((one) => one.latency).reduce(addHistograms),
  }
}

/** One entry for each version, in order, so that two scrapes read alike. */
export function sumVersions(metrics: readonly VersionMetrics[]): VersionMetrics[] {
  const sums = new Map<string, VersionMetrics>()
  for (const added of metrics) {
    const key = `${added.function}:${added.version}`
    const sum = sums.get(key)
    sums.set(key, sum === undefined ? added : addVersions(sum, added))
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

function addVersions(a: VersionMetrics, b: VersionMetrics): VersionMetrics {
  return {
    function: a.function,
    version: a.version,
    outcomes: Object.fromEntries(sumRecords([a.outcomes, b.outcomes])),
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    duration: addHistograms(a.duration, b.duration),
    coldStart: addHistograms(a.coldStart, b.coldStart),
    queueWait: addHistograms(a.queueWait, b.queueWait),
  }
}

function addHistograms(a: HistogramData, b: HistogramData): HistogramData {
  return {
    counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
    sumSeconds: a.sumSeconds + b.sumSeconds,
  }
}

/** Sums by key, in order of the keys. */
export function sumRecords(records: readonly Readonly<Record<string, number>>[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const record of records) {
    for (const [key, count] of Object.entries(record)) sums.set(key, (sums.get(key) ?? 0) + count)
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
}
