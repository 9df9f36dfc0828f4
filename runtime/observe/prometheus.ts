import { Exposition } from './exposition.ts'
import type { EnqueueMetrics, VersionMetrics, WorkerMetrics } from './metrics.ts'
import { sumEnqueues, sumRecords, sumVersions } from './metrics-sum.ts'

/** Everything the workers count, summed over them, as the text that Prometheus scrapes. */
export function prometheusText(counted: {
  readonly workers: readonly WorkerMetrics[]
  readonly workerRestarts: number
  /** What the supervisor accepted itself. */
  readonly enqueues: EnqueueMetrics
  /** Times that triggers name, by what became of them. */
  readonly firings: Readonly<Record<string, number>>
}): string {
  const { workers, workerRestarts, enqueues, firings } = counted
  const text = new Exposition()
  writeVersions(text, sumVersions(workers.flatMap((worker) => worker.versions)))
  writeInstances(text, workers)
  text.family('isolette_refused_requests_total', 'counter', 'Requests answered before a function was picked.')
  for (const [status, count] of sumRecords(workers.map((worker) => worker.refused))) {
    text.sample({ status }, count)
  }
  text.family('isolette_worker_restarts_total', 'counter', 'Workers that ended unasked and were replaced.')
  text.sample({}, workerRestarts)
  writeEnqueues(text, sumEnqueues([enqueues, ...workers.map((worker) => worker.enqueues)]))
  text.family(
    'isolette_trigger_firings_total',
    'counter',
    'Times that triggers name, by what became of them.',
  )
  for (const [decision, count] of Object.entries(firings)) text.sample({ decision }, count)
  return text.toString()
}

function writeEnqueues(text: Exposition, { accepted, refused, latency }: EnqueueMetrics): void {
  text.family('isolette_async_accepted_total', 'counter', 'Asynchronous calls that were accepted, by source.')
  for (const [source, count] of sumRecords([accepted])) text.sample({ source }, count)
  text.family('isolette_async_refused_total', 'counter', 'Asynchronous calls that were refused, by code.')
  for (const [code, count] of sumRecords([refused])) text.sample({ code }, count)
  text.family(
    'isolette_async_enqueue_duration_seconds',
    'histogram',
    'Time until accepted calls were on disk.',
  )
  text.histogram({}, latency)
}

function writeVersions(text: Exposition, versions: readonly VersionMetrics[]): void {
  text.family('isolette_invocations_total', 'counter', 'Invocations by how they ended.')
  for (const version of versions) {
    for (const [outcome, count] of Object.entries(version.outcomes)) {
      text.sample({ ...labelsOf(version), outcome }, count)
    }
  }
  text.family('isolette_invocation_duration_seconds', 'histogram', 'Time from arrival to outcome.')
  for (const version of versions) text.histogram(labelsOf(version), version.duration)
  text.family('isolette_cold_start_seconds', 'histogram', 'Time to make an instance ready.')
  for (const version of versions) text.histogram(labelsOf(version), version.coldStart)
  text.family('isolette_queue_wait_seconds', 'histogram', 'Time that invocations waited for an instance.')
  for (const version of versions) text.histogram(labelsOf(version), version.queueWait)
  text.family('isolette_cpu_seconds_total', 'counter', 'CPU time used by guests.')
  for (const version of versions) text.sample(labelsOf(version), version.cpuSeconds)
}

type InstanceCount =
  | 'coldStarts'
  | 'warmStarts'
  | 'residentInstances'
  | 'provisionedWanted'
  | 'provisionedReady'

function writeInstances(text: Exposition, workers: readonly WorkerMetrics[]): void {
  const total = (name: InstanceCount) => workers.reduce((sum, worker) => sum + worker[name], 0)
  text.family('isolette_cold_starts_total', 'counter', 'Invocations whose instance had to be made ready.')
  text.sample({}, total('coldStarts'))
  text.family('isolette_warm_starts_total', 'counter', 'Invocations that found their instance resident.')
  text.sample({}, total('warmStarts'))
  text.family('isolette_resident_instances', 'gauge', 'Instances loaded with a version.')
  text.sample({}, total('residentInstances'))
  text.family('isolette_provisioned_wanted_instances', 'gauge', 'Instances to be kept ready.')
  text.sample({}, total('provisionedWanted'))
  text.family('isolette_provisioned_instances', 'gauge', 'Instances that are kept ready, of those wanted.')
  text.sample({}, total('provisionedReady'))
  text.family('isolette_prewarmed_instances', 'gauge', 'Isolates that wait for a version, by kind.')
  for (const { labels, ready } of sumPrewarm(workers)) text.sample(labels, ready)
  text.family('isolette_evictions_total', 'counter', 'Instances that were disposed, by reason.')
  for (const [reason, count] of sumRecords(workers.map((worker) => worker.evictions))) {
    text.sample({ reason }, count)
  }
}

/** The bare ones come first. */
function sumPrewarm(workers: readonly WorkerMetrics[]): { labels: Record<string, string>; ready: number }[] {
  const sums = new Map<string, { labels: Record<string, string>; ready: number }>()
  for (const { layerScript, memoryMiB, ready } of workers.flatMap(({ prewarm }) => prewarm)) {
    const labels = { layers: layerScript?.slice(0, 12) ?? '', memory_mib: String(memoryMiB) }
    const key = `${labels.layers} ${memoryMiB}`
    sums.set(key, { labels, ready: (sums.get(key)?.ready ?? 0) + ready })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

function labelsOf({ function: functionName, version }: VersionMetrics): Readonly<Record<string, string>> {
  return { function: functionName, version }
}
