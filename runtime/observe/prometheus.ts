import { Exposition } from './exposition.ts'
import type { VersionMetrics, WorkerMetrics } from './metrics.ts'
import { sumRecords, sumVersions } from './metrics-sum.ts'

/** Everything the workers count, summed over them, as the text that Prometheus scrapes. */
export function prometheusText(counted: {
  readonly workers: readonly WorkerMetrics[]
  readonly workerRestarts: number
}): string {
  const { workers, workerRestarts } = counted
  const text = new Exposition()
  writeVersions(text, sumVersions(workers.flatMap((worker) => worker.versions)))
  writeInstances(text, workers)
  text.family('isolette_refused_requests_total', 'counter', 'Requests answered before a function was picked.')
  for (const [status, count] of sumRecords(workers.map((worker) => worker.refused))) {
    text.sample({ status }, count)
  }
  text.family('isolette_worker_restarts_total', 'counter', 'Workers that ended unasked and were replaced.')
  text.sample({}, workerRestarts)
  return text.toString()
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

function writeInstances(text: Exposition, workers: readonly WorkerMetrics[]): void {
  const total = (name: 'coldStarts' | 'warmStarts' | 'residentInstances' | 'prewarmReady') =>
    workers.reduce((sum, worker) => sum + worker[name], 0)
  text.family('isolette_cold_starts_total', 'counter', 'Invocations whose instance had to be made ready.')
  text.sample({}, total('coldStarts'))
  text.family('isolette_warm_starts_total', 'counter', 'Invocations that found their instance resident.')
  text.sample({}, total('warmStarts'))
  text.family('isolette_resident_instances', 'gauge', 'Instances loaded with a version.')
  text.sample({}, total('residentInstances'))
  text.family('isolette_prewarmed_instances', 'gauge', 'Isolates that wait for a version.')
  text.sample({}, total('prewarmReady'))
  text.family('isolette_evictions_total', 'counter', 'Instances that were disposed, by reason.')
  for (const [reason, count] of sumRecords(workers.map((worker) => worker.evictions))) {
    text.sample({ reason }, count)
  }
}

function labelsOf({ function: functionName, version }: VersionMetrics): Readonly<Record<string, string>> {
  return { function: functionName, version }
}
